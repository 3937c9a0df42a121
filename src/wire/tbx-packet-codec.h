/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The packet that carries one message over a stream (vsock, and the development
 * socket): a big-endian length, then a DataMap.
 * Source: docs/wire/transport.md, "Packet format". */

#define TBX_PACKET_LENGTH_BYTES 4                   /* the length word itself */
#define TBX_PACKET_MIN_BYTES    12                  /* smallest body: one entry */
#define TBX_PACKET_MAX_BYTES    (16 * 1024 * 1024)  /* largest body that is accepted */
#define TBX_PACKET_HEADER_BYTES 32                  /* length word and all that precedes a payload */
#define TBX_PACKET_CLOSE_BYTES  16                  /* the FAST_CLOSE entry after it */

typedef enum
{
  TBX_PACKET_DATA = 1,
  TBX_PACKET_PING = 2,
} TbxPacketType;

typedef struct
{
  gint64        type;          /* TbxPacketType; other values are possible when decoded */
  const guint8 *payload;       /* the message (not owned), or NULL when there is none */
  gsize         payload_size;  /* bytes, at least 1 when there is a payload */
  gboolean      fast_close;    /* the receiver closes after its reply */
} TbxPacket;

gboolean tbx_packet_length_valid (guint32 length, GError **error);
gboolean tbx_packet_decode       (gconstpointer body, gsize size, TbxPacket *packet, GError **error);
void     tbx_packet_head         (const TbxPacket *packet, guint8 head[TBX_PACKET_HEADER_BYTES]);
void     tbx_packet_tail         (guint8 tail[TBX_PACKET_CLOSE_BYTES]);
GBytes  *tbx_packet_encode       (const TbxPacket *packet);

G_END_DECLS
