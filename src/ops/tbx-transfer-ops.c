/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include "tbx-size-hint.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A request about a file that a handler serves, until it is ready to be looked at. */
typedef struct
{
  TbxOps               *ops;           /* (not owned): it has all of them */
  TbxOp                *op;            /* (owned) */
  const TbxFileHandler *handler;
  const char           *path;          /* of the request */
  gint64                deadline_us;   /* monotonic time */
  guint                 wait_id;       /* source of its wait */
} Transfer;

static void
transfer_free (Transfer *self)
{
  g_clear_handle_id (&self->wait_id, g_source_remove);
  tbx_op_unref (self->op);
  g_free (self);
}

/* For tbx-ops.c: the operations end, and nobody waits any longer. */
void
tbx_transfer_give_up (gpointer transfer)
{
  Transfer *self = transfer;

  tbx_op_return (self->op, TBX_VIX_FILE_ACCESS_ERROR, EAGAIN);
  transfer_free (self);
}

/* What no plain file would be told as: a name that cannot be one, and a stream of a
 * program that still writes it.
 * Source: docs/wire/vix.md, "INITIATE_FILE_TRANSFER_FROM_GUEST (188) / TO_GUEST (189)". */
static void
return_stat_errno (TbxOp *op, int error_number)
{
  if (error_number == EILSEQ)
    tbx_op_return (op, TBX_VIX_INVALID_ARG, error_number);
  else if (error_number == EAGAIN)
    tbx_op_return (op, TBX_VIX_FILE_ACCESS_ERROR, error_number);
  else if (error_number == EPIPE)   /* nobody reads it any more */
    tbx_op_return (op, TBX_VIX_FILE_ERROR, error_number);
  else
    tbx_op_return_errno (op, error_number);
}

static void
return_regular_info (TbxOp *op, const char *path, const struct stat *info)
{
  const TbxVixFileInfo record = {
    .name = path,
    .size = (guint64) info->st_size,
    .mtime = info->st_mtim.tv_sec,
    .atime = info->st_atim.tv_sec,
    .uid = (gint32) info->st_uid,
    .gid = (gint32) info->st_gid,
    .mode = info->st_mode,
  };
  g_autoptr(GString) text = g_string_new (NULL);

  tbx_vix_file_info_append (text, TBX_VIX_PAYLOAD_MAX_BYTES, &record);
  tbx_op_return_data (op, text->str, text->len);
}

/* What a scheme names may be new; how it can be opened is seen then. */
static void
answer_virtual (TbxOp *op, const char *path, int error_number, const struct stat *info)
{
  const TbxVixRequest *request = tbx_op_get_request (op);

  if (request->opcode == TBX_VIX_TRANSFER_FROM_GUEST && error_number == 0)
    return_regular_info (op, path, info);
  else if (request->opcode == TBX_VIX_TRANSFER_FROM_GUEST)
    return_stat_errno (op, error_number);
  else if (error_number == 0 && !request->transfer_to_guest.overwrite)
    tbx_op_return (op, TBX_VIX_FILE_ALREADY_EXISTS, EEXIST);
  else if (error_number == 0 || error_number == ENOENT)
    tbx_op_return (op, TBX_VIX_OK, 0);
  else
    return_stat_errno (op, error_number);
}

static void transfer_try (Transfer *self);

static void
on_ready (gpointer user_data)
{
  Transfer *self = user_data;

  self->wait_id = 0;
  g_hash_table_steal (tbx_ops_get_transfers (self->ops), self);
  transfer_try (self);
}

static void
transfer_try (Transfer *self)
{
  const TbxFileHandler *handler = self->handler;
  struct stat info = { 0 };
  int error_number = handler->funcs->stat (handler->self, self->path, &info);

  if (error_number == EAGAIN
      && (handler->funcs->has_deadline || g_get_monotonic_time () < self->deadline_us))
    {
      if (handler->funcs->has_deadline)
        tbx_op_prolong (self->op);
      g_hash_table_add (tbx_ops_get_transfers (self->ops), self);
      self->wait_id = handler->funcs->wait (handler->self, self->path, on_ready, self);
      return;
    }
  answer_virtual (self->op, self->path, error_number, &info);
  transfer_free (self);
}

/* Whether @path is no plain file, and answered by who serves it. */
static gboolean
handle_virtual (TbxOps *ops, TbxOp *op, const char *path)
{
  const TbxFileHandler *handler = tbx_hgfs_server_find_handler (tbx_ops_get_hgfs (ops), path);
  Transfer *transfer;

  if (handler == NULL)
    return FALSE;
  transfer = g_new (Transfer, 1);
  *transfer = (Transfer) { ops, tbx_op_ref (op), handler, path,
                           g_get_monotonic_time () + TBX_FILE_WAIT_MS * 1000, 0 };
  transfer_try (transfer);
  return TRUE;
}

/* Source: docs/wire/vix.md, "INITIATE_FILE_TRANSFER_FROM_GUEST (188) / TO_GUEST (189)". */
void
tbx_handle_transfer_from_guest (TbxOps *self, TbxOp *op)
{
  const char *path = tbx_op_get_request (op)->list_files.path;
  struct stat info;

  if (handle_virtual (self, op, path))
    return;
  if (lstat (path, &info) < 0)
    tbx_op_return_errno (op, errno);
  else if (S_ISLNK (info.st_mode))
    tbx_op_return (op, TBX_VIX_INVALID_ARG, ELOOP);
  else if (!S_ISREG (info.st_mode))
    tbx_op_return (op, TBX_VIX_NOT_A_FILE, S_ISDIR (info.st_mode) ? EISDIR : EINVAL);
  else if (access (path, R_OK) < 0)
    tbx_op_return (op, TBX_VIX_FILE_ACCESS_ERROR, errno);
  else
    {
      tbx_size_hint_apply (path, &info);
      return_regular_info (op, path, &info);
    }
}

static void
check_new_file (TbxOp *op, const char *path, int error_number)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat info;

  if (error_number == ENAMETOOLONG)
    tbx_op_return_errno (op, error_number);
  else if (stat (folder, &info) < 0)
    tbx_op_return (op, TBX_VIX_FILE_NAME_INVALID, errno);
  else if (!S_ISDIR (info.st_mode))
    tbx_op_return (op, TBX_VIX_FILE_NAME_INVALID, ENOTDIR);
  else if (access (folder, W_OK | X_OK) < 0)
    tbx_op_return (op, TBX_VIX_FILE_ACCESS_ERROR, errno);
  else
    tbx_op_return (op, TBX_VIX_OK, 0);
}

void
tbx_handle_transfer_to_guest (TbxOps *self, TbxOp *op)
{
  const TbxVixTransferToGuest *request = &tbx_op_get_request (op)->transfer_to_guest;
  struct stat info;

  if (handle_virtual (self, op, request->path))
    return;
  if (lstat (request->path, &info) < 0)
    check_new_file (op, request->path, errno);
  else if (S_ISLNK (info.st_mode))
    tbx_op_return (op, TBX_VIX_INVALID_ARG, ELOOP);
  else if (!S_ISREG (info.st_mode))
    tbx_op_return (op, TBX_VIX_NOT_A_FILE, S_ISDIR (info.st_mode) ? EISDIR : EINVAL);
  else if (!request->overwrite)
    tbx_op_return (op, TBX_VIX_FILE_ALREADY_EXISTS, EEXIST);
  else if (access (request->path, W_OK) < 0)
    tbx_op_return (op, TBX_VIX_FILE_ACCESS_ERROR, errno);
  else
    tbx_op_return (op, TBX_VIX_OK, 0);
}
