/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-request-open.h"
#include "tbx-request-stat.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_FILE_HANDLER (tbx_agent_file_handler_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgentFileHandler, tbx_agent_file_handler, TBX, AGENT_FILE_HANDLER, TbxAgent)

/**
 * TbxAgentFileHandlerClass:
 * @parent_class: of #TbxAgent
 * @stat: class handler of [signal@AgentFileHandler::stat]
 * @open: class handler of [signal@AgentFileHandler::open]
 */
struct _TbxAgentFileHandlerClass
{
  TbxAgentClass parent_class;

  void   (*stat) (TbxAgentFileHandler *self, TbxRequestStat *request);
  void   (*open) (TbxAgentFileHandler *self, TbxRequestOpen *request);

  /*< private >*/
  gpointer padding[8];
};

TbxAgentFileHandler *tbx_agent_file_handler_new (const char *scheme);

G_END_DECLS
