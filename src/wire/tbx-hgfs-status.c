/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-status.h"
#include <errno.h>

static const char *const names[] = {
  [TBX_HGFS_OK] = "OK",
  [TBX_HGFS_NO_SUCH_FILE] = "NO_SUCH_FILE",
  [TBX_HGFS_INVALID_HANDLE] = "INVALID_HANDLE",
  [TBX_HGFS_NOT_PERMITTED] = "NOT_PERMITTED",
  [TBX_HGFS_FILE_EXISTS] = "FILE_EXISTS",
  [TBX_HGFS_NOT_DIRECTORY] = "NOT_DIRECTORY",
  [TBX_HGFS_DIR_NOT_EMPTY] = "DIR_NOT_EMPTY",
  [TBX_HGFS_PROTOCOL_ERROR] = "PROTOCOL_ERROR",
  [TBX_HGFS_ACCESS_DENIED] = "ACCESS_DENIED",
  [TBX_HGFS_INVALID_NAME] = "INVALID_NAME",
  [TBX_HGFS_GENERIC_ERROR] = "GENERIC_ERROR",
  [TBX_HGFS_SHARING_VIOLATION] = "SHARING_VIOLATION",
  [TBX_HGFS_NO_SPACE] = "NO_SPACE",
  [TBX_HGFS_NOT_SUPPORTED] = "NOT_SUPPORTED",
  [TBX_HGFS_NAME_TOO_LONG] = "NAME_TOO_LONG",
  [TBX_HGFS_INVALID_PARAMETER] = "INVALID_PARAMETER",
  [TBX_HGFS_NOT_SAME_DEVICE] = "NOT_SAME_DEVICE",
  [TBX_HGFS_STALE_SESSION] = "STALE_SESSION",
  [TBX_HGFS_TOO_MANY_SESSIONS] = "TOO_MANY_SESSIONS",
  [TBX_HGFS_TRANSPORT_ERROR] = "TRANSPORT_ERROR",
};

/**
 * tbx_hgfs_status_get_name:
 * @status: an HGFS status
 *
 * Returns: (transfer none): its name, for logs and people; "unknown" for others
 */
const char *
tbx_hgfs_status_get_name (guint32 status)
{
  return status < G_N_ELEMENTS (names) ? names[status] : "unknown";
}

/**
 * tbx_hgfs_status_from_errno:
 * @error_number: an errno value
 *
 * Operations with a rule of their own (EINVAL about a name is
 * `TBX_HGFS_INVALID_NAME`, EAGAIN of open `TBX_HGFS_ACCESS_DENIED`) apply it first.
 * Source: docs/wire/hgfs.md, "errno to status".
 *
 * Returns: the status that the host is told; `TBX_HGFS_OK` for 0
 */
TbxHgfsStatus
tbx_hgfs_status_from_errno (int error_number)
{
  switch (error_number)
    {
    case 0:
      return TBX_HGFS_OK;
    case ENOENT:
      return TBX_HGFS_NO_SUCH_FILE;
    case EBADF:
      return TBX_HGFS_INVALID_HANDLE;
    case EPERM:
      return TBX_HGFS_NOT_PERMITTED;
    case EEXIST:
    case EISDIR:
      return TBX_HGFS_FILE_EXISTS;
    case ENOTDIR:
      return TBX_HGFS_NOT_DIRECTORY;
    case ENOTEMPTY:
      return TBX_HGFS_DIR_NOT_EMPTY;
    case EPROTO:
      return TBX_HGFS_PROTOCOL_ERROR;
    case EACCES:
    case ELOOP:
    case EROFS:
      return TBX_HGFS_ACCESS_DENIED;
    case EILSEQ:
      return TBX_HGFS_INVALID_NAME;
    case EBUSY:
    case ETXTBSY:
      return TBX_HGFS_SHARING_VIOLATION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return TBX_HGFS_NO_SPACE;
    case EOPNOTSUPP:
    case ENOSYS:
      return TBX_HGFS_NOT_SUPPORTED;
    case ENAMETOOLONG:
      return TBX_HGFS_NAME_TOO_LONG;
    case EINVAL:
      return TBX_HGFS_INVALID_PARAMETER;
    case EXDEV:
      return TBX_HGFS_NOT_SAME_DEVICE;
    default:
      return TBX_HGFS_GENERIC_ERROR;
    }
}
