/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <glib/gi18n.h>

/**
 * tbx_ctl_bus_connect:
 * @error: return location for an error
 *
 * Connects to the system bus, or to the one that `DBUS_SYSTEM_BUS_ADDRESS` names.
 *
 * Returns: (transfer full): the connection, or NULL with `TBX_ERROR_TRANSPORT`
 */
GDBusConnection *
tbx_ctl_bus_connect (GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) reason = NULL;
  GDBusConnection *bus;

  g_bus_get (G_BUS_TYPE_SYSTEM, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  bus = g_bus_get_finish (result, &reason);
  if (bus == NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, _("no system bus: %s"), reason->message);
      return NULL;
    }
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  return bus;
}

/**
 * tbx_ctl_bus_has:
 * @bus: the connection
 * @name: a bus name
 *
 * Returns: whether somebody owns @name
 */
gboolean
tbx_ctl_bus_has (GDBusConnection *bus, const char *name)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  gboolean has = FALSE;

  g_dbus_connection_call (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "NameHasOwner", g_variant_new ("(s)", name),
                          G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  reply = g_dbus_connection_call_finish (bus, result, NULL);
  if (reply != NULL)
    g_variant_get (reply, "(b)", &has);
  return has;
}

/**
 * tbx_ctl_bus_need_daemon:
 * @bus: the connection
 * @error: return location for an error
 *
 * Returns: whether the daemon is there, else `TBX_ERROR_TRANSPORT`
 */
gboolean
tbx_ctl_bus_need_daemon (GDBusConnection *bus, GError **error)
{
  if (tbx_ctl_bus_has (bus, TBX_BUS_NAME))
    return TRUE;
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT, _("toolboxd is not on the bus"));
  return FALSE;
}

/**
 * tbx_ctl_bus_manager:
 * @bus: the connection
 * @error: return location for an error
 *
 * Returns: (transfer full): the interface Manager with its properties, or NULL
 */
TbxBusManager *
tbx_ctl_bus_manager (GDBusConnection *bus, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!tbx_ctl_bus_need_daemon (bus, error))
    return NULL;
  tbx_bus_manager_proxy_new (bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, TBX_BUS_NAME, TBX_OBJECT_PATH, NULL,
                             tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return tbx_bus_manager_proxy_new_finish (result, error);
}

/**
 * tbx_ctl_bus_network:
 * @bus: the connection
 * @error: return location for an error
 *
 * Returns: (transfer full): the interface Network with its properties, or NULL
 */
TbxBusNetwork *
tbx_ctl_bus_network (GDBusConnection *bus, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!tbx_ctl_bus_need_daemon (bus, error))
    return NULL;
  tbx_bus_network_proxy_new (bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, TBX_BUS_NAME, TBX_OBJECT_PATH, NULL,
                             tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return tbx_bus_network_proxy_new_finish (result, error);
}

/**
 * tbx_ctl_bus_objects:
 * @bus: the connection
 * @error: return location for an error
 *
 * Returns: (transfer full): all objects of the daemon, or NULL
 */
GDBusObjectManager *
tbx_ctl_bus_objects (GDBusConnection *bus, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!tbx_ctl_bus_need_daemon (bus, error))
    return NULL;
  tbx_bus_object_manager_client_new (bus, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_DO_NOT_AUTO_START,
                                     TBX_BUS_NAME, TBX_OBJECT_PATH, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return tbx_bus_object_manager_client_new_finish (result, error);
}

/**
 * tbx_ctl_bus_call:
 * @bus: the connection
 * @interface: interface of the daemon's root object
 * @method: its method
 * @arguments: (transfer floating): a tuple
 * @reply_type: of the tuple that it returns
 * @error: return location for an error
 *
 * Calls a method that polkit may want to ask the user about, so it waits for as
 * long as that takes.
 *
 * Returns: (transfer full): the reply, a tuple, or NULL
 */
GVariant *
tbx_ctl_bus_call (GDBusConnection    *bus,
                  const char         *interface,
                  const char         *method,
                  GVariant           *arguments,
                  const GVariantType *reply_type,
                  GError            **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  g_dbus_connection_call (bus, TBX_BUS_NAME, TBX_OBJECT_PATH, interface, method, arguments, reply_type,
                          G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION
                            | G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          G_MAXINT, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return g_dbus_connection_call_finish (bus, result, error);
}
