/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-upload.h"
#include "tbx-file-copy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where it grows when the target's folder may not be written to. */
#define OTHER_FOLDER "/var/tmp"

struct _TbxUpload
{
  char    *name;        /* of the target, in its folder (owned) */
  int      folder_fd;   /* of the target's folder */
  int      fd;          /* what is written */
  char    *temporary;   /* its name there, where it cannot be without one (owned), or NULL */
  gboolean beside;      /* it is on the target's file system and may take its place */
  gboolean is_new;      /* there was no target */

  /* What the host set meanwhile, for the target that carries its own over. */
  uid_t           uid;         /* -1: nothing */
  gid_t           gid;         /* -1: nothing */
  gboolean        has_times;
  struct timespec times[2];
};

static int
open_unnamed (const char *folder)
{
  return open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Makes the file that is written, in the target's folder if that can be. */
static int
upload_make (TbxUpload *self, const char *folder)
{
  self->fd = open_unnamed (folder);
  self->beside = self->fd >= 0;
  if (self->fd >= 0)
    return 0;
  if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)   /* this file system has none */
    {
      self->temporary = g_strdup_printf (".%.200s.%08x", self->name, g_random_int ());
      self->fd = openat (self->folder_fd, self->temporary,
                         O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
      self->beside = self->fd >= 0;
      if (self->fd >= 0)
        return 0;
      g_clear_pointer (&self->temporary, g_free);
    }
  if ((errno == EACCES || errno == EROFS || errno == EPERM) && !self->is_new)
    self->fd = open_unnamed (OTHER_FOLDER);
  return self->fd < 0 ? errno : 0;
}

/* Looks at what is there already: 0, or why it cannot be replaced. */
static int
upload_look (TbxUpload *self, gboolean create)
{
  struct stat info;

  if (fstatat (self->folder_fd, self->name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    {
      self->is_new = TRUE;
      return errno == ENOENT && create ? 0 : errno;
    }
  if (S_ISDIR (info.st_mode))
    return EISDIR;
  if (!S_ISREG (info.st_mode))
    return EACCES;
  return faccessat (self->folder_fd, self->name, W_OK, AT_EACCESS) < 0 ? errno : 0;
}

/**
 * tbx_upload_new:
 * @path: the target, absolute
 * @create: whether it may be new
 * @error_number: (out): the errno of a failure
 *
 * Returns: (transfer full) (nullable): free with tbx_upload_free(), which discards
 *   what was not completed
 */
TbxUpload *
tbx_upload_new (const char *path, gboolean create, int *error_number)
{
  TbxUpload *self = g_new0 (TbxUpload, 1);
  g_autofree char *folder = g_path_get_dirname (path);

  self->name = g_path_get_basename (path);
  self->fd = -1;
  self->uid = (uid_t) -1;
  self->gid = (gid_t) -1;
  self->folder_fd = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  *error_number = self->folder_fd < 0 ? errno : upload_look (self, create);
  if (*error_number == 0)
    *error_number = upload_make (self, folder);
  if (*error_number == 0)
    return self;
  tbx_upload_free (self);
  return NULL;
}

void
tbx_upload_free (TbxUpload *self)
{
  if (self->temporary != NULL)
    unlinkat (self->folder_fd, self->temporary, 0);
  if (self->fd >= 0)
    close (self->fd);
  if (self->folder_fd >= 0)
    close (self->folder_fd);
  g_free (self->temporary);
  g_free (self->name);
  g_free (self);
}

int
tbx_upload_get_fd (TbxUpload *self)
{
  return self->fd;
}

/**
 * tbx_upload_is_new:
 * @self: an upload
 *
 * Returns: whether there was no file of that name when it began
 */
gboolean
tbx_upload_is_new (TbxUpload *self)
{
  return self->is_new;
}

/* Gives the file a name: that of the target if it is free, else one beside it. */
static int
upload_name (TbxUpload *self, const char *name)
{
  char path[64];

  if (self->temporary != NULL)
    {
      if (renameat2 (self->folder_fd, self->temporary, self->folder_fd, name, RENAME_NOREPLACE) < 0)
        return errno;
      g_clear_pointer (&self->temporary, g_free);
      return 0;
    }
  g_snprintf (path, sizeof path, "/proc/self/fd/%d", self->fd);
  return linkat (AT_FDCWD, path, self->folder_fd, name, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
}

/* Whether putting another inode in the target's place changes nothing but its content. */
static gboolean
may_replace (TbxUpload *self, const struct stat *info)
{
  return self->beside && info->st_nlink == 1 && info->st_uid == geteuid ()
         && faccessat (self->folder_fd, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

/* What the host asked for counts more than what the target had. */
static int
apply_attributes (TbxUpload *self, int fd, const mode_t *mode)
{
  if ((self->uid != (uid_t) -1 || self->gid != (gid_t) -1) && fchown (fd, self->uid, self->gid) < 0)
    return errno;
  if (mode != NULL && fchmod (fd, *mode) < 0)
    return errno;
  return self->has_times && futimens (fd, self->times) < 0 ? errno : 0;
}

static int
replace_target (TbxUpload *self, int target_fd, const struct stat *info, const mode_t *mode)
{
  g_autofree char *beside = g_strdup_printf (".%.200s.%08x", self->name, g_random_int ());
  int error_number = tbx_file_copy_security (target_fd, self->fd, info);

  if (error_number == 0)
    error_number = apply_attributes (self, self->fd, mode);
  if (error_number == 0)
    error_number = upload_name (self, beside);
  if (error_number != 0)
    return error_number;
  if (renameat (self->folder_fd, beside, self->folder_fd, self->name) == 0)
    return 0;
  error_number = errno;
  unlinkat (self->folder_fd, beside, 0);
  return error_number;
}

/* Into the inode that is there: other names of it, and whoever has it open, see the
 * new content.  The space is reserved first, so that it cannot fail for want of it. */
static int
overwrite_target (TbxUpload *self, int target_fd, const mode_t *mode)
{
  struct stat info;

  if (fstat (self->fd, &info) < 0)
    return errno;
  if (info.st_size > 0 && fallocate (target_fd, FALLOC_FL_KEEP_SIZE, 0, info.st_size) < 0
      && errno != EOPNOTSUPP)
    return errno;
  if (!tbx_file_copy_content (self->fd, target_fd, info.st_size, NULL))
    return errno;
  return apply_attributes (self, target_fd, mode);
}

/* Opens the target, if it still is a regular file, and looks at it. */
static int
open_target (TbxUpload *self, int access, struct stat *info, int *error_number)
{
  int fd = openat (self->folder_fd, self->name, access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd >= 0 && fstat (fd, info) == 0 && S_ISREG (info->st_mode))
    return fd;
  *error_number = fd < 0 ? errno : EACCES;
  if (fd >= 0)
    close (fd);
  return -1;
}

static int
upload_over (TbxUpload *self, const mode_t *mode)
{
  struct stat info;
  int error_number = 0;
  /* For reading, so that a program that runs can be replaced. */
  int fd = open_target (self, O_RDONLY, &info, &error_number);
  gboolean replace = fd >= 0 && may_replace (self, &info);

  if (replace)
    error_number = replace_target (self, fd, &info, mode);
  if (fd >= 0)
    close (fd);
  if (replace)
    return error_number;
  fd = open_target (self, O_WRONLY, &info, &error_number);
  if (fd < 0)
    return error_number;
  error_number = overwrite_target (self, fd, mode);
  if (close (fd) < 0 && error_number == 0)
    error_number = errno;
  return error_number;
}

/**
 * tbx_upload_set_owner:
 * @self: an upload
 * @uid: that the host set, or -1
 * @gid: that the host set, or -1
 */
void
tbx_upload_set_owner (TbxUpload *self, uid_t uid, gid_t gid)
{
  if (uid != (uid_t) -1)
    self->uid = uid;
  if (gid != (gid_t) -1)
    self->gid = gid;
}

/**
 * tbx_upload_set_times:
 * @self: an upload
 * @times: that the host set, as for futimens()
 */
void
tbx_upload_set_times (TbxUpload *self, const struct timespec times[2])
{
  self->has_times = TRUE;
  self->times[0] = times[0];
  self->times[1] = times[1];
}

/**
 * tbx_upload_complete:
 * @self: an upload
 * @mode: (nullable): what the file gets; %NULL: what the target had
 *
 * The target is the new file, whole, or after a failure what it was.
 *
 * Returns: 0, or an errno
 */
int
tbx_upload_complete (TbxUpload *self, const mode_t *mode)
{
  int error_number = apply_attributes (self, self->fd, mode);

  if (error_number != 0)
    return error_number;
  if (self->is_new)
    error_number = self->beside ? upload_name (self, self->name) : EACCES;
  /* Somebody made a file of that name meanwhile: it is replaced like any other. */
  if (!self->is_new || error_number == EEXIST)
    error_number = upload_over (self, mode);
  return error_number;
}
