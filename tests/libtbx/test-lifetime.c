/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libtbx-test.h"
#include "fake-toolboxd.h"
#include "tbx-test-loop.h"

/* Clients and agents that end, or are cancelled, while something is under way. */

/* Whatever is under way to a connection, and back, is through. */
static void
settle (FakeToolboxd *daemon, TbxClient *client)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GVariant) reply = NULL;

      g_dbus_connection_call (i % 2 == 0 ? tbx_client_get_connection (client)
                                         : fake_toolboxd_get_connection (daemon),
                              "org.freedesktop.DBus", "/org/freedesktop/DBus",
                              "org.freedesktop.DBus", "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
                              -1, NULL, test_on_result, &result);
      tbx_test_until (result != NULL);
      reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (g_async_result_get_source_object (result)),
                                             result, NULL);
      g_object_unref (g_async_result_get_source_object (result));
      g_object_unref (g_async_result_get_source_object (result));
      tbx_test_settle ();
    }
}

static void
test_client_cancelled (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GDBusConnection) connection = test_connect ();
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      TbxClient *client;

      if (i == 0)
        g_cancellable_cancel (cancellable);
      tbx_client_new_for_connection_async (connection, cancellable, test_on_result, &result);
      g_cancellable_cancel (cancellable);
      tbx_test_until (result != NULL);
      client = tbx_client_new_for_connection_finish (result, &error);
      g_assert_null (client);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      tbx_test_settle ();
    }
}

/* No client, and no critical message, which g_test_init() makes fatal. */
static void
test_client_closed (void)
{
  g_autoptr(GDBusConnection) connection = test_connect ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_dbus_connection_close_sync (connection, NULL, NULL);
  g_assert_null (tbx_client_new_for_connection_sync (connection, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  tbx_client_new_for_connection_async (connection, NULL, test_on_result, &result);
  tbx_test_until (result != NULL);
  g_assert_null (tbx_client_new_for_connection_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* The call keeps what it needs. */
static void
test_client_dropped (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  TbxClient *client = test_new_client ();
  g_autoptr(GDBusConnection) connection = g_object_ref (tbx_client_get_connection (client));
  gpointer gone = client;
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("dropped"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  g_object_add_weak_pointer (G_OBJECT (client), &gone);
  tbx_client_register_async (client, agent, NULL, test_on_result, &result);
  g_object_unref (client);
  g_assert_nonnull (gone);
  g_assert_true (test_finish_registration (client, &result, &error));
  g_assert_no_error (error);
  tbx_test_settle ();
  g_assert_null (gone);
  g_assert_false (tbx_agent_is_registered (agent));
  tbx_test_until (!fake_toolboxd_has (daemon, "dropped"));
}

static void
test_two_clients (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(TbxClient) one = test_new_client ();
  g_autoptr(TbxClient) other = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("shared"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  test_register (one, agent);
  tbx_client_register_async (other, agent, NULL, test_on_result, &result);
  g_assert_false (test_finish_registration (other, &result, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_EXISTS);
  tbx_client_unregister (other, agent);
  g_assert_true (tbx_agent_is_registered (agent));
  tbx_client_unregister (one, agent);
  test_register (other, agent);
  g_assert_true (tbx_agent_is_registered (agent));
  g_assert_true (fake_toolboxd_has (daemon, "shared"));
}

/* Taken back before the daemon has said yes. */
static void
test_unregister_under_way (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(TbxClient) client = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("hasty"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  fake_toolboxd_set_waits (daemon, TRUE);
  tbx_client_register_async (client, agent, NULL, test_on_result, &result);
  tbx_test_until (fake_toolboxd_n_waiting (daemon) == 1);
  tbx_client_unregister (client, agent);
  fake_toolboxd_set_waits (daemon, FALSE);
  fake_toolboxd_answer (daemon);
  g_assert_false (test_finish_registration (client, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (tbx_agent_is_registered (agent));
  settle (daemon, client);
  g_assert_false (fake_toolboxd_has (daemon, "hasty"));
  test_register (client, agent);
  g_assert_true (fake_toolboxd_has (daemon, "hasty"));
}

/* Taken back and given again, both before the daemon has said yes to the first. */
static void
test_register_anew_under_way (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(TbxClient) client = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("hasty"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *first = NULL;
  GAsyncResult *second = NULL;

  tbx_client_register_async (client, agent, NULL, test_on_result, &first);
  tbx_client_unregister (client, agent);
  tbx_client_register_async (client, agent, NULL, test_on_result, &second);
  g_assert_false (test_finish_registration (client, &first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  test_finish_registration (client, &second, &error);
  g_assert_no_error (error);
  g_assert_true (tbx_agent_is_registered (agent));
  settle (daemon, client);
  g_assert_true (fake_toolboxd_has (daemon, "hasty"));
}

static void
test_register_cancelled (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(TbxClient) client = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("cancelled"));
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  tbx_client_register_async (client, agent, cancellable, test_on_result, &result);
  tbx_test_until (fake_toolboxd_has (daemon, "cancelled"));
  g_cancellable_cancel (cancellable);
  if (result == NULL)
    g_assert_false (tbx_agent_is_registered (agent));
  g_assert_false (test_finish_registration (client, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (tbx_agent_is_registered (agent));
  settle (daemon, client);
  g_assert_false (fake_toolboxd_has (daemon, "cancelled"));
  test_register (client, agent);
}

/* What a handler does, who notices that an agent is not registered any more. */
typedef struct
{
  TbxClient *client;
  TbxAgent  *agents[3];   /* owned by the client alone */
} Notified;

static void
on_notify (TbxAgent *agent, GParamSpec *pspec, Notified *notified)
{
  if (tbx_agent_is_registered (agent))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (notified->agents); i++)
    if (notified->agents[i] != NULL)
      tbx_client_unregister (notified->client, g_steal_pointer (&notified->agents[i]));
}

static Notified *
notified_new (TbxClient *client)
{
  Notified *notified = g_new0 (Notified, 1);

  notified->client = client;
  for (guint i = 0; i < G_N_ELEMENTS (notified->agents); i++)
    {
      g_autofree char *name = g_strdup_printf ("notified%u", i);
      g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new (name));

      test_register (client, agent);
      notified->agents[i] = agent;
      g_signal_connect (agent, "notify::registered", G_CALLBACK (on_notify), notified);
    }
  return notified;
}

static void
test_unregister_when_daemon_leaves (void)
{
  FakeToolboxd *daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(FakeToolboxd) next = NULL;
  g_autoptr(TbxClient) client = test_new_client ();
  g_autofree Notified *notified = notified_new (client);

  g_object_unref (daemon);
  tbx_test_until (!tbx_client_is_running (client));
  g_assert_null (notified->agents[2]);
  next = fake_toolboxd_new (test_connect ());
  tbx_test_until (tbx_client_is_running (client));
  settle (next, client);
  g_assert_false (fake_toolboxd_has (next, "notified0"));
  g_assert_false (fake_toolboxd_has (next, "notified2"));
}

static void
test_unregister_when_client_ends (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  TbxClient *client = test_new_client ();
  g_autoptr(GDBusConnection) connection = g_object_ref (tbx_client_get_connection (client));
  g_autofree Notified *notified = notified_new (client);

  g_object_unref (client);
  g_assert_null (notified->agents[2]);
  tbx_test_until (!fake_toolboxd_has (daemon, "notified2"));
}

/* The daemon is replaced while it is asked: the next one knows the agent. */
static void
test_replaced_under_way (void)
{
  FakeToolboxd *daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(FakeToolboxd) next = NULL;
  g_autoptr(TbxClient) client = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("moved"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  fake_toolboxd_set_waits (daemon, TRUE);
  tbx_client_register_async (client, agent, NULL, test_on_result, &result);
  tbx_test_until (fake_toolboxd_n_waiting (daemon) == 1);
  g_object_unref (daemon);
  next = fake_toolboxd_new (test_connect ());
  g_assert_true (test_finish_registration (client, &result, &error));
  g_assert_no_error (error);
  tbx_test_until (tbx_agent_is_registered (agent));
  g_assert_true (fake_toolboxd_has (next, "moved"));
}

/* The daemon may still be there, but not for this client. */
static void
test_bus_ends (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(TbxClient) client = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("alone"));
  g_autoptr(TbxAgent) late = TBX_AGENT (tbx_agent_rpc_new ("late"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  test_register (client, agent);
  g_dbus_connection_close_sync (tbx_client_get_connection (client), NULL, NULL);
  tbx_test_until (!tbx_client_is_running (client));
  g_assert_false (tbx_agent_is_registered (agent));
  tbx_client_register_async (client, late, NULL, test_on_result, &result);
  g_assert_false (test_finish_registration (client, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  tbx_client_unregister (client, agent);
}

/* An agent that is disposed of by force takes itself back. */
static void
test_disposed (void)
{
  g_autoptr(FakeToolboxd) daemon = fake_toolboxd_new (test_connect ());
  g_autoptr(TbxClient) client = test_new_client ();
  g_autoptr(TbxAgent) agent = TBX_AGENT (tbx_agent_rpc_new ("disposed"));
  TbxClient *second = test_new_client ();
  g_autoptr(GDBusConnection) connection = g_object_ref (tbx_client_get_connection (second));
  g_autoptr(TbxAgent) other = TBX_AGENT (tbx_agent_rpc_new ("other"));
  g_autoptr(GError) error = NULL;
  GAsyncResult *result = NULL;

  test_register (client, agent);
  g_object_run_dispose (G_OBJECT (agent));
  g_assert_false (tbx_agent_is_registered (agent));
  tbx_test_until (!fake_toolboxd_has (daemon, "disposed"));
  tbx_client_unregister (client, agent);

  tbx_client_register_async (second, other, NULL, test_on_result, &result);
  g_object_run_dispose (G_OBJECT (second));
  tbx_client_unregister (second, other);
  g_assert_false (test_finish_registration (second, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (second);
  tbx_test_until (!fake_toolboxd_has (daemon, "other"));
}

int
main (int argc, char **argv)
{
  g_autoptr(GTestDBus) bus = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/libtbx/client/cancelled", test_client_cancelled);
  g_test_add_func ("/libtbx/client/closed", test_client_closed);
  g_test_add_func ("/libtbx/client/dropped", test_client_dropped);
  g_test_add_func ("/libtbx/agent/two-clients", test_two_clients);
  g_test_add_func ("/libtbx/agent/unregister-under-way", test_unregister_under_way);
  g_test_add_func ("/libtbx/agent/register-anew-under-way", test_register_anew_under_way);
  g_test_add_func ("/libtbx/agent/register-cancelled", test_register_cancelled);
  g_test_add_func ("/libtbx/agent/unregister-when-daemon-leaves", test_unregister_when_daemon_leaves);
  g_test_add_func ("/libtbx/agent/unregister-when-client-ends", test_unregister_when_client_ends);
  g_test_add_func ("/libtbx/agent/replaced-under-way", test_replaced_under_way);
  g_test_add_func ("/libtbx/agent/bus-ends", test_bus_ends);
  g_test_add_func ("/libtbx/agent/disposed", test_disposed);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  status = g_test_run ();
  g_test_dbus_stop (bus);
  return status;
}
