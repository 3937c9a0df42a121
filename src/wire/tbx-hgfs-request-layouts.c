/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-layout.h"

#define AT(kind, member) { TBX_HGFS_FIELD_##kind, 0, G_STRUCT_OFFSET (TbxHgfsRequest, member) }
#define HINTED(kind, member, hint) \
  { TBX_HGFS_FIELD_##kind, hint, G_STRUCT_OFFSET (TbxHgfsRequest, member) }
#define IMPLIED(member, mask) \
  { TBX_HGFS_FIELD_IMPLIED, mask, G_STRUCT_OFFSET (TbxHgfsRequest, member) }
#define RESERVED(n) { TBX_HGFS_FIELD_RESERVED, n, 0 }
#define RESERVED_LAX(n) { TBX_HGFS_FIELD_RESERVED_LAX, n, 0 }

static const TbxHgfsLayout open_v1 = { {
  IMPLIED (open.mask, TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS
                        | TBX_HGFS_OPEN_HAS_OWNER_PERMS | TBX_HGFS_OPEN_HAS_NAME),
  AT (U32, open.mode),
  AT (U32, open.flags),
  AT (U8, open.perms.owner),
  AT (NAME, open.name),
}, .tail_size = 1 };

#define OPEN_UP_TO_SHARE_ACCESS                                                   \
  AT (U64, open.mask), AT (U32, open.mode), AT (U32, open.flags),                 \
  AT (PERMS, open.perms), AT (U64, open.attr_flags), AT (U64, open.allocation_size), \
  AT (U32, open.desired_access), AT (U32, open.share_access)

static const TbxHgfsLayout open_v2 = { {
  OPEN_UP_TO_SHARE_ACCESS,
  AT (U32, open.lock),
  RESERVED (16),
  AT (NAME, open.name),
}, .tail_size = 1 };

static const TbxHgfsLayout open_v3 = { {
  OPEN_UP_TO_SHARE_ACCESS,
  AT (U32, open.lock),
  RESERVED (16),
  AT (NAME_V3, open.name),
}, .tail_size = 1 };

static const TbxHgfsLayout open_v4 = { {
  OPEN_UP_TO_SHARE_ACCESS,
  AT (U64, open.create_options),
  AT (U32, open.lock),
  AT (NAME_V3, open.name),
  AT (PAD, open.name),
  AT (NAME, open.stream),
  AT (PAD, open.stream),
  AT (U32, open.ea_flags),
  RESERVED (8),
  AT (U32, open.ea_count),
  AT (REST, open.ea_and_acl),
} };

static const TbxHgfsLayout read_v1 = { {
  AT (U32, read.handle),
  AT (U64, read.offset),
  AT (U32, read.size),
} };

static const TbxHgfsLayout read_v3 = { {
  AT (U32, read.handle),
  AT (U64, read.offset),
  AT (U32, read.size),
  RESERVED (8),
} };

static const TbxHgfsLayout write_v1 = { {
  AT (U32, write.handle),
  AT (U8_WIDE, write.flags),
  AT (U64, write.offset),
  AT (U32, write.data.size),
  AT (BYTES, write.data),
} };

static const TbxHgfsLayout write_v3 = { {
  AT (U32, write.handle),
  AT (U8_WIDE, write.flags),
  AT (U64, write.offset),
  AT (U32, write.data.size),
  RESERVED (8),
  AT (BYTES, write.data),
} };

static const TbxHgfsLayout write_fast_v4 = { {
  AT (U32, write.handle),
  AT (U8_WIDE, write.flags),
  AT (U64, write.offset),
  AT (U32, write.data.size),
  RESERVED (8),
}, .tail_size = 1 };

static const TbxHgfsLayout write_stream_v3 = { {
  AT (U32, write.handle),
  AT (U32, write.flags),
  RESERVED (4),
  AT (U32, write.data.size),
  RESERVED (8),
  AT (BYTES, write.data),
} };

static const TbxHgfsLayout close_v1 = { { AT (U32, close.handle) } };
static const TbxHgfsLayout close_v3 = { { AT (U32, close.handle), RESERVED (8) } };

static const TbxHgfsLayout named_v1 = { { AT (NAME, named.name) }, .tail_size = 1 };

static const TbxHgfsLayout named_v3 = { {
  RESERVED (8),
  AT (NAME_V3, named.name),
}, .tail_size = 1 };

static const TbxHgfsLayout named_v4 = { {
  AT (U64, named.mask),
  AT (NAME_V3, named.name),
}, .tail_size = 1 };

static const TbxHgfsLayout name_v4 = { { AT (NAME_V3, named.name) }, .tail_size = 1 };

static const TbxHgfsLayout search_read_v1 = { {
  AT (U32, search_read.handle),
  AT (U32, search_read.index),
} };

static const TbxHgfsLayout search_read_v3 = { {
  AT (U32, search_read.handle),
  AT (U32, search_read.index),
  AT (U32, search_read.flags),
  RESERVED (8),
} };

static const TbxHgfsLayout search_read_v4 = { {
  AT (U32, search_read_v4.mask),
  AT (U32, search_read_v4.flags),
  AT (U32, search_read_v4.handle),
  AT (U32, search_read_v4.entry_max_bytes),
  AT (U32, search_read_v4.index),
  RESERVED (8),
  AT (NAME, search_read_v4.pattern),
}, .tail_size = 1 };

static const TbxHgfsLayout getattr_v1 = { { AT (NAME, getattr.name) }, .tail_size = 1 };

static const TbxHgfsLayout getattr_v2 = { {
  AT (HINTS, getattr.hints),
  AT (U32, getattr.name.handle),
  HINTED (NAME, getattr.name, TBX_HGFS_ATTR_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout getattr_v3 = { {
  AT (HINTS, getattr.hints),
  RESERVED (8),
  HINTED (NAME_V3, getattr.name, TBX_HGFS_ATTR_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout getattr_v4 = { {
  AT (U32, getattr.mask),
  AT (U32, getattr.flags),
  RESERVED (8),
  AT (NAME_V3, getattr.name),
}, .tail_size = 1 };

static const TbxHgfsLayout setattr_v1 = { {
  AT (UPDATE_V1, setattr),
  AT (NAME, setattr.name),
}, .tail_size = 1 };

static const TbxHgfsLayout setattr_v2 = { {
  AT (HINTS, setattr.hints),
  AT (ATTR_V2, setattr.attr),
  AT (U32, setattr.name.handle),
  HINTED (NAME, setattr.name, TBX_HGFS_ATTR_BY_HANDLE),
}, .tail_size = 1 };

/* V4 too. */
static const TbxHgfsLayout setattr_v3 = { {
  AT (HINTS, setattr.hints),
  AT (ATTR_V2, setattr.attr),
  RESERVED (8),
  HINTED (NAME_V3, setattr.name, TBX_HGFS_ATTR_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout create_dir_v1 = { {
  IMPLIED (create_dir.mask, TBX_HGFS_CREATE_DIR_HAS_OWNER_PERMS | TBX_HGFS_CREATE_DIR_HAS_NAME),
  AT (U8, create_dir.perms.owner),
  AT (NAME, create_dir.name),
}, .tail_size = 1 };

static const TbxHgfsLayout create_dir_v2 = { {
  AT (U64, create_dir.mask),
  AT (PERMS, create_dir.perms),
  AT (NAME, create_dir.name),
}, .tail_size = 1 };

static const TbxHgfsLayout create_dir_v3 = { {
  AT (U64, create_dir.mask),
  AT (PERMS, create_dir.perms),
  AT (U64, create_dir.attr_flags),
  AT (NAME_V3, create_dir.name),
}, .tail_size = 1 };

static const TbxHgfsLayout delete_v1 = { { AT (NAME, delete_.name) }, .tail_size = 1 };

static const TbxHgfsLayout delete_v2 = { {
  AT (HINTS, delete_.hints),
  AT (U32, delete_.name.handle),
  HINTED (NAME, delete_.name, TBX_HGFS_DELETE_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout delete_v3 = { {
  AT (HINTS, delete_.hints),
  RESERVED (8),
  HINTED (NAME_V3, delete_.name, TBX_HGFS_DELETE_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout rename_v1 = { {
  AT (NAME, rename.old_name),
  AT (PAD, rename.old_name),
  AT (NAME, rename.new_name),
}, .tail_size = 1 };

static const TbxHgfsLayout rename_v2 = { {
  AT (HINTS, rename.hints),
  AT (U32, rename.old_name.handle),
  AT (U32, rename.new_name.handle),
  HINTED (NAME, rename.old_name, TBX_HGFS_RENAME_OLD_BY_HANDLE),
  AT (PAD, rename.old_name),
  HINTED (NAME, rename.new_name, TBX_HGFS_RENAME_NEW_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout rename_v3 = { {
  AT (HINTS, rename.hints),
  RESERVED (8),
  HINTED (NAME_V3, rename.old_name, TBX_HGFS_RENAME_OLD_BY_HANDLE),
  AT (PAD, rename.old_name),
  HINTED (NAME_V3, rename.new_name, TBX_HGFS_RENAME_NEW_BY_HANDLE),
}, .tail_size = 1 };

static const TbxHgfsLayout link_move_v4 = { {
  AT (NAME_V3, rename.old_name),
  AT (PAD, rename.old_name),
  AT (NAME_V3, rename.new_name),
  AT (PAD, rename.new_name),
  AT (U64, rename.flags),
} };

static const TbxHgfsLayout create_symlink_v1 = { {
  AT (NAME, create_symlink.name),
  AT (PAD, create_symlink.name),
  AT (NAME, create_symlink.target),
}, .tail_size = 1 };

static const TbxHgfsLayout create_symlink_v3 = { {
  RESERVED (8),
  AT (NAME_V3, create_symlink.name),
  AT (PAD, create_symlink.name),
  AT (NAME_V3, create_symlink.target),
}, .tail_size = 1 };

static const TbxHgfsLayout lock_change = { {
  AT (U32, lock_change.handle),
  AT (U32, lock_change.lock),
} };

static const TbxHgfsLayout oplock_v4 = { {
  AT (U32, lock_change.handle),
  AT (U32, lock_change.lock),
  RESERVED (8),
} };

/* A host with nothing to tell sends room for one capability all the same. */
static const TbxHgfsLayout create_session_v4 = { {
  AT (U32, create_session.capabilities.count),
  AT (U32, create_session.max_packet_bytes),
  AT (U32, create_session.flags),
  RESERVED_LAX (4),
  AT (CAPABILITIES, create_session.capabilities),
}, .tail_size = TBX_HGFS_CAPABILITY_BYTES };

/* Its 8 bytes mean nothing, and need not be there. */
static const TbxHgfsLayout destroy_session_v4 = { { { TBX_HGFS_FIELD_END } }, .tail_size = 8 };

static const TbxHgfsLayout set_watch_v4 = { {
  AT (U64, watch.events),
  AT (U32, watch.flags),
  RESERVED (8),
  AT (NAME_V3, watch.name),
}, .tail_size = 1 };

static const TbxHgfsLayout remove_watch_v4 = { { AT (U64, watch.id) } };

static const TbxHgfsLayout notify_v4 = { {
  AT (U64, watch.id),
  AT (U32, watch.flags),
  AT (U32, watch.count),
  RESERVED (8),
  AT (REST, watch.list),
} };

static const TbxHgfsLayout enumerate_streams_v4 = { { AT (U32, list.index) } };

static const TbxHgfsLayout fsctl_v4 = { {
  AT (U32, fsctl.handle),
  AT (U32, fsctl.code),
  AT (U32, fsctl.platform),
  AT (U32, fsctl.data.size),
  AT (BYTES, fsctl.data),
}, .tail_size = 1 };

static const TbxHgfsLayout access_check_v4 = { {
  AT (NAME_V3, access_check.name),
  AT (PAD, access_check.name),
  AT (U8, access_check.perms),
  RESERVED (8),
} };

static const TbxHgfsLayout byte_range_v4 = { {
  AT (U32, byte_range.handle),
  AT (U32, byte_range.flags),
  AT (U64, byte_range.start),
  AT (U64, byte_range.length),
  RESERVED (8),
} };

static const TbxHgfsLayout query_eas_v4 = { {
  AT (U32, list.flags),
  AT (U32, list.index),
  RESERVED (8),
  AT (U32, list.list.size),
  AT (U32, list.offset),
  AT (NAME_V3, list.name),
  AT (PAD, list.name),
  AT (BYTES, list.list),
}, .tail_size = 1 };

static const TbxHgfsLayout set_eas_v4 = { {
  AT (U32, list.flags),
  RESERVED (8),
  AT (U32, list.count),
  AT (REST, list.list),
} };

static const TbxHgfsLayout *const layouts[] = {
  [TBX_HGFS_OPEN] = &open_v1,
  [TBX_HGFS_READ] = &read_v1,
  [TBX_HGFS_WRITE] = &write_v1,
  [TBX_HGFS_CLOSE] = &close_v1,
  [TBX_HGFS_SEARCH_OPEN] = &named_v1,
  [TBX_HGFS_SEARCH_READ] = &search_read_v1,
  [TBX_HGFS_SEARCH_CLOSE] = &close_v1,
  [TBX_HGFS_GETATTR] = &getattr_v1,
  [TBX_HGFS_SETATTR] = &setattr_v1,
  [TBX_HGFS_CREATE_DIR] = &create_dir_v1,
  [TBX_HGFS_DELETE_FILE] = &delete_v1,
  [TBX_HGFS_DELETE_DIR] = &delete_v1,
  [TBX_HGFS_RENAME] = &rename_v1,
  [TBX_HGFS_QUERY_VOLUME] = &named_v1,
  [TBX_HGFS_OPEN_V2] = &open_v2,
  [TBX_HGFS_GETATTR_V2] = &getattr_v2,
  [TBX_HGFS_SETATTR_V2] = &setattr_v2,
  [TBX_HGFS_SEARCH_READ_V2] = &search_read_v1,
  [TBX_HGFS_CREATE_SYMLINK] = &create_symlink_v1,
  [TBX_HGFS_LOCK_CHANGE] = &lock_change,
  [TBX_HGFS_CREATE_DIR_V2] = &create_dir_v2,
  [TBX_HGFS_DELETE_FILE_V2] = &delete_v2,
  [TBX_HGFS_DELETE_DIR_V2] = &delete_v2,
  [TBX_HGFS_RENAME_V2] = &rename_v2,
  [TBX_HGFS_OPEN_V3] = &open_v3,
  [TBX_HGFS_READ_V3] = &read_v3,
  [TBX_HGFS_WRITE_V3] = &write_v3,
  [TBX_HGFS_CLOSE_V3] = &close_v3,
  [TBX_HGFS_SEARCH_OPEN_V3] = &named_v3,
  [TBX_HGFS_SEARCH_READ_V3] = &search_read_v3,
  [TBX_HGFS_SEARCH_CLOSE_V3] = &close_v3,
  [TBX_HGFS_GETATTR_V3] = &getattr_v3,
  [TBX_HGFS_SETATTR_V3] = &setattr_v3,
  [TBX_HGFS_CREATE_DIR_V3] = &create_dir_v3,
  [TBX_HGFS_DELETE_FILE_V3] = &delete_v3,
  [TBX_HGFS_DELETE_DIR_V3] = &delete_v3,
  [TBX_HGFS_RENAME_V3] = &rename_v3,
  [TBX_HGFS_QUERY_VOLUME_V3] = &named_v3,
  [TBX_HGFS_CREATE_SYMLINK_V3] = &create_symlink_v3,
  [TBX_HGFS_LOCK_CHANGE_V3] = &lock_change,
  [TBX_HGFS_WRITE_STREAM_V3] = &write_stream_v3,
  [TBX_HGFS_CREATE_SESSION_V4] = &create_session_v4,
  [TBX_HGFS_DESTROY_SESSION_V4] = &destroy_session_v4,
  [TBX_HGFS_READ_FAST_V4] = &read_v3,
  [TBX_HGFS_WRITE_FAST_V4] = &write_fast_v4,
  [TBX_HGFS_SET_WATCH_V4] = &set_watch_v4,
  [TBX_HGFS_REMOVE_WATCH_V4] = &remove_watch_v4,
  [TBX_HGFS_NOTIFY_V4] = &notify_v4,
  [TBX_HGFS_SEARCH_READ_V4] = &search_read_v4,
  [TBX_HGFS_OPEN_V4] = &open_v4,
  [TBX_HGFS_ENUMERATE_STREAMS_V4] = &enumerate_streams_v4,
  [TBX_HGFS_GETATTR_V4] = &getattr_v4,
  [TBX_HGFS_SETATTR_V4] = &setattr_v3,
  [TBX_HGFS_DELETE_V4] = &name_v4,
  [TBX_HGFS_LINK_MOVE_V4] = &link_move_v4,
  [TBX_HGFS_FSCTL_V4] = &fsctl_v4,
  [TBX_HGFS_ACCESS_CHECK_V4] = &access_check_v4,
  [TBX_HGFS_FSYNC_V4] = &close_v3,
  [TBX_HGFS_QUERY_VOLUME_V4] = &named_v4,
  [TBX_HGFS_OPLOCK_ACQUIRE_V4] = &oplock_v4,
  [TBX_HGFS_OPLOCK_BREAK_V4] = &oplock_v4,
  [TBX_HGFS_LOCK_BYTE_RANGE_V4] = &byte_range_v4,
  [TBX_HGFS_UNLOCK_BYTE_RANGE_V4] = &byte_range_v4,
  [TBX_HGFS_QUERY_EAS_V4] = &query_eas_v4,
  [TBX_HGFS_SET_EAS_V4] = &set_eas_v4,
};
G_STATIC_ASSERT (G_N_ELEMENTS (layouts) == TBX_HGFS_N_OPS);

/* How a request of @op lies on the wire; NULL when there is none. */
const TbxHgfsLayout *
tbx_hgfs_request_layout (guint32 op)
{
  return op < TBX_HGFS_N_OPS ? layouts[op] : NULL;
}
