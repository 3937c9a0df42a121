/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-systemd1.h"
#include "tbx-error.h"

#define ANSWER_MOST_MS (10 * 1000)

/* Source: docs/wire/power.md, "The way down". */
struct _TbxSystemd1
{
  GObject          parent_instance;
  GDBusConnection *connection;   /* owned, or NULL */
};

static void backend_iface_init (TbxPowerBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxSystemd1, tbx_systemd1, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_POWER_BACKEND, backend_iface_init))

static const char *
systemd1_get_name (TbxPowerBackend *backend)
{
  return "systemd";
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result,
                                                            &error);

  if (reply != NULL)
    g_task_return_boolean (task, TRUE);
  else if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
           || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_NOT_FOUND, "it is not on the bus");
  else
    {
      g_dbus_error_strip_remote_error (error);
      g_task_return_error (task, g_steal_pointer (&error));
    }
}

static void
systemd1_act_async (TbxPowerBackend    *backend,
                    TbxPowerOperation   operation,
                    GCancellable       *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer            user_data)
{
  TbxSystemd1 *self = TBX_SYSTEMD1 (backend);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  const char *unit = operation == TBX_POWER_REBOOT ? "reboot.target" : "poweroff.target";

  if (self->connection == NULL)
    {
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_NOT_FOUND, "there is no bus");
      return;
    }
  g_dbus_connection_call (self->connection, TBX_SYSTEMD1_NAME, TBX_SYSTEMD1_PATH,
                          TBX_SYSTEMD1_INTERFACE, "StartUnit",
                          g_variant_new ("(ss)", unit, "replace-irreversibly"),
                          G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MOST_MS,
                          cancellable, on_started, g_steal_pointer (&task));
}

static gboolean
systemd1_act_finish (TbxPowerBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
backend_iface_init (TbxPowerBackendInterface *iface)
{
  iface->get_name = systemd1_get_name;
  iface->act_async = systemd1_act_async;
  iface->act_finish = systemd1_act_finish;
}

/**
 * tbx_systemd1_attach:
 * @self: the back end
 * @connection: the bus
 *
 * Works over that bus from now on.
 */
void
tbx_systemd1_attach (TbxSystemd1 *self, GDBusConnection *connection)
{
  g_set_object (&self->connection, connection);
}

/**
 * tbx_systemd1_detach:
 * @self: the back end
 *
 * There is no bus.
 */
void
tbx_systemd1_detach (TbxSystemd1 *self)
{
  g_clear_object (&self->connection);
}

static void
tbx_systemd1_dispose (GObject *object)
{
  tbx_systemd1_detach (TBX_SYSTEMD1 (object));
  G_OBJECT_CLASS (tbx_systemd1_parent_class)->dispose (object);
}

static void
tbx_systemd1_class_init (TbxSystemd1Class *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_systemd1_dispose;
}

static void
tbx_systemd1_init (TbxSystemd1 *self)
{
}

/**
 * tbx_systemd1_new:
 *
 * Returns: (transfer full): attached to no bus
 */
TbxSystemd1 *
tbx_systemd1_new (void)
{
  return g_object_new (TBX_TYPE_SYSTEMD1, NULL);
}
