/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-request-login.h"

G_BEGIN_DECLS

#define TBX_TYPE_AGENT_AUTHENTICATOR (tbx_agent_authenticator_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgentAuthenticator, tbx_agent_authenticator, TBX, AGENT_AUTHENTICATOR, TbxAgent)

/**
 * TbxAgentAuthenticatorClass:
 * @parent_class: of #TbxAgent
 * @verify: class handler of [signal@AgentAuthenticator::verify]
 */
struct _TbxAgentAuthenticatorClass
{
  TbxAgentClass parent_class;

  void   (*verify) (TbxAgentAuthenticator *self, TbxRequestLogin *request);

  /*< private >*/
  gpointer padding[8];
};

TbxAgentAuthenticator *tbx_agent_authenticator_new (int priority);

G_END_DECLS
