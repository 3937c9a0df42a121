/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What an HGFS request is answered with.  Every HGFS decoder of this folder returns
 * one: TBX_HGFS_OK, or what the host is told.
 * Source: docs/wire/hgfs.md, "Status codes". */
typedef enum
{
  TBX_HGFS_OK                = 0,
  TBX_HGFS_NO_SUCH_FILE      = 1,
  TBX_HGFS_INVALID_HANDLE    = 2,
  TBX_HGFS_NOT_PERMITTED     = 3,
  TBX_HGFS_FILE_EXISTS       = 4,    /* also: is a directory */
  TBX_HGFS_NOT_DIRECTORY     = 5,
  TBX_HGFS_DIR_NOT_EMPTY     = 6,
  TBX_HGFS_PROTOCOL_ERROR    = 7,    /* malformed, or an operation that is not served */
  TBX_HGFS_ACCESS_DENIED     = 8,
  TBX_HGFS_INVALID_NAME      = 9,
  TBX_HGFS_GENERIC_ERROR     = 10,
  TBX_HGFS_SHARING_VIOLATION = 11,
  TBX_HGFS_NO_SPACE          = 12,
  TBX_HGFS_NOT_SUPPORTED     = 13,   /* known, but switched off */
  TBX_HGFS_NAME_TOO_LONG     = 14,
  TBX_HGFS_INVALID_PARAMETER = 15,
  TBX_HGFS_NOT_SAME_DEVICE   = 16,
  TBX_HGFS_STALE_SESSION     = 17,   /* this and the next ones: V4 framing only */
  TBX_HGFS_TOO_MANY_SESSIONS = 18,
  TBX_HGFS_TRANSPORT_ERROR   = 19,   /* never ours */
} TbxHgfsStatus;

const char   *tbx_hgfs_status_get_name   (guint32 status);
TbxHgfsStatus tbx_hgfs_status_from_errno (int error_number);

G_END_DECLS
