/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-delay-lock.h"
#include "tbx-logind.h"
#include <gio/gunixfdlist.h>
#include <unistd.h>

#define ANSWER_MOST_MS (10 * 1000)

/* A delay lock of logind, and what logind says about a shutdown that begins.
 * Source: docs/wire/power.md, "The way down". */
struct _TbxDelayLock
{
  GObject          parent_instance;
  TbxPower        *power;          /* owned */
  TbxPowerHost    *host;           /* owned */
  GDBusConnection *connection;     /* owned, or NULL */
  guint            watch_id;       /* of logind's name, or 0 */
  guint            signal_id;      /* of PrepareForShutdown, or 0 */
  GCancellable    *taking;         /* of the call that takes the lock (owned), or NULL */
  int              fd;             /* the lock, or -1 */
  gboolean         began;          /* the guest goes down */
};

G_DEFINE_FINAL_TYPE (TbxDelayLock, tbx_delay_lock, G_TYPE_OBJECT)

static void
lock_release (TbxDelayLock *self)
{
  g_cancellable_cancel (self->taking);
  g_clear_object (&self->taking);
  if (self->fd < 0)
    return;
  close (self->fd);
  self->fd = -1;
  g_debug ("The delay lock is released");
}

static void
on_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxDelayLock) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GUnixFDList) fds = NULL;
  g_autoptr(GVariant) reply =
    g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &fds, result, &error);
  gint32 handle = -1;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->taking);
  if (reply == NULL)
    {
      g_warning ("No delay lock, so the host may not hear of a shutdown: %s", error->message);
      return;
    }
  g_variant_get (reply, "(h)", &handle);
  if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length (fds))
    return;
  self->fd = g_unix_fd_list_get (fds, handle, NULL);   /* a copy, closed on exec */
  g_debug ("The delay lock is taken");
}

static void
lock_take (TbxDelayLock *self)
{
  if (self->fd >= 0 || self->taking != NULL)
    return;
  self->taking = g_cancellable_new ();
  g_dbus_connection_call_with_unix_fd_list (
    self->connection, TBX_LOGIN1_NAME, TBX_LOGIN1_PATH, TBX_LOGIN1_INTERFACE, "Inhibit",
    g_variant_new ("(ssss)", "shutdown", "toolboxd", "The virtualization host has to be told", "delay"),
    G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MOST_MS, NULL, self->taking,
    on_taken, g_object_ref (self));
}

/* The guest may go once it owes the host nothing. */
static void
lock_settle (TbxDelayLock *self)
{
  if (self->began && !tbx_power_host_get_owes (self->host))
    lock_release (self);
}

static void
on_prepare_for_shutdown (GDBusConnection *connection,
                         const char      *sender,
                         const char      *path,
                         const char      *interface,
                         const char      *signal,
                         GVariant        *parameters,
                         gpointer         user_data)
{
  g_autoptr(TbxDelayLock) self = g_object_ref (user_data);

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &self->began);
  if (self->began)
    {
      g_message ("The guest goes down");
      tbx_power_shutdown_began (self->power);
      lock_settle (self);
      return;
    }
  g_message ("The guest does not go down after all");
  tbx_power_shutdown_cancelled (self->power);
  lock_take (self);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  TbxDelayLock *self = user_data;

  if (self->signal_id == 0)
    self->signal_id =
      g_dbus_connection_signal_subscribe (connection, TBX_LOGIN1_NAME, TBX_LOGIN1_INTERFACE,
                                          "PrepareForShutdown", TBX_LOGIN1_PATH, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_prepare_for_shutdown, self,
                                          NULL);
  lock_take (self);
}

static void
lock_leave (TbxDelayLock *self)
{
  if (self->signal_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->signal_id);
  self->signal_id = 0;
  lock_release (self);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  TbxDelayLock *self = user_data;

  lock_leave (self);
  if (!self->began)
    return;
  self->began = FALSE;   /* what becomes of it, nobody tells any more */
  tbx_power_shutdown_cancelled (self->power);
}

/**
 * tbx_delay_lock_attach:
 * @self: the lock
 * @connection: the bus
 *
 * Holds the lock whenever logind is on that bus; does not start it.
 */
void
tbx_delay_lock_attach (TbxDelayLock *self, GDBusConnection *connection)
{
  tbx_delay_lock_detach (self);
  self->connection = g_object_ref (connection);
  self->watch_id = g_bus_watch_name_on_connection (connection, TBX_LOGIN1_NAME,
                                                   G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                   on_vanished, self, NULL);
}

/**
 * tbx_delay_lock_detach:
 * @self: the lock
 *
 * Releases it.
 */
void
tbx_delay_lock_detach (TbxDelayLock *self)
{
  g_clear_handle_id (&self->watch_id, g_bus_unwatch_name);
  lock_leave (self);
  g_clear_object (&self->connection);
}

static void
tbx_delay_lock_dispose (GObject *object)
{
  TbxDelayLock *self = TBX_DELAY_LOCK (object);

  tbx_delay_lock_detach (self);
  g_clear_object (&self->power);
  g_clear_object (&self->host);
  G_OBJECT_CLASS (tbx_delay_lock_parent_class)->dispose (object);
}

static void
tbx_delay_lock_class_init (TbxDelayLockClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_delay_lock_dispose;
}

static void
tbx_delay_lock_init (TbxDelayLock *self)
{
  self->fd = -1;
}

/**
 * tbx_delay_lock_new:
 * @power: is told when the guest goes down
 * @host: for whose status messages the guest is kept up
 */
TbxDelayLock *
tbx_delay_lock_new (TbxPower *power, TbxPowerHost *host)
{
  TbxDelayLock *self = g_object_new (TBX_TYPE_DELAY_LOCK, NULL);

  self->power = g_object_ref (power);
  self->host = g_object_ref (host);
  g_signal_connect_object (host, "notify::owes", G_CALLBACK (lock_settle), self, G_CONNECT_SWAPPED);
  return self;
}
