/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-layout.h"

#define AT(kind, member) { TBX_HGFS_FIELD_##kind, 0, G_STRUCT_OFFSET (TbxHgfsReply, member) }
#define RESERVED(n) { TBX_HGFS_FIELD_RESERVED, n, 0 }

/* V1 and V2: nothing behind the header. */
static const TbxHgfsLayout nothing_v1 = { { { TBX_HGFS_FIELD_END } } };
static const TbxHgfsLayout nothing_v3 = { { RESERVED (8) } };

static const TbxHgfsLayout open_v1 = { { AT (U32, opened.handle) } };
static const TbxHgfsLayout open_v2 = { { AT (U32, opened.handle), AT (U32, opened.lock) } };

static const TbxHgfsLayout open_v3 = { {
  AT (U32, opened.handle),
  AT (U32, opened.lock),
  AT (U32, opened.flags),
  RESERVED (4),
} };

static const TbxHgfsLayout open_v4 = { {
  AT (U32, opened.handle),
  AT (U32, opened.lock),
  AT (U32, opened.result),
  AT (U32, opened.granted_access),
  AT (U64, opened.file_id),
  AT (U64, opened.volume_id),
} };

static const TbxHgfsLayout search_open_v3 = { { AT (U32, opened.handle), RESERVED (8) } };

static const TbxHgfsLayout read_v1 = { {
  AT (U32, moved.data.size),
  AT (BYTES, moved.data),
}, .tail_size = 1 };

static const TbxHgfsLayout read_v3 = { {
  AT (U32, moved.data.size),
  RESERVED (8),
  AT (BYTES, moved.data),
}, .tail_size = 1 };

static const TbxHgfsLayout read_fast_v4 = { {
  AT (U32, moved.data.size),
  RESERVED (8),
}, .tail_size = 1 };

static const TbxHgfsLayout write_v1 = { { AT (U32, moved.data.size) } };
static const TbxHgfsLayout write_v3 = { { AT (U32, moved.data.size), RESERVED (8) } };

static const TbxHgfsLayout search_read_v1 = { {
  AT (ATTR_V1, entry.attr),
  AT (NAME, entry.name),
}, .tail_size = 1 };

static const TbxHgfsLayout search_read_v2 = { {
  AT (ATTR_V2, entry.attr),
  AT (NAME, entry.name),
}, .tail_size = 1 };

/* The one structure of the protocol that is padded. */
static const TbxHgfsLayout search_read_v3 = { {
  AT (U64, entry.count),
  RESERVED (8),
  AT (U32, entry.next_entry),
  AT (ATTR_V2, entry.attr),
  AT (NAME_V3, entry.name),
}, .tail_size = 5 };

/* The entries are elsewhere. */
static const TbxHgfsLayout search_read_v4 = { {
  AT (U32, listed.count),
  AT (U32, listed.next),
  AT (U32, listed.flags),
  RESERVED (8),
} };

static const TbxHgfsLayout getattr_v1 = { { AT (ATTR_V1, attributes.attr) } };

static const TbxHgfsLayout getattr_v2 = { {
  AT (ATTR_V2, attributes.attr),
  AT (NAME, attributes.target),
}, .tail_size = 1 };

static const TbxHgfsLayout getattr_v3 = { {
  AT (ATTR_V2, attributes.attr),
  RESERVED (8),
  AT (NAME_V3, attributes.target),
}, .tail_size = 1 };

static const TbxHgfsLayout getattr_v4 = { {
  AT (ATTR_V2, attributes.attr),
  AT (U32, attributes.n_links),
  AT (NAME, attributes.short_name),
  AT (PAD, attributes.short_name),
  AT (NAME, attributes.target),
  AT (PAD, attributes.target),
  AT (U32, attributes.acl.size),
  RESERVED (8),
  AT (BYTES, attributes.acl),
}, .tail_size = 1 };

static const TbxHgfsLayout setattr_v4 = { { AT (U32, set_mask) } };

static const TbxHgfsLayout query_volume_v1 = { {
  AT (U64, volume.free_bytes),
  AT (U64, volume.total_bytes),
} };

static const TbxHgfsLayout query_volume_v3 = { {
  AT (U64, volume.free_bytes),
  AT (U64, volume.total_bytes),
  RESERVED (8),
} };

static const TbxHgfsLayout query_volume_v4 = { {
  AT (U64, volume.mask),
  AT (U64, volume.total_bytes),
  AT (U64, volume.free_bytes),
  AT (U64, volume.available_bytes),
  AT (U64, volume.capabilities),
  AT (U64, volume.creation_time),
  AT (U32, volume.sector_bytes),
  AT (U32, volume.cluster_sectors),
  AT (NAME, volume.label),
  AT (PAD, volume.label),
  AT (NAME, volume.file_system),
}, .tail_size = 1 };

static const TbxHgfsLayout lock_change = { { AT (U32, lock.lock) } };
static const TbxHgfsLayout oplock_acquire_v4 = { { AT (U32, lock.lock), RESERVED (8) } };

static const TbxHgfsLayout oplock_break_v4 = { {
  AT (U32, lock.handle),
  AT (U32, lock.lock),
  RESERVED (8),
} };

static const TbxHgfsLayout create_session_v4 = { {
  AT (U64, session.id),
  AT (U32, session.capabilities.count),
  AT (U32, session.max_packet_bytes),
  AT (U32, session.identity_offset),
  AT (U32, session.flags),
  RESERVED (4),
  AT (CAPABILITIES, session.capabilities),
} };

static const TbxHgfsLayout set_watch_v4 = { { AT (U64, watch_id), RESERVED (8) } };

static const TbxHgfsLayout enumerate_streams_v4 = { {
  AT (U32, listed.count),
  AT (U32, listed.next),
  RESERVED (8),
  AT (REST, listed.list),
} };

static const TbxHgfsLayout fsctl_v4 = { {
  AT (U32, moved.data.size),
  AT (BYTES, moved.data),
}, .tail_size = 1 };

static const TbxHgfsLayout query_eas_v4 = { {
  AT (U32, listed.next),
  AT (U32, listed.flags),
  AT (U32, listed.index),
  RESERVED (8),
  AT (U32, listed.list.size),
  AT (BYTES, listed.list),
}, .tail_size = 1 };

static const TbxHgfsLayout *const layouts[] = {
  [TBX_HGFS_OPEN] = &open_v1,
  [TBX_HGFS_READ] = &read_v1,
  [TBX_HGFS_WRITE] = &write_v1,
  [TBX_HGFS_CLOSE] = &nothing_v1,
  [TBX_HGFS_SEARCH_OPEN] = &open_v1,
  [TBX_HGFS_SEARCH_READ] = &search_read_v1,
  [TBX_HGFS_SEARCH_CLOSE] = &nothing_v1,
  [TBX_HGFS_GETATTR] = &getattr_v1,
  [TBX_HGFS_SETATTR] = &nothing_v1,
  [TBX_HGFS_CREATE_DIR] = &nothing_v1,
  [TBX_HGFS_DELETE_FILE] = &nothing_v1,
  [TBX_HGFS_DELETE_DIR] = &nothing_v1,
  [TBX_HGFS_RENAME] = &nothing_v1,
  [TBX_HGFS_QUERY_VOLUME] = &query_volume_v1,
  [TBX_HGFS_OPEN_V2] = &open_v2,
  [TBX_HGFS_GETATTR_V2] = &getattr_v2,
  [TBX_HGFS_SETATTR_V2] = &nothing_v1,
  [TBX_HGFS_SEARCH_READ_V2] = &search_read_v2,
  [TBX_HGFS_CREATE_SYMLINK] = &nothing_v1,
  [TBX_HGFS_LOCK_CHANGE] = &lock_change,
  [TBX_HGFS_CREATE_DIR_V2] = &nothing_v1,
  [TBX_HGFS_DELETE_FILE_V2] = &nothing_v1,
  [TBX_HGFS_DELETE_DIR_V2] = &nothing_v1,
  [TBX_HGFS_RENAME_V2] = &nothing_v1,
  [TBX_HGFS_OPEN_V3] = &open_v3,
  [TBX_HGFS_READ_V3] = &read_v3,
  [TBX_HGFS_WRITE_V3] = &write_v3,
  [TBX_HGFS_CLOSE_V3] = &nothing_v3,
  [TBX_HGFS_SEARCH_OPEN_V3] = &search_open_v3,
  [TBX_HGFS_SEARCH_READ_V3] = &search_read_v3,
  [TBX_HGFS_SEARCH_CLOSE_V3] = &nothing_v3,
  [TBX_HGFS_GETATTR_V3] = &getattr_v3,
  [TBX_HGFS_SETATTR_V3] = &nothing_v3,
  [TBX_HGFS_CREATE_DIR_V3] = &nothing_v3,
  [TBX_HGFS_DELETE_FILE_V3] = &nothing_v3,
  [TBX_HGFS_DELETE_DIR_V3] = &nothing_v3,
  [TBX_HGFS_RENAME_V3] = &nothing_v3,
  [TBX_HGFS_QUERY_VOLUME_V3] = &query_volume_v3,
  [TBX_HGFS_CREATE_SYMLINK_V3] = &nothing_v3,
  [TBX_HGFS_LOCK_CHANGE_V3] = &lock_change,
  [TBX_HGFS_WRITE_STREAM_V3] = &write_v3,
  [TBX_HGFS_CREATE_SESSION_V4] = &create_session_v4,
  [TBX_HGFS_DESTROY_SESSION_V4] = &nothing_v3,
  [TBX_HGFS_READ_FAST_V4] = &read_fast_v4,
  [TBX_HGFS_WRITE_FAST_V4] = &write_v3,
  [TBX_HGFS_SET_WATCH_V4] = &set_watch_v4,
  [TBX_HGFS_REMOVE_WATCH_V4] = &nothing_v3,
  [TBX_HGFS_NOTIFY_V4] = &nothing_v1,   /* the host does not answer it */
  [TBX_HGFS_SEARCH_READ_V4] = &search_read_v4,
  [TBX_HGFS_OPEN_V4] = &open_v4,
  [TBX_HGFS_ENUMERATE_STREAMS_V4] = &enumerate_streams_v4,
  [TBX_HGFS_GETATTR_V4] = &getattr_v4,
  [TBX_HGFS_SETATTR_V4] = &setattr_v4,
  [TBX_HGFS_DELETE_V4] = &nothing_v3,
  [TBX_HGFS_LINK_MOVE_V4] = &nothing_v3,
  [TBX_HGFS_FSCTL_V4] = &fsctl_v4,
  [TBX_HGFS_ACCESS_CHECK_V4] = &nothing_v3,
  [TBX_HGFS_FSYNC_V4] = &nothing_v3,
  [TBX_HGFS_QUERY_VOLUME_V4] = &query_volume_v4,
  [TBX_HGFS_OPLOCK_ACQUIRE_V4] = &oplock_acquire_v4,
  [TBX_HGFS_OPLOCK_BREAK_V4] = &oplock_break_v4,
  [TBX_HGFS_LOCK_BYTE_RANGE_V4] = &nothing_v3,
  [TBX_HGFS_UNLOCK_BYTE_RANGE_V4] = &nothing_v3,
  [TBX_HGFS_QUERY_EAS_V4] = &query_eas_v4,
  [TBX_HGFS_SET_EAS_V4] = &nothing_v3,
};
G_STATIC_ASSERT (G_N_ELEMENTS (layouts) == TBX_HGFS_N_OPS);

/* How the reply that tells success to @op lies on the wire; NULL when there is none. */
const TbxHgfsLayout *
tbx_hgfs_reply_layout (guint32 op)
{
  return op < TBX_HGFS_N_OPS ? layouts[op] : NULL;
}
