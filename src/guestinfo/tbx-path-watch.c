/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-path-watch.h"

/* Links from one to the next; the kernel follows no more. */
#define MAX_LINKS 40

struct _TbxPathWatch
{
  GObject    parent_instance;
  char      *path;       /* absolute (owned) */
  GPtrArray *places;     /* of Place (owned): one for each link, and the file */
};

/* A name in a directory that exists. */
typedef struct
{
  char         *name;      /* (owned) */
  GFile        *folder;    /* (owned) */
  GFileMonitor *monitor;   /* of the folder (owned), or NULL when that failed */
} Place;

G_DEFINE_FINAL_TYPE (TbxPathWatch, tbx_path_watch, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void path_watch_rebuild (TbxPathWatch *self);

static void
place_free (gpointer data)
{
  Place *place = data;

  if (place->monitor != NULL)
    g_file_monitor_cancel (place->monitor);
  g_clear_object (&place->monitor);
  g_object_unref (place->folder);
  g_free (place->name);
  g_free (place);
}

static gboolean
place_has (Place *place, GFile *file)
{
  g_autofree char *name = file == NULL ? NULL : g_file_get_basename (file);

  return name != NULL && (g_str_equal (name, place->name) || g_file_equal (file, place->folder));
}

static void
on_folder_changed (GFileMonitor     *monitor,
                   GFile            *file,
                   GFile            *other_file,
                   GFileMonitorEvent event,
                   gpointer          user_data)
{
  TbxPathWatch *self = user_data;

  if (event == G_FILE_MONITOR_EVENT_CHANGED)   /* half written; its end is told too */
    return;
  for (guint i = 0; i < self->places->len; i++)
    {
      Place *place = self->places->pdata[i];

      if (place->monitor != monitor || (!place_has (place, file) && !place_has (place, other_file)))
        continue;
      path_watch_rebuild (self);   /* it may lead elsewhere now */
      g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
      return;
    }
}

static void
path_watch_add (TbxPathWatch *self, const char *path)
{
  Place *place = g_new0 (Place, 1);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr(GError) error = NULL;

  place->name = g_path_get_basename (path);
  while (!g_file_test (folder, G_FILE_TEST_IS_DIR) && !g_str_equal (folder, "/"))
    {
      g_autofree char *missing = g_steal_pointer (&folder);

      g_free (place->name);
      place->name = g_path_get_basename (missing);
      folder = g_path_get_dirname (missing);
    }
  place->folder = g_file_new_for_path (folder);
  place->monitor = g_file_monitor_directory (place->folder, G_FILE_MONITOR_WATCH_MOVES, NULL,
                                             &error);
  if (place->monitor == NULL)
    g_warning ("Cannot watch %s: %s", folder, error->message);
  else
    g_signal_connect_object (place->monitor, "changed", G_CALLBACK (on_folder_changed), self, 0);
  g_ptr_array_add (self->places, place);
}

static void
path_watch_rebuild (TbxPathWatch *self)
{
  g_autofree char *path = g_strdup (self->path);

  g_ptr_array_set_size (self->places, 0);
  for (guint i = 0; i < MAX_LINKS && path != NULL; i++)
    {
      g_autofree char *link = g_steal_pointer (&path);
      g_autofree char *target = NULL;
      g_autofree char *folder = g_path_get_dirname (link);

      path_watch_add (self, link);
      target = g_file_read_link (link, NULL);
      if (target != NULL)
        path = g_canonicalize_filename (target, folder);
    }
}

static void
tbx_path_watch_finalize (GObject *object)
{
  TbxPathWatch *self = TBX_PATH_WATCH (object);

  g_ptr_array_unref (self->places);
  g_free (self->path);
  G_OBJECT_CLASS (tbx_path_watch_parent_class)->finalize (object);
}

static void
tbx_path_watch_class_init (TbxPathWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_path_watch_finalize;

  /**
   * TbxPathWatch::changed:
   * @self: the watch
   *
   * What is found under the path may be something else.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_PATH_WATCH, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_path_watch_init (TbxPathWatch *self)
{
  self->places = g_ptr_array_new_with_free_func (place_free);
}

/**
 * tbx_path_watch_new:
 * @path: absolute; need not exist
 *
 * Returns: (transfer full): a watch, which emits in the thread's default main context
 */
TbxPathWatch *
tbx_path_watch_new (const char *path)
{
  TbxPathWatch *self = g_object_new (TBX_TYPE_PATH_WATCH, NULL);

  self->path = g_strdup (path);
  path_watch_rebuild (self);
  return self;
}
