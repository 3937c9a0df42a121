/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-request-power.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_POWER (tbx_agent_power_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgentPower, tbx_agent_power, TBX, AGENT_POWER, TbxAgent)

/**
 * TbxAgentPowerClass:
 * @parent_class: of #TbxAgent
 * @handle: class handler of [signal@AgentPower::handle]
 */
struct _TbxAgentPowerClass
{
  TbxAgentClass parent_class;

  void   (*handle) (TbxAgentPower *self, TbxRequestPower *request);

  /*< private >*/
  gpointer padding[8];
};

TbxAgentPower *tbx_agent_power_new (const char *operations, int priority);

G_END_DECLS
