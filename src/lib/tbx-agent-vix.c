/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-vix.h"
#include "tbx-bus-api.h"
#include "tbx-request-vix-private.h"
#include "tbx-variant.h"

/**
 * TbxAgentVix:
 *
 * Answers a guest operation by its opcode.
 *
 * Since: 1.0
 */
typedef struct
{
  guint32 opcode;
} TbxAgentVixPrivate;

enum
{
  PROP_0,
  PROP_OPCODE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

enum
{
  SIGNAL_HANDLE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_TYPE_WITH_PRIVATE (TbxAgentVix, tbx_agent_vix, TBX_TYPE_AGENT)

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
                                                          (gint64) MIN (deadline_usec, G_MAXINT64));

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

static GVariant *
agent_vix_register_arguments (TbxAgent *agent, const char *object)
{
  TbxAgentVixPrivate *priv = tbx_agent_vix_get_instance_private (TBX_AGENT_VIX (agent));

  return g_variant_new ("(uo)", priv->opcode, object);
}

static GVariant *
agent_vix_unregister_arguments (TbxAgent *agent, const char *object)
{
  TbxAgentVixPrivate *priv = tbx_agent_vix_get_instance_private (TBX_AGENT_VIX (agent));

  return g_variant_new ("(u)", priv->opcode);
}

static void
tbx_agent_vix_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TbxAgentVixPrivate *priv = tbx_agent_vix_get_instance_private (TBX_AGENT_VIX (object));

  priv->opcode = g_value_get_uint (value);
}

static void
tbx_agent_vix_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxAgentVixPrivate *priv = tbx_agent_vix_get_instance_private (TBX_AGENT_VIX (object));

  g_value_set_uint (value, priv->opcode);
}

static void
tbx_agent_vix_class_init (TbxAgentVixClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterVix";
  agent_class->unregister_method = "UnregisterVix";
  agent_class->create_skeleton = agent_vix_create_skeleton;
  agent_class->register_arguments = agent_vix_register_arguments;
  agent_class->unregister_arguments = agent_vix_unregister_arguments;
  object_class->set_property = tbx_agent_vix_set_property;
  object_class->get_property = tbx_agent_vix_get_property;

  /**
   * TbxAgentVix:opcode:
   *
   * Number of the operation, 1 or above.
   *
   * Since: 1.0
   */
  props[PROP_OPCODE] =
    g_param_spec_uint ("opcode", NULL, NULL, 0, G_MAXUINT32, 0,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

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
