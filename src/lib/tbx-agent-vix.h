/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-request-vix.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_VIX (tbx_agent_vix_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgentVix, tbx_agent_vix, TBX, AGENT_VIX, TbxAgent)

/**
 * TbxAgentVixClass:
 * @parent_class: of #TbxAgent
 * @handle: class handler of [signal@AgentVix::handle]
 */
struct _TbxAgentVixClass
{
  TbxAgentClass parent_class;

  void   (*handle) (TbxAgentVix *self, TbxRequestVix *request);

  /*< private >*/
  gpointer padding[8];
};

TbxAgentVix *tbx_agent_vix_new (guint32 opcode);

G_END_DECLS
