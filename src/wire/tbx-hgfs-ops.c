/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-ops.h"

static const char *const names[] = {
  [TBX_HGFS_OPEN] = "open",
  [TBX_HGFS_READ] = "read",
  [TBX_HGFS_WRITE] = "write",
  [TBX_HGFS_CLOSE] = "close",
  [TBX_HGFS_SEARCH_OPEN] = "search-open",
  [TBX_HGFS_SEARCH_READ] = "search-read",
  [TBX_HGFS_SEARCH_CLOSE] = "search-close",
  [TBX_HGFS_GETATTR] = "getattr",
  [TBX_HGFS_SETATTR] = "setattr",
  [TBX_HGFS_CREATE_DIR] = "create-dir",
  [TBX_HGFS_DELETE_FILE] = "delete-file",
  [TBX_HGFS_DELETE_DIR] = "delete-dir",
  [TBX_HGFS_RENAME] = "rename",
  [TBX_HGFS_QUERY_VOLUME] = "query-volume",
  [TBX_HGFS_OPEN_V2] = "open-v2",
  [TBX_HGFS_GETATTR_V2] = "getattr-v2",
  [TBX_HGFS_SETATTR_V2] = "setattr-v2",
  [TBX_HGFS_SEARCH_READ_V2] = "search-read-v2",
  [TBX_HGFS_CREATE_SYMLINK] = "create-symlink",
  [TBX_HGFS_LOCK_CHANGE] = "lock-change",
  [TBX_HGFS_CREATE_DIR_V2] = "create-dir-v2",
  [TBX_HGFS_DELETE_FILE_V2] = "delete-file-v2",
  [TBX_HGFS_DELETE_DIR_V2] = "delete-dir-v2",
  [TBX_HGFS_RENAME_V2] = "rename-v2",
  [TBX_HGFS_OPEN_V3] = "open-v3",
  [TBX_HGFS_READ_V3] = "read-v3",
  [TBX_HGFS_WRITE_V3] = "write-v3",
  [TBX_HGFS_CLOSE_V3] = "close-v3",
  [TBX_HGFS_SEARCH_OPEN_V3] = "search-open-v3",
  [TBX_HGFS_SEARCH_READ_V3] = "search-read-v3",
  [TBX_HGFS_SEARCH_CLOSE_V3] = "search-close-v3",
  [TBX_HGFS_GETATTR_V3] = "getattr-v3",
  [TBX_HGFS_SETATTR_V3] = "setattr-v3",
  [TBX_HGFS_CREATE_DIR_V3] = "create-dir-v3",
  [TBX_HGFS_DELETE_FILE_V3] = "delete-file-v3",
  [TBX_HGFS_DELETE_DIR_V3] = "delete-dir-v3",
  [TBX_HGFS_RENAME_V3] = "rename-v3",
  [TBX_HGFS_QUERY_VOLUME_V3] = "query-volume-v3",
  [TBX_HGFS_CREATE_SYMLINK_V3] = "create-symlink-v3",
  [TBX_HGFS_LOCK_CHANGE_V3] = "lock-change-v3",
  [TBX_HGFS_WRITE_STREAM_V3] = "write-stream-v3",
  [TBX_HGFS_CREATE_SESSION_V4] = "create-session-v4",
  [TBX_HGFS_DESTROY_SESSION_V4] = "destroy-session-v4",
  [TBX_HGFS_READ_FAST_V4] = "read-fast-v4",
  [TBX_HGFS_WRITE_FAST_V4] = "write-fast-v4",
  [TBX_HGFS_SET_WATCH_V4] = "set-watch-v4",
  [TBX_HGFS_REMOVE_WATCH_V4] = "remove-watch-v4",
  [TBX_HGFS_NOTIFY_V4] = "notify-v4",
  [TBX_HGFS_SEARCH_READ_V4] = "search-read-v4",
  [TBX_HGFS_OPEN_V4] = "open-v4",
  [TBX_HGFS_ENUMERATE_STREAMS_V4] = "enumerate-streams-v4",
  [TBX_HGFS_GETATTR_V4] = "getattr-v4",
  [TBX_HGFS_SETATTR_V4] = "setattr-v4",
  [TBX_HGFS_DELETE_V4] = "delete-v4",
  [TBX_HGFS_LINK_MOVE_V4] = "link-move-v4",
  [TBX_HGFS_FSCTL_V4] = "fsctl-v4",
  [TBX_HGFS_ACCESS_CHECK_V4] = "access-check-v4",
  [TBX_HGFS_FSYNC_V4] = "fsync-v4",
  [TBX_HGFS_QUERY_VOLUME_V4] = "query-volume-v4",
  [TBX_HGFS_OPLOCK_ACQUIRE_V4] = "oplock-acquire-v4",
  [TBX_HGFS_OPLOCK_BREAK_V4] = "oplock-break-v4",
  [TBX_HGFS_LOCK_BYTE_RANGE_V4] = "lock-byte-range-v4",
  [TBX_HGFS_UNLOCK_BYTE_RANGE_V4] = "unlock-byte-range-v4",
  [TBX_HGFS_QUERY_EAS_V4] = "query-eas-v4",
  [TBX_HGFS_SET_EAS_V4] = "set-eas-v4",
};
G_STATIC_ASSERT (G_N_ELEMENTS (names) == TBX_HGFS_N_OPS);

/**
 * tbx_hgfs_op_get_name:
 * @op: a number from a request
 *
 * Returns: (transfer none): its name for logs, such as "open-v3"; "unknown" when
 *   there is none
 */
const char *
tbx_hgfs_op_get_name (guint32 op)
{
  return op < TBX_HGFS_N_OPS ? names[op] : "unknown";
}

/**
 * tbx_hgfs_op_get_version:
 * @op: a number from a request
 *
 * It decides which framing can carry an operation, and where its payload begins.  V1
 * and V2 do not differ in that, so both count as 2.
 * Source: docs/wire/hgfs.md, "What the payload contains".
 *
 * Returns: 2, 3 or 4; 0 for a number that is no operation
 */
guint
tbx_hgfs_op_get_version (guint32 op)
{
  if (op < TBX_HGFS_OPEN_V3)
    return 2;
  if (op < TBX_HGFS_CREATE_SESSION_V4)
    return 3;
  return op < TBX_HGFS_N_OPS ? 4 : 0;
}
