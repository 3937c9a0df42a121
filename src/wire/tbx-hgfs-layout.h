/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-replies.h"

G_BEGIN_DECLS

/* How the payloads of tbx-hgfs-requests.h and tbx-hgfs-replies.h lie on the wire, as
 * data: decoders and encoders both follow it.  For src/wire only.
 * Source: docs/wire/hgfs.md, "Operations". */

typedef enum
{
  TBX_HGFS_FIELD_END,
  TBX_HGFS_FIELD_U8,             /* member guint8 */
  TBX_HGFS_FIELD_U8_WIDE,        /* one byte, member guint32 */
  TBX_HGFS_FIELD_U32,
  TBX_HGFS_FIELD_U64,
  TBX_HGFS_FIELD_HINTS,          /* 64 bits that names further down look at */
  TBX_HGFS_FIELD_PERMS,          /* four bytes, TbxHgfsPerms */
  TBX_HGFS_FIELD_IMPLIED,        /* no bytes: a 64-bit mask of V1, in argument */
  TBX_HGFS_FIELD_RESERVED,       /* zeros, as many as argument says */
  TBX_HGFS_FIELD_RESERVED_LAX,   /* likewise, but they may be absent when nothing follows */
  TBX_HGFS_FIELD_ATTR_V1,
  TBX_HGFS_FIELD_ATTR_V2,
  TBX_HGFS_FIELD_UPDATE_V1,      /* what to change, then the V1 record; member TbxHgfsSetattr */
  TBX_HGFS_FIELD_NAME,           /* size, name; argument: the hint that its handle is meant */
  TBX_HGFS_FIELD_NAME_V3,        /* size, flags, case, handle, name; argument likewise */
  TBX_HGFS_FIELD_PAD,            /* the byte behind a name, of which it is a member */
  TBX_HGFS_FIELD_BYTES,          /* as many as the size read for them says */
  TBX_HGFS_FIELD_CAPABILITIES,   /* as many as the count read for them says */
  TBX_HGFS_FIELD_REST,           /* all that is left */
} TbxHgfsFieldKind;

typedef struct
{
  guint8  kind;       /* TbxHgfsFieldKind */
  guint16 argument;
  guint16 offset;     /* of the member in TbxHgfsRequest or TbxHgfsReply */
} TbxHgfsField;

#define TBX_HGFS_LAYOUT_MAX_FIELDS 20
#define TBX_HGFS_PACKET_SIZE_AT    8    /* where a V4 header holds the size of the packet */

typedef struct
{
  TbxHgfsField fields[TBX_HGFS_LAYOUT_MAX_FIELDS];
  guint8       tail_size;   /* zero bytes that a sender puts behind the last field */
} TbxHgfsLayout;

const TbxHgfsLayout *tbx_hgfs_request_layout (guint32 op);
const TbxHgfsLayout *tbx_hgfs_reply_layout   (guint32 op);
gboolean             tbx_hgfs_layout_take    (const TbxHgfsLayout *layout,
                                              TbxReader           *r,
                                              gpointer             base,
                                              TbxHgfsBytes        *tail);
void                 tbx_hgfs_layout_put     (const TbxHgfsLayout *layout,
                                              const TbxHgfsPacket *packet,
                                              guint32              inner_id,
                                              guint32              inner_op,
                                              gconstpointer        base,
                                              const TbxHgfsBytes  *tail,
                                              TbxWriter           *w);

G_END_DECLS
