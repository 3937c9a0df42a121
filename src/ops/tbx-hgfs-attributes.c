/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-disk-file.h"
#include "tbx-hgfs-call.h"
#include "tbx-hgfs-time.h"
#include "tbx-size-hint.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 512

/* What is told of anything that was looked at. */
#define STAT_MASK                                                                        \
  (TBX_HGFS_ATTR_TYPE | TBX_HGFS_ATTR_SIZE | TBX_HGFS_ATTR_CREATION_TIME                 \
   | TBX_HGFS_ATTR_ACCESS_TIME | TBX_HGFS_ATTR_WRITE_TIME | TBX_HGFS_ATTR_CHANGE_TIME    \
   | TBX_HGFS_ATTR_SPECIAL_PERMS | TBX_HGFS_ATTR_OWNER_PERMS | TBX_HGFS_ATTR_GROUP_PERMS \
   | TBX_HGFS_ATTR_OTHER_PERMS | TBX_HGFS_ATTR_ALLOCATION_SIZE | TBX_HGFS_ATTR_USER_ID   \
   | TBX_HGFS_ATTR_GROUP_ID | TBX_HGFS_ATTR_FILE_ID | TBX_HGFS_ATTR_VOLUME_ID)

/* What is told of what is no file on disk. */
#define VIRTUAL_MASK                                                                     \
  (TBX_HGFS_ATTR_TYPE | TBX_HGFS_ATTR_SIZE | TBX_HGFS_ATTR_WRITE_TIME                    \
   | TBX_HGFS_ATTR_SPECIAL_PERMS | TBX_HGFS_ATTR_OWNER_PERMS | TBX_HGFS_ATTR_GROUP_PERMS \
   | TBX_HGFS_ATTR_OTHER_PERMS | TBX_HGFS_ATTR_USER_ID | TBX_HGFS_ATTR_GROUP_ID)

/* What is told of the list of shares: all up to the permissions. */
#define BASE_MASK  (TBX_HGFS_ATTR_OTHER_PERMS * 2 - 1)
#define BASE_BYTES 4192

static guint64
time_of (const struct timespec *time)
{
  return tbx_hgfs_time_from_unix (time->tv_sec, (guint32) time->tv_nsec);
}

static guint64
flags_of (const struct stat *info, const char *name)
{
  guint64 flags = 0;

  if (name != NULL && name[0] == '.' && name[1] != '\0' && strcmp (name, "..") != 0)
    flags |= TBX_HGFS_FILE_HIDDEN | TBX_HGFS_FILE_HIDDEN_FORCED;
  if (S_ISFIFO (info->st_mode) || S_ISSOCK (info->st_mode) || S_ISCHR (info->st_mode))
    flags |= TBX_HGFS_FILE_SEQUENTIAL_ONLY;
  return flags;
}

/* @name: (nullable): the last component, which says whether it is hidden.
 * Source: docs/wire/hgfs.md, "Attributes". */
void
tbx_hgfs_fill_attr (TbxHgfsAttr *attr, const struct stat *info, const char *name)
{
  *attr = (TbxHgfsAttr) {
    .mask = STAT_MASK,
    .type = S_ISDIR (info->st_mode) ? TBX_HGFS_TYPE_DIRECTORY
            : S_ISLNK (info->st_mode) ? TBX_HGFS_TYPE_SYMLINK : TBX_HGFS_TYPE_REGULAR,
    .size = (guint64) info->st_size,
    .creation_time = time_of (&info->st_mtim),
    .access_time = time_of (&info->st_atim),
    .write_time = time_of (&info->st_mtim),
    .change_time = time_of (&info->st_ctim),
    .perms = {
      .special = (info->st_mode & 07000) >> 9,
      .owner = (info->st_mode & 0700) >> 6,
      .group = (info->st_mode & 0070) >> 3,
      .other = info->st_mode & 0007,
    },
    .allocation_size = (guint64) info->st_blocks * BLOCK_BYTES,
    .user_id = info->st_uid,
    .group_id = info->st_gid,
    .file_id = info->st_ino,
    .volume_id = (guint32) info->st_dev,
    .flags = flags_of (info, name),
  };
  if (attr->flags != 0)
    attr->mask |= TBX_HGFS_ATTR_FLAGS;
}

/* The first version of the protocol knows no links. */
void
tbx_hgfs_attr_hide_link (TbxHgfsAttr *attr)
{
  if (attr->type == TBX_HGFS_TYPE_SYMLINK)
    attr->type = TBX_HGFS_TYPE_REGULAR;
}

static void
add_effective_perms (TbxHgfsAttr *attr, const char *path)
{
  static const struct { int access; guint32 bit; } checks[] = {
    { R_OK, 4 }, { W_OK, 2 }, { X_OK, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    if (faccessat (AT_FDCWD, path, checks[i].access, AT_EACCESS) == 0)
      attr->effective_perms |= checks[i].bit;
  attr->mask |= TBX_HGFS_ATTR_EFFECTIVE_PERMS;
}

static const char *
last_component (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash == NULL ? path : slash + 1;
}

static guint
getattr_by_file (TbxFile *file, TbxHgfsReply *reply)
{
  struct stat info;
  int error_number = tbx_file_stat (file, &info);

  if (error_number != 0)
    return tbx_hgfs_status_from_errno (error_number);
  tbx_hgfs_fill_attr (&reply->attributes.attr, &info, NULL);
  return TBX_HGFS_OK;
}

static guint
getattr_by_handler (TbxHgfsCall *call, const TbxFileHandler *handler, const char *path,
                    TbxHgfsReply *reply)
{
  struct stat info;
  int error_number = handler->funcs->stat (handler->self, path, &info);

  if (error_number == EAGAIN && tbx_hgfs_call_wait_for_name (call, handler, path))
    return TBX_HGFS_CALL_WAITS;
  if (error_number != 0)
    return tbx_hgfs_call_status (error_number);
  tbx_hgfs_fill_attr (&reply->attributes.attr, &info, NULL);
  reply->attributes.attr.mask = VIRTUAL_MASK;
  return TBX_HGFS_OK;
}

static guint
getattr_by_path (const char *path, TbxHgfsReply *reply)
{
  static char target[TBX_HGFS_PATH_BYTES];   /* until the reply is encoded */
  TbxHgfsAttr *attr = &reply->attributes.attr;
  struct stat info;
  gssize n;

  if (lstat (path, &info) < 0)
    return tbx_hgfs_status_from_errno (errno);
  tbx_size_hint_apply (path, &info);
  tbx_hgfs_fill_attr (attr, &info, last_component (path));
  if (!S_ISLNK (info.st_mode))
    {
      add_effective_perms (attr, path);
      return TBX_HGFS_OK;
    }
  if (reply->op == TBX_HGFS_GETATTR)
    {
      tbx_hgfs_attr_hide_link (attr);
      return TBX_HGFS_OK;
    }
  n = readlink (path, target, sizeof target - 1);
  if (n > 0)
    tbx_hgfs_target_init (&reply->attributes.target, target, (gsize) n);
  return TBX_HGFS_OK;
}

/* The list of shares is no folder of the guest: all it has is made up. */
static guint
getattr_of_base (TbxHgfsReply *reply)
{
  gint64 now_us = g_get_real_time ();
  guint64 now = tbx_hgfs_time_from_unix (now_us / G_USEC_PER_SEC,
                                         (guint32) (now_us % G_USEC_PER_SEC * 1000));

  reply->attributes.attr = (TbxHgfsAttr) {
    .mask = BASE_MASK,
    .type = TBX_HGFS_TYPE_DIRECTORY,
    .size = BASE_BYTES,
    .creation_time = now,
    .access_time = now,
    .write_time = now,
    .change_time = now,
    .perms = { .owner = 5, .group = 5, .other = 5 },
  };
  return TBX_HGFS_OK;
}

/* Source: docs/wire/hgfs.md, "GETATTR". */
guint
tbx_hgfs_do_getattr (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsName *name = &call->request.getattr.name;
  char path[TBX_HGFS_PATH_BYTES];
  const TbxFileHandler *handler;
  TbxHgfsHandle *handle;
  TbxHgfsStatus status;

  if (name->by_handle)
    {
      handle = tbx_hgfs_handles_find_file (call->handles, call->session, name->handle);
      return handle == NULL ? TBX_HGFS_INVALID_HANDLE : getattr_by_file (handle->file, reply);
    }
  status = tbx_hgfs_call_path (name, TRUE, path);
  if (status != TBX_HGFS_OK)
    return status;
  if (path[0] == '\0')
    return getattr_of_base (reply);
  handle = tbx_hgfs_handles_find_pending (call->handles, call->session, path);
  if (handle != NULL)
    return getattr_by_file (handle->file, reply);
  handler = tbx_hgfs_server_find_handler (call->server, path);
  return handler != NULL ? getattr_by_handler (call, handler, path, reply)
                         : getattr_by_path (path, reply);
}

/* The mode that is asked for: groups that are not meant stay as they are. */
static mode_t
wanted_mode (const TbxHgfsAttr *attr, mode_t present)
{
  static const struct { guint64 bit; int shift; mode_t mask; } parts[] = {
    { TBX_HGFS_ATTR_SPECIAL_PERMS, 9, 07000 }, { TBX_HGFS_ATTR_OWNER_PERMS, 6, 0700 },
    { TBX_HGFS_ATTR_GROUP_PERMS, 3, 0070 }, { TBX_HGFS_ATTR_OTHER_PERMS, 0, 0007 },
  };
  const guint8 values[] = { attr->perms.special, attr->perms.owner, attr->perms.group,
                            attr->perms.other };
  mode_t mode = present & 07777;

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (attr->mask & parts[i].bit)
      mode = (mode & ~parts[i].mask) | ((mode_t) (values[i] & 7) << parts[i].shift);
  return mode;
}

#define PERMS_MASK                                                                \
  (TBX_HGFS_ATTR_SPECIAL_PERMS | TBX_HGFS_ATTR_OWNER_PERMS | TBX_HGFS_ATTR_GROUP_PERMS \
   | TBX_HGFS_ATTR_OTHER_PERMS)

static struct timespec
wanted_time (const TbxHgfsSetattr *request, guint64 bit, guint64 hint, guint64 time)
{
  if (!(request->attr.mask & bit))
    return (struct timespec) { .tv_nsec = UTIME_OMIT };
  if (!(request->hints & hint))
    return (struct timespec) { .tv_nsec = UTIME_NOW };
  return tbx_hgfs_time_to_unix (time);
}

/* How a change is made: through an open file, or a descriptor that only names one. */
typedef struct
{
  TbxFile *file;       /* or NULL */
  char     path[64];   /* of the descriptor in /proc, without a file */
} Target;

static int
change_owner (const Target *target, uid_t uid, gid_t gid)
{
  if (target->file != NULL)
    return tbx_disk_file_set_owner (target->file, uid, gid);
  return chown (target->path, uid, gid) < 0 ? errno : 0;
}

static int
change_mode (const Target *target, mode_t mode)
{
  if (target->file != NULL)
    return tbx_disk_file_set_mode (target->file, mode);
  return chmod (target->path, mode) < 0 ? errno : 0;
}

static int
change_size (const Target *target, guint64 size)
{
  if (size > G_MAXINT64)
    return EINVAL;
  if (target->file != NULL)
    return tbx_disk_file_set_size (target->file, (off_t) size);
  return truncate (target->path, (off_t) size) < 0 ? errno : 0;
}

static int
change_times (const Target *target, const struct timespec times[2])
{
  if (target->file != NULL)
    return tbx_disk_file_set_times (target->file, times);
  return utimensat (AT_FDCWD, target->path, times, 0) < 0 ? errno : 0;
}

/* Tries all that is asked for, and gives the first failure.  The owner goes first, for
 * a change of it clears bits of the mode. */
static int
apply_changes (const TbxHgfsSetattr *request, const Target *target, const struct stat *info)
{
  const TbxHgfsAttr *attr = &request->attr;
  const struct timespec times[] = {
    wanted_time (request, TBX_HGFS_ATTR_ACCESS_TIME, TBX_HGFS_SETATTR_GIVEN_ACCESS_TIME,
                 attr->access_time),
    wanted_time (request, TBX_HGFS_ATTR_WRITE_TIME, TBX_HGFS_SETATTR_GIVEN_WRITE_TIME,
                 attr->write_time),
  };
  int errors[4] = { 0 };

  if (attr->mask & (TBX_HGFS_ATTR_USER_ID | TBX_HGFS_ATTR_GROUP_ID))
    errors[0] = change_owner (target,
                              attr->mask & TBX_HGFS_ATTR_USER_ID ? attr->user_id : (uid_t) -1,
                              attr->mask & TBX_HGFS_ATTR_GROUP_ID ? attr->group_id : (gid_t) -1);
  if (attr->mask & PERMS_MASK)
    errors[1] = change_mode (target, wanted_mode (attr, info->st_mode));
  if (attr->mask & TBX_HGFS_ATTR_SIZE)
    errors[2] = change_size (target, attr->size);
  if (attr->mask & (TBX_HGFS_ATTR_ACCESS_TIME | TBX_HGFS_ATTR_WRITE_TIME))
    errors[3] = change_times (target, times);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    if (errors[i] != 0)
      return errors[i];
  return 0;
}

static guint
setattr_by_file (const TbxHgfsSetattr *request, TbxFile *file)
{
  const Target target = { .file = file };
  struct stat info;
  int error_number = tbx_file_stat (file, &info);

  if (error_number == 0 && tbx_disk_file_is_disk (file))
    error_number = apply_changes (request, &target, &info);
  return tbx_hgfs_status_from_errno (error_number);
}

static guint
setattr_by_path (const TbxHgfsSetattr *request, const char *path)
{
  int fd = open (path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  Target target = { 0 };
  struct stat info;
  int error_number = 0;

  if (fd < 0 || fstat (fd, &info) < 0)
    error_number = errno;
  else if (S_ISLNK (info.st_mode))
    {
      close (fd);
      return TBX_HGFS_INVALID_NAME;
    }
  else
    {
      g_snprintf (target.path, sizeof target.path, "/proc/self/fd/%d", fd);
      error_number = apply_changes (request, &target, &info);
    }
  if (fd >= 0)
    close (fd);
  return tbx_hgfs_call_status (error_number);
}

/* Source: docs/wire/hgfs.md, "SETATTR". */
guint
tbx_hgfs_do_setattr (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsSetattr *request = &call->request.setattr;
  char path[TBX_HGFS_PATH_BYTES];
  TbxHgfsHandle *handle;
  TbxHgfsStatus status;

  if (request->name.by_handle)
    {
      handle = tbx_hgfs_handles_find_file (call->handles, call->session, request->name.handle);
      return handle == NULL ? TBX_HGFS_INVALID_HANDLE : setattr_by_file (request, handle->file);
    }
  status = tbx_hgfs_call_path (&request->name, FALSE, path);
  if (status != TBX_HGFS_OK)
    return status;
  handle = tbx_hgfs_handles_find_pending (call->handles, call->session, path);
  if (handle != NULL)
    return setattr_by_file (request, handle->file);
  /* They are those of the stream, which has none; not of a folder that it fills. */
  if (tbx_hgfs_server_find_handler (call->server, path) != NULL
      && (tbx_hgfs_handles_find_virtual (call->handles, call->session, path) != NULL
          || faccessat (AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0))
    return TBX_HGFS_OK;
  return setattr_by_path (request, path);
}
