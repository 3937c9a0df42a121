/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-bus-connection.h"
#include "tbx-bus-socket.h"

#define RETRY_FIRST_MS 250u
#define RETRY_MOST_MS (30u * 1000)
#define ATTEMPT_MOST_MS (10u * 1000)   /* a bus that accepts, but never says hello */

/* One connection to the bus at a time, made again whenever it is lost.  While
 * there is none, it waits for the socket to appear, and tries now and then. */
struct _TbxBusConnection
{
  GObject          parent_instance;
  char            *address;       /* D-Bus address (owned), or NULL: the system bus */
  GDBusConnection *connection;    /* owned, or NULL */
  gulong           closed_id;     /* handler of its "closed" */
  GCancellable    *attempt;       /* the attempt under way (owned), or NULL */
  guint            deadline_id;   /* source that ends that attempt, or 0 */
  guint            retry_id;      /* source of the wait for the next one, or 0 */
  guint            retry_ms;      /* how long that wait is */
  TbxBusSocket    *socket;        /* tells when the socket appears (owned), or NULL */
  gboolean         started;
  gboolean         told;          /* that the bus is not there: once, not at each try */
};

G_DEFINE_FINAL_TYPE (TbxBusConnection, tbx_bus_connection, G_TYPE_OBJECT)

enum
{
  SIGNAL_UP,
  SIGNAL_DOWN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void connection_try (TbxBusConnection *self);

static void
on_socket_appeared (TbxBusSocket *bus_socket, TbxBusConnection *self)
{
  /* It may be bound and not listened to yet: then try again soon. */
  self->retry_ms = RETRY_FIRST_MS;
  connection_try (self);
}

static gboolean
on_retry (gpointer user_data)
{
  TbxBusConnection *self = user_data;

  self->retry_id = 0;
  self->retry_ms = MIN (self->retry_ms * 2, RETRY_MOST_MS);
  connection_try (self);
  return G_SOURCE_REMOVE;
}

static void
connection_wait (TbxBusConnection *self)
{
  if (self->socket == NULL)
    {
      self->socket = tbx_bus_socket_new (self->address);
      g_signal_connect (self->socket, "appeared", G_CALLBACK (on_socket_appeared), self);
    }
  if (self->retry_id == 0)
    self->retry_id = g_timeout_add (self->retry_ms, on_retry, self);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusConnection *connection = G_DBUS_CONNECTION (source);

  if (g_dbus_connection_flush_finish (connection, result, NULL))
    g_dbus_connection_close (connection, NULL, NULL, NULL);
}

static void
connection_drop (TbxBusConnection *self)
{
  g_autoptr(GDBusConnection) connection = g_steal_pointer (&self->connection);

  if (connection == NULL)
    return;
  g_clear_signal_handler (&self->closed_id, connection);
  g_signal_emit (self, signals[SIGNAL_DOWN], 0);
  if (!g_dbus_connection_is_closed (connection))
    g_dbus_connection_flush (connection, NULL, on_flushed, NULL);
}

static void
on_closed (GDBusConnection  *connection,
           gboolean          remote_vanished,
           GError           *error,
           TbxBusConnection *self)
{
  g_info ("The bus is gone: %s", error != NULL ? error->message : "connection closed");
  self->told = TRUE;
  self->retry_ms = RETRY_FIRST_MS;
  connection_drop (self);
  if (self->started)
    connection_wait (self);
}

static void
on_attempt_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxBusConnection) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusConnection) connection = g_dbus_connection_new_for_address_finish (result, &error);

  g_clear_handle_id (&self->deadline_id, g_source_remove);
  g_clear_object (&self->attempt);
  if (!self->started)
    {
      if (connection != NULL)
        g_dbus_connection_close (connection, NULL, NULL, NULL);
      return;
    }
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    {
      if (!self->told)
        g_info ("The bus is not there yet: %s", error != NULL ? error->message : "it hung up");
      self->told = TRUE;
      connection_wait (self);
      return;
    }
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_object (&self->socket);
  self->retry_ms = RETRY_FIRST_MS;
  self->told = FALSE;
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->connection = g_steal_pointer (&connection);
  self->closed_id = g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  g_debug ("Connected to the bus as %s", g_dbus_connection_get_unique_name (self->connection));
  g_signal_emit (self, signals[SIGNAL_UP], 0, self->connection);
}

static gboolean
on_attempt_deadline (gpointer user_data)
{
  TbxBusConnection *self = user_data;

  self->deadline_id = 0;
  g_cancellable_cancel (self->attempt);
  return G_SOURCE_REMOVE;
}

/* Starts an attempt, unless one is under way or has succeeded. */
static void
connection_try (TbxBusConnection *self)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *address = g_strdup (self->address);

  if (!self->started || self->attempt != NULL || self->connection != NULL)
    return;
  g_clear_handle_id (&self->retry_id, g_source_remove);
  if (address == NULL)
    address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  if (address == NULL)
    {
      g_warning ("No address for the system bus: %s", error->message);
      return;
    }
  self->attempt = g_cancellable_new ();
  self->deadline_id = g_timeout_add (ATTEMPT_MOST_MS, on_attempt_deadline, self);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                     | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, self->attempt, on_attempt_done, g_object_ref (self));
}

/**
 * tbx_bus_connection_start:
 * @self: the connection
 *
 * Tries to connect, and goes on trying until stopped: at once when the bus's
 * socket appears, and after 250 ms, doubled with each failure up to 30 s.
 */
void
tbx_bus_connection_start (TbxBusConnection *self)
{
  if (self->started)
    return;
  self->started = TRUE;
  connection_try (self);
}

/**
 * tbx_bus_connection_stop:
 * @self: the connection
 *
 * Closes the connection after what was sent, and tries no more.
 */
void
tbx_bus_connection_stop (TbxBusConnection *self)
{
  self->started = FALSE;
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->deadline_id, g_source_remove);
  g_clear_object (&self->socket);
  if (self->attempt != NULL)
    g_cancellable_cancel (self->attempt);
  connection_drop (self);
}

/**
 * tbx_bus_connection_get:
 * @self: the connection
 *
 * Returns: (transfer none) (nullable): the connection, or %NULL while there is none
 */
GDBusConnection *
tbx_bus_connection_get (TbxBusConnection *self)
{
  return self->connection;
}

static void
tbx_bus_connection_dispose (GObject *object)
{
  tbx_bus_connection_stop (TBX_BUS_CONNECTION (object));
  G_OBJECT_CLASS (tbx_bus_connection_parent_class)->dispose (object);
}

static void
tbx_bus_connection_finalize (GObject *object)
{
  TbxBusConnection *self = TBX_BUS_CONNECTION (object);

  g_clear_object (&self->attempt);
  g_free (self->address);
  G_OBJECT_CLASS (tbx_bus_connection_parent_class)->finalize (object);
}

static void
tbx_bus_connection_class_init (TbxBusConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_bus_connection_dispose;
  object_class->finalize = tbx_bus_connection_finalize;
  signals[SIGNAL_UP] = g_signal_new ("up", TBX_TYPE_BUS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 1, G_TYPE_DBUS_CONNECTION);
  signals[SIGNAL_DOWN] = g_signal_new ("down", TBX_TYPE_BUS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL,
                                       NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_bus_connection_init (TbxBusConnection *self)
{
  self->retry_ms = RETRY_FIRST_MS;
}

/**
 * tbx_bus_connection_new:
 * @address: (nullable): D-Bus address; %NULL: the system bus, as
 *   `DBUS_SYSTEM_BUS_ADDRESS` or the well-known path says
 *
 * A connection of our own, for one that GIO shares would tie the daemon to one
 * life of the bus.
 */
TbxBusConnection *
tbx_bus_connection_new (const char *address)
{
  TbxBusConnection *self = g_object_new (TBX_TYPE_BUS_CONNECTION, NULL);

  self->address = g_strdup (address);
  return self;
}
