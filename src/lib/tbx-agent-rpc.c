/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-rpc.h"
#include "tbx-agent-private.h"
#include "tbx-bus-api.h"
#include "tbx-request-rpc-private.h"
#include "tbx-variant.h"

enum
{
  SIGNAL_HANDLE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * TbxAgentRpc:
 *
 * Answers a command of the host (a TCLO request) by its name.
 *
 * Since: 1.0
 */
G_DEFINE_TYPE (TbxAgentRpc, tbx_agent_rpc, TBX_TYPE_AGENT)

static gboolean
on_handle (TbxBusAgentRpc        *skeleton,
           GDBusMethodInvocation *invocation,
           const char            *command,
           GVariant              *arguments,
           guint64                deadline_usec,
           TbxAgentRpc           *self)
{
  g_autoptr(GBytes) bytes = tbx_variant_to_bytes (arguments);
  g_autoptr(TbxRequestRpc) request = tbx_request_rpc_new (invocation, command, bytes,
                                                          deadline_usec);

  g_signal_emit (self, signals[SIGNAL_HANDLE], 0, request);
  return TRUE;
}

static GDBusInterfaceSkeleton *
agent_rpc_create_skeleton (TbxAgent *agent)
{
  TbxBusAgentRpc *skeleton = tbx_bus_agent_rpc_skeleton_new ();

  g_signal_connect_object (skeleton, "handle-handle", G_CALLBACK (on_handle), agent, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

static void
tbx_agent_rpc_class_init (TbxAgentRpcClass *klass)
{
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterRpc";
  agent_class->unregister_method = "UnregisterRpc";
  agent_class->create_skeleton = agent_rpc_create_skeleton;

  /**
   * TbxAgentRpc:command:
   *
   * Name of the command, as the host writes it: 1 to 63 printable characters of ASCII.
   *
   * Since: 1.0
   */
  tbx_agent_class_install_key (
    agent_class,
    g_param_spec_string ("command", NULL, NULL, "",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * TbxAgentRpc::handle:
   * @self: the agent
   * @request: what is asked
   *
   * The host sent the command, and waits: there are 4 seconds.
   *
   * Since: 1.0
   */
  signals[SIGNAL_HANDLE] =
    g_signal_new ("handle", TBX_TYPE_AGENT_RPC, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentRpcClass, handle), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_RPC);
}

static void
tbx_agent_rpc_init (TbxAgentRpc *self)
{
}

/**
 * tbx_agent_rpc_new:
 * @command: see [property@AgentRpc:command]
 *
 * Makes an agent that answers a command of the host.
 *
 * Returns: (transfer full): an agent that is not registered yet
 *
 * Since: 1.0
 */
TbxAgentRpc *
tbx_agent_rpc_new (const char *command)
{
  return g_object_new (TBX_TYPE_AGENT_RPC, "command", command, NULL);
}
