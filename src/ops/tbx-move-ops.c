/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-id.h"
#include "tbx-ops-handlers.h"
#include "tbx-path.h"
#include "tbx-tree.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Source: docs/wire/vix.md, "MOVE_GUEST_FILE_EX (179), MOVE_GUEST_DIRECTORY (180),
 * MOVE_GUEST_FILE (76)". */

/* What stands at a path. */
typedef struct
{
  gboolean    exists;
  gboolean    is_directory;       /* itself, no link to one */
  gboolean    leads_to_directory; /* itself, or where the link leads */
  struct stat target;             /* where it leads, or all zero */
} Place;

static Place
look_at (const char *path)
{
  Place place = { 0 };
  struct stat info;

  if (lstat (path, &info) < 0)
    return place;
  place.exists = TRUE;
  place.is_directory = S_ISDIR (info.st_mode);
  if (stat (path, &place.target) == 0)
    place.leads_to_directory = S_ISDIR (place.target.st_mode);
  return place;
}

static gboolean
is_same (const char *old_path, const char *new_path, const Place *from, const Place *to)
{
  return strcmp (old_path, new_path) == 0
         || (to->exists && to->target.st_ino != 0
             && tbx_file_id_is (tbx_file_id (&from->target), &to->target));
}

static int
rename_exclusive (int from_fd, const char *from, int to_fd, const char *to, gboolean overwrite)
{
  if (overwrite)
    return renameat (from_fd, from, to_fd, to) < 0 ? errno : 0;
  if (renameat2 (from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  /* A file system that cannot do it in one step: look, then do. */
  if (faccessat (to_fd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return EEXIST;
  return renameat (from_fd, from, to_fd, to) < 0 ? errno : 0;
}

static int
remove_any (int folder_fd, const char *name, TbxOp *op)
{
  if (unlinkat (folder_fd, name, 0) == 0)
    return 0;
  return errno == EISDIR ? tbx_tree_delete (folder_fd, name, op) : errno;
}

/* What was renamed into a folder outlives a crash from here on. */
static void
sync_folder (int folder_fd)
{
  int fd = openat (folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)   /* it may be one that we may write, but not read */
    return;
  fsync (fd);
  close (fd);
}

/* The copy is complete: the source steps aside, the copy takes the new place, or all
 * is as before. */
static int
exchange (int from_fd, const char *source, const char *aside,
          int to_fd, const char *copy, const char *destination, gboolean overwrite)
{
  int error_number;

  if (renameat (from_fd, source, from_fd, aside) < 0)
    return errno;
  error_number = rename_exclusive (to_fd, copy, to_fd, destination, overwrite);
  if (error_number != 0)
    rename_exclusive (from_fd, aside, from_fd, source, FALSE);
  return error_number;
}

/* A whole copy beside the destination first; the source goes last, and at once for all
 * who look, so that nobody sees a part of it. */
static int
copy_and_delete (int from_fd, const char *source, int to_fd, const char *destination,
                 gboolean overwrite, TbxOp *op)
{
  g_autofree char *aside = tbx_path_beside (source);
  g_autofree char *copy = tbx_path_beside (destination);
  int error_number = tbx_tree_copy (from_fd, source, to_fd, copy, op);

  if (error_number == 0)
    error_number = exchange (from_fd, source, aside, to_fd, copy, destination, overwrite);
  if (error_number != 0)
    {
      remove_any (to_fd, copy, op);
      return error_number;
    }
  sync_folder (to_fd);
  error_number = remove_any (from_fd, aside, op);
  if (error_number != 0)   /* what would not go stays in sight */
    rename_exclusive (from_fd, aside, from_fd, source, FALSE);
  return error_number;
}

/* Across file systems. */
static int
move_by_copy (const char *old_path, const char *new_path, gboolean overwrite, TbxOp *op)
{
  g_autofree char *source = NULL, *destination = NULL;
  int from_fd = tbx_path_split (old_path, &source);
  int error_number = from_fd < 0 ? errno : 0;
  int to_fd = tbx_path_split (new_path, &destination);

  if (to_fd < 0 && error_number == 0)
    error_number = errno;
  if (error_number == 0)
    error_number = copy_and_delete (from_fd, source, to_fd, destination, overwrite, op);
  if (from_fd >= 0)
    close (from_fd);
  if (to_fd >= 0)
    close (to_fd);
  return error_number;
}

static void
move (TbxOp *op, const char *old_path, const char *new_path, gboolean overwrite)
{
  int error_number = rename_exclusive (AT_FDCWD, old_path, AT_FDCWD, new_path, overwrite);

  if (error_number == EXDEV)
    error_number = move_by_copy (old_path, new_path, overwrite, op);
  if (error_number == 0)
    tbx_op_return (op, TBX_VIX_OK, 0);
  else
    tbx_op_return_errno (op, error_number);
}

/* What all three have in common; whether the request is answered already. */
static gboolean
begin (TbxOp *op, const char *old_path, const char *new_path, Place *from, Place *to)
{
  struct stat info;

  if (stat (old_path, &info) < 0)
    {
      tbx_op_return_errno (op, errno);
      return TRUE;
    }
  *from = look_at (old_path);
  *to = look_at (new_path);
  if (is_same (old_path, new_path, from, to))
    {
      tbx_op_return (op, TBX_VIX_OK, 0);
      return TRUE;
    }
  return FALSE;
}

void
tbx_handle_move_file (TbxOps *self, TbxOp *op)
{
  const TbxVixMove *request = &tbx_op_get_request (op)->move;
  Place from, to;

  if (begin (op, request->old_path, request->new_path, &from, &to))
    return;
  if (to.is_directory)
    tbx_op_return (op, TBX_VIX_FILE_ALREADY_EXISTS, EEXIST);
  else if (from.is_directory)
    tbx_op_return (op, TBX_VIX_NOT_A_FILE, EISDIR);
  else if (to.exists && !request->overwrite)
    tbx_op_return (op, TBX_VIX_FILE_ALREADY_EXISTS, EEXIST);
  else
    move (op, request->old_path, request->new_path, request->overwrite);
}

void
tbx_handle_move_directory (TbxOps *self, TbxOp *op)
{
  const TbxVixMove *request = &tbx_op_get_request (op)->move;
  g_autofree char *old_path = tbx_path_trim (request->old_path);
  g_autofree char *new_path = tbx_path_trim (request->new_path);
  Place from, to;

  if (begin (op, old_path, new_path, &from, &to))
    return;
  if (to.is_directory)
    tbx_op_return (op, TBX_VIX_FILE_ALREADY_EXISTS, EEXIST);
  else if (!from.is_directory)
    tbx_op_return (op, TBX_VIX_NOT_A_DIRECTORY, ENOTDIR);
  else if (to.exists)
    tbx_op_return (op, TBX_VIX_FILE_ALREADY_EXISTS, EEXIST);
  else
    move (op, old_path, new_path, FALSE);
}

void
tbx_handle_move_legacy (TbxOps *self, TbxOp *op)
{
  const TbxVixMove *request = &tbx_op_get_request (op)->move;
  Place from, to;

  if (begin (op, request->old_path, request->new_path, &from, &to))
    return;
  if (to.leads_to_directory)
    tbx_op_return (op, TBX_VIX_ALREADY_EXISTS, EEXIST);
  else
    move (op, request->old_path, request->new_path, TRUE);
}
