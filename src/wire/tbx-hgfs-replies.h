/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-requests.h"

G_BEGIN_DECLS

/* The payloads of HGFS replies that tell success; others have none.  Plain values,
 * as those of requests.  What is not listed answers nothing more.
 * Source: docs/wire/hgfs.md, "Operations". */

#define TBX_HGFS_OPEN_SPACE_ALLOCATED  0x1   /* flags of an OPEN_V3 reply */
#define TBX_HGFS_OPEN_LOCKED           0x2
#define TBX_HGFS_SESSION_HAS_MAX_BYTES 0x1   /* flag of a CREATE_SESSION_V4 reply */

/* OPEN, _V2, _V3, _V4; SEARCH_OPEN, _V3, of which only the handle counts */
typedef struct
{
  guint32 handle;
  guint32 lock;             /* that was granted; from V2 */
  guint32 flags;            /* V3 */
  guint32 result;           /* V4: 0 opened, 1 created, 2 overwritten, 3 superseded */
  guint32 granted_access;   /* V4 */
  guint64 file_id;          /* V4 */
  guint64 volume_id;        /* V4 */
} TbxHgfsOpened;

/* READ, READ_V3; READ_FAST_V4, whose data is elsewhere; FSCTL_V4; WRITE, _V3, _FAST_V4,
 * WRITE_STREAM_V3, which tell the size only */
typedef struct
{
  TbxHgfsBytes data;
} TbxHgfsMoved;

/* SEARCH_READ, _V2, _V3; an empty name is the end */
typedef struct
{
  guint64     count;        /* V3: 1, also at the end */
  guint32     next_entry;   /* V3: 0 */
  TbxHgfsAttr attr;
  TbxHgfsName name;         /* a single component */
} TbxHgfsEntry;

/* SEARCH_READ_V4, ENUMERATE_STREAMS_V4, QUERY_EAS_V4 */
typedef struct
{
  guint32      count;
  guint32      next;    /* index */
  guint32      flags;
  guint32      index;   /* QUERY_EAS_V4 */
  TbxHgfsBytes list;    /* not in SEARCH_READ_V4 */
} TbxHgfsListed;

/* GETATTR, _V2, _V3, _V4 */
typedef struct
{
  TbxHgfsAttr  attr;
  TbxHgfsName  target;       /* of a symlink, in lite form; from V2 */
  guint32      n_links;      /* V4 */
  TbxHgfsName  short_name;   /* V4 */
  TbxHgfsBytes acl;          /* V4 */
} TbxHgfsAttributes;

/* QUERY_VOLUME, _V3, _V4 */
typedef struct
{
  guint64     free_bytes;
  guint64     total_bytes;
  guint64     mask;              /* this and the rest: V4 */
  guint64     available_bytes;
  guint64     capabilities;
  guint64     creation_time;
  guint32     sector_bytes;
  guint32     cluster_sectors;
  TbxHgfsName label;
  TbxHgfsName file_system;
} TbxHgfsVolume;

/* CREATE_SESSION_V4 */
typedef struct
{
  guint64             id;
  guint32             max_packet_bytes;
  guint32             identity_offset;   /* 0: there is none */
  guint32             flags;             /* TBX_HGFS_SESSION_HAS_MAX_BYTES */
  TbxHgfsCapabilities capabilities;
} TbxHgfsSession;

typedef struct
{
  guint32      op;     /* TbxHgfsOp; says which member is meant */
  TbxHgfsBytes tail;   /* as that of a request */
  union
  {
    TbxHgfsOpened     opened;
    TbxHgfsMoved      moved;
    TbxHgfsEntry      entry;
    TbxHgfsListed     listed;
    TbxHgfsAttributes attributes;
    TbxHgfsVolume     volume;
    TbxHgfsSession    session;
    TbxHgfsLockChange lock;       /* LOCK_CHANGE, _V3, OPLOCK_ACQUIRE_V4: without the handle */
    guint64           watch_id;   /* SET_WATCH_V4 */
    guint32           set_mask;   /* SETATTR_V4: what was set */
  };
} TbxHgfsReply;

TbxHgfsStatus tbx_hgfs_reply_decode (const TbxHgfsPacket *packet, TbxHgfsReply *reply);
void          tbx_hgfs_reply_encode (const TbxHgfsPacket *header,
                                     const TbxHgfsReply  *reply,
                                     TbxWriter           *w);

G_END_DECLS
