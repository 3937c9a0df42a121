/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-bus-gate.h"
#include "tbx-authority.h"
#include "tbx-guestinfo-key.h"
#include "tbx-error.h"
#include "tbx-names.h"

/* Whether arguments make a call one that everybody may make. */
typedef gboolean (*GateExemption) (GVariant *parameters);

typedef struct
{
  const char   *interface;  /* without the prefix */
  const char   *method;
  const char   *action;     /* polkit action */
  GateExemption exempt;     /* or NULL: never */
  gboolean      owner;      /* the object's owner, and root, pass without the action */
} GateRow;

static gboolean
reads_public_key (GVariant *parameters)
{
  const char *key;

  g_variant_get (parameters, "(&s)", &key);
  return tbx_guestinfo_key_is_public (key);
}

/* The body of the method itself asks what the caller may see. */
static gboolean
is_open (GVariant *parameters)
{
  return TRUE;
}

/* The one table that says who may call what.  A method without a row is denied. */
static const GateRow rows[] = {
  { "Manager",    "Reset",                   "org.toolboxd.reset",                NULL },
  { "Network",    "SetPrimaryAddress",       "org.toolboxd.set-primary-address",  NULL },
  { "Network",    "ClearPrimaryAddress",     "org.toolboxd.set-primary-address",  NULL },
  { "GuestInfo",  "Get",                     "org.toolboxd.read-guestinfo",       reads_public_key },
  { "GuestInfo",  "Set",                     "org.toolboxd.write-guestinfo",      NULL },
  { "Power",      "Hold",                    "org.toolboxd.hold-power",           NULL },
  { "Power",      "RegisterHandler",         "org.toolboxd.handle-power",         NULL },
  { "Power",      "UnregisterHandler",       "org.toolboxd.handle-power",         NULL },
  { "Extensions", "RegisterRpc",             "org.toolboxd.extend-rpc",           NULL },
  { "Extensions", "UnregisterRpc",           "org.toolboxd.extend-rpc",           NULL },
  { "Extensions", "RegisterVix",             "org.toolboxd.extend-vix",           NULL },
  { "Extensions", "UnregisterVix",           "org.toolboxd.extend-vix",           NULL },
  { "Extensions", "RegisterAuthenticator",   "org.toolboxd.extend-authentication", NULL },
  { "Extensions", "UnregisterAuthenticator", "org.toolboxd.extend-authentication", NULL },
  { "Extensions", "RegisterFileHandler",     "org.toolboxd.extend-files",         NULL },
  { "Extensions", "UnregisterFileHandler",   "org.toolboxd.extend-files",         NULL },
  { "Extensions", "RegisterProgram",         "org.toolboxd.extend-programs",      NULL },
  { "Extensions", "UnregisterProgram",       "org.toolboxd.extend-programs",      NULL },
  { "Extensions", "RegisterNetwork",         "org.toolboxd.set-primary-address",  NULL },
  { "Extensions", "UnregisterNetwork",       "org.toolboxd.set-primary-address",  NULL },
  { "Processes",  "List",                    "org.toolboxd.read-command-lines",   is_open },
  { "Process",    "GetCommandLine",          "org.toolboxd.read-command-lines",   NULL, TRUE },
  { "Process",    "Terminate",               "org.toolboxd.terminate-process",    NULL, TRUE },
};

/* Counts what each caller has under way, so that none can pile up calls that
 * wait for polkit, for a person, or for the host. */
struct _TbxBusGate
{
  GObject     parent_instance;
  GHashTable *under_way;   /* unique name (owned) -> number of calls */
};

G_DEFINE_FINAL_TYPE (TbxBusGate, tbx_bus_gate, G_TYPE_OBJECT)
static G_DEFINE_QUARK (tbx-bus-gate, gate_of)
static G_DEFINE_QUARK (tbx-bus-gate-owner, owner_of)

/* Held by an invocation until it is answered. */
typedef struct
{
  TbxBusGate *gate;     /* owned */
  char       *caller;   /* unique name (owned) */
} Ticket;

/* A call that waits for its verdict. */
typedef struct
{
  GDBusInterfaceSkeleton *skeleton;     /* owned */
  GDBusMethodInvocation  *invocation;   /* owned until it is answered or passed on */
  const char             *action;
} Waiting;

static void
waiting_free (Waiting *waiting)
{
  g_clear_object (&waiting->skeleton);
  g_clear_object (&waiting->invocation);
  g_free (waiting);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Waiting, waiting_free)

static void
on_invocation_gone (gpointer user_data, GObject *where_it_was)
{
  Ticket *ticket = user_data;
  GHashTable *under_way = ticket->gate->under_way;
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (under_way, ticket->caller));

  if (n > 1)
    g_hash_table_insert (under_way, g_strdup (ticket->caller), GUINT_TO_POINTER (n - 1));
  else
    g_hash_table_remove (under_way, ticket->caller);
  g_object_unref (ticket->gate);
  g_free (ticket->caller);
  g_free (ticket);
}

static gboolean
gate_admit (TbxBusGate *self, const char *caller, GDBusMethodInvocation *invocation)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->under_way, caller));
  Ticket *ticket;

  if (n >= TBX_BUS_GATE_MAX_CALLS)
    return FALSE;
  g_hash_table_insert (self->under_way, g_strdup (caller), GUINT_TO_POINTER (n + 1));
  ticket = g_new0 (Ticket, 1);
  ticket->gate = g_object_ref (self);
  ticket->caller = g_strdup (caller);
  g_object_weak_ref (G_OBJECT (invocation), on_invocation_gone, ticket);
  return TRUE;
}

static const GateRow *
gate_find_row (const char *interface, const char *method)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_has_prefix (interface, TBX_BUS_NAME ".")
        && g_str_equal (interface + strlen (TBX_BUS_NAME "."), rows[i].interface)
        && g_str_equal (method, rows[i].method))
      return &rows[i];
  return NULL;
}

/* The vtable of the generated skeleton, from which ours is derived. */
static GDBusInterfaceVTable *
generated_vtable (GDBusInterfaceSkeleton *skeleton)
{
  GDBusInterfaceSkeletonClass *parent =
    g_type_class_peek_parent (G_DBUS_INTERFACE_SKELETON_GET_CLASS (skeleton));

  return parent->get_vtable (skeleton);
}

/* Runs the body of the method.  Takes the invocation. */
static void
gate_pass (GDBusInterfaceSkeleton *skeleton, GDBusMethodInvocation *invocation)
{
  generated_vtable (skeleton)->method_call (
    g_dbus_method_invocation_get_connection (invocation),
    g_dbus_method_invocation_get_sender (invocation),
    g_dbus_method_invocation_get_object_path (invocation),
    g_dbus_method_invocation_get_interface_name (invocation),
    g_dbus_method_invocation_get_method_name (invocation),
    g_dbus_method_invocation_get_parameters (invocation), invocation, skeleton);
}

static void
gate_refuse (GDBusMethodInvocation *invocation, TbxVerdict verdict, const char *action)
{
  g_info ("%s of %s refused (%s)", g_dbus_method_invocation_get_method_name (invocation),
          g_dbus_method_invocation_get_sender (invocation), action);
  if (verdict == TBX_VERDICT_CHALLENGE)
    g_dbus_method_invocation_return_dbus_error (
      invocation, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
      "Authentication is required, and the call does not allow to ask for it");
  else
    g_dbus_method_invocation_return_error (invocation, TBX_ERROR, TBX_ERROR_NOT_AUTHORIZED,
                                           "Not authorized: %s", action);
}

static void
on_verdict (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Waiting) waiting = user_data;
  TbxVerdict verdict = tbx_authority_check_finish (result);

  if (verdict == TBX_VERDICT_GRANTED)
    gate_pass (waiting->skeleton, g_steal_pointer (&waiting->invocation));
  else
    gate_refuse (g_steal_pointer (&waiting->invocation), verdict, waiting->action);
}

/* Takes @waiting. */
static void
gate_ask_polkit (Waiting *waiting)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (waiting->invocation);

  tbx_authority_check_async (g_dbus_method_invocation_get_connection (waiting->invocation),
                             g_dbus_method_invocation_get_sender (waiting->invocation),
                             waiting->action,
                             g_dbus_message_get_flags (message)
                             & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                             on_verdict, waiting);
}

static void
on_uid (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Waiting) waiting = user_data;
  gint64 *owner = g_object_get_qdata (G_OBJECT (waiting->skeleton), owner_of_quark ());
  gint64 uid = tbx_authority_ask_uid_finish (result);

  if (uid == 0 || (uid > 0 && owner != NULL && uid == *owner))
    gate_pass (waiting->skeleton, g_steal_pointer (&waiting->invocation));
  else
    gate_ask_polkit (g_steal_pointer (&waiting));
}

static void
gate_method_call (GDBusConnection       *connection,
                  const char            *sender,
                  const char            *object_path,
                  const char            *interface_name,
                  const char            *method_name,
                  GVariant              *parameters,
                  GDBusMethodInvocation *invocation,
                  gpointer               user_data)
{
  GDBusInterfaceSkeleton *skeleton = user_data;
  TbxBusGate *self = g_object_get_qdata (user_data, gate_of_quark ());
  const GateRow *row = gate_find_row (interface_name, method_name);
  Waiting *waiting;

  if (self == NULL || row == NULL || sender == NULL)
    {
      g_critical ("%s.%s has no row in the table", interface_name, method_name);
      gate_refuse (invocation, TBX_VERDICT_DENIED, "no rule for this method");
      return;
    }
  if (!gate_admit (self, sender, invocation))
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                                             "More than %d calls under way", TBX_BUS_GATE_MAX_CALLS);
      return;
    }
  if (row->exempt != NULL && row->exempt (parameters))
    {
      gate_pass (skeleton, invocation);
      return;
    }
  waiting = g_new0 (Waiting, 1);
  waiting->skeleton = g_object_ref (skeleton);
  waiting->invocation = invocation;
  waiting->action = row->action;
  if (row->owner)
    tbx_authority_ask_uid_async (connection, sender, on_uid, waiting);
  else
    gate_ask_polkit (waiting);
}

static GVariant *
gate_get_property (GDBusConnection *connection,
                   const char      *sender,
                   const char      *object_path,
                   const char      *interface_name,
                   const char      *property_name,
                   GError         **error,
                   gpointer         user_data)
{
  return generated_vtable (user_data)->get_property (connection, sender, object_path,
                                                     interface_name, property_name, error,
                                                     user_data);
}

static GDBusInterfaceVTable *
gate_get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  /* No set_property: GDBus refuses to write what the XML calls read-only. */
  static GDBusInterfaceVTable vtable = {
    .method_call = gate_method_call,
    .get_property = gate_get_property,
  };

  return &vtable;
}

/**
 * tbx_bus_gate_install:
 * @klass: class of an exporter, derived directly from a generated skeleton
 *
 * Puts the gate before the methods of @klass.  GDBus's own hook,
 * [signal@Gio.DBusInterfaceSkeleton::g-authorize-method], runs in a thread and
 * must block there; this one waits in the main loop.
 */
void
tbx_bus_gate_install (GDBusInterfaceSkeletonClass *klass)
{
  klass->get_vtable = gate_get_vtable;
}

/**
 * tbx_bus_gate_guard:
 * @self: the gate
 * @skeleton: an instance of a class with the gate installed
 *
 * Lets calls through to @skeleton, as the table says.  Without, all are denied.
 */
void
tbx_bus_gate_guard (TbxBusGate *self, GDBusInterfaceSkeleton *skeleton)
{
  g_object_set_qdata_full (G_OBJECT (skeleton), gate_of_quark (), g_object_ref (self),
                           g_object_unref);
}

/**
 * tbx_bus_gate_set_owner:
 * @skeleton: an instance of a class with the gate installed
 * @uid: whose object it is
 *
 * Lets @uid call what the table says is open to the owner.
 */
void
tbx_bus_gate_set_owner (GDBusInterfaceSkeleton *skeleton, guint uid)
{
  const gint64 owner = uid;

  g_object_set_qdata_full (G_OBJECT (skeleton), owner_of_quark (),
                           g_memdup2 (&owner, sizeof owner), g_free);
}

static void
tbx_bus_gate_finalize (GObject *object)
{
  g_hash_table_unref (TBX_BUS_GATE (object)->under_way);
  G_OBJECT_CLASS (tbx_bus_gate_parent_class)->finalize (object);
}

static void
tbx_bus_gate_class_init (TbxBusGateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_bus_gate_finalize;
}

static void
tbx_bus_gate_init (TbxBusGate *self)
{
  self->under_way = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * tbx_bus_gate_new:
 *
 * Returns: (transfer full): a gate, for all interfaces on all objects
 */
TbxBusGate *
tbx_bus_gate_new (void)
{
  return g_object_new (TBX_TYPE_BUS_GATE, NULL);
}
