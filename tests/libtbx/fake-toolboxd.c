/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-toolboxd.h"
#include "tbx-test-loop.h"
#include <tbx.h>

#define NAME "org.toolboxd.Toolbox1"
#define ROOT "/org/toolboxd/Toolbox1"

struct _FakeToolboxd
{
  GObject                   parent_instance;
  GDBusConnection          *connection;   /* owned */
  GDBusObjectManagerServer *objects;      /* owned */
  GPtrArray                *skeletons;    /* of GDBusInterfaceSkeleton (owned) */
  GHashTable               *agents;       /* what is registered: name -> object (both owned) */
  gboolean                  waits;        /* nothing is answered */
  GPtrArray                *waiting;      /* of GDBusMethodInvocation (owned) */
};

G_DEFINE_FINAL_TYPE (FakeToolboxd, fake_toolboxd, G_TYPE_OBJECT)

/* RegisterKIND() and UnregisterKIND(): some are known by a name, others by the object. */
static void
toolboxd_do (FakeToolboxd *self, GDBusMethodInvocation *invocation)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);
  GVariant *arguments = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr(GVariant) name = g_variant_get_child_value (arguments, 0);
  const char *text = g_variant_get_string (name, NULL);
  gboolean done;

  if (g_str_has_prefix (method, "Unregister"))
    done = g_hash_table_remove (self->agents, text);
  else if (g_variant_is_of_type (name, G_VARIANT_TYPE_OBJECT_PATH))
    done = g_hash_table_insert (self->agents, g_strdup (text), g_strdup (text));
  else
    {
      const char *object;

      g_variant_get_child (arguments, 1, "&o", &object);
      done = !g_hash_table_contains (self->agents, text)
             && g_hash_table_insert (self->agents, g_strdup (text), g_strdup (object));
    }
  if (done)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    g_dbus_method_invocation_return_error (invocation, TBX_ERROR, TBX_ERROR_EXISTS, "%s failed", method);
}

/* In their order, as the daemon does it. */
static void
toolboxd_handle (FakeToolboxd *self, GDBusMethodInvocation *invocation)
{
  g_ptr_array_add (self->waiting, invocation);
  if (!self->waits)
    fake_toolboxd_answer (self);
}

static gboolean
on_named (gpointer               skeleton,
          GDBusMethodInvocation *invocation,
          const char            *name,
          const char            *object,
          FakeToolboxd          *self)
{
  toolboxd_handle (self, invocation);
  return TRUE;
}

static gboolean
on_unnamed (gpointer               skeleton,
            GDBusMethodInvocation *invocation,
            const char            *object,
            gint                   priority,
            FakeToolboxd          *self)
{
  toolboxd_handle (self, invocation);
  return TRUE;
}

static gboolean
on_unregister (gpointer               skeleton,
               GDBusMethodInvocation *invocation,
               const char            *name,
               FakeToolboxd          *self)
{
  toolboxd_handle (self, invocation);
  return TRUE;
}

GDBusConnection *
fake_toolboxd_get_connection (FakeToolboxd *self)
{
  return self->connection;
}

gboolean
fake_toolboxd_has (FakeToolboxd *self, const char *name)
{
  return g_hash_table_contains (self->agents, name);
}

/* Path of the one object that is registered. */
const char *
fake_toolboxd_get_object (FakeToolboxd *self)
{
  GHashTableIter iter;
  gpointer object = NULL;

  g_assert_cmpuint (g_hash_table_size (self->agents), ==, 1);
  g_hash_table_iter_init (&iter, self->agents);
  g_hash_table_iter_next (&iter, NULL, &object);
  return object;
}

/* @waits: calls are answered by fake_toolboxd_answer() only. */
void
fake_toolboxd_set_waits (FakeToolboxd *self, gboolean waits)
{
  self->waits = waits;
}

guint
fake_toolboxd_n_waiting (FakeToolboxd *self)
{
  return self->waiting->len;
}

void
fake_toolboxd_answer (FakeToolboxd *self)
{
  while (self->waiting->len > 0)
    toolboxd_do (self, g_ptr_array_steal_index (self->waiting, 0));
}

static void
toolboxd_export (FakeToolboxd *self, gpointer skeleton)
{
  g_autoptr(GError) error = NULL;

  g_dbus_interface_skeleton_export (skeleton, self->connection, ROOT, &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->skeletons, skeleton);
}

/* Leaves the bus, without an answer to those who wait. */
static void
fake_toolboxd_dispose (GObject *object)
{
  FakeToolboxd *self = FAKE_TOOLBOXD (object);

  if (self->connection != NULL)
    {
      g_dbus_connection_close_sync (self->connection, NULL, NULL);
      for (guint i = 0; i < self->skeletons->len; i++)
        g_dbus_interface_skeleton_unexport (self->skeletons->pdata[i]);
    }
  g_ptr_array_set_size (self->waiting, 0);
  g_ptr_array_set_size (self->skeletons, 0);
  g_clear_object (&self->objects);
  g_clear_object (&self->connection);
  tbx_test_settle ();
  G_OBJECT_CLASS (fake_toolboxd_parent_class)->dispose (object);
}

static void
fake_toolboxd_finalize (GObject *object)
{
  FakeToolboxd *self = FAKE_TOOLBOXD (object);

  g_ptr_array_unref (self->waiting);
  g_ptr_array_unref (self->skeletons);
  g_hash_table_unref (self->agents);
  G_OBJECT_CLASS (fake_toolboxd_parent_class)->finalize (object);
}

static void
fake_toolboxd_class_init (FakeToolboxdClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = fake_toolboxd_dispose;
  G_OBJECT_CLASS (klass)->finalize = fake_toolboxd_finalize;
}

static void
fake_toolboxd_init (FakeToolboxd *self)
{
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  self->skeletons = g_ptr_array_new_with_free_func (g_object_unref);
  self->agents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static const struct
{
  const char *signal;
  GCallback   callback;
} handlers[] = {
  { "handle-register-rpc", G_CALLBACK (on_named) },
  { "handle-register-program", G_CALLBACK (on_named) },
  { "handle-register-file-handler", G_CALLBACK (on_named) },
  { "handle-register-authenticator", G_CALLBACK (on_unnamed) },
  { "handle-unregister-rpc", G_CALLBACK (on_unregister) },
  { "handle-unregister-program", G_CALLBACK (on_unregister) },
  { "handle-unregister-file-handler", G_CALLBACK (on_unregister) },
  { "handle-unregister-authenticator", G_CALLBACK (on_unregister) },
};

/* Takes @connection, and has the daemon's name on it. */
FakeToolboxd *
fake_toolboxd_new (GDBusConnection *connection)
{
  FakeToolboxd *self = g_object_new (FAKE_TYPE_TOOLBOXD, NULL);
  TbxBusExtensions *extensions = tbx_bus_extensions_skeleton_new ();
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;

  self->connection = connection;
  self->objects = g_dbus_object_manager_server_new (ROOT);
  g_dbus_object_manager_server_set_connection (self->objects, connection);
  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_object (extensions, handlers[i].signal, handlers[i].callback, self, 0);
  toolboxd_export (self, extensions);
  toolboxd_export (self, tbx_bus_manager_skeleton_new ());
  toolboxd_export (self, tbx_bus_power_skeleton_new ());
  toolboxd_export (self, tbx_bus_network_skeleton_new ());
  toolboxd_export (self, tbx_bus_guest_info_skeleton_new ());
  toolboxd_export (self, tbx_bus_processes_skeleton_new ());
  reply = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", NAME, 4), G_VARIANT_TYPE ("(u)"),
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  return self;
}
