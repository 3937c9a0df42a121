/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-upload.h"
#include "tbx-file-copy.h"
#include "tbx-path.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
  gboolean is_named;    /* it always has one */
  gboolean is_new;      /* there was no target */
  mode_t   mode;        /* of the target that there was */

  /* What the host set meanwhile, for the target that carries its own over. */
  uid_t           uid;         /* -1: nothing */
  gid_t           gid;         /* -1: nothing */
  gboolean        has_times;
  struct timespec times[2];
};

static int
open_unnamed (TbxUpload *self, const char *folder)
{
  if (!self->is_named)
    return open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  errno = EOPNOTSUPP;
  return -1;
}

/* Where it only grows, to be copied from: no name is needed any more. */
static int
open_elsewhere (TbxUpload *self)
{
  char path[] = OTHER_FOLDER "/.toolboxd-XXXXXX";
  int fd = open_unnamed (self, OTHER_FOLDER);

  if (fd >= 0)
    return fd;
  fd = mkostemp (path, O_CLOEXEC);
  if (fd >= 0)
    unlink (path);
  return fd;
}

/* Makes the file that is written, in the target's folder if that can be. */
static int
upload_make (TbxUpload *self)
{
  g_autofree char *folder = g_strdup_printf ("/proc/self/fd/%d", self->folder_fd);

  self->fd = open_unnamed (self, folder);
  if (self->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL))
    {
      /* This file system has no files without a name. */
      self->temporary = tbx_path_beside (self->name);
      self->fd = openat (self->folder_fd, self->temporary,
                         O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (self->fd < 0)
        g_clear_pointer (&self->temporary, g_free);
    }
  self->beside = self->fd >= 0;
  if (self->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM) && !self->is_new)
    self->fd = open_elsewhere (self);
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
    return S_ISLNK (info.st_mode) ? ELOOP : EACCES;
  self->mode = info.st_mode & 07777;
  return faccessat (self->folder_fd, self->name, W_OK, AT_EACCESS) < 0 ? errno : 0;
}

/**
 * tbx_upload_new:
 * @path: the target, absolute
 * @flags: `TBX_UPLOAD_CREATE`: it may be new; `TBX_UPLOAD_NAMED`: it grows under a
 *   name, as where the file system has no files without one
 * @error_number: (out): the errno of a failure
 *
 * Returns: (transfer full) (nullable): free with tbx_upload_free(), which discards
 *   what was not completed
 */
TbxUpload *
tbx_upload_new (const char *path, TbxUploadFlags flags, int *error_number)
{
  TbxUpload *self = g_new0 (TbxUpload, 1);
  g_autofree char *folder = g_path_get_dirname (path);

  self->name = g_path_get_basename (path);
  self->fd = -1;
  self->is_named = (flags & TBX_UPLOAD_NAMED) != 0;
  self->uid = (uid_t) -1;
  self->gid = (gid_t) -1;
  self->times[0].tv_nsec = UTIME_OMIT;
  self->times[1].tv_nsec = UTIME_OMIT;
  self->folder_fd = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  *error_number = self->folder_fd < 0 ? errno : upload_look (self, (flags & TBX_UPLOAD_CREATE) != 0);
  if (*error_number == 0)
    *error_number = upload_make (self);
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

/**
 * tbx_upload_get_mode:
 * @self: an upload that is not new
 *
 * Returns: the permissions of the file that was there when it began
 */
mode_t
tbx_upload_get_mode (TbxUpload *self)
{
  return self->mode;
}

static int
rename_if_free (int folder_fd, const char *from, const char *to)
{
  if (renameat2 (folder_fd, from, folder_fd, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  return linkat (folder_fd, from, folder_fd, to, 0) < 0 || unlinkat (folder_fd, from, 0) < 0 ? errno
                                                                                            : 0;
}

/* Gives the file a name that is free, else EEXIST. */
static int
upload_name (TbxUpload *self, const char *name)
{
  char path[64];
  int error_number;

  if (self->temporary != NULL)
    {
      error_number = rename_if_free (self->folder_fd, self->temporary, name);
      if (error_number == 0)
        g_clear_pointer (&self->temporary, g_free);
      return error_number;
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
replace_target (TbxUpload *self, const mode_t *mode)
{
  g_autofree char *beside = NULL;
  int error_number = apply_attributes (self, self->fd, mode);

  if (error_number == 0 && self->temporary == NULL)
    {
      beside = tbx_path_beside (self->name);
      error_number = upload_name (self, beside);
      if (error_number == 0)
        self->temporary = g_steal_pointer (&beside);
    }
  if (error_number != 0)
    return error_number;
  if (renameat (self->folder_fd, self->temporary, self->folder_fd, self->name) < 0)
    return errno;   /* it loses its name with the upload */
  g_clear_pointer (&self->temporary, g_free);
  return 0;
}

/* Into the inode that is there: other names of it, and whoever has it open, see the
 * new content.  All that can fail is tried before its content is touched. */
static int
overwrite_target (TbxUpload *self, int target_fd, const mode_t *mode, TbxOp *op)
{
  struct stat info;
  int error_number;

  if (fstat (self->fd, &info) < 0)
    return errno;
  error_number = tbx_file_copy_reserve (self->fd, target_fd, info.st_size);
  if (error_number == 0)
    error_number = apply_attributes (self, target_fd, mode);
  if (error_number != 0)
    return error_number;
  if (!tbx_file_copy_over (self->fd, target_fd, info.st_size, op))
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
upload_over (TbxUpload *self, const mode_t *mode, TbxOp *op)
{
  struct stat info;
  int error_number = 0;
  /* For reading, so that a program that runs can be replaced. */
  int fd = open_target (self, O_RDONLY, &info, &error_number);
  gboolean replace = fd >= 0 && may_replace (self, &info)
                     && tbx_file_copy_security_exactly (fd, self->fd, &info) == 0;

  if (fd >= 0)
    close (fd);
  else if (error_number == ENOENT && self->beside)   /* removed meanwhile */
    return upload_name (self, self->name);
  if (replace)
    return replace_target (self, mode);
  fd = open_target (self, O_WRONLY, &info, &error_number);
  if (fd < 0)
    return error_number;
  error_number = overwrite_target (self, fd, mode, op);
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
  for (gsize i = 0; i < G_N_ELEMENTS (self->times); i++)
    if (times[i].tv_nsec != UTIME_OMIT)
      self->times[i] = times[i];
}

/* Some file systems tell only now that they could not keep what was written. */
static int
upload_flush (TbxUpload *self)
{
  int fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 3);

  return fd < 0 || close (fd) < 0 ? errno : 0;
}

/**
 * tbx_upload_complete:
 * @self: an upload
 * @mode: (nullable): what the file gets; %NULL: what the target had
 * @op: (nullable): told of the progress
 *
 * The target is the new file, whole, or after a failure what it was.
 *
 * Returns: 0, or an errno
 */
int
tbx_upload_complete (TbxUpload *self, const mode_t *mode, TbxOp *op)
{
  int error_number = upload_flush (self);

  if (error_number == 0 && self->is_new)
    {
      error_number = apply_attributes (self, self->fd, mode);
      if (error_number == 0)
        error_number = upload_name (self, self->name);
    }
  /* Somebody made a file of that name meanwhile: it is replaced like any other. */
  if (error_number == EEXIST || (error_number == 0 && !self->is_new))
    error_number = upload_over (self, mode, op);
  return error_number;
}
