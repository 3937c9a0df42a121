/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-network.h"
#include "tbx-bus-api.h"

/**
 * TbxAgentNetwork:
 *
 * Chooses the primary address, which the host shows first.
 *
 * Since: 1.0
 */
struct _TbxAgentNetwork
{
  TbxAgent            parent_instance;
  TbxBusAgentNetwork *skeleton;   /* while it is exported (owned by the base class) */
  char               *address;    /* owned */
  int                 priority;
};

enum
{
  PROP_0,
  PROP_ADDRESS,
  PROP_PRIORITY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (TbxAgentNetwork, tbx_agent_network, TBX_TYPE_AGENT)

static gboolean
on_get_primary_address (TbxBusAgentNetwork    *skeleton,
                        GDBusMethodInvocation *invocation,
                        guint64                deadline_usec,
                        TbxAgentNetwork       *self)
{
  tbx_bus_agent_network_complete_get_primary_address (skeleton, invocation, self->address);
  return TRUE;
}

static GDBusInterfaceSkeleton *
agent_network_create_skeleton (TbxAgent *agent)
{
  TbxAgentNetwork *self = TBX_AGENT_NETWORK (agent);
  TbxBusAgentNetwork *skeleton = tbx_bus_agent_network_skeleton_new ();

  g_set_weak_pointer (&self->skeleton, skeleton);
  g_signal_connect_object (skeleton, "handle-get-primary-address",
                           G_CALLBACK (on_get_primary_address), agent, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

static GVariant *
agent_network_register_arguments (TbxAgent *agent, const char *object)
{
  return g_variant_new ("(oi)", object, TBX_AGENT_NETWORK (agent)->priority);
}

/**
 * tbx_agent_network_get_address: (get-property address)
 * @self: an agent
 *
 * What the host shows because of this agent, unless one of a higher priority has an address.
 *
 * Returns: (transfer none): the address; empty for none
 *
 * Since: 1.0
 */
const char *
tbx_agent_network_get_address (TbxAgentNetwork *self)
{
  g_return_val_if_fail (TBX_IS_AGENT_NETWORK (self), NULL);
  return self->address;
}

/**
 * tbx_agent_network_set_address: (set-property address)
 * @self: an agent
 * @address: IPv4 or IPv6, in its usual notation; empty for none
 *
 * Has the host show another address, or, with none, leaves the choice to others and to the
 * daemon.
 *
 * Since: 1.0
 */
void
tbx_agent_network_set_address (TbxAgentNetwork *self, const char *address)
{
  g_return_if_fail (TBX_IS_AGENT_NETWORK (self));
  g_return_if_fail (address != NULL);
  if (g_str_equal (address, self->address))
    return;
  g_free (self->address);
  self->address = g_strdup (address);
  if (self->skeleton != NULL)
    tbx_bus_agent_network_emit_primary_address_changed (self->skeleton);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ADDRESS]);
}

static void
tbx_agent_network_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TbxAgentNetwork *self = TBX_AGENT_NETWORK (object);

  if (id == PROP_ADDRESS)
    tbx_agent_network_set_address (self, g_value_get_string (value));
  else
    self->priority = g_value_get_int (value);
}

static void
tbx_agent_network_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxAgentNetwork *self = TBX_AGENT_NETWORK (object);

  if (id == PROP_ADDRESS)
    g_value_set_string (value, self->address);
  else
    g_value_set_int (value, self->priority);
}

static void
tbx_agent_network_finalize (GObject *object)
{
  TbxAgentNetwork *self = TBX_AGENT_NETWORK (object);

  g_clear_weak_pointer (&self->skeleton);
  g_free (self->address);
  G_OBJECT_CLASS (tbx_agent_network_parent_class)->finalize (object);
}

static void
tbx_agent_network_class_init (TbxAgentNetworkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterNetwork";
  agent_class->unregister_method = "UnregisterNetwork";
  agent_class->create_skeleton = agent_network_create_skeleton;
  agent_class->register_arguments = agent_network_register_arguments;
  object_class->set_property = tbx_agent_network_set_property;
  object_class->get_property = tbx_agent_network_get_property;
  object_class->finalize = tbx_agent_network_finalize;

  /**
   * TbxAgentNetwork:address:
   *
   * IPv4 or IPv6, in its usual notation, without prefix length or zone; empty for none.
   *
   * Since: 1.0
   */
  props[PROP_ADDRESS] =
    g_param_spec_string ("address", NULL, NULL, "",
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TbxAgentNetwork:priority:
   *
   * The address of the agent with the highest counts, of equal ones that of the oldest.
   *
   * Since: 1.0
   */
  props[PROP_PRIORITY] =
    g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT, 0,
                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_agent_network_init (TbxAgentNetwork *self)
{
  self->address = g_strdup ("");
}

/**
 * tbx_agent_network_new:
 * @priority: see [property@AgentNetwork:priority]
 *
 * Makes an agent that chooses the primary address.
 *
 * Returns: (transfer full): an agent that is not registered yet, and has no address
 *
 * Since: 1.0
 */
TbxAgentNetwork *
tbx_agent_network_new (int priority)
{
  return g_object_new (TBX_TYPE_AGENT_NETWORK, "priority", priority, NULL);
}
