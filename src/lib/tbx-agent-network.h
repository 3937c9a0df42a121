/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_NETWORK (tbx_agent_network_get_type ())
G_DECLARE_FINAL_TYPE (TbxAgentNetwork, tbx_agent_network, TBX, AGENT_NETWORK, TbxAgent)

TbxAgentNetwork *tbx_agent_network_new         (int priority);
const char      *tbx_agent_network_get_address (TbxAgentNetwork *self);
void             tbx_agent_network_set_address (TbxAgentNetwork *self, const char *address);

G_END_DECLS
