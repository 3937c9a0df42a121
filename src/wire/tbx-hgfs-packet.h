/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-ops.h"
#include "tbx-hgfs-status.h"

G_BEGIN_DECLS

/* The frame of an HGFS request or reply.
 * Source: docs/wire/hgfs.md, "Packets". */

#define TBX_HGFS_LEGACY_HEADER_BYTES 8
#define TBX_HGFS_HEADER_BYTES        52
#define TBX_HGFS_PACKET_BYTES        63488   /* what is offered to, and by, a host in a session */
#define TBX_HGFS_REPLY_MAX_BYTES     65444   /* what a reply to a VIX request can carry */
#define TBX_HGFS_NO_SESSION          G_MAXUINT64

typedef enum
{
  TBX_HGFS_FRAMING_NONE,     /* too short to be answered at all */
  TBX_HGFS_FRAMING_LEGACY,   /* 8 bytes: id and op, or id and status */
  TBX_HGFS_FRAMING_V4,       /* 52 bytes */
} TbxHgfsFraming;

typedef enum
{
  TBX_HGFS_FLAG_REQUEST        = 1,
  TBX_HGFS_FLAG_REPLY          = 2,
  TBX_HGFS_FLAG_EXTENDED_ERROR = 4,   /* the information holds one */
} TbxHgfsFlags;

/* A plain value; the payload is in the bytes it was decoded from. */
typedef struct
{
  TbxHgfsFraming framing;
  guint8         version;        /* of the header, 1; V4 only */
  guint32        id;             /* chosen by the host, echoed; not unique */
  guint32        op;             /* TbxHgfsOp, or any other number; a legacy reply has none */
  guint32        status;         /* TbxHgfsStatus, of a reply */
  guint32        flags;          /* TbxHgfsFlags; in legacy framing they say the direction only */
  guint32        information;    /* V4 only */
  guint64        session_id;     /* V4 only; else TBX_HGFS_NO_SESSION */
  const guint8  *payload;        /* what follows the header */
  gsize          payload_size;   /* bytes */
} TbxHgfsPacket;

TbxHgfsStatus tbx_hgfs_packet_decode       (gconstpointer data, gsize size, TbxHgfsPacket *packet);
TbxHgfsStatus tbx_hgfs_packet_decode_reply (gconstpointer  data,
                                            gsize          size,
                                            guint32        op,
                                            TbxHgfsPacket *packet);
void          tbx_hgfs_packet_init_reply   (TbxHgfsPacket       *reply,
                                            const TbxHgfsPacket *request,
                                            TbxHgfsStatus        status);
gsize         tbx_hgfs_packet_format       (const TbxHgfsPacket *packet,
                                            gsize                payload_size,
                                            guint8               header[TBX_HGFS_HEADER_BYTES]);
gboolean      tbx_hgfs_packet_has_inner    (const TbxHgfsPacket *packet);

/* The two replies of a transfer, made where they will be sent from. */
gsize         tbx_hgfs_read_data_offset    (const TbxHgfsPacket *packet);
gsize         tbx_hgfs_read_max            (const TbxHgfsPacket *packet, gsize reply_max_bytes);
gsize         tbx_hgfs_read_reply_format   (const TbxHgfsPacket *reply,
                                            guint32              data_size,
                                            guint8              *buffer);
gsize         tbx_hgfs_write_reply_format  (const TbxHgfsPacket *reply,
                                            guint32              written_size,
                                            guint8              *buffer);
#define TBX_HGFS_WRITE_REPLY_MAX_BYTES (TBX_HGFS_HEADER_BYTES + 12)

G_END_DECLS
