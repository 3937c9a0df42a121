/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-disk-file.h"
#include "tbx-hgfs-call.h"
#include <errno.h>
#include <fcntl.h>

static int
access_flags (guint32 mode)
{
  switch (mode & TBX_HGFS_MODE_ACCESS)
    {
    case TBX_HGFS_MODE_WRITE:
      return O_WRONLY;
    case TBX_HGFS_MODE_READ_WRITE:
      return O_RDWR;
    default:
      return O_RDONLY;
    }
}

static int
create_flags (guint32 flags)
{
  switch (flags)
    {
    case TBX_HGFS_OPEN_EXISTING_TRUNCATE:
      return O_TRUNC;
    case TBX_HGFS_OPEN_CREATE:
      return O_CREAT;
    case TBX_HGFS_OPEN_CREATE_NEW:
      return O_CREAT | O_EXCL;
    case TBX_HGFS_OPEN_CREATE_OR_TRUNCATE:
      return O_CREAT | O_TRUNC;
    default:
      return 0;
    }
}

/* What is no file on disk: it is there, or comes to be, as its handler has it. */
static TbxFile *
open_virtual (TbxHgfsCall *call, const TbxFileHandler *handler, const char *path,
              const TbxDiskOpen *how, int *error_number)
{
  struct stat info;

  *error_number = how->create & O_EXCL && !call->is_new
                    ? handler->funcs->stat (handler->self, path, &info) : ENOENT;
  call->is_new = *error_number == ENOENT;   /* not to be asked again */
  if (call->is_new)
    return handler->funcs->open (handler->self, path, how->access, error_number);
  if (*error_number == 0)
    *error_number = EEXIST;
  return NULL;
}

static TbxFile *
open_file (TbxHgfsCall *call, const char *path, int *error_number)
{
  const TbxHgfsOpen *request = &call->request.open;
  const TbxFileHandler *handler = tbx_hgfs_server_find_handler (call->server, path);
  const int access = access_flags (request->mode);
  const TbxDiskOpen how = {
    .access = access,
    /* A read never makes or empties a file. */
    .create = create_flags (request->flags) & (access == O_RDONLY ? O_EXCL : ~0),
    .mode = tbx_hgfs_new_mode (call, TBX_HGFS_OPEN_HAS_SPECIAL_PERMS,
                               TBX_HGFS_OPEN_HAS_OWNER_PERMS, TBX_HGFS_OPEN_HAS_GROUP_PERMS,
                               TBX_HGFS_OPEN_HAS_OTHER_PERMS, request->mask, &request->perms, 6),
  };
  TbxFile *file;

  if (handler == NULL)
    return tbx_disk_file_open (path, &how, error_number);
  file = open_virtual (call, handler, path, &how, error_number);
  if (file == NULL && *error_number == EAGAIN)
    tbx_hgfs_call_wait_for_name (call, handler, path);
  return file;
}

/* A hint: where the space cannot be had, the write will say so. */
static guint32
reserve_space (TbxFile *file, const TbxHgfsOpen *request)
{
  if (!(request->mask & TBX_HGFS_OPEN_HAS_ALLOCATION_SIZE) || request->allocation_size == 0
      || request->allocation_size > G_MAXINT64 || !tbx_disk_file_is_disk (file)
      || tbx_disk_file_reserve (file, (off_t) request->allocation_size) != 0)
    return 0;
  return TBX_HGFS_OPEN_SPACE_ALLOCATED;
}

/* Source: docs/wire/hgfs.md, "OPEN". */
guint
tbx_hgfs_do_open (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  char path[TBX_HGFS_PATH_BYTES];
  TbxHgfsStatus status = tbx_hgfs_call_path (&call->request.open.name, FALSE, path);
  TbxHgfsHandle *handle;
  TbxFile *file;
  int error_number = 0;

  if (status != TBX_HGFS_OK)
    return status;
  if (tbx_hgfs_handles_is_full (call->handles))
    return TBX_HGFS_GENERIC_ERROR;
  file = open_file (call, path, &error_number);
  if (call->wait_id != 0)
    return TBX_HGFS_CALL_WAITS;
  if (file == NULL)
    return tbx_hgfs_call_status (error_number);
  reply->opened.flags = reserve_space (file, &call->request.open);
  handle = tbx_hgfs_handles_add (call->handles, call->session, path, file, NULL);
  reply->opened.handle = handle->number;
  return TBX_HGFS_OK;
}

/* The data lands in the reply by the file's own read: nothing is copied. */
guint
tbx_hgfs_do_read (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsRead *request = &call->request.read;
  TbxHgfsHandle *handle = tbx_hgfs_handles_find_file (call->handles, call->session,
                                                      request->handle);
  TbxHgfsPacket header;
  gsize capacity, done;
  guint8 *buffer = tbx_op_get_reply (call->op, &capacity);
  int error_number;

  if (handle == NULL)
    return TBX_HGFS_INVALID_HANDLE;
  tbx_hgfs_packet_init_reply (&header, &call->packet, TBX_HGFS_OK);
  error_number = tbx_file_read (handle->file, request->offset,
                                buffer + tbx_hgfs_read_data_offset (&header), request->size, &done);
  if (error_number == EAGAIN && tbx_hgfs_call_wait_for_file (call, handle->file))
    return TBX_HGFS_CALL_WAITS;
  if (error_number != 0 && (error_number != EAGAIN || done == 0))
    return tbx_hgfs_call_status (error_number);
  tbx_op_return_in_place (call->op, tbx_hgfs_read_reply_format (&header, (guint32) done, buffer));
  return TBX_HGFS_CALL_ANSWERED;
}

guint
tbx_hgfs_do_write (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  const TbxHgfsWrite *request = &call->request.write;
  TbxHgfsHandle *handle = tbx_hgfs_handles_find_file (call->handles, call->session,
                                                      request->handle);
  TbxHgfsPacket header;
  gsize capacity, done;
  guint8 *buffer = tbx_op_get_reply (call->op, &capacity);
  int error_number;

  if (handle == NULL)
    return TBX_HGFS_INVALID_HANDLE;
  error_number = tbx_file_write (handle->file, request->offset,
                                 (request->flags & TBX_HGFS_WRITE_APPEND) != 0,
                                 request->data.data, request->data.size, &done);
  if (error_number == EAGAIN && tbx_hgfs_call_wait_for_file (call, handle->file))
    return TBX_HGFS_CALL_WAITS;
  if (error_number != 0)
    return tbx_hgfs_call_status (error_number);
  tbx_hgfs_packet_init_reply (&header, &call->packet, TBX_HGFS_OK);
  tbx_op_return_in_place (call->op, tbx_hgfs_write_reply_format (&header, (guint32) done, buffer));
  return TBX_HGFS_CALL_ANSWERED;
}

/* The handle is gone in every case; an upload that cannot be completed is discarded. */
guint
tbx_hgfs_do_close (TbxHgfsCall *call, TbxHgfsReply *reply)
{
  TbxHgfsHandle *handle = tbx_hgfs_handles_find_file (call->handles, call->session,
                                                      call->request.close.handle);
  int error_number;

  if (handle == NULL)
    return TBX_HGFS_INVALID_HANDLE;
  if (tbx_disk_file_is_disk (handle->file))
    tbx_disk_file_set_op (handle->file, call->op);
  error_number = tbx_file_close (handle->file);
  if (error_number == EAGAIN && tbx_hgfs_call_wait_for_file (call, handle->file))
    return TBX_HGFS_CALL_WAITS;
  tbx_hgfs_handles_remove (call->handles, handle);
  return error_number == EAGAIN ? TBX_HGFS_GENERIC_ERROR
                                : tbx_hgfs_status_from_errno (error_number);
}
