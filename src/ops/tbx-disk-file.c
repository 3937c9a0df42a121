/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-disk-file.h"
#include "tbx-upload.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What is open: a file on disk, or the upload that will become one. */
typedef struct
{
  TbxFile    base;
  int        fd;          /* what is read and written */
  TbxUpload *upload;      /* what @fd belongs to, or NULL: the file itself (owned) */
  int        access;      /* O_RDONLY, O_WRONLY or O_RDWR */
  mode_t     mode;        /* that it has when it is complete */
  gboolean   mode_due;    /* it is new, and has less until then */
} DiskFile;

static int
disk_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  DiskFile *self = (DiskFile *) file;

  *done = 0;
  if (self->access == O_WRONLY)
    return EBADF;
  if (offset > G_MAXINT64)
    return EINVAL;
  while (*done < size)
    {
      gssize n = pread (self->fd, buffer + *done, size - *done, (off_t) (offset + *done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return *done > 0 ? 0 : errno;
      if (n == 0)
        break;
      *done += (gsize) n;
    }
  return 0;
}

static int
disk_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
            gsize *done)
{
  DiskFile *self = (DiskFile *) file;
  struct stat info;

  *done = 0;
  if (self->access == O_RDONLY)
    return EBADF;
  if (append)
    {
      if (fstat (self->fd, &info) < 0)
        return errno;
      offset = (guint64) info.st_size;
    }
  if (offset > G_MAXINT64 || size > G_MAXINT64 - offset)
    return EINVAL;
  while (*done < size)
    {
      gssize n = pwrite (self->fd, data + *done, size - *done, (off_t) (offset + *done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return *done > 0 ? 0 : errno;
      *done += (gsize) n;
    }
  return 0;
}

static int
disk_stat (TbxFile *file, struct stat *info)
{
  DiskFile *self = (DiskFile *) file;

  if (fstat (self->fd, info) < 0)
    return errno;
  if (self->mode_due)
    info->st_mode = (info->st_mode & S_IFMT) | self->mode;
  return 0;
}

static int
disk_close (TbxFile *file)
{
  DiskFile *self = (DiskFile *) file;
  int error_number = 0;

  if (self->upload != NULL)
    error_number = tbx_upload_complete (self->upload, self->mode_due ? &self->mode : NULL);
  else if (self->mode_due && fchmod (self->fd, self->mode) < 0)
    error_number = errno;
  if (self->upload == NULL && close (self->fd) < 0 && error_number == 0)
    error_number = errno;
  self->fd = -1;
  return error_number;
}

static void
disk_free (TbxFile *file)
{
  DiskFile *self = (DiskFile *) file;

  if (self->upload == NULL && self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->upload, tbx_upload_free);
  g_free (self);
}

static const TbxFileFuncs disk_funcs = { disk_read, disk_write, disk_stat, disk_close, disk_free };

/* What may be open at all: nothing that blocks, nothing that a mere look disturbs. */
static int
check_kind (int fd, int access)
{
  struct stat info;

  if (fstat (fd, &info) < 0)
    return errno;
  if (S_ISREG (info.st_mode))
    return 0;
  if (S_ISDIR (info.st_mode))
    return access == O_RDONLY ? 0 : EISDIR;
  return S_ISCHR (info.st_mode) && access == O_RDONLY ? 0 : EACCES;
}

static int
open_in_place (DiskFile *self, const char *path, const TbxDiskOpen *how)
{
  int flags = how->access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  int error_number;

  /* First without making it, to know whether it is new. */
  self->fd = how->create & O_EXCL ? -1 : open (path, flags | (how->create & O_TRUNC));
  if (self->fd < 0 && how->create & O_CREAT && (how->create & O_EXCL || errno == ENOENT))
    {
      self->fd = open (path, flags | O_CREAT | O_EXCL, how->mode & 0700);
      self->mode_due = self->fd >= 0;
    }
  if (self->fd < 0)
    return errno;
  error_number = check_kind (self->fd, how->access);
  if (error_number == 0)
    fcntl (self->fd, F_SETFL, fcntl (self->fd, F_GETFL) & ~O_NONBLOCK);
  return error_number;
}

/**
 * tbx_disk_file_open:
 * @path: an absolute path; its last component is no symlink
 * @how: what for
 * @error_number: (out): the errno of a failure
 *
 * What is opened for writing only and truncated is an upload: the file is as it was
 * until tbx_file_close().  All else is written in place.
 *
 * Returns: (transfer full) (nullable): free with tbx_file_free()
 */
TbxFile *
tbx_disk_file_open (const char *path, const TbxDiskOpen *how, int *error_number)
{
  g_autofree DiskFile *self = g_new0 (DiskFile, 1);

  self->base.funcs = &disk_funcs;
  self->access = how->access;
  self->mode = how->mode;
  if (how->access == O_WRONLY && how->create & O_TRUNC)
    {
      self->upload = tbx_upload_new (path, (how->create & O_CREAT) != 0, error_number);
      if (self->upload == NULL)
        return NULL;
      self->fd = tbx_upload_get_fd (self->upload);
      self->mode_due = tbx_upload_is_new (self->upload);
      return (TbxFile *) g_steal_pointer (&self);
    }
  *error_number = open_in_place (self, path, how);
  if (*error_number == 0)
    return (TbxFile *) g_steal_pointer (&self);
  if (self->fd >= 0)
    close (self->fd);
  return NULL;
}

gboolean
tbx_disk_file_is_disk (TbxFile *file)
{
  return file->funcs == &disk_funcs;
}

/**
 * tbx_disk_file_get_fd:
 * @file: a file on disk
 *
 * Returns: its descriptor, or that of the upload; still the file's
 */
int
tbx_disk_file_get_fd (TbxFile *file)
{
  return ((DiskFile *) file)->fd;
}

/**
 * tbx_disk_file_is_upload:
 * @file: any file
 *
 * Returns: whether it is an upload that is not complete yet
 */
gboolean
tbx_disk_file_is_upload (TbxFile *file)
{
  return file->funcs == &disk_funcs && ((DiskFile *) file)->upload != NULL;
}

/**
 * tbx_disk_file_set_mode:
 * @file: a file on disk
 * @mode: permissions, with the special ones
 *
 * Returns: 0, or an errno
 */
int
tbx_disk_file_set_mode (TbxFile *file, mode_t mode)
{
  DiskFile *self = (DiskFile *) file;

  self->mode = mode;
  self->mode_due = self->upload != NULL;
  return self->mode_due || fchmod (self->fd, mode) == 0 ? 0 : errno;
}

/**
 * tbx_disk_file_set_owner:
 * @file: a file on disk
 * @uid: the owner, or -1 for the present one
 * @gid: the group, or -1 for the present one
 *
 * Returns: 0, or an errno
 */
int
tbx_disk_file_set_owner (TbxFile *file, uid_t uid, gid_t gid)
{
  DiskFile *self = (DiskFile *) file;

  if (fchown (self->fd, uid, gid) < 0)
    return errno;
  if (self->upload != NULL)
    tbx_upload_set_owner (self->upload, uid, gid);
  return 0;
}

/**
 * tbx_disk_file_set_times:
 * @file: a file on disk
 * @times: of access and modification, as for futimens()
 *
 * Returns: 0, or an errno
 */
int
tbx_disk_file_set_times (TbxFile *file, const struct timespec times[2])
{
  DiskFile *self = (DiskFile *) file;

  if (futimens (self->fd, times) < 0)
    return errno;
  if (self->upload != NULL)
    tbx_upload_set_times (self->upload, times);
  return 0;
}
