/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-packet.h"
#include "tbx-reader.h"
#include <string.h>

#define V4_MARKER          0xffu
#define V4_VERSION         1
#define LEGACY_LAST_STATUS TBX_HGFS_NOT_SAME_DEVICE

static guint8 *
put_u32 (guint8 *at, guint32 v)
{
  v = GUINT32_TO_LE (v);
  memcpy (at, &v, sizeof v);
  return at + sizeof v;
}

static guint8 *
put_u64 (guint8 *at, guint64 v)
{
  v = GUINT64_TO_LE (v);
  memcpy (at, &v, sizeof v);
  return at + sizeof v;
}

/* A number at @at, or 0 where the bytes end before it does. */
static guint32
peek_u32 (const guint8 *data, gsize size, gsize at)
{
  TbxReader r;

  if (size < at + 4)
    return 0;
  tbx_reader_init_data (&r, data + at, 4);
  return tbx_reader_u32le (&r);
}

/* Reads what there is of a V4 header, for an answer must echo it even when the
 * rest is wrong. */
static TbxHgfsStatus
take_v4 (const guint8 *data, gsize size, TbxHgfsPacket *packet)
{
  guint32 packet_size = peek_u32 (data, size, 8);
  guint32 header_size = peek_u32 (data, size, 12);

  packet->framing = TBX_HGFS_FRAMING_V4;
  packet->version = data[0];
  packet->id = peek_u32 (data, size, 16);
  packet->op = peek_u32 (data, size, 20);
  packet->status = peek_u32 (data, size, 24);
  packet->flags = peek_u32 (data, size, 28);
  packet->information = peek_u32 (data, size, 32);
  if (size >= 44)
    packet->session_id = peek_u32 (data, size, 36) | (guint64) peek_u32 (data, size, 40) << 32;
  if (size < TBX_HGFS_HEADER_BYTES || packet_size > size || header_size > packet_size
      || header_size < TBX_HGFS_HEADER_BYTES || packet->version == 0)
    return TBX_HGFS_PROTOCOL_ERROR;
  /* Hosts with version 1 left garbage in the flags. */
  if (packet->version > V4_VERSION && packet->flags != 0
      && (packet->flags & (TBX_HGFS_FLAG_REQUEST | TBX_HGFS_FLAG_REPLY)) == 0)
    return TBX_HGFS_PROTOCOL_ERROR;
  packet->payload = data + header_size;
  packet->payload_size = packet_size - header_size;
  return TBX_HGFS_OK;
}

static void
take_legacy (const guint8 *data, gsize size, TbxHgfsPacket *packet)
{
  packet->framing = TBX_HGFS_FRAMING_LEGACY;
  packet->id = peek_u32 (data, size, 0);
  packet->payload = data + TBX_HGFS_LEGACY_HEADER_BYTES;
  packet->payload_size = size - TBX_HGFS_LEGACY_HEADER_BYTES;
}

/**
 * tbx_hgfs_packet_decode:
 * @data: (nullable) (array length=size): a request
 * @size: its length in bytes
 * @packet: (out): always set: what an answer echoes; its payload, on success only, is
 *   in @data
 *
 * Says whether the frame is whole, and in legacy framing whether it can carry the
 * operation.  Bytes behind the packet are ignored.  A packet whose framing comes out
 * as `TBX_HGFS_FRAMING_NONE` is not answered in HGFS at all.
 * Source: docs/wire/hgfs.md, "Validation".
 *
 * Returns: `TBX_HGFS_OK`, or `TBX_HGFS_PROTOCOL_ERROR`
 */
TbxHgfsStatus
tbx_hgfs_packet_decode (gconstpointer data, gsize size, TbxHgfsPacket *packet)
{
  *packet = (TbxHgfsPacket) { .session_id = TBX_HGFS_NO_SESSION };
  if (size < TBX_HGFS_LEGACY_HEADER_BYTES)
    return TBX_HGFS_PROTOCOL_ERROR;
  if (peek_u32 (data, size, 4) == V4_MARKER)
    return take_v4 (data, size, packet);
  take_legacy (data, size, packet);
  packet->op = peek_u32 (data, size, 4);
  packet->flags = TBX_HGFS_FLAG_REQUEST;
  return packet->op < TBX_HGFS_CREATE_SESSION_V4 ? TBX_HGFS_OK : TBX_HGFS_PROTOCOL_ERROR;
}

/**
 * tbx_hgfs_packet_decode_reply:
 * @data: (nullable) (array length=size): a reply
 * @size: its length in bytes
 * @op: the operation that was asked for, which a legacy reply does not repeat
 * @packet: (out): set as tbx_hgfs_packet_decode() does
 *
 * The host's side.
 * Source: docs/wire/hgfs.md, "Two framings".
 *
 * Returns: `TBX_HGFS_OK` when the frame is whole, whatever status it tells;
 *   `TBX_HGFS_PROTOCOL_ERROR`
 */
TbxHgfsStatus
tbx_hgfs_packet_decode_reply (gconstpointer data, gsize size, guint32 op, TbxHgfsPacket *packet)
{
  *packet = (TbxHgfsPacket) { .session_id = TBX_HGFS_NO_SESSION };
  if (size < TBX_HGFS_LEGACY_HEADER_BYTES)
    return TBX_HGFS_PROTOCOL_ERROR;
  if (peek_u32 (data, size, 4) == V4_MARKER)
    return take_v4 (data, size, packet);
  take_legacy (data, size, packet);
  packet->op = op;
  packet->flags = TBX_HGFS_FLAG_REPLY;
  packet->status = peek_u32 (data, size, 4);
  return TBX_HGFS_OK;
}

/**
 * tbx_hgfs_packet_init_reply:
 * @reply: (out): the header of an answer, without payload
 * @request: what is answered
 * @status: how
 *
 * The session is that of @request, or none for CREATE_SESSION_V4; who knows that it
 * is not live makes it `TBX_HGFS_NO_SESSION`.
 * Source: docs/wire/hgfs.md, "Two framings" and "Session ids in headers".
 */
void
tbx_hgfs_packet_init_reply (TbxHgfsPacket *reply, const TbxHgfsPacket *request,
                            TbxHgfsStatus status)
{
  *reply = (TbxHgfsPacket) {
    .framing = request->framing,
    .version = V4_VERSION,
    .id = request->id,
    .op = request->op,
    .status = status,
    .flags = TBX_HGFS_FLAG_REPLY,
    .information = status,
    .session_id = request->op == TBX_HGFS_CREATE_SESSION_V4 ? TBX_HGFS_NO_SESSION
                                                            : request->session_id,
  };
  /* Legacy hosts do not know the later ones. */
  if (request->framing == TBX_HGFS_FRAMING_LEGACY && status > LEGACY_LAST_STATUS)
    reply->status = TBX_HGFS_GENERIC_ERROR;
}

/**
 * tbx_hgfs_packet_has_inner:
 * @packet: a request or reply
 *
 * Operations of V1 and V2 keep their own header of 8 bytes inside V4 framing; there
 * it means nothing.
 * Source: docs/wire/hgfs.md, "What the payload contains".
 *
 * Returns: whether the payload of @packet begins with one
 */
gboolean
tbx_hgfs_packet_has_inner (const TbxHgfsPacket *packet)
{
  return packet->framing == TBX_HGFS_FRAMING_V4
         && (packet->op < TBX_HGFS_OPEN_V3 || packet->op == TBX_HGFS_LOCK_CHANGE_V3);
}

/**
 * tbx_hgfs_packet_format:
 * @packet: a request or reply; in legacy framing its flags say which
 * @payload_size: bytes that follow the header
 * @header: (out): gets the header
 *
 * For a sender that puts the payload right behind it.
 * Source: docs/wire/hgfs.md, "Two framings".
 *
 * Returns: the length of the header, bytes; 0 for a packet without framing
 */
gsize
tbx_hgfs_packet_format (const TbxHgfsPacket *packet, gsize payload_size,
                        guint8 header[TBX_HGFS_HEADER_BYTES])
{
  guint8 *at = header;

  if (packet->framing == TBX_HGFS_FRAMING_NONE)
    return 0;
  if (packet->framing == TBX_HGFS_FRAMING_LEGACY)
    {
      at = put_u32 (at, packet->id);
      put_u32 (at, packet->flags & TBX_HGFS_FLAG_REPLY ? packet->status : packet->op);
      return TBX_HGFS_LEGACY_HEADER_BYTES;
    }
  at = put_u32 (at, packet->version);
  at = put_u32 (at, V4_MARKER);
  at = put_u32 (at, (guint32) (TBX_HGFS_HEADER_BYTES + payload_size));
  at = put_u32 (at, TBX_HGFS_HEADER_BYTES);
  at = put_u32 (at, packet->id);
  at = put_u32 (at, packet->op);
  at = put_u32 (at, packet->status);
  at = put_u32 (at, packet->flags);
  at = put_u32 (at, packet->information);
  at = put_u64 (at, packet->session_id);
  put_u64 (at, 0);
  return TBX_HGFS_HEADER_BYTES;
}

/* Bytes of a reply to READ or WRITE between its header and the data. */
static gsize
moved_size (const TbxHgfsPacket *packet)
{
  if (packet->framing == TBX_HGFS_FRAMING_LEGACY && tbx_hgfs_op_get_version (packet->op) < 3)
    return 4;
  return 12;
}

/* Header and size, right up to where data begins, of which there are @behind bytes. */
static gsize
format_moved (const TbxHgfsPacket *reply, guint32 size, gsize behind, guint8 *buffer)
{
  gsize n = moved_size (reply);
  gsize header_size = tbx_hgfs_packet_format (reply, n + behind, buffer);

  /* The inner header is before the size, what V3 reserves behind it. */
  memset (buffer + header_size, 0, n);
  put_u32 (buffer + header_size + (tbx_hgfs_packet_has_inner (reply) ? 8 : 0), size);
  return header_size + n;
}

/**
 * tbx_hgfs_read_data_offset:
 * @packet: a READ or READ_V3, or the header of its reply
 *
 * Source: docs/wire/hgfs.md, "READ, READ_V3, READ_FAST_V4".
 *
 * Returns: where the data lies in the reply, bytes from its start
 */
gsize
tbx_hgfs_read_data_offset (const TbxHgfsPacket *packet)
{
  return (packet->framing == TBX_HGFS_FRAMING_V4 ? TBX_HGFS_HEADER_BYTES
                                                 : TBX_HGFS_LEGACY_HEADER_BYTES)
         + moved_size (packet);
}

/**
 * tbx_hgfs_read_max:
 * @packet: a READ or READ_V3
 * @reply_max_bytes: the most that the reply may have
 *
 * Source: docs/wire/hgfs.md, "Size constants".
 *
 * Returns: the most bytes of data that it can carry
 */
gsize
tbx_hgfs_read_max (const TbxHgfsPacket *packet, gsize reply_max_bytes)
{
  gsize overhead = tbx_hgfs_read_data_offset (packet) + 1;

  return reply_max_bytes > overhead ? reply_max_bytes - overhead : 0;
}

/**
 * tbx_hgfs_read_reply_format:
 * @reply: header of the reply to a READ or READ_V3, with `TBX_HGFS_OK`
 * @data_size: bytes of data that are in @buffer already, at tbx_hgfs_read_data_offset()
 * @buffer: gets what comes before the data, and one byte behind it
 *
 * Copies no data: a pread() has put it where it is sent from.
 * Source: docs/wire/hgfs.md, "READ, READ_V3, READ_FAST_V4".
 *
 * Returns: the length of the reply, bytes
 */
gsize
tbx_hgfs_read_reply_format (const TbxHgfsPacket *reply, guint32 data_size, guint8 *buffer)
{
  gsize n = format_moved (reply, data_size, (gsize) data_size + 1, buffer);

  buffer[n + data_size] = 0;
  return n + data_size + 1;
}

/**
 * tbx_hgfs_write_reply_format:
 * @reply: header of the reply to a WRITE or WRITE_V3, with `TBX_HGFS_OK`
 * @written_size: bytes that were written
 * @buffer: gets the reply, `TBX_HGFS_WRITE_REPLY_MAX_BYTES` at most
 *
 * Source: docs/wire/hgfs.md, "WRITE, WRITE_V3, WRITE_FAST_V4".
 *
 * Returns: the length of the reply, bytes
 */
gsize
tbx_hgfs_write_reply_format (const TbxHgfsPacket *reply, guint32 written_size, guint8 *buffer)
{
  return format_moved (reply, written_size, 0, buffer);
}
