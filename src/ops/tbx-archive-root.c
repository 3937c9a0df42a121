/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-root.h"
#include "tbx-file-id.h"
#include "tbx-path.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Folders that no member of the archive named yet. */
#define PARENT_MODE 0750
/* Of more of them some keep that mode. */
#define MAX_PARENTS 65536
#define MAX_CLIMB   4096

struct _TbxArchiveRoot
{
  int         fd;        /* (not owned) */
  GHashTable *parents;   /* paths of folders that we made for what is in them (owned) */
};

/**
 * tbx_archive_root_new:
 * @root_fd: the folder, which outlives the object
 *
 * Returns: (transfer full): free with tbx_archive_root_free()
 */
TbxArchiveRoot *
tbx_archive_root_new (int root_fd)
{
  TbxArchiveRoot *self = g_new (TbxArchiveRoot, 1);

  self->fd = root_fd;
  self->parents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
tbx_archive_root_free (TbxArchiveRoot *self)
{
  g_hash_table_unref (self->parents);
  g_free (self);
}

static int
open_beneath (TbxArchiveRoot *self, const char *path, int flags, guint64 resolve)
{
  const struct open_how how = {
    .flags = (guint64) (O_PATH | O_CLOEXEC | flags),
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
  };

  return (int) syscall (SYS_openat2, self->fd, path, &how, sizeof how);
}

/* Whether an open folder is the tree's, or in it; closes @fd. */
static gboolean
is_inside (TbxArchiveRoot *self, int fd)
{
  struct stat root;

  if (fstat (self->fd, &root) < 0)
    memset (&root, 0, sizeof root);
  return tbx_file_id_is_above (tbx_file_id (&root), fd, MAX_CLIMB);
}

/* Makes way for a folder: a symlink goes, anything else stays.  So does a link to a
 * folder of the same tree: "bin" of a whole system is one. */
static int
clear_way (TbxArchiveRoot *self, int at_fd, const char *name)
{
  struct stat info;

  if (fstatat (at_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return errno;
  if (!S_ISLNK (info.st_mode)
      || is_inside (self, openat (at_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC)))
    return EEXIST;
  return unlinkat (at_fd, name, 0) < 0 ? errno : 0;
}

static void
note_parent (TbxArchiveRoot *self, const char *path, gsize length)
{
  if (g_hash_table_size (self->parents) < MAX_PARENTS)
    g_hash_table_add (self->parents, g_strndup (path, length));
}

/* One step down: the folder is opened, or made if it may be. */
static int
enter (TbxArchiveRoot *self, int at_fd, const char *name, gboolean create, int *fd,
       gboolean *made)
{
  int error_number;

  *made = FALSE;
  *fd = openat (at_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*fd >= 0)
    return 0;
  error_number = errno;
  if (!create || (error_number != ENOENT && error_number != ENOTDIR && error_number != ELOOP))
    return error_number;
  if (error_number != ENOENT)
    {
      error_number = clear_way (self, at_fd, name);
      if (error_number != 0)
        return error_number;
    }
  *made = mkdirat (at_fd, name, PARENT_MODE) == 0;
  if (!*made && errno != EEXIST)
    return errno;
  *fd = openat (at_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return *fd < 0 ? errno : 0;
}

/* Step by step: to make what is missing, and where the kernel has no openat2(). */
static int
walk_to (TbxArchiveRoot *self, const char *path, gboolean create, int *fd)
{
  const char *rest = path;
  int error_number = 0;

  *fd = openat (self->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*fd < 0)
    return errno;
  while (error_number == 0 && *rest != '\0')
    {
      g_autofree char *name = g_strndup (rest, strcspn (rest, "/"));
      int at_fd = *fd;
      gboolean made;

      error_number = enter (self, at_fd, name, create, fd, &made);
      close (at_fd);
      rest += strlen (name);
      if (made)
        note_parent (self, path, (gsize) (rest - path));
      rest += *rest == '/';
    }
  return error_number;
}

/**
 * tbx_archive_root_open_parent:
 * @self: a root
 * @path: of a member
 * @create: whether folders on the way are made
 * @parent_fd: (out): the folder that it is in, to be closed, if the result is 0
 * @name: (out): its name there, in @path
 *
 * Returns: 0, or an errno; `EEXIST` if something else than a folder is in the way
 */
int
tbx_archive_root_open_parent (TbxArchiveRoot *self, const char *path, gboolean create,
                              int *parent_fd, const char **name)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);

  *name = slash != NULL ? slash + 1 : path;
  *parent_fd = open_beneath (self, *parent != '\0' ? parent : ".", O_DIRECTORY,
                             RESOLVE_NO_SYMLINKS);
  return *parent_fd >= 0 ? 0 : walk_to (self, parent, create, parent_fd);
}

/**
 * tbx_archive_root_make_folder:
 * @self: a root
 * @path: of a member
 * @made: (out): whether it is new, and its attributes are still to be set
 *
 * Until then it is its owner's alone.
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_root_make_folder (TbxArchiveRoot *self, const char *path, gboolean *made)
{
  const char *name;
  struct stat info;
  int parent_fd;
  int error_number = tbx_archive_root_open_parent (self, path, TRUE, &parent_fd, &name);

  if (error_number != 0)
    return error_number;
  *made = mkdirat (parent_fd, name, 0700) == 0;
  if (!*made)
    {
      error_number = errno;
      if (error_number == EEXIST && fstatat (parent_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0
          && S_ISDIR (info.st_mode))
        {
          *made = g_hash_table_remove (self->parents, path);
          error_number = 0;
        }
      else if (error_number == EEXIST)
        {
          error_number = clear_way (self, parent_fd, name);
          *made = error_number == 0 && mkdirat (parent_fd, name, 0700) == 0;
          if (error_number == 0 && !*made)
            error_number = errno;
        }
    }
  close (parent_fd);
  return error_number;
}

/* Another symlink is replaced, nothing else. */
static int
replace_symlink (int parent_fd, const char *name, const char *target)
{
  g_autofree char *beside = tbx_path_beside (name);
  struct stat info;
  int error_number;

  if (fstatat (parent_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return errno;
  if (!S_ISLNK (info.st_mode))
    return EEXIST;
  if (symlinkat (target, parent_fd, beside) < 0)
    return errno;
  if (renameat (parent_fd, beside, parent_fd, name) == 0)
    return 0;
  error_number = errno;
  unlinkat (parent_fd, beside, 0);
  return error_number;
}

/**
 * tbx_archive_root_make_symlink:
 * @self: a root
 * @path: of a member
 * @target: where it leads
 * @attributes: owner and time
 *
 * Returns: 0, or an errno; `EEXIST` if something is there that is no symlink
 */
int
tbx_archive_root_make_symlink (TbxArchiveRoot *self, const char *path, const char *target,
                               const TbxArchiveAttributes *attributes)
{
  const struct timespec times[] = { { 0, UTIME_OMIT }, attributes->mtime };
  const char *name;
  int parent_fd;
  int error_number = tbx_archive_root_open_parent (self, path, TRUE, &parent_fd, &name);

  if (error_number != 0)
    return error_number;
  if (symlinkat (target, parent_fd, name) < 0)
    error_number = errno == EEXIST ? replace_symlink (parent_fd, name, target) : errno;
  if (error_number == 0 && attributes->owned
      && fchownat (parent_fd, name, attributes->uid, attributes->gid, AT_SYMLINK_NOFOLLOW) < 0)
    error_number = errno;
  if (error_number == 0 && utimensat (parent_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
    error_number = errno;
  close (parent_fd);
  return error_number;
}

/**
 * tbx_archive_root_set_folder:
 * @self: a root
 * @path: of a folder that tbx_archive_root_make_folder() made
 * @attributes: what it gets
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_root_set_folder (TbxArchiveRoot *self, const char *path,
                             const TbxArchiveAttributes *attributes)
{
  TbxArchiveAttributes now = *attributes;
  const char *name;
  struct stat info;
  int parent_fd, fd;
  int error_number = tbx_archive_root_open_parent (self, path, FALSE, &parent_fd, &name);

  if (error_number != 0)
    return error_number;
  fd = openat (parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  close (parent_fd);
  if (fd < 0)
    return errno;
  /* What it inherited from the folder above it is no right of the archive's to take. */
  if (fstat (fd, &info) == 0)
    now.mode |= info.st_mode & S_ISGID;
  error_number = tbx_archive_attributes_apply (&now, fd);
  close (fd);
  return error_number;
}

/* Whether the path, every symlink of it followed, leaves the tree. */
gboolean
tbx_archive_root_is_left_by (TbxArchiveRoot *self, const char *path)
{
  int fd = open_beneath (self, path, 0, 0);

  if (fd < 0)
    return errno == EXDEV || errno == ENOSYS || errno == EAGAIN;
  close (fd);
  return FALSE;
}

/**
 * tbx_archive_attributes_apply:
 * @self: attributes
 * @fd: a file or folder that is ours
 *
 * Set-id bits only on what the user owns.
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_attributes_apply (const TbxArchiveAttributes *self, int fd)
{
  const struct timespec times[] = { { 0, UTIME_OMIT }, self->mtime };
  mode_t mode = self->mode;
  struct stat info;

  if (self->owned && fchown (fd, self->uid, self->gid) < 0)
    return errno;
  if (fstat (fd, &info) < 0)
    return errno;
  if (info.st_uid != geteuid () && !S_ISDIR (info.st_mode))
    mode &= ~(mode_t) (S_ISUID | S_ISGID);
  if (fchmod (fd, mode) < 0)
    return errno;
  return futimens (fd, times) < 0 ? errno : 0;
}
