/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-vix.h"
#include "tbx-agent-private.h"
#include "tbx-bus-api.h"
#include "tbx-request-vix-private.h"
#include "tbx-variant.h"

enum
{
  SIGNAL_HANDLE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * TbxAgentVix:
 *
 * Answers a guest operation by its opcode.
 *
 * Since: 1.0
 */
G_DEFINE_TYPE (TbxAgentVix, tbx_agent_vix, TBX_TYPE_AGENT)

static gboolean
on_handle (TbxBusAgentVix        *skeleton,
           GDBusMethodInvocation *invocation,
           guint32                opcode,
           GVariant              *body,
           GVariant              *details,
           guint64                deadline_usec,
           TbxAgentVix           *self)
{
  g_autoptr(GBytes) bytes = tbx_variant_to_bytes (body);
  g_autoptr(TbxRequestVix) request = tbx_request_vix_new (invocation, opcode, bytes, details,
                                                          deadline_usec);

  g_signal_emit (self, signals[SIGNAL_HANDLE], 0, request);
  return TRUE;
}

static GDBusInterfaceSkeleton *
agent_vix_create_skeleton (TbxAgent *agent)
{
  TbxBusAgentVix *skeleton = tbx_bus_agent_vix_skeleton_new ();

  g_signal_connect_object (skeleton, "handle-handle", G_CALLBACK (on_handle), agent, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

static void
tbx_agent_vix_class_init (TbxAgentVixClass *klass)
{
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterVix";
  agent_class->unregister_method = "UnregisterVix";
  agent_class->create_skeleton = agent_vix_create_skeleton;

  /**
   * TbxAgentVix:opcode:
   *
   * Number of the operation, 1 or above.
   *
   * Since: 1.0
   */
  tbx_agent_class_install_key (
    agent_class,
    g_param_spec_uint ("opcode", NULL, NULL, 0, G_MAXUINT32, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * TbxAgentVix::handle:
   * @self: the agent
   * @request: what is asked
   *
   * The host asks for the operation, and waits: there are 4 seconds.
   *
   * Since: 1.0
   */
  signals[SIGNAL_HANDLE] =
    g_signal_new ("handle", TBX_TYPE_AGENT_VIX, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentVixClass, handle), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_VIX);
}

static void
tbx_agent_vix_init (TbxAgentVix *self)
{
}

/**
 * tbx_agent_vix_new:
 * @opcode: see [property@AgentVix:opcode]
 *
 * Makes an agent that answers a guest operation.
 *
 * Returns: (transfer full): an agent that is not registered yet
 *
 * Since: 1.0
 */
TbxAgentVix *
tbx_agent_vix_new (guint32 opcode)
{
  return g_object_new (TBX_TYPE_AGENT_VIX, "opcode", opcode, NULL);
}
