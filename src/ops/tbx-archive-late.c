/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-late.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* All paths and targets, bytes: some 100,000 symlinks. */
#define MAX_LINK_BYTES   (16 * 1024 * 1024)
/* Folders beyond that get their attributes at once, and their time changes again. */
#define MAX_FOLDER_BYTES (4 * 1024 * 1024)

typedef struct
{
  char                *path;     /* (owned) */
  char                *target;   /* of a symlink (owned), else NULL */
  TbxArchiveAttributes attributes;
} Late;

struct _TbxArchiveLate
{
  TbxArchiveRoot *root;           /* (not owned) */
  TbxRing        *ring;           /* that it came from: told of each step (not owned) */
  TbxArchiveLog  *log;            /* (not owned) */
  gboolean        all_links;      /* symlinks out of the tree too */
  GArray         *links;          /* of Late (owned) */
  GArray         *folders;        /* of Late (owned) */
  gsize           link_bytes;     /* in @links */
  gsize           folder_bytes;   /* in @folders */
};

static void
late_clear (gpointer data)
{
  Late *late = data;

  g_free (late->path);
  g_free (late->target);
}

/**
 * tbx_archive_late_new:
 * @root: where; outlives the object
 * @all_links: whether symlinks may lead out of it
 * @ring: that the archive came from; outlives the object
 * @log: outlives the object
 *
 * Returns: (transfer full): free with tbx_archive_late_free()
 */
TbxArchiveLate *
tbx_archive_late_new (TbxArchiveRoot *root, gboolean all_links, TbxRing *ring, TbxArchiveLog *log)
{
  TbxArchiveLate *self = g_new0 (TbxArchiveLate, 1);

  self->root = root;
  self->ring = ring;
  self->log = log;
  self->all_links = all_links;
  self->links = g_array_new (FALSE, FALSE, sizeof (Late));
  self->folders = g_array_new (FALSE, FALSE, sizeof (Late));
  g_array_set_clear_func (self->links, late_clear);
  g_array_set_clear_func (self->folders, late_clear);
  return self;
}

void
tbx_archive_late_free (TbxArchiveLate *self)
{
  g_array_unref (self->links);
  g_array_unref (self->folders);
  g_free (self);
}

/* Whether the target, as it is written, stays in the tree.
 * @turns: it goes up again after it went down: where to depends on what is there */
static gboolean
stays_inside (const char *path, const char *target, gboolean *turns)
{
  g_auto(GStrv) steps = g_strsplit (target, "/", -1);
  gboolean down = FALSE;
  int depth = 0;

  *turns = FALSE;
  if (target[0] == '/')
    return FALSE;
  for (const char *c = path; *c != '\0'; c++)
    depth += *c == '/';
  for (char **step = steps; *step != NULL; step++)
    {
      if (g_str_equal (*step, "") || g_str_equal (*step, "."))
        continue;
      if (g_str_equal (*step, ".."))
        {
          *turns |= down;
          if (--depth < 0)
            return FALSE;
        }
      else
        {
          down = TRUE;
          depth++;
        }
    }
  return TRUE;
}

/**
 * tbx_archive_late_add_symlink:
 * @self: what is done last
 * @path: of the member
 * @target: where it leads
 * @attributes: owner and time
 *
 * A symlink out of the tree is left out and logged.
 *
 * Returns: 0, or `E2BIG` when there are too many
 */
int
tbx_archive_late_add_symlink (TbxArchiveLate *self, const char *path, const char *target,
                              const TbxArchiveAttributes *attributes)
{
  Late late = { NULL, NULL, *attributes };
  gboolean turns;

  if (!self->all_links && !stays_inside (path, target, &turns))
    {
      tbx_archive_log_skip (self->log, path, "a symlink out of the folder");
      return 0;
    }
  self->link_bytes += sizeof late + strlen (path) + strlen (target);
  if (self->link_bytes > MAX_LINK_BYTES)
    return E2BIG;
  late.path = g_strdup (path);
  late.target = g_strdup (target);
  g_array_append_val (self->links, late);
  return 0;
}

/**
 * tbx_archive_late_add_folder:
 * @self: what is done last
 * @path: of a folder that was made
 * @attributes: what it gets
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_late_add_folder (TbxArchiveLate *self, const char *path,
                             const TbxArchiveAttributes *attributes)
{
  Late late = { NULL, NULL, *attributes };

  if (self->folder_bytes + sizeof late + strlen (path) > MAX_FOLDER_BYTES)
    {
      late.attributes.mode |= 0700;
      return tbx_archive_root_set_folder (self->root, path, &late.attributes);
    }
  self->folder_bytes += sizeof late + strlen (path);
  late.path = g_strdup (path);
  g_array_append_val (self->folders, late);
  return 0;
}

/* Takes back what leads out through another symlink.  Only now they are all there. */
static void
check_link (TbxArchiveLate *self, const Late *link)
{
  const char *slash = strrchr (link->path, '/');
  int length = slash != NULL ? (int) (slash - link->path) : 0;
  g_autofree char *path = g_strdup_printf ("%.*s/%s", MAX (length, 1),
                                           length > 0 ? link->path : ".", link->target);
  const char *name;
  int parent_fd;

  if (!tbx_archive_root_is_left_by (self->root, path)
      || tbx_archive_root_open_parent (self->root, link->path, FALSE, &parent_fd, &name) != 0)
    return;
  if (unlinkat (parent_fd, name, 0) == 0)
    tbx_archive_log_skip (self->log, link->path, "a symlink out of the folder");
  close (parent_fd);
}

/**
 * tbx_archive_late_make_links:
 * @self: what is done last
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_late_make_links (TbxArchiveLate *self)
{
  int error_number = 0;
  guint n_made = 0;
  gboolean turns;

  while (error_number == 0 && n_made < self->links->len)
    {
      const Late *link = &g_array_index (self->links, Late, n_made);

      error_number = tbx_ring_is_cancelled (self->ring)
                         ? ECANCELED
                         : tbx_archive_root_make_symlink (self->root, link->path, link->target,
                                                          &link->attributes);
      if (error_number == 0)
        n_made++;
    }
  for (guint i = 0; !self->all_links && i < n_made; i++)
    {
      const Late *link = &g_array_index (self->links, Late, i);

      tbx_ring_is_cancelled (self->ring);   /* it gets on */
      if (stays_inside (link->path, link->target, &turns) && turns)
        check_link (self, link);
    }
  return error_number;
}

/**
 * tbx_archive_late_set_folders:
 * @self: what is done last
 *
 * The last first: what is in a folder comes after it.
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_late_set_folders (TbxArchiveLate *self)
{
  int error_number = 0, result;

  for (guint i = self->folders->len; i > 0; i--)
    {
      const Late *folder = &g_array_index (self->folders, Late, i - 1);

      tbx_ring_is_cancelled (self->ring);   /* it gets on, to the end in any case */
      result = tbx_archive_root_set_folder (self->root, folder->path, &folder->attributes);
      if (error_number == 0)
        error_number = result;
    }
  return error_number;
}
