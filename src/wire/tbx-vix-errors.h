/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What a VIX request is answered with.  Every VIX decoder of this folder returns
 * one: TBX_VIX_OK, or the code that the host is told; the caller's struct is
 * written with TBX_VIX_OK only.
 * Source: docs/wire/vix.md, "Codes a Linux guest can return". */
typedef enum
{
  TBX_VIX_OK                        = 0,
  TBX_VIX_FAIL                      = 1,
  TBX_VIX_OUT_OF_MEMORY             = 2,
  TBX_VIX_INVALID_ARG               = 3,
  TBX_VIX_FILE_NOT_FOUND            = 4,
  TBX_VIX_OBJECT_IS_BUSY            = 5,
  TBX_VIX_NOT_SUPPORTED             = 6,
  TBX_VIX_FILE_ERROR                = 7,
  TBX_VIX_DISK_FULL                 = 8,
  TBX_VIX_FILE_ALREADY_EXISTS       = 12,
  TBX_VIX_FILE_ACCESS_ERROR         = 13,
  TBX_VIX_FILE_TOO_BIG              = 21,
  TBX_VIX_FILE_NAME_INVALID         = 22,
  TBX_VIX_ALREADY_EXISTS            = 23,
  TBX_VIX_INVALID_UTF8_STRING       = 27,
  TBX_VIX_AUTHENTICATION_FAIL       = 35,     /* the Go toolbox only; ours is never this */
  TBX_VIX_TYPE_MISMATCH             = 2001,
  TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST = 3003,
  TBX_VIX_PROGRAM_NOT_STARTED       = 3004,
  TBX_VIX_GUEST_USER_PERMISSIONS    = 3015,
  TBX_VIX_UNRECOGNIZED_COMMAND      = 3025,
  TBX_VIX_INVALID_LOGIN_CREDENTIALS = 3050,
  TBX_VIX_UNRECOGNIZED_PROPERTY     = 6000,
  TBX_VIX_INVALID_SERIALIZED_DATA   = 6004,
  TBX_VIX_INVALID_MESSAGE_HEADER    = 10000,
  TBX_VIX_INVALID_MESSAGE_BODY      = 10001,
  TBX_VIX_NOT_A_FILE                = 20001,
  TBX_VIX_NOT_A_DIRECTORY           = 20002,
  TBX_VIX_NO_SUCH_PROCESS           = 20003,
  TBX_VIX_FILE_NAME_TOO_LONG        = 20004,
  TBX_VIX_OPERATION_DISABLED        = 20005,
  TBX_VIX_DIRECTORY_NOT_EMPTY       = 20006,
} TbxVixCode;

const char *tbx_vix_code_get_name  (guint32 code);
const char *tbx_vix_code_get_fault (guint32 code);

G_END_DECLS
