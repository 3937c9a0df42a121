/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libtbx-test.h"
#include "tbx-test-loop.h"

GDBusConnection *
test_connect (void)
{
  g_autoptr(GError) error = NULL;
  GDBusConnection *connection =
    g_dbus_connection_new_for_address_sync (g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                            NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

void
test_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **at = user_data;

  g_assert_null (*at);
  *at = g_object_ref (result);
}

TbxClient *
test_new_client (void)
{
  g_autoptr(GDBusConnection) connection = test_connect ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  TbxClient *client;

  tbx_client_new_for_connection_async (connection, NULL, test_on_result, &result);
  tbx_test_until (result != NULL);
  client = tbx_client_new_for_connection_finish (result, &error);
  g_assert_no_error (error);
  return client;
}

gboolean
test_finish_registration (TbxClient *client, GAsyncResult **result, GError **error)
{
  g_autoptr(GAsyncResult) taken = NULL;

  tbx_test_until (*result != NULL);
  taken = g_steal_pointer (result);
  return tbx_client_register_finish (client, taken, error);
}

void
test_register (TbxClient *client, TbxAgent *agent)
{
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  tbx_client_register_async (client, agent, NULL, test_on_result, &result);
  test_finish_registration (client, &result, &error);
  g_assert_no_error (error);
}
