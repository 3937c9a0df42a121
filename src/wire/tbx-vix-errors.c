/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-errors.h"

typedef struct
{
  TbxVixCode  code;
  const char *name;
  const char *fault;   /* what a vSphere client sees */
} CodeRow;

static const CodeRow rows[] = {
  { TBX_VIX_OK, "OK", NULL },
  { TBX_VIX_FAIL, "FAIL", "SystemError" },
  { TBX_VIX_OUT_OF_MEMORY, "OUT_OF_MEMORY", "SystemError" },
  { TBX_VIX_INVALID_ARG, "INVALID_ARG", "InvalidArgument" },
  { TBX_VIX_FILE_NOT_FOUND, "FILE_NOT_FOUND", "FileNotFound" },
  { TBX_VIX_OBJECT_IS_BUSY, "OBJECT_IS_BUSY", "SystemError" },
  { TBX_VIX_NOT_SUPPORTED, "NOT_SUPPORTED", "OperationNotSupportedByGuest" },
  { TBX_VIX_FILE_ERROR, "FILE_ERROR", "GuestOperationsFault" },
  { TBX_VIX_DISK_FULL, "DISK_FULL", "NoDiskSpace" },
  { TBX_VIX_FILE_ALREADY_EXISTS, "FILE_ALREADY_EXISTS", "FileAlreadyExists" },
  { TBX_VIX_FILE_ACCESS_ERROR, "FILE_ACCESS_ERROR", "CannotAccessFile" },
  { TBX_VIX_FILE_TOO_BIG, "FILE_TOO_BIG", "FileTooLarge" },
  { TBX_VIX_FILE_NAME_INVALID, "FILE_NAME_INVALID", "FileFault" },
  { TBX_VIX_ALREADY_EXISTS, "ALREADY_EXISTS", "FileAlreadyExists" },
  { TBX_VIX_INVALID_UTF8_STRING, "INVALID_UTF8_STRING", "InvalidArgument" },
  { TBX_VIX_AUTHENTICATION_FAIL, "AUTHENTICATION_FAIL", "InvalidGuestLogin" },
  { TBX_VIX_TYPE_MISMATCH, "TYPE_MISMATCH", NULL },
  { TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST, "OP_NOT_SUPPORTED_ON_GUEST", "OperationNotSupportedByGuest" },
  { TBX_VIX_PROGRAM_NOT_STARTED, "PROGRAM_NOT_STARTED", "GuestOperationsFault" },
  { TBX_VIX_GUEST_USER_PERMISSIONS, "GUEST_USER_PERMISSIONS", "GuestPermissionDenied" },
  { TBX_VIX_UNRECOGNIZED_COMMAND, "UNRECOGNIZED_COMMAND_IN_GUEST", "GuestComponentsOutOfDate" },
  { TBX_VIX_INVALID_LOGIN_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS", "InvalidGuestLogin" },
  { TBX_VIX_UNRECOGNIZED_PROPERTY, "UNRECOGNIZED_PROPERTY", NULL },
  { TBX_VIX_INVALID_SERIALIZED_DATA, "INVALID_SERIALIZED_DATA", NULL },
  { TBX_VIX_INVALID_MESSAGE_HEADER, "INVALID_MESSAGE_HEADER", "SystemError" },
  { TBX_VIX_INVALID_MESSAGE_BODY, "INVALID_MESSAGE_BODY", "SystemError" },
  { TBX_VIX_NOT_A_FILE, "NOT_A_FILE", "NotAFile" },
  { TBX_VIX_NOT_A_DIRECTORY, "NOT_A_DIRECTORY", "NotADirectory" },
  { TBX_VIX_NO_SUCH_PROCESS, "NO_SUCH_PROCESS", "GuestProcessNotFound" },
  { TBX_VIX_FILE_NAME_TOO_LONG, "FILE_NAME_TOO_LONG", "FileNameTooLong" },
  { TBX_VIX_OPERATION_DISABLED, "OPERATION_DISABLED", "OperationDisabledByGuest" },
  { TBX_VIX_DIRECTORY_NOT_EMPTY, "DIRECTORY_NOT_EMPTY", "DirectoryNotEmpty" },
};

static const CodeRow *
code_find (guint32 code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if ((guint32) rows[i].code == code)
      return &rows[i];
  return NULL;
}

/**
 * tbx_vix_code_get_name:
 * @code: a VIX error code
 *
 * Returns: (transfer none): its name, for logs and people; "unknown" for others
 */
const char *
tbx_vix_code_get_name (guint32 code)
{
  const CodeRow *row = code_find (code);

  return row == NULL ? "unknown" : row->name;
}

/**
 * tbx_vix_code_get_fault:
 * @code: a VIX error code
 *
 * The host makes the fault of a code; which, is known for a few and inferred for
 * the others.
 * Source: docs/wire/vix.md, "Codes a Linux guest can return".
 *
 * Returns: (transfer none) (nullable): the fault that a vSphere client sees, or
 *   %NULL when no client ever does
 */
const char *
tbx_vix_code_get_fault (guint32 code)
{
  const CodeRow *row = code_find (code);

  return row == NULL ? "SystemError" : row->fault;
}
