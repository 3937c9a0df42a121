/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-private.h"
#include "tbx-error.h"
#include "tbx-names.h"

/**
 * TbxAgent:
 *
 * What a client implements to take part in what the daemon does, or to extend it.
 *
 * The kinds are its subclasses.  Each has a signal for what it is asked, whose class
 * handler can be overridden too, and gets a [class@Request] that it answers at once or
 * later.  [method@Client.register_async] makes it known to the daemon; it is registered
 * anew by itself when the daemon starts anew.
 *
 * Only the daemon can call it.
 *
 * Since: 1.0
 */
typedef struct
{
  GDBusConnection        *connection;   /* where it is exported, or NULL (owned) */
  GDBusInterfaceSkeleton *skeleton;     /* there (owned) */
  char                   *object;       /* its path (owned) */
  char                   *owner;        /* unique name of the daemon, or NULL (owned) */
  guint                   attempt;      /* number of the registration that counts */
  guint                   first;        /* those before it were of what is not exported any more */
  gboolean                asked;        /* its owner got that, and has not said no */
  gboolean                registered;   /* its owner has said yes */
  GValue                  key;          /* of the kinds that have one; see tbx_agent_class_install_key() */
} TbxAgentPrivate;

enum
{
  PROP_0,
  PROP_REGISTERED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (TbxAgent, tbx_agent, G_TYPE_OBJECT)

static void
agent_set_registered (TbxAgent *self, gboolean registered)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  if (priv->registered == registered)
    return;
  priv->registered = registered;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REGISTERED]);
}

/**
 * tbx_agent_is_registered:
 * @self: an agent
 *
 * Nobody asks it anything while it is not: the daemon does not run, has not answered yet, or
 * does not take it any more.
 *
 * Returns: whether the daemon knows it now
 *
 * Since: 1.0
 */
gboolean
tbx_agent_is_registered (TbxAgent *self)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  g_return_val_if_fail (TBX_IS_AGENT (self), FALSE);
  return priv->registered;
}

/* Unique name of the daemon that may call an object; kept there, for it may outlive the agent. */
static G_DEFINE_QUARK (tbx-agent-owner, owner_of)

/* The bus may let others through, too. */
static gboolean
on_authorize (GDBusInterfaceSkeleton *skeleton, GDBusMethodInvocation *invocation)
{
  const char *owner = g_object_get_qdata (G_OBJECT (skeleton), owner_of_quark ());

  if (g_strcmp0 (g_dbus_method_invocation_get_sender (invocation), owner) == 0)
    return TRUE;
  g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                 G_DBUS_ERROR_ACCESS_DENIED,
                                                 "Only toolboxd may call this");
  return FALSE;
}

gboolean
tbx_agent_is_exported (TbxAgent *self)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  return priv->skeleton != NULL;
}

gboolean
tbx_agent_export (TbxAgent *self, GDBusConnection *connection, GError **error)
{
  static gint n_objects;
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);
  g_autoptr(GDBusInterfaceSkeleton) skeleton = TBX_AGENT_GET_CLASS (self)->create_skeleton (self);
  g_autofree char *object = g_strdup_printf ("/org/toolboxd/agent/%d",
                                             g_atomic_int_add (&n_objects, 1));

  g_assert (priv->skeleton == NULL);
  g_signal_connect (skeleton, "g-authorize-method", G_CALLBACK (on_authorize), NULL);
  if (!g_dbus_interface_skeleton_export (skeleton, connection, object, error))
    return FALSE;
  priv->connection = g_object_ref (connection);
  priv->skeleton = g_steal_pointer (&skeleton);
  priv->object = g_steal_pointer (&object);
  priv->first = priv->attempt + 1;
  return TRUE;
}

/* @owner: the daemon that may call from now on, or NULL. */
void
tbx_agent_set_owner (TbxAgent *self, const char *owner)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  if (g_strcmp0 (owner, priv->owner) == 0)
    return;
  g_free (priv->owner);
  priv->owner = g_strdup (owner);
  if (priv->skeleton != NULL)
    g_object_set_qdata_full (G_OBJECT (priv->skeleton), owner_of_quark (), g_strdup (owner), g_free);
  priv->attempt++;
  priv->asked = FALSE;
  agent_set_registered (self, FALSE);
}

static GDBusMessage *
agent_call (TbxAgent *self, const char *method, GVariant *arguments)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);
  g_autofree char *interface = g_strconcat (TBX_BUS_NAME, ".",
                                            TBX_AGENT_GET_CLASS (self)->interface, NULL);
  GDBusMessage *call = g_dbus_message_new_method_call (priv->owner, TBX_OBJECT_PATH, interface,
                                                       method);

  g_dbus_message_set_flags (call, G_DBUS_MESSAGE_FLAGS_NO_AUTO_START);
  g_dbus_message_set_body (call, arguments);
  return call;
}

/* @attempt gets by which tbx_agent_registered() knows it.
 * Returns: (transfer full): the call that registers it with its owner */
GDBusMessage *
tbx_agent_registration (TbxAgent *self, guint *attempt)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);
  TbxAgentClass *klass = TBX_AGENT_GET_CLASS (self);

  *attempt = ++priv->attempt;
  priv->asked = TRUE;
  return agent_call (self, klass->register_method, klass->register_arguments (self, priv->object));
}

/* Who was asked left the bus. */
static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
}

/* Whether it was not taken back since that call was made. */
gboolean
tbx_agent_is_current (TbxAgent *self, guint attempt)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  return priv->skeleton != NULL && attempt >= priv->first;
}

/* Told of the answer to that call; NULL when there was none, and @error says why.  Returns
 * FALSE with that error if it was no.  A daemon that left said nothing: the next is asked. */
gboolean
tbx_agent_registered (TbxAgent *self, guint attempt, GDBusMessage *reply, GError **error)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  if (!tbx_agent_is_current (self, attempt))
    {
      g_clear_error (error);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The agent was taken back");
      return FALSE;
    }
  if (reply != NULL && !g_dbus_message_to_gerror (reply, error))
    {
      if (attempt == priv->attempt)
        agent_set_registered (self, TRUE);
      return TRUE;
    }
  if (is_gone (*error) || (attempt != priv->attempt
                           && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
    {
      g_clear_error (error);
      return TRUE;
    }
  if (reply != NULL)
    priv->asked = FALSE;
  return FALSE;
}

/* Nobody waits for the answer.  The daemon handles calls in their order, so that this undoes
 * a registration that is still under way. */
static void
agent_send_unregistration (TbxAgent *self)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);
  TbxAgentClass *klass = TBX_AGENT_GET_CLASS (self);
  g_autoptr(GDBusMessage) call = agent_call (self, klass->unregister_method,
                                             klass->unregister_arguments (self, priv->object));

  g_dbus_message_set_flags (call, G_DBUS_MESSAGE_FLAGS_NO_AUTO_START
                                  | G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_connection_send_message (priv->connection, call, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  NULL);
}

/* Takes it back, and off the bus.  Does nothing the second time. */
void
tbx_agent_unexport (TbxAgent *self)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  if (priv->skeleton == NULL)
    return;
  if (priv->asked)
    agent_send_unregistration (self);
  TBX_AGENT_GET_CLASS (self)->retire (self, priv->skeleton);
  g_clear_object (&priv->skeleton);
  g_clear_object (&priv->connection);
  g_clear_pointer (&priv->object, g_free);
  tbx_agent_set_owner (self, NULL);
}

static void
agent_retire (TbxAgent *self, GDBusInterfaceSkeleton *skeleton)
{
  g_dbus_interface_skeleton_unexport (skeleton);
}

static GVariant *
agent_unregister_arguments (TbxAgent *self, const char *object)
{
  return g_variant_new ("(o)", object);
}

static const GValue *
agent_get_key (TbxAgent *self)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (self);

  return &priv->key;
}

static void
agent_set_key_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (TBX_AGENT (object));

  g_value_init (&priv->key, G_VALUE_TYPE (value));
  g_value_copy (value, &priv->key);
}

static void
agent_get_key_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (agent_get_key (TBX_AGENT (object)), value);
}

static GVariant *
agent_register_name (TbxAgent *self, const char *object)
{
  return g_variant_new ("(so)", g_value_get_string (agent_get_key (self)), object);
}

static GVariant *
agent_unregister_name (TbxAgent *self, const char *object)
{
  return g_variant_new ("(s)", g_value_get_string (agent_get_key (self)));
}

static GVariant *
agent_register_number (TbxAgent *self, const char *object)
{
  return g_variant_new ("(uo)", g_value_get_uint (agent_get_key (self)), object);
}

static GVariant *
agent_unregister_number (TbxAgent *self, const char *object)
{
  return g_variant_new ("(u)", g_value_get_uint (agent_get_key (self)));
}

static GVariant *
agent_register_priority (TbxAgent *self, const char *object)
{
  return g_variant_new ("(oi)", object, g_value_get_int (agent_get_key (self)));
}

/* @pspec: construct-only; its type says how it is registered. */
void
tbx_agent_class_install_key (TbxAgentClass *klass, GParamSpec *pspec)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = agent_set_key_property;
  object_class->get_property = agent_get_key_property;
  g_object_class_install_property (object_class, 1, pspec);
  if (G_PARAM_SPEC_VALUE_TYPE (pspec) == G_TYPE_STRING)
    {
      klass->register_arguments = agent_register_name;
      klass->unregister_arguments = agent_unregister_name;
    }
  else if (G_PARAM_SPEC_VALUE_TYPE (pspec) == G_TYPE_UINT)
    {
      klass->register_arguments = agent_register_number;
      klass->unregister_arguments = agent_unregister_number;
    }
  else
    klass->register_arguments = agent_register_priority;
}

static void
tbx_agent_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boolean (value, tbx_agent_is_registered (TBX_AGENT (object)));
}

static void
tbx_agent_dispose (GObject *object)
{
  tbx_agent_unexport (TBX_AGENT (object));
  G_OBJECT_CLASS (tbx_agent_parent_class)->dispose (object);
}

static void
tbx_agent_finalize (GObject *object)
{
  TbxAgentPrivate *priv = tbx_agent_get_instance_private (TBX_AGENT (object));

  g_free (priv->owner);
  if (G_IS_VALUE (&priv->key))
    g_value_unset (&priv->key);
  G_OBJECT_CLASS (tbx_agent_parent_class)->finalize (object);
}

static void
tbx_agent_class_init (TbxAgentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  klass->unregister_arguments = agent_unregister_arguments;
  klass->retire = agent_retire;
  object_class->get_property = tbx_agent_get_property;
  object_class->dispose = tbx_agent_dispose;
  object_class->finalize = tbx_agent_finalize;

  (void) tbx_error_quark ();   /* so that errors keep their codes */

  /**
   * TbxAgent:registered: (getter is_registered)
   *
   * Whether the daemon knows it now.
   *
   * Since: 1.0
   */
  props[PROP_REGISTERED] = g_param_spec_boolean ("registered", NULL, NULL, FALSE,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_agent_init (TbxAgent *self)
{
}
