/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-disk-file.h"
#include "tbx-upload.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is open: a file on disk, or the upload that will become one. */
typedef struct
{
  TbxFile         base;
  int             fd;          /* what is read and written */
  TbxUpload      *upload;      /* what @fd belongs to, or NULL: the file itself (owned) */
  int             access;      /* O_RDONLY, O_WRONLY or O_RDWR */
  gboolean        appends;     /* the kernel writes at the end */
  gboolean        reserved;    /* there may be space behind the end */
  mode_t          mode;        /* that it has when it is complete */
  gboolean        mode_due;    /* @mode is to be set then */
  mode_t          made_mode;   /* that a new file has until then */
  gboolean        has_times;   /* @times were set, and a write changed them again */
  struct timespec times[2];    /* of access and modification */
  TbxOp          *op;          /* that completes it (not owned), or NULL */
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

      if (n < 0 && errno == ESPIPE)   /* a device, which only goes on */
        n = read (self->fd, buffer + *done, size - *done);
      if (n < 0 && errno == EINTR)
        continue;
      /* A device has no more now.  Of a file a short read would pass for its end. */
      if (n < 0)
        return errno == EAGAIN && *done > 0 ? 0 : errno;
      if (n == 0)
        break;
      *done += (gsize) n;
    }
  return 0;
}

/* So that other writers are not overwritten; a write at an offset must not have it. */
static int
disk_set_appends (DiskFile *self, gboolean appends)
{
  int flags = fcntl (self->fd, F_GETFL);

  if (flags < 0 || fcntl (self->fd, F_SETFL, appends ? flags | O_APPEND : flags & ~O_APPEND) < 0)
    return errno;
  self->appends = appends;
  return 0;
}

static int
disk_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
            gsize *done)
{
  DiskFile *self = (DiskFile *) file;
  int error_number;

  *done = 0;
  if (self->access == O_RDONLY)
    return EBADF;
  if (append != self->appends && (error_number = disk_set_appends (self, append)) != 0)
    return error_number;
  if (append)
    offset = 0;
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
  if (self->upload != NULL || self->mode_due)
    info->st_mode = (info->st_mode & S_IFMT) | self->mode;
  return 0;
}

/* A mode that somebody set meanwhile stays. */
static int
disk_settle_mode (DiskFile *self)
{
  struct stat info;

  if (!self->mode_due)
    return 0;
  if (fstat (self->fd, &info) < 0)
    return errno;
  if ((info.st_mode & 07777) != self->made_mode)
    return 0;
  return fchmod (self->fd, self->mode) < 0 ? errno : 0;
}

static int
disk_settle (DiskFile *self)
{
  struct stat info;

  if (self->reserved && (fstat (self->fd, &info) < 0 || ftruncate (self->fd, info.st_size) < 0))
    return errno;
  if (self->upload != NULL)
    return tbx_upload_complete (self->upload, self->mode_due ? &self->mode : NULL, self->op);
  if (self->has_times && futimens (self->fd, self->times) < 0)
    return errno;
  return disk_settle_mode (self);
}

static int
disk_close (TbxFile *file)
{
  DiskFile *self = (DiskFile *) file;
  int error_number = disk_settle (self);

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
check_kind (const struct stat *info, int access)
{
  if (S_ISREG (info->st_mode))
    return 0;
  if (S_ISLNK (info->st_mode))
    return ELOOP;
  if (S_ISDIR (info->st_mode))
    return access == O_RDONLY ? 0 : EISDIR;
  return S_ISCHR (info->st_mode) && access == O_RDONLY ? 0 : EACCES;
}

/* Looks first at what it is, then opens just that. */
static int
open_present (DiskFile *self, int name_fd, const TbxDiskOpen *how)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", name_fd);
  struct stat info;
  int error_number;

  if (how->create & O_EXCL)
    return EEXIST;
  if (fstat (name_fd, &info) < 0)
    return errno;
  error_number = check_kind (&info, how->access);
  if (error_number != 0)
    return error_number;
  /* A device may keep a reader waiting. */
  self->fd = open (path, how->access | (how->create & O_TRUNC) | O_CLOEXEC | O_NOCTTY
                         | (S_ISCHR (info.st_mode) ? O_NONBLOCK : 0));
  return self->fd < 0 ? errno : 0;
}

static int
open_new (DiskFile *self, const char *path, const TbxDiskOpen *how)
{
  struct stat info;

  self->fd = open (path, how->access | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
                   how->mode & 0700);
  if (self->fd < 0 || fstat (self->fd, &info) < 0)
    return errno;
  self->made_mode = info.st_mode & 07777;
  self->mode_due = TRUE;
  return 0;
}

static int
open_in_place (DiskFile *self, const char *path, const TbxDiskOpen *how)
{
  int name_fd = open (path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int error_number;

  if (name_fd < 0)
    return errno == ENOENT && how->create & O_CREAT ? open_new (self, path, how) : errno;
  error_number = open_present (self, name_fd, how);
  close (name_fd);
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
  self->fd = -1;
  self->times[0].tv_nsec = UTIME_OMIT;
  self->times[1].tv_nsec = UTIME_OMIT;
  if (how->access == O_WRONLY && how->create & O_TRUNC)
    {
      self->upload = tbx_upload_new (path, how->create & O_CREAT ? TBX_UPLOAD_CREATE : 0,
                                     error_number);
      if (self->upload == NULL)
        return NULL;
      self->fd = tbx_upload_get_fd (self->upload);
      self->mode_due = tbx_upload_is_new (self->upload);
      if (!self->mode_due)
        self->mode = tbx_upload_get_mode (self->upload);
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
 * tbx_disk_file_reserve:
 * @file: a file on disk that may be written
 * @size: how long it will be, bytes
 *
 * Space that is not used is given back when it is closed.
 *
 * Returns: 0, or an errno
 */
int
tbx_disk_file_reserve (TbxFile *file, off_t size)
{
  DiskFile *self = (DiskFile *) file;

  if (self->access == O_RDONLY)
    return EBADF;
  self->reserved = TRUE;
  return fallocate (self->fd, FALLOC_FL_KEEP_SIZE, 0, size) < 0 ? errno : 0;
}

/**
 * tbx_disk_file_set_size:
 * @file: a file on disk
 * @size: bytes
 *
 * Returns: 0, or an errno
 */
int
tbx_disk_file_set_size (TbxFile *file, off_t size)
{
  DiskFile *self = (DiskFile *) file;

  if (self->access == O_RDONLY)
    return EBADF;
  return ftruncate (self->fd, size) < 0 ? errno : 0;
}

/**
 * tbx_disk_file_set_op:
 * @file: a file on disk
 * @op: the request that closes it next, to be told of the progress
 */
void
tbx_disk_file_set_op (TbxFile *file, TbxOp *op)
{
  ((DiskFile *) file)->op = op;
}

/**
 * tbx_disk_file_is_pending:
 * @file: any file
 *
 * Returns: whether it gets its name or its mode only when it is closed
 */
gboolean
tbx_disk_file_is_pending (TbxFile *file)
{
  DiskFile *self = (DiskFile *) file;

  return file->funcs == &disk_funcs && (self->upload != NULL || self->mode_due);
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

  if (self->upload == NULL && fchmod (self->fd, mode) < 0)
    return errno;
  self->mode = mode;
  self->mode_due = self->upload != NULL;
  return 0;
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
 * They are those of the file when it is closed, whatever is written until then.
 *
 * Returns: 0, or an errno
 */
int
tbx_disk_file_set_times (TbxFile *file, const struct timespec times[2])
{
  DiskFile *self = (DiskFile *) file;

  if (self->upload == NULL && futimens (self->fd, times) < 0)
    return errno;
  if (self->upload != NULL)
    tbx_upload_set_times (self->upload, times);
  self->has_times = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (self->times); i++)
    if (times[i].tv_nsec != UTIME_OMIT)
      self->times[i] = times[i];
  return 0;
}
