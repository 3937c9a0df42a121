/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-errno.h"
#include <errno.h>

/**
 * tbx_vix_code_from_errno:
 * @error_number: an errno value
 *
 * Operations with a rule of their own (terminate: EPERM is
 * `TBX_VIX_GUEST_USER_PERMISSIONS`) apply it first.
 * Source: docs/wire/vix.md, "errno to VIX".
 *
 * Returns: the code that the host is told; `TBX_VIX_OK` for 0
 */
TbxVixCode
tbx_vix_code_from_errno (int error_number)
{
  switch (error_number)
    {
    case 0:
      return TBX_VIX_OK;
    case EPERM:
    case EACCES:
      return TBX_VIX_FILE_ACCESS_ERROR;
    case EAGAIN:
    case EBUSY:
    case ETXTBSY:
      return TBX_VIX_OBJECT_IS_BUSY;
    case EEXIST:
      return TBX_VIX_FILE_ALREADY_EXISTS;
    case EFBIG:
      return TBX_VIX_FILE_TOO_BIG;
    case ENOTEMPTY:
      return TBX_VIX_DIRECTORY_NOT_EMPTY;
    case ENOTDIR:
      return TBX_VIX_NOT_A_DIRECTORY;
    case EISDIR:
      return TBX_VIX_NOT_A_FILE;
    case EIO:
    case EMFILE:
    case ENFILE:
    case EMLINK:
    case EROFS:
    case ETIMEDOUT:
    case ENOBUFS:
      return TBX_VIX_FILE_ERROR;
    case ENOSPC:
    case EDQUOT:
      return TBX_VIX_DISK_FULL;
    case ESRCH:
      return TBX_VIX_NO_SUCH_PROCESS;
    case ENAMETOOLONG:
      return TBX_VIX_FILE_NAME_TOO_LONG;
    case EINVAL:
    case EMSGSIZE:
    case ELOOP:
      return TBX_VIX_INVALID_ARG;
    case ENOMEM:
      return TBX_VIX_OUT_OF_MEMORY;
    case ENODEV:
    case ENOENT:
      return TBX_VIX_FILE_NOT_FOUND;
    default:
      return TBX_VIX_FAIL;
    }
}
