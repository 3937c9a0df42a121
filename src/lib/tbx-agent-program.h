/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-request-program.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_PROGRAM (tbx_agent_program_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgentProgram, tbx_agent_program, TBX, AGENT_PROGRAM, TbxAgent)

/**
 * TbxAgentProgramClass:
 * @parent_class: of #TbxAgent
 * @start: class handler of [signal@AgentProgram::start]
 */
struct _TbxAgentProgramClass
{
  TbxAgentClass parent_class;

  void   (*start) (TbxAgentProgram *self, TbxRequestProgram *request);

  /*< private >*/
  gpointer padding[8];
};

TbxAgentProgram *tbx_agent_program_new (const char *name);

G_END_DECLS
