/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include "tbx-path.h"
#include "tbx-tree.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_DIRECTORY_MODE 0700
#define NEW_FILE_MODE      0600

#define TEMPORARY_DIRECTORY "/tmp"
#define MAX_TEMPORARY_TRIES 100

static void
return_result (TbxOp *op, gboolean done)
{
  if (done)
    tbx_op_return (op, TBX_VIX_OK, 0);
  else
    tbx_op_return_errno (op, errno);
}

/* Source: docs/wire/vix.md, "DELETE_GUEST_FILE_EX (194), DELETE_GUEST_FILE (18)". */
void
tbx_handle_delete_file (TbxOps *self, TbxOp *op)
{
  const char *path = tbx_op_get_request (op)->file.path;
  struct stat info;

  if (lstat (path, &info) < 0)
    tbx_op_return_errno (op, errno);
  else if (!S_ISREG (info.st_mode) && !S_ISLNK (info.st_mode))
    tbx_op_return (op, TBX_VIX_NOT_A_FILE, S_ISDIR (info.st_mode) ? EISDIR : EINVAL);
  else
    return_result (op, unlink (path) == 0);
}

/* A folder that rmdir() refuses under this name, however empty it is. */
static gboolean
is_never_removed (const char *name)
{
  return strcmp (name, ".") == 0 || strcmp (name, "..") == 0 || strcmp (name, "/") == 0;
}

/* Source: docs/wire/vix.md, "DELETE_GUEST_DIRECTORY_EX (195), 72, 73". */
void
tbx_handle_delete_directory (TbxOps *self, TbxOp *op)
{
  const TbxVixDeleteDirectory *request = &tbx_op_get_request (op)->delete_directory;
  g_autofree char *name = NULL;
  int folder_fd = tbx_path_split (request->path, &name);
  int error_number = 0;
  struct stat info;

  if (folder_fd < 0 || fstatat (folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    error_number = errno;
  else if (!S_ISDIR (info.st_mode))
    error_number = ENOTDIR;
  else if (request->recursive && !is_never_removed (name))
    error_number = tbx_tree_delete (folder_fd, name, op);
  else if (unlinkat (folder_fd, name, AT_REMOVEDIR) < 0)
    error_number = errno == EEXIST ? ENOTEMPTY : errno;
  if (folder_fd >= 0)
    close (folder_fd);
  if (error_number == 0)
    tbx_op_return (op, TBX_VIX_OK, 0);
  else
    tbx_op_return_errno (op, error_number);
}

/* Makes each folder on the way that is missing; the last one must be.  @part has no
 * slash at its end, and is as before afterwards. */
static int
make_with_parents (char *part)
{
  struct stat info;

  for (char *slash = part + 1; (slash = strchr (slash, '/')) != NULL; slash++)
    {
      *slash = '\0';
      if (mkdir (part, NEW_DIRECTORY_MODE) < 0 && (errno != EEXIST || stat (part, &info) < 0))
        return errno;
      else if (stat (part, &info) == 0 && !S_ISDIR (info.st_mode))
        return ENOTDIR;
      *slash = '/';
      while (slash[1] == '/')
        slash++;
    }
  return mkdir (part, NEW_DIRECTORY_MODE) < 0 ? errno : 0;
}

/* Source: docs/wire/vix.md, "CREATE_DIRECTORY_EX (178), CREATE_DIRECTORY (77)". */
void
tbx_handle_create_directory (TbxOps *self, TbxOp *op)
{
  const TbxVixCreateDirectory *request = &tbx_op_get_request (op)->create_directory;
  g_autofree char *path = tbx_path_trim (request->path);
  struct stat info;
  int error_number;

  if (lstat (path, &info) == 0)
    error_number = EEXIST;
  else if (request->parents)
    error_number = make_with_parents (path);
  else
    error_number = mkdir (path, NEW_DIRECTORY_MODE) < 0 ? errno : 0;
  if (error_number == 0)
    tbx_op_return (op, TBX_VIX_OK, 0);
  else
    tbx_op_return_errno (op, error_number);
}

/* Source: docs/wire/vix.md, "SET_GUEST_FILE_ATTRIBUTES (183)". */
void
tbx_handle_set_attributes (TbxOps *self, TbxOp *op)
{
  const TbxVixSetFileAttributes *request = &tbx_op_get_request (op)->set_file_attributes;
  const int options = request->options;
  const struct timespec times[] = {
    { request->access_time, options & TBX_VIX_ATTRIBUTE_ACCESS_TIME ? 0 : UTIME_OMIT },
    { request->modification_time, options & TBX_VIX_ATTRIBUTE_MODIFICATION_TIME ? 0 : UTIME_OMIT },
  };
  struct stat info;
  gboolean done = stat (request->path, &info) == 0;

  if (done && options & (TBX_VIX_ATTRIBUTE_ACCESS_TIME | TBX_VIX_ATTRIBUTE_MODIFICATION_TIME))
    done = utimensat (AT_FDCWD, request->path, times, 0) == 0;
  if (done && options & (TBX_VIX_ATTRIBUTE_OWNER | TBX_VIX_ATTRIBUTE_GROUP))
    done = chown (request->path,
                  options & TBX_VIX_ATTRIBUTE_OWNER ? (uid_t) request->owner_id : (uid_t) -1,
                  options & TBX_VIX_ATTRIBUTE_GROUP ? (gid_t) request->group_id : (gid_t) -1) == 0;
  if (done && options & TBX_VIX_ATTRIBUTE_PERMISSIONS)
    done = chmod (request->path, (mode_t) request->permissions & 07777) == 0;
  return_result (op, done);
}

/* One try to make it under a name that nobody can foresee. */
static gboolean
make_temporary (const char *path, gboolean directory)
{
  int fd;

  if (directory)
    return mkdir (path, NEW_DIRECTORY_MODE) == 0;
  fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, NEW_FILE_MODE);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

/* Source: docs/wire/vix.md, "CREATE_TEMPORARY_FILE_EX (181), CREATE_TEMPORARY_DIRECTORY (182),
 * CREATE_TEMPORARY_FILE (74)". */
static void
create_temporary (TbxOp *op, const TbxVixCreateTemp *request, gboolean directory)
{
  const char *folder = request->directory[0] != '\0' ? request->directory : TEMPORARY_DIRECTORY;
  gboolean has_slash = folder[strlen (folder) - 1] == '/';
  struct stat info;

  if (stat (folder, &info) < 0)
    {
      tbx_op_return_errno (op, errno);
      return;
    }
  if (!S_ISDIR (info.st_mode))
    {
      tbx_op_return_errno (op, ENOTDIR);
      return;
    }
  for (int i = 0; i < MAX_TEMPORARY_TRIES; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s%s%svmware%u%s", folder, has_slash ? "" : "/",
                                               request->prefix, g_random_int (), request->suffix);

      if (make_temporary (path, directory))
        {
          tbx_op_return_data (op, path, strlen (path));
          return;
        }
      if (errno != EEXIST)
        break;
    }
  tbx_op_return_errno (op, errno);
}

void
tbx_handle_create_temporary_file (TbxOps *self, TbxOp *op)
{
  create_temporary (op, &tbx_op_get_request (op)->create_temp, FALSE);
}

void
tbx_handle_create_temporary_directory (TbxOps *self, TbxOp *op)
{
  create_temporary (op, &tbx_op_get_request (op)->create_temp, TRUE);
}

void
tbx_handle_create_temporary_legacy (TbxOps *self, TbxOp *op)
{
  create_temporary (op, &(TbxVixCreateTemp) { .prefix = "", .suffix = "", .directory = "" }, FALSE);
}
