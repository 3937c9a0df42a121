/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-handles.h"
#include "tbx-disk-file.h"
#include <string.h>

/* The number that stands for no handle. */
#define NO_HANDLE G_MAXUINT32

struct _TbxHgfsHandles
{
  GHashTable *all;       /* number -> TbxHgfsHandle (owned) */
  guint32     last;      /* number given out last */
};

static void
handle_free (gpointer data)
{
  TbxHgfsHandle *handle = data;

  g_clear_pointer (&handle->file, tbx_file_free);
  g_clear_pointer (&handle->list, tbx_folder_list_unref);
  g_free (handle->path);
  g_free (handle);
}

TbxHgfsHandles *
tbx_hgfs_handles_new (void)
{
  TbxHgfsHandles *self = g_new0 (TbxHgfsHandles, 1);

  self->all = g_hash_table_new_full (NULL, NULL, NULL, handle_free);
  return self;
}

void
tbx_hgfs_handles_free (TbxHgfsHandles *self)
{
  g_hash_table_unref (self->all);
  g_free (self);
}

/**
 * tbx_hgfs_handles_is_full:
 * @self: the handles
 *
 * To be asked before anything is opened that would leave a trace.
 *
 * Returns: whether no other can be added
 */
gboolean
tbx_hgfs_handles_is_full (TbxHgfsHandles *self)
{
  return g_hash_table_size (self->all) >= TBX_HGFS_MAX_HANDLES;
}

static TbxHgfsHandle *
handles_lookup (TbxHgfsHandles *self, guint64 session, guint32 number)
{
  TbxHgfsHandle *handle = g_hash_table_lookup (self->all, GUINT_TO_POINTER (number));

  return handle != NULL && handle->session == session ? handle : NULL;
}

/**
 * tbx_hgfs_handles_add:
 * @self: the handles
 * @session: whose it will be
 * @path: what was opened
 * @file: (transfer full) (nullable): the open file
 * @list: (transfer full) (nullable): or the list of a folder
 *
 * Returns: (transfer none) (nullable): %NULL when there are too many; @file and @list
 *   are freed then
 */
TbxHgfsHandle *
tbx_hgfs_handles_add (TbxHgfsHandles *self,
                      guint64         session,
                      const char     *path,
                      TbxFile        *file,
                      TbxFolderList  *list)
{
  TbxHgfsHandle *handle = g_new (TbxHgfsHandle, 1);

  *handle = (TbxHgfsHandle) { 0, session, file, list, g_strdup (path) };
  if (tbx_hgfs_handles_is_full (self))
    {
      handle_free (handle);
      return NULL;
    }
  do
    self->last++;
  while (self->last == 0 || self->last == NO_HANDLE
         || g_hash_table_contains (self->all, GUINT_TO_POINTER (self->last)));
  handle->number = self->last;
  g_hash_table_insert (self->all, GUINT_TO_POINTER (handle->number), handle);
  return handle;
}

/* Files and searches are different kinds: one is not found as the other. */
TbxHgfsHandle *
tbx_hgfs_handles_find_file (TbxHgfsHandles *self, guint64 session, guint32 number)
{
  TbxHgfsHandle *handle = handles_lookup (self, session, number);

  return handle != NULL && handle->file != NULL ? handle : NULL;
}

TbxHgfsHandle *
tbx_hgfs_handles_find_search (TbxHgfsHandles *self, guint64 session, guint32 number)
{
  TbxHgfsHandle *handle = handles_lookup (self, session, number);

  return handle != NULL && handle->list != NULL ? handle : NULL;
}

static gboolean
is_pending (TbxFile *file)
{
  return tbx_disk_file_is_pending (file);
}

static gboolean
is_virtual (TbxFile *file)
{
  return !tbx_disk_file_is_disk (file);
}

static TbxHgfsHandle *
handles_find_path (TbxHgfsHandles *self, guint64 session, const char *path,
                   gboolean (*is_meant) (TbxFile *file))
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      TbxHgfsHandle *handle = value;

      if (handle->session == session && handle->file != NULL && is_meant (handle->file)
          && strcmp (handle->path, path) == 0)
        return handle;
    }
  return NULL;
}

/**
 * tbx_hgfs_handles_find_pending:
 * @self: the handles
 * @session: whose
 * @path: a name
 *
 * Returns: (transfer none) (nullable): the file that will be @path, or have its mode,
 *   once it is complete
 */
TbxHgfsHandle *
tbx_hgfs_handles_find_pending (TbxHgfsHandles *self, guint64 session, const char *path)
{
  return handles_find_path (self, session, path, is_pending);
}

/**
 * tbx_hgfs_handles_find_virtual:
 * @self: the handles
 * @session: whose
 * @path: a name
 *
 * Returns: (transfer none) (nullable): what is open by that name and is no file on disk
 */
TbxHgfsHandle *
tbx_hgfs_handles_find_virtual (TbxHgfsHandles *self, guint64 session, const char *path)
{
  return handles_find_path (self, session, path, is_virtual);
}

void
tbx_hgfs_handles_remove (TbxHgfsHandles *self, TbxHgfsHandle *handle)
{
  g_hash_table_remove (self->all, GUINT_TO_POINTER (handle->number));
}

/**
 * tbx_hgfs_handles_renamed:
 * @self: the handles
 * @from: the old name of a file or folder
 * @to: its new one
 *
 * An upload is not what has the name now: it keeps its own, unless its folder moves.
 */
void
tbx_hgfs_handles_renamed (TbxHgfsHandles *self, const char *from, const char *to)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      TbxHgfsHandle *handle = value;
      const char *below;
      char *path;

      if (!g_str_has_prefix (handle->path, from))
        continue;
      below = handle->path + strlen (from);
      if (below[0] != '/'
          && (below[0] != '\0' || (handle->file != NULL && tbx_disk_file_is_upload (handle->file))))
        continue;
      path = g_strconcat (to, below, NULL);
      g_free (handle->path);
      handle->path = path;
    }
}

/**
 * tbx_hgfs_handles_got_on:
 * @self: the handles
 * @session: whose
 *
 * Returns: when work on any of its files got on last, monotonic time in microseconds,
 *   or 0
 */
gint64
tbx_hgfs_handles_got_on (TbxHgfsHandles *self, guint64 session)
{
  gint64 last_us = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      TbxHgfsHandle *handle = value;

      if (handle->session == session && handle->file != NULL && handle->file->funcs->got_on != NULL)
        last_us = MAX (last_us, handle->file->funcs->got_on (handle->file));
    }
  return last_us;
}

static gboolean
is_of_session (gpointer key, gpointer value, gpointer user_data)
{
  return ((TbxHgfsHandle *) value)->session == *(const guint64 *) user_data;
}

/**
 * tbx_hgfs_handles_drop:
 * @self: the handles
 * @session: that ends
 *
 * Gives up all that it has open: what was not closed was not completed.
 */
void
tbx_hgfs_handles_drop (TbxHgfsHandles *self, guint64 session)
{
  g_hash_table_foreach_remove (self->all, is_of_session, &session);
}
