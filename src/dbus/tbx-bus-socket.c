/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-bus-socket.h"

/* Tells when the socket that a D-Bus address names is made.  Its folder may be
 * missing too: then the nearest one that is there is watched, and the watch
 * moves down as folders are made. */
struct _TbxBusSocket
{
  GObject       parent_instance;
  GFile        *file;      /* the socket (owned), or NULL: the address names none */
  GFile        *watched;   /* the folder that is watched (owned), or NULL */
  GFileMonitor *monitor;   /* owned, or NULL */
};

G_DEFINE_FINAL_TYPE (TbxBusSocket, tbx_bus_socket, G_TYPE_OBJECT)

enum
{
  SIGNAL_APPEARED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void socket_watch (TbxBusSocket *self);

static gboolean
is_arrival (GFileMonitorEvent event)
{
  return event == G_FILE_MONITOR_EVENT_CREATED || event == G_FILE_MONITOR_EVENT_MOVED_IN
         || event == G_FILE_MONITOR_EVENT_RENAMED;
}

static void
on_changed (GFileMonitor     *monitor,
            GFile            *file,
            GFile            *other,
            GFileMonitorEvent event,
            TbxBusSocket     *self)
{
  GFile *arrived = event == G_FILE_MONITOR_EVENT_RENAMED ? other : file;

  if (event == G_FILE_MONITOR_EVENT_DELETED && g_file_equal (file, self->watched))
    {
      socket_watch (self);
      return;
    }
  if (!is_arrival (event) || arrived == NULL)
    return;
  if (g_file_equal (arrived, self->file))
    g_signal_emit (self, signals[SIGNAL_APPEARED], 0);
  else if (g_file_has_prefix (self->file, arrived))
    {
      socket_watch (self);
      /* It may have been made between its folder and our watch. */
      if (g_file_query_exists (self->file, NULL))
        g_signal_emit (self, signals[SIGNAL_APPEARED], 0);
    }
}

/* The folder of the socket, or the nearest above it that is there.  Looks at
 * directories of the machine itself, which answer at once. */
static GFile *
nearest_folder (GFile *file)
{
  GFile *folder = g_file_get_parent (file);

  while (folder != NULL && !g_file_query_exists (folder, NULL))
    {
      g_autoptr(GFile) child = g_steal_pointer (&folder);
      folder = g_file_get_parent (child);
    }
  return folder;
}

static void
socket_watch (TbxBusSocket *self)
{
  g_autoptr(GFile) folder = nearest_folder (self->file);

  g_clear_object (&self->watched);
  while (folder != NULL && (self->watched == NULL || !g_file_equal (folder, self->watched)))
    {
      g_autoptr(GError) error = NULL;

      g_set_object (&self->watched, folder);
      g_clear_object (&self->monitor);
      self->monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);
      if (self->monitor == NULL)
        {
          g_debug ("Cannot watch for the bus: %s", error->message);
          return;
        }
      g_signal_connect (self->monitor, "changed", G_CALLBACK (on_changed), self);
      /* A folder below it may have been made before the watch was in place. */
      g_object_unref (folder);
      folder = nearest_folder (self->file);
    }
}

static void
tbx_bus_socket_finalize (GObject *object)
{
  TbxBusSocket *self = TBX_BUS_SOCKET (object);

  g_clear_object (&self->monitor);
  g_clear_object (&self->watched);
  g_clear_object (&self->file);
  G_OBJECT_CLASS (tbx_bus_socket_parent_class)->finalize (object);
}

static void
tbx_bus_socket_class_init (TbxBusSocketClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_bus_socket_finalize;
  signals[SIGNAL_APPEARED] = g_signal_new ("appeared", TBX_TYPE_BUS_SOCKET, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_bus_socket_init (TbxBusSocket *self)
{
}

/**
 * tbx_bus_socket_dup_path:
 * @address: a D-Bus address, or a list of them
 *
 * Returns: (transfer full) (nullable): path of the first socket in the file
 *   system that @address names
 */
char *
tbx_bus_socket_dup_path (const char *address)
{
  g_auto(GStrv) entries = g_strsplit (address, ";", -1);

  for (guint i = 0; entries[i] != NULL; i++)
    {
      g_auto(GStrv) pairs = NULL;

      if (!g_str_has_prefix (entries[i], "unix:"))
        continue;
      pairs = g_strsplit (entries[i] + strlen ("unix:"), ",", -1);
      for (guint k = 0; pairs[k] != NULL; k++)
        if (g_str_has_prefix (pairs[k], "path=/"))
          return g_uri_unescape_string (pairs[k] + strlen ("path="), NULL);
    }
  return NULL;
}

/**
 * tbx_bus_socket_new:
 * @address: (nullable): a D-Bus address; %NULL: that of the system bus
 *
 * Without a socket in the file system (an abstract one, TCP) it stays silent,
 * and so does it where folders cannot be watched: it makes a retry sooner, and
 * replaces none.
 */
TbxBusSocket *
tbx_bus_socket_new (const char *address)
{
  TbxBusSocket *self = g_object_new (TBX_TYPE_BUS_SOCKET, NULL);
  g_autofree char *system = NULL;
  g_autofree char *path = NULL;

  if (address == NULL)
    address = system = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  if (address != NULL)
    path = tbx_bus_socket_dup_path (address);
  if (path != NULL)
    {
      self->file = g_file_new_for_path (path);
      socket_watch (self);
    }
  return self;
}
