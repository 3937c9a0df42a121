/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-power.h"
#include "tbx-bus-api.h"
#include "tbx-request-power-private.h"

/**
 * TbxAgentPower:
 *
 * Is asked before the daemon carries out what the host asks for, and may do it instead,
 * or refuse.  To have time only, take a hold: [method@Client.hold_power_async].
 *
 * Since: 1.0
 */
typedef struct
{
  char *operations;   /* owned */
  int   priority;
} TbxAgentPowerPrivate;

enum
{
  PROP_0,
  PROP_OPERATIONS,
  PROP_PRIORITY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

enum
{
  SIGNAL_HANDLE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_TYPE_WITH_PRIVATE (TbxAgentPower, tbx_agent_power, TBX_TYPE_AGENT)

static gboolean
on_handle (TbxBusAgentPower      *skeleton,
           GDBusMethodInvocation *invocation,
           const char            *operation,
           guint64                deadline_usec,
           TbxAgentPower         *self)
{
  g_autoptr(TbxRequestPower) request =
    tbx_request_power_new (invocation, operation, deadline_usec);

  g_signal_emit (self, signals[SIGNAL_HANDLE], 0, request);
  return TRUE;
}

static GDBusInterfaceSkeleton *
agent_power_create_skeleton (TbxAgent *agent)
{
  TbxBusAgentPower *skeleton = tbx_bus_agent_power_skeleton_new ();

  g_signal_connect_object (skeleton, "handle-handle", G_CALLBACK (on_handle), agent, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

static GVariant *
agent_power_register_arguments (TbxAgent *agent, const char *object)
{
  TbxAgentPowerPrivate *priv = tbx_agent_power_get_instance_private (TBX_AGENT_POWER (agent));

  return g_variant_new ("(soi)", priv->operations, object, priv->priority);
}

static void
tbx_agent_power_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TbxAgentPowerPrivate *priv = tbx_agent_power_get_instance_private (TBX_AGENT_POWER (object));

  if (id == PROP_OPERATIONS)
    priv->operations = g_value_dup_string (value);
  else
    priv->priority = g_value_get_int (value);
}

static void
tbx_agent_power_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxAgentPowerPrivate *priv = tbx_agent_power_get_instance_private (TBX_AGENT_POWER (object));

  if (id == PROP_OPERATIONS)
    g_value_set_string (value, priv->operations);
  else
    g_value_set_int (value, priv->priority);
}

static void
tbx_agent_power_finalize (GObject *object)
{
  TbxAgentPowerPrivate *priv = tbx_agent_power_get_instance_private (TBX_AGENT_POWER (object));

  g_free (priv->operations);
  G_OBJECT_CLASS (tbx_agent_power_parent_class)->finalize (object);
}

static void
tbx_agent_power_class_init (TbxAgentPowerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Power";
  agent_class->register_method = "RegisterHandler";
  agent_class->unregister_method = "UnregisterHandler";
  agent_class->create_skeleton = agent_power_create_skeleton;
  agent_class->register_arguments = agent_power_register_arguments;
  object_class->set_property = tbx_agent_power_set_property;
  object_class->get_property = tbx_agent_power_get_property;
  object_class->finalize = tbx_agent_power_finalize;

  /**
   * TbxAgentPower:operations:
   *
   * What it is asked about: "shutdown", "reboot", "suspend", "resume" and "poweron",
   * joined with ":".
   *
   * Since: 1.0
   */
  props[PROP_OPERATIONS] =
    g_param_spec_string ("operations", NULL, NULL, "",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * TbxAgentPower:priority:
   *
   * Those with a higher one are asked first, of equal ones the oldest.
   *
   * Since: 1.0
   */
  props[PROP_PRIORITY] =
    g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, 0,
                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * TbxAgentPower::handle:
   * @self: the agent
   * @request: what the host asks for
   *
   * The host asks for one of [property@AgentPower:operations].
   *
   * Since: 1.0
   */
  signals[SIGNAL_HANDLE] =
    g_signal_new ("handle", TBX_TYPE_AGENT_POWER, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentPowerClass, handle), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_POWER);
}

static void
tbx_agent_power_init (TbxAgentPower *self)
{
}

/**
 * tbx_agent_power_new:
 * @operations: what it is asked about; see [property@AgentPower:operations]
 * @priority: see [property@AgentPower:priority]
 *
 * Makes an agent that is asked before the guest goes down, or whatever else @operations are.
 *
 * Returns: (transfer full): an agent that is not registered yet
 *
 * Since: 1.0
 */
TbxAgentPower *
tbx_agent_power_new (const char *operations, int priority)
{
  return g_object_new (TBX_TYPE_AGENT_POWER, "operations", operations, "priority", priority, NULL);
}
