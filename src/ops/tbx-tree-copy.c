/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-tree.h"
#include "tbx-file-copy.h"
#include "tbx-file-id.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree that is deeper is left where it is. */
#define MAX_DEPTH 256

typedef struct
{
  TbxOp      *op;
  int         root_fd;   /* where the copy of the root is made (not owned) */
  GString    *path;      /* of the copy that is being made, from there (owned) */
  GHashTable *links;     /* TbxFileId (owned) -> path of the first copy (owned) */
} Copy;

static int copy_entry (Copy *copy, int from_fd, const char *name, int to_fd, const char *to_name,
                       guint depth);

/* Without a name, where the file system has such files: nothing is left of one that nobody
 * can complete any more. */
static int
open_copy (int to_fd, const char *to_name, gboolean *named)
{
  int fd = openat (to_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

  *named = fd < 0;
  if (fd < 0)
    fd = openat (to_fd, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  return fd;
}

static int
name_copy (int fd, int to_fd, const char *to_name)
{
  char path[64];

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  return linkat (AT_FDCWD, path, to_fd, to_name, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
}

static int
copy_regular (TbxOp *op, int from_fd, const char *name, int to_fd, const char *to_name)
{
  /* Should it be a FIFO by now, this does not wait for a writer. */
  int in_fd = openat (from_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int out_fd = -1, error_number = 0;
  gboolean named = FALSE;
  struct stat info;

  if (in_fd >= 0)
    out_fd = open_copy (to_fd, to_name, &named);
  if (in_fd < 0 || out_fd < 0 || fstat (in_fd, &info) < 0)
    error_number = errno;
  else if (!S_ISREG (info.st_mode))
    error_number = EBUSY;   /* it became something else under us */
  else if (!tbx_file_copy_content (in_fd, out_fd, info.st_size, op))
    error_number = errno;
  else
    error_number = tbx_file_copy_attributes (in_fd, out_fd, &info);
  if (error_number == 0 && fsync (out_fd) < 0)
    error_number = errno;
  if (error_number == 0 && !named)
    error_number = name_copy (out_fd, to_fd, to_name);
  if (in_fd >= 0)
    close (in_fd);
  if (out_fd >= 0 && close (out_fd) < 0 && error_number == 0)
    error_number = errno;
  if (out_fd >= 0 && named && error_number != 0)
    unlinkat (to_fd, to_name, 0);
  return error_number;
}

static gboolean
copy_owner (int to_fd, const char *to_name, const struct stat *info)
{
  return fchownat (to_fd, to_name, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW) == 0
         || errno == EPERM;
}

static int
copy_link (int from_fd, const char *name, int to_fd, const char *to_name, const struct stat *info)
{
  const struct timespec times[] = { info->st_atim, info->st_mtim };
  char target[PATH_MAX];
  gssize n = readlinkat (from_fd, name, target, sizeof target - 1);

  if (n < 0)
    return errno;
  target[n] = '\0';
  if (symlinkat (target, to_fd, to_name) < 0)
    return errno;
  if (!copy_owner (to_fd, to_name, info))
    return errno;
  return utimensat (to_fd, to_name, times, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
}

/* Mode and times of what can neither be opened nor be named safely: its descriptor is
 * only a place. */
static int
set_place_attributes (int place_fd, const struct stat *info)
{
  const struct timespec times[] = { info->st_atim, info->st_mtim };
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", place_fd);
  struct stat made;

  if (fstat (place_fd, &made) < 0)
    return errno;
  if ((made.st_mode & S_IFMT) != (info->st_mode & S_IFMT))
    return EBUSY;   /* somebody put another file in its place */
  if (fchownat (place_fd, "", info->st_uid, info->st_gid, AT_EMPTY_PATH) < 0 && errno != EPERM)
    return errno;
  if (chmod (path, info->st_mode & 07777) < 0 || utimensat (AT_FDCWD, path, times, 0) < 0)
    return errno;
  return 0;
}

static int
copy_special (int to_fd, const char *to_name, const struct stat *info)
{
  int place_fd, error_number;

  if (mknodat (to_fd, to_name, info->st_mode & (S_IFMT | 0600), info->st_rdev) < 0)
    return errno;
  place_fd = openat (to_fd, to_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (place_fd < 0)
    return errno;
  error_number = set_place_attributes (place_fd, info);
  close (place_fd);
  return error_number;
}

static int
copy_entries (Copy *copy, int in_fd, int out_fd, guint depth)
{
  DIR *dir = fdopendir (fcntl (in_fd, F_DUPFD_CLOEXEC, 3));
  struct dirent *entry;
  int error_number = dir == NULL ? errno : 0;

  while (error_number == 0 && (errno = 0, entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      error_number = copy_entry (copy, in_fd, entry->d_name, out_fd, entry->d_name, depth + 1);
  if (error_number == 0)
    error_number = errno;
  if (dir != NULL)
    closedir (dir);
  return error_number;
}

static int
copy_folder (Copy *copy, int from_fd, const char *name, int to_fd, const char *to_name, guint depth)
{
  int in_fd = openat (from_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int out_fd = -1, error_number = 0;
  struct stat info;

  if (depth > MAX_DEPTH)
    error_number = EMFILE;
  else if (in_fd < 0 || fstat (in_fd, &info) < 0 || mkdirat (to_fd, to_name, 0700) < 0)
    error_number = errno;
  else
    {
      out_fd = openat (to_fd, to_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      error_number = out_fd < 0 ? errno : copy_entries (copy, in_fd, out_fd, depth);
    }
  if (error_number == 0)
    error_number = tbx_file_copy_attributes (in_fd, out_fd, &info);
  if (in_fd >= 0)
    close (in_fd);
  if (out_fd >= 0)
    close (out_fd);
  return error_number;
}

/* Several names of one file stay names of one file: makes another name of one that was
 * copied before, if this is one. */
static gboolean
copy_as_link (Copy *copy, const struct stat *info, int to_fd, const char *to_name)
{
  const TbxFileId id = tbx_file_id (info);
  const char *first;

  if (info->st_nlink < 2 || S_ISDIR (info->st_mode))
    return FALSE;
  first = g_hash_table_lookup (copy->links, &id);
  if (first != NULL)
    return linkat (copy->root_fd, first, to_fd, to_name, 0) == 0;
  g_hash_table_insert (copy->links, g_memdup2 (&id, sizeof id), g_strdup (copy->path->str));
  return FALSE;
}

/* Why an entry could not be deleted from where it is, or 0: what would have to stay is
 * not copied in the first place. */
static int
check_removable (int folder_fd, const char *name, const struct stat *info)
{
  uid_t user = geteuid ();
  struct stat folder;
  struct statx place;

  if (statx (folder_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &place) == 0
      && place.stx_attributes & STATX_ATTR_MOUNT_ROOT)
    return EBUSY;
  if (user == 0)
    return 0;
  if (faccessat (folder_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 || fstat (folder_fd, &folder) < 0)
    return errno;
  return folder.st_mode & S_ISVTX && folder.st_uid != user && info->st_uid != user ? EPERM : 0;
}

static int
copy_entry (Copy *copy, int from_fd, const char *name, int to_fd, const char *to_name, guint depth)
{
  gsize length = copy->path->len;
  struct stat info;
  int error_number;

  tbx_op_progress (copy->op);
  if (fstatat (from_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return errno;
  error_number = check_removable (from_fd, name, &info);
  if (error_number != 0)
    return error_number;
  g_string_append_printf (copy->path, "%s%s", length > 0 ? "/" : "", to_name);
  if (copy_as_link (copy, &info, to_fd, to_name))
    error_number = 0;
  else if (S_ISDIR (info.st_mode))
    error_number = copy_folder (copy, from_fd, name, to_fd, to_name, depth);
  else if (S_ISREG (info.st_mode))
    error_number = copy_regular (copy->op, from_fd, name, to_fd, to_name);
  else if (S_ISLNK (info.st_mode))
    error_number = copy_link (from_fd, name, to_fd, to_name, &info);
  else
    error_number = copy_special (to_fd, to_name, &info);
  g_string_truncate (copy->path, length);
  return error_number;
}

/* Whether a folder is the one called @name in @above_fd, or below it, on whatever way:
 * the copy would be copied then, without end. */
static gboolean
is_inside (int folder_fd, int above_fd, const char *name)
{
  struct stat outer;

  if (fstatat (above_fd, name, &outer, AT_SYMLINK_NOFOLLOW) < 0)
    memset (&outer, 0, sizeof outer);
  return tbx_file_id_is_above (tbx_file_id (&outer),
                               openat (folder_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC),
                               G_MAXUINT);
}

/**
 * tbx_tree_copy:
 * @from_fd: a folder
 * @from: a name in it: of a file of any kind, or a folder
 * @to_fd: a folder
 * @to: a name in it that is free
 * @op: told of the progress
 *
 * Copies with content, holes, links, mode, times, extended attributes and, where the
 * user may, owners; all for a move, so nothing is copied that could not be deleted
 * afterwards.  After a failure a part of the copy is there; the source is whole.
 *
 * Returns: 0, or an errno
 */
int
tbx_tree_copy (int from_fd, const char *from, int to_fd, const char *to, TbxOp *op)
{
  Copy copy = { .op = op, .root_fd = to_fd };
  int error_number;

  if (is_inside (to_fd, from_fd, from))
    return EINVAL;
  copy.path = g_string_new (NULL);
  copy.links = g_hash_table_new_full (tbx_file_id_hash, tbx_file_id_equal, g_free, g_free);
  error_number = copy_entry (&copy, from_fd, from, to_fd, to, 0);
  g_string_free (copy.path, TRUE);
  g_hash_table_unref (copy.links);
  return error_number;
}
