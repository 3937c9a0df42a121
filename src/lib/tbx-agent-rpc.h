/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-request-rpc.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_RPC (tbx_agent_rpc_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgentRpc, tbx_agent_rpc, TBX, AGENT_RPC, TbxAgent)

/**
 * TbxAgentRpcClass:
 * @parent_class: of #TbxAgent
 * @handle: class handler of [signal@AgentRpc::handle]
 */
struct _TbxAgentRpcClass
{
  TbxAgentClass parent_class;

  void   (*handle) (TbxAgentRpc *self, TbxRequestRpc *request);

  /*< private >*/
  gpointer padding[8];
};

TbxAgentRpc *tbx_agent_rpc_new (const char *command);

G_END_DECLS
