/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-tree.h"
#include "tbx-file-id.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders that are held open at a time; those above are found again by "..", and
 * known by their inode. */
#define MAX_OPEN 32

/* Deeper than any path can name; bounds the memory. */
#define MAX_DEPTH 65536

/* One folder on the way down from the root of the walk. */
typedef struct
{
  DIR        *dir;       /* NULL while it is closed to save descriptors */
  TbxFileId   id;
  char       *name;      /* in its parent (owned) */
  GHashTable *refused;   /* names in it that could not be deleted (owned), or NULL */
} Level;

typedef struct
{
  GArray *levels;        /* of Level, the root first */
  int     root_fd;       /* where the root's name is looked up (not owned) */
  int     error_number;  /* the last failure */
} Walk;

static void
level_clear (gpointer data)
{
  Level *level = data;

  if (level->dir != NULL)
    closedir (level->dir);
  g_free (level->name);
  g_clear_pointer (&level->refused, g_hash_table_unref);
}

static Level *
level_at (Walk *walk, guint up)
{
  return &g_array_index (walk->levels, Level, walk->levels->len - 1 - up);
}

static int
parent_fd (Walk *walk)
{
  return walk->levels->len > 1 ? dirfd (level_at (walk, 1)->dir) : walk->root_fd;
}

/* Enters a folder; what is no folder, or a link to one, is refused. */
static gboolean
walk_enter (Walk *walk, int fd_above, const char *name)
{
  Level level = { 0 };
  struct stat info;
  int fd;

  if (walk->levels->len >= MAX_DEPTH)
    {
      errno = ENAMETOOLONG;
      return FALSE;
    }
  fd = openat (fd_above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  if (fstat (fd, &info) < 0 || (level.dir = fdopendir (fd)) == NULL)
    {
      close (fd);
      return FALSE;
    }
  level.id = tbx_file_id (&info);
  level.name = g_strdup (name);
  g_array_append_val (walk->levels, level);
  if (walk->levels->len > MAX_OPEN && walk->levels->len > 2)
    {
      Level *far = level_at (walk, MAX_OPEN);

      g_clear_pointer (&far->dir, closedir);
    }
  return TRUE;
}

/* Opens the folder above again, if it was closed, through the one we are in. */
static gboolean
walk_reopen_parent (Walk *walk)
{
  Level *above = walk->levels->len > 1 ? level_at (walk, 1) : NULL;
  struct stat info;
  int fd;

  if (above == NULL || above->dir != NULL)
    return TRUE;
  fd = openat (dirfd (level_at (walk, 0)->dir), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && fstat (fd, &info) == 0 && tbx_file_id_is (above->id, &info)
      && (above->dir = fdopendir (fd)) != NULL)
    return TRUE;
  if (fd >= 0)
    close (fd);
  errno = ESTALE;   /* it was moved under us */
  return FALSE;
}

/* Notes a name that cannot be deleted, so that it is not tried again. */
static void
walk_refuse (Walk *walk, guint up, const char *name, int error_number)
{
  Level *level = level_at (walk, up);

  walk->error_number = error_number;
  if (level->refused == NULL)
    level->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (level->refused, g_strdup (name));
}

/* Next name in the present folder that was not tried yet. */
static const char *
walk_next (Walk *walk)
{
  Level *level = level_at (walk, 0);
  struct dirent *entry;

  while ((entry = readdir (level->dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0
        && (level->refused == NULL || !g_hash_table_contains (level->refused, entry->d_name)))
      return entry->d_name;
  return NULL;
}

/* The present folder is empty, or as empty as it gets. */
static gboolean
walk_leave (Walk *walk)
{
  gboolean above = walk->levels->len > 1;
  g_autofree char *name = g_strdup (level_at (walk, 0)->name);

  if (!walk_reopen_parent (walk))
    {
      walk->error_number = errno;
      return FALSE;
    }
  if (unlinkat (parent_fd (walk), name, AT_REMOVEDIR) < 0 && errno != ENOENT)
    {
      /* Its own content says better why, where there is some. */
      int reason = level_at (walk, 0)->refused != NULL ? walk->error_number : errno;

      if (above)
        walk_refuse (walk, 1, name, reason);
      walk->error_number = reason;
    }
  g_array_set_size (walk->levels, walk->levels->len - 1);
  return above;
}

/* Deletes one entry; a folder is entered. */
static void
walk_delete (Walk *walk, const char *name)
{
  int fd = dirfd (level_at (walk, 0)->dir);
  int error_number;

  if (walk_enter (walk, fd, name))
    return;
  error_number = errno;
  if (error_number == EACCES && unlinkat (fd, name, AT_REMOVEDIR) == 0)
    return;   /* it cannot be looked into, but is empty */
  if (error_number == ENOTDIR || error_number == ELOOP)
    error_number = unlinkat (fd, name, 0) < 0 ? errno : 0;
  if (error_number != 0 && error_number != ENOENT)
    walk_refuse (walk, 0, name, error_number);
}

/**
 * tbx_tree_delete:
 * @dir_fd: the folder that holds it
 * @name: of a folder in there; no symlink
 * @op: told of the progress
 *
 * Deletes the folder and all in it, without following a symlink.  What cannot be
 * deleted is passed over.
 *
 * Returns: 0, or the errno of the last failure
 */
int
tbx_tree_delete (int dir_fd, const char *name, TbxOp *op)
{
  Walk walk = { .root_fd = dir_fd };
  gboolean more;

  walk.levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_array_set_clear_func (walk.levels, level_clear);
  more = walk_enter (&walk, dir_fd, name);
  if (!more)
    walk.error_number = errno;
  if (walk.error_number == EACCES && unlinkat (dir_fd, name, AT_REMOVEDIR) == 0)
    walk.error_number = 0;
  while (more)
    {
      const char *entry = walk_next (&walk);

      tbx_op_progress (op);
      if (entry != NULL)
        walk_delete (&walk, entry);
      else
        more = walk_leave (&walk);
    }
  g_array_unref (walk.levels);
  return walk.error_number;
}
