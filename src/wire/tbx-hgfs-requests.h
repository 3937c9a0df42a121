/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-attr.h"
#include "tbx-hgfs-capabilities.h"
#include "tbx-hgfs-name.h"
#include "tbx-hgfs-packet.h"

G_BEGIN_DECLS

/* The payloads of HGFS requests.  All are plain values without anything to free:
 * names and bytes point into the packet they were decoded from, which must outlive
 * them.  The versions of an operation share one struct: V1 fills in what it implies,
 * and the handle that V2 sends beside a name is the handle of that name.
 * Source: docs/wire/hgfs.md, "Operations". */

typedef struct
{
  const guint8 *data;
  guint32       size;   /* bytes */
} TbxHgfsBytes;

/* Which members of OPEN and CREATE_DIR are meant. */
typedef enum
{
  TBX_HGFS_OPEN_HAS_MODE            = 0x0001,
  TBX_HGFS_OPEN_HAS_FLAGS           = 0x0002,
  TBX_HGFS_OPEN_HAS_SPECIAL_PERMS   = 0x0004,
  TBX_HGFS_OPEN_HAS_OWNER_PERMS     = 0x0008,
  TBX_HGFS_OPEN_HAS_GROUP_PERMS     = 0x0010,
  TBX_HGFS_OPEN_HAS_OTHER_PERMS     = 0x0020,
  TBX_HGFS_OPEN_HAS_ATTR_FLAGS      = 0x0040,
  TBX_HGFS_OPEN_HAS_ALLOCATION_SIZE = 0x0080,
  TBX_HGFS_OPEN_HAS_DESIRED_ACCESS  = 0x0100,
  TBX_HGFS_OPEN_HAS_SHARE_ACCESS    = 0x0200,
  TBX_HGFS_OPEN_HAS_LOCK            = 0x0400,
  TBX_HGFS_OPEN_HAS_NAME            = 0x0800,
} TbxHgfsOpenMask;

typedef enum
{
  TBX_HGFS_CREATE_DIR_HAS_SPECIAL_PERMS = 0x01,
  TBX_HGFS_CREATE_DIR_HAS_OWNER_PERMS   = 0x02,
  TBX_HGFS_CREATE_DIR_HAS_GROUP_PERMS   = 0x04,
  TBX_HGFS_CREATE_DIR_HAS_OTHER_PERMS   = 0x08,
  TBX_HGFS_CREATE_DIR_HAS_NAME          = 0x10,
  TBX_HGFS_CREATE_DIR_HAS_ATTR_FLAGS    = 0x20,
} TbxHgfsCreateDirMask;

typedef enum
{
  TBX_HGFS_MODE_READ       = 0,
  TBX_HGFS_MODE_WRITE      = 1,
  TBX_HGFS_MODE_READ_WRITE = 2,
  TBX_HGFS_MODE_ACCESS     = 3,   /* the bits of the three above */
  TBX_HGFS_MODE_SEQUENTIAL = 4,   /* a bit beside them */
} TbxHgfsMode;

typedef enum
{
  TBX_HGFS_OPEN_EXISTING           = 0,
  TBX_HGFS_OPEN_EXISTING_TRUNCATE  = 1,
  TBX_HGFS_OPEN_CREATE             = 2,
  TBX_HGFS_OPEN_CREATE_NEW         = 3,
  TBX_HGFS_OPEN_CREATE_OR_TRUNCATE = 4,
} TbxHgfsOpenFlags;

typedef enum
{
  TBX_HGFS_SETATTR_GIVEN_ACCESS_TIME = 1,   /* else: now */
  TBX_HGFS_SETATTR_GIVEN_WRITE_TIME  = 2,
  TBX_HGFS_ATTR_BY_HANDLE            = 4,   /* of GETATTR too */
} TbxHgfsAttrHints;

#define TBX_HGFS_DELETE_BY_HANDLE 1   /* hint of DELETE_FILE and DELETE_DIR */

typedef enum
{
  TBX_HGFS_RENAME_OLD_BY_HANDLE = 1,
  TBX_HGFS_RENAME_NEW_BY_HANDLE = 2,
  TBX_HGFS_RENAME_NO_REPLACE    = 4,
  TBX_HGFS_RENAME_NO_COPY       = 8,
} TbxHgfsRenameHints;

#define TBX_HGFS_WRITE_APPEND 1   /* flag of WRITE: at the end, whatever the offset says */

/* OPEN, OPEN_V2, OPEN_V3, OPEN_V4 */
typedef struct
{
  guint64      mask;              /* TbxHgfsOpenMask */
  guint32      mode;              /* TbxHgfsMode */
  guint32      flags;             /* TbxHgfsOpenFlags */
  TbxHgfsPerms perms;             /* of a new file */
  guint64      attr_flags;        /* TbxHgfsFileFlags */
  guint64      allocation_size;   /* bytes; a hint */
  guint32      desired_access;    /* Windows */
  guint32      share_access;      /* Windows */
  guint32      lock;              /* that is wanted; 0: none */
  guint64      create_options;    /* V4 */
  TbxHgfsName  name;
  TbxHgfsName  stream;            /* V4 */
  guint32      ea_flags;          /* V4 */
  guint32      ea_count;          /* V4 */
  TbxHgfsBytes ea_and_acl;        /* V4: the attributes themselves and the access list */
} TbxHgfsOpen;

/* READ, READ_V3, READ_FAST_V4 */
typedef struct
{
  guint32 handle;
  guint64 offset;   /* bytes */
  guint32 size;     /* bytes that are wanted */
} TbxHgfsRead;

/* WRITE, WRITE_V3; WRITE_FAST_V4, whose data is elsewhere; WRITE_STREAM_V3 */
typedef struct
{
  guint32      handle;
  guint32      flags;    /* TBX_HGFS_WRITE_APPEND; of WRITE_STREAM_V3 1: ignore security */
  guint64      offset;   /* bytes */
  TbxHgfsBytes data;
} TbxHgfsWrite;

/* CLOSE, CLOSE_V3, SEARCH_CLOSE, SEARCH_CLOSE_V3, FSYNC_V4 */
typedef struct
{
  guint32 handle;
} TbxHgfsClose;

/* SEARCH_OPEN, SEARCH_OPEN_V3, DELETE_V4; QUERY_VOLUME, _V3, _V4 */
typedef struct
{
  guint64     mask;   /* QUERY_VOLUME_V4 only */
  TbxHgfsName name;
} TbxHgfsNamed;

/* SEARCH_READ, _V2, _V3 */
typedef struct
{
  guint32 handle;
  guint32 index;   /* of the entry, from 0 */
  guint32 flags;   /* V3; meaningless */
} TbxHgfsSearchRead;

/* SEARCH_READ_V4 */
typedef struct
{
  guint32     mask;
  guint32     flags;
  guint32     handle;
  guint32     entry_max_bytes;
  guint32     index;
  TbxHgfsName pattern;
} TbxHgfsSearchReadV4;

/* GETATTR, _V2, _V3, _V4 */
typedef struct
{
  guint64     hints;   /* TbxHgfsAttrHints; not in V4 */
  guint32     mask;    /* V4 */
  guint32     flags;   /* V4 */
  TbxHgfsName name;
} TbxHgfsGetattr;

/* SETATTR, _V2, _V3, _V4 */
typedef struct
{
  guint64     hints;   /* TbxHgfsAttrHints */
  TbxHgfsAttr attr;    /* its mask says what to change */
  TbxHgfsName name;
} TbxHgfsSetattr;

/* CREATE_DIR, _V2, _V3 */
typedef struct
{
  guint64      mask;         /* TbxHgfsCreateDirMask */
  TbxHgfsPerms perms;
  guint64      attr_flags;   /* V3: TbxHgfsFileFlags */
  TbxHgfsName  name;
} TbxHgfsCreateDir;

/* DELETE_FILE, _V2, _V3, DELETE_DIR, _V2, _V3 */
typedef struct
{
  guint64     hints;   /* TBX_HGFS_DELETE_BY_HANDLE */
  TbxHgfsName name;
} TbxHgfsDelete;

/* RENAME, _V2, _V3; LINK_MOVE_V4 */
typedef struct
{
  guint64     hints;   /* TbxHgfsRenameHints; not in LINK_MOVE_V4 */
  guint64     flags;   /* LINK_MOVE_V4 only: 1 replace, 2 hard link */
  TbxHgfsName old_name;
  TbxHgfsName new_name;
} TbxHgfsRename;

/* CREATE_SYMLINK, _V3 */
typedef struct
{
  TbxHgfsName name;
  TbxHgfsName target;   /* in lite form: see tbx_hgfs_target_to_text() */
} TbxHgfsCreateSymlink;

/* LOCK_CHANGE, _V3, OPLOCK_ACQUIRE_V4, OPLOCK_BREAK_V4 */
typedef struct
{
  guint32 handle;
  guint32 lock;
} TbxHgfsLockChange;

/* CREATE_SESSION_V4 */
typedef struct
{
  guint32             max_packet_bytes;
  guint32             flags;
  TbxHgfsCapabilities capabilities;   /* of the host; mostly none */
} TbxHgfsCreateSession;

/* SET_WATCH_V4; REMOVE_WATCH_V4, of which only the id counts; NOTIFY_V4 */
typedef struct
{
  guint64      id;       /* not in SET_WATCH_V4 */
  guint64      events;   /* SET_WATCH_V4 */
  guint32      flags;
  TbxHgfsName  name;     /* SET_WATCH_V4 */
  guint32      count;    /* NOTIFY_V4 */
  TbxHgfsBytes list;     /* NOTIFY_V4 */
} TbxHgfsWatch;

/* FSCTL_V4 */
typedef struct
{
  guint32      handle;
  guint32      code;
  guint32      platform;
  TbxHgfsBytes data;
} TbxHgfsFsctl;

/* ACCESS_CHECK_V4 */
typedef struct
{
  TbxHgfsName name;
  guint8      perms;   /* 4, 2, 1; 8: exists */
} TbxHgfsAccessCheck;

/* LOCK_BYTE_RANGE_V4, UNLOCK_BYTE_RANGE_V4 */
typedef struct
{
  guint32 handle;
  guint32 flags;
  guint64 start;    /* bytes */
  guint64 length;   /* bytes */
} TbxHgfsByteRange;

/* ENUMERATE_STREAMS_V4, of which only the index counts; QUERY_EAS_V4, SET_EAS_V4 */
typedef struct
{
  guint32      flags;
  guint32      index;
  guint32      offset;   /* of the names, QUERY_EAS_V4 */
  TbxHgfsName  name;     /* QUERY_EAS_V4 */
  guint32      count;    /* SET_EAS_V4 */
  TbxHgfsBytes list;     /* names, or attributes */
} TbxHgfsAttributeList;

typedef struct
{
  guint32      op;         /* TbxHgfsOp; says which member is meant */
  guint32      inner_id;   /* of the header that V1 and V2 have inside V4 framing, meaningless */
  guint32      inner_op;   /* there; hosts repeat the id and the operation of the packet */
  TbxHgfsBytes tail;       /* what follows the last field, meaningless; to encode with data NULL:
                            * what a host sends there, mostly one NUL behind a name */
  union
  {
    TbxHgfsOpen          open;
    TbxHgfsRead          read;
    TbxHgfsWrite         write;
    TbxHgfsClose         close;
    TbxHgfsNamed         named;
    TbxHgfsSearchRead    search_read;
    TbxHgfsSearchReadV4  search_read_v4;
    TbxHgfsGetattr       getattr;
    TbxHgfsSetattr       setattr;
    TbxHgfsCreateDir     create_dir;
    TbxHgfsDelete        delete_;
    TbxHgfsRename        rename;
    TbxHgfsCreateSymlink create_symlink;
    TbxHgfsLockChange    lock_change;
    TbxHgfsCreateSession create_session;
    TbxHgfsWatch         watch;
    TbxHgfsFsctl         fsctl;
    TbxHgfsAccessCheck   access_check;
    TbxHgfsByteRange     byte_range;
    TbxHgfsAttributeList list;
  };
} TbxHgfsRequest;

TbxHgfsStatus tbx_hgfs_request_decode (const TbxHgfsPacket *packet, TbxHgfsRequest *request);
TbxHgfsStatus tbx_hgfs_request_check  (const TbxHgfsRequest *request, gsize read_max_bytes);
void          tbx_hgfs_request_encode (const TbxHgfsPacket  *header,
                                       const TbxHgfsRequest *request,
                                       TbxWriter            *w);

G_END_DECLS
