/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-proxies.h"
#include "tbx-names.h"

#define OBJECTS_FLAGS G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_DO_NOT_AUTO_START

static const struct
{
  GType     (*type) (void);
  const char *interface;   /* NULL: the object manager */
} rows[] = {
  [TBX_PROXY_MANAGER] = { tbx_bus_manager_proxy_get_type, TBX_BUS_NAME ".Manager" },
  [TBX_PROXY_POWER] = { tbx_bus_power_proxy_get_type, TBX_BUS_NAME ".Power" },
  [TBX_PROXY_NETWORK] = { tbx_bus_network_proxy_get_type, TBX_BUS_NAME ".Network" },
  [TBX_PROXY_GUEST_INFO] = { tbx_bus_guest_info_proxy_get_type, TBX_BUS_NAME ".GuestInfo" },
  [TBX_PROXY_PROCESSES] = { tbx_bus_processes_proxy_get_type, TBX_BUS_NAME ".Processes" },
  [TBX_PROXY_EXTENSIONS] = { tbx_bus_extensions_proxy_get_type, TBX_BUS_NAME ".Extensions" },
  [TBX_PROXY_OBJECTS] = { tbx_bus_object_manager_client_get_type, NULL },
};
G_STATIC_ASSERT (G_N_ELEMENTS (rows) == TBX_N_PROXIES);

gboolean
tbx_proxies_make_sync (TbxProxies      *self,
                       GDBusConnection *connection,
                       GCancellable    *cancellable,
                       GError         **error)
{
  for (guint i = 0; i < TBX_N_PROXIES; i++)
    {
      if (rows[i].interface != NULL)
        self->proxies[i] =
          g_initable_new (rows[i].type (), cancellable, error,
                          "g-flags", G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                          "g-connection", connection, "g-name", TBX_BUS_NAME,
                          "g-object-path", TBX_OBJECT_PATH,
                          "g-interface-name", rows[i].interface, NULL);
      else
        self->proxies[i] =
          (GObject *) tbx_bus_object_manager_client_new_sync (connection, OBJECTS_FLAGS,
                                                              TBX_BUS_NAME, TBX_OBJECT_PATH,
                                                              cancellable, error);
      if (self->proxies[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

/* Data of the task that makes them all. */
typedef struct
{
  guint    n_missing;
  gboolean failed;      /* the task has been told */
} Progress;

/* One proxy that is being made. */
typedef struct
{
  GTask   *task;   /* owned */
  GObject **at;    /* where it goes; of the task's source object */
} Making;

static void
making_done (Making *making, GObject *proxy, GError *error)
{
  g_autoptr(GTask) task = making->task;
  Progress *progress = g_task_get_task_data (task);

  *making->at = proxy;
  g_free (making);
  progress->n_missing--;
  if (error != NULL && !progress->failed)
    {
      progress->failed = TRUE;
      g_task_return_error (task, error);
      return;
    }
  g_clear_error (&error);   /* that of another was first */
  if (progress->n_missing == 0 && !progress->failed)
    g_task_return_boolean (task, TRUE);
}

static void
on_proxy (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  GObject *proxy = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, &error);

  making_done (user_data, proxy, error);
}

static void
on_objects (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  GDBusObjectManager *objects = tbx_bus_object_manager_client_new_finish (result, &error);

  making_done (user_data, (GObject *) objects, error);
}

/* Completes @task, whose source object has @self: TRUE when all are there. */
void
tbx_proxies_make_async (TbxProxies *self, GDBusConnection *connection, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Progress *progress = g_new0 (Progress, 1);

  progress->n_missing = TBX_N_PROXIES;
  g_task_set_task_data (task, progress, g_free);
  for (guint i = 0; i < TBX_N_PROXIES; i++)
    {
      Making *making = g_new (Making, 1);

      *making = (Making) { g_object_ref (task), &self->proxies[i] };
      if (rows[i].interface != NULL)
        g_async_initable_new_async (rows[i].type (), G_PRIORITY_DEFAULT, cancellable,
                                    on_proxy, making,
                                    "g-flags", G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                    "g-connection", connection, "g-name", TBX_BUS_NAME,
                                    "g-object-path", TBX_OBJECT_PATH,
                                    "g-interface-name", rows[i].interface, NULL);
      else
        tbx_bus_object_manager_client_new (connection, OBJECTS_FLAGS, TBX_BUS_NAME,
                                           TBX_OBJECT_PATH, cancellable, on_objects, making);
    }
}

static char *
dup_owner (GObject *proxy)
{
  if (G_IS_DBUS_PROXY (proxy))
    return g_dbus_proxy_get_name_owner (G_DBUS_PROXY (proxy));
  return g_dbus_object_manager_client_get_name_owner (G_DBUS_OBJECT_MANAGER_CLIENT (proxy));
}

/* Returns: (transfer full): unique name of the daemon, once all proxies have the properties
 * of that one; NULL while it does not run */
char *
tbx_proxies_dup_owner (TbxProxies *self)
{
  g_autofree char *owner = dup_owner (self->proxies[0]);

  for (guint i = 1; i < TBX_N_PROXIES; i++)
    {
      g_autofree char *other = dup_owner (self->proxies[i]);

      if (g_strcmp0 (owner, other) != 0)
        return NULL;
    }
  return g_steal_pointer (&owner);
}

/* Has @callback called with @user_data whenever another owner may be had. */
void
tbx_proxies_watch_owner (TbxProxies *self, GCallback callback, GObject *user_data)
{
  for (guint i = 0; i < TBX_N_PROXIES; i++)
    g_signal_connect_object (self->proxies[i],
                             G_IS_DBUS_PROXY (self->proxies[i]) ? "notify::g-name-owner"
                                                                : "notify::name-owner",
                             callback, user_data, G_CONNECT_SWAPPED);
}

void
tbx_proxies_clear (TbxProxies *self)
{
  for (guint i = 0; i < TBX_N_PROXIES; i++)
    g_clear_object (&self->proxies[i]);
}
