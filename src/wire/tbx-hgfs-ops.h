/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The operations of HGFS.
 * Source: docs/wire/hgfs.md, "Inventory". */
typedef enum
{
  TBX_HGFS_OPEN                  = 0,
  TBX_HGFS_READ                  = 1,
  TBX_HGFS_WRITE                 = 2,
  TBX_HGFS_CLOSE                 = 3,
  TBX_HGFS_SEARCH_OPEN           = 4,
  TBX_HGFS_SEARCH_READ           = 5,
  TBX_HGFS_SEARCH_CLOSE          = 6,
  TBX_HGFS_GETATTR               = 7,
  TBX_HGFS_SETATTR               = 8,
  TBX_HGFS_CREATE_DIR            = 9,
  TBX_HGFS_DELETE_FILE           = 10,
  TBX_HGFS_DELETE_DIR            = 11,
  TBX_HGFS_RENAME                = 12,
  TBX_HGFS_QUERY_VOLUME          = 13,
  TBX_HGFS_OPEN_V2               = 14,
  TBX_HGFS_GETATTR_V2            = 15,
  TBX_HGFS_SETATTR_V2            = 16,
  TBX_HGFS_SEARCH_READ_V2        = 17,
  TBX_HGFS_CREATE_SYMLINK        = 18,
  TBX_HGFS_LOCK_CHANGE           = 19,
  TBX_HGFS_CREATE_DIR_V2         = 20,
  TBX_HGFS_DELETE_FILE_V2        = 21,
  TBX_HGFS_DELETE_DIR_V2         = 22,
  TBX_HGFS_RENAME_V2             = 23,
  TBX_HGFS_OPEN_V3               = 24,
  TBX_HGFS_READ_V3               = 25,
  TBX_HGFS_WRITE_V3              = 26,
  TBX_HGFS_CLOSE_V3              = 27,
  TBX_HGFS_SEARCH_OPEN_V3        = 28,
  TBX_HGFS_SEARCH_READ_V3        = 29,
  TBX_HGFS_SEARCH_CLOSE_V3       = 30,
  TBX_HGFS_GETATTR_V3            = 31,
  TBX_HGFS_SETATTR_V3            = 32,
  TBX_HGFS_CREATE_DIR_V3         = 33,
  TBX_HGFS_DELETE_FILE_V3        = 34,
  TBX_HGFS_DELETE_DIR_V3         = 35,
  TBX_HGFS_RENAME_V3             = 36,
  TBX_HGFS_QUERY_VOLUME_V3       = 37,
  TBX_HGFS_CREATE_SYMLINK_V3     = 38,
  TBX_HGFS_LOCK_CHANGE_V3        = 39,
  TBX_HGFS_WRITE_STREAM_V3       = 40,
  TBX_HGFS_CREATE_SESSION_V4     = 41,
  TBX_HGFS_DESTROY_SESSION_V4    = 42,
  TBX_HGFS_READ_FAST_V4          = 43,
  TBX_HGFS_WRITE_FAST_V4         = 44,
  TBX_HGFS_SET_WATCH_V4          = 45,
  TBX_HGFS_REMOVE_WATCH_V4       = 46,
  TBX_HGFS_NOTIFY_V4             = 47,   /* guest to host only */
  TBX_HGFS_SEARCH_READ_V4        = 48,
  TBX_HGFS_OPEN_V4               = 49,
  TBX_HGFS_ENUMERATE_STREAMS_V4  = 50,
  TBX_HGFS_GETATTR_V4            = 51,
  TBX_HGFS_SETATTR_V4            = 52,
  TBX_HGFS_DELETE_V4             = 53,
  TBX_HGFS_LINK_MOVE_V4          = 54,
  TBX_HGFS_FSCTL_V4              = 55,
  TBX_HGFS_ACCESS_CHECK_V4       = 56,
  TBX_HGFS_FSYNC_V4              = 57,
  TBX_HGFS_QUERY_VOLUME_V4       = 58,
  TBX_HGFS_OPLOCK_ACQUIRE_V4     = 59,
  TBX_HGFS_OPLOCK_BREAK_V4       = 60,   /* guest to host only */
  TBX_HGFS_LOCK_BYTE_RANGE_V4    = 61,
  TBX_HGFS_UNLOCK_BYTE_RANGE_V4  = 62,
  TBX_HGFS_QUERY_EAS_V4          = 63,
  TBX_HGFS_SET_EAS_V4            = 64,
  TBX_HGFS_N_OPS
} TbxHgfsOp;

const char *tbx_hgfs_op_get_name    (guint32 op);
guint       tbx_hgfs_op_get_version (guint32 op);

G_END_DECLS
