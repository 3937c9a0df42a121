/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-layout.h"

/* What has no payload: there is nothing to read, and nothing is written. */
static const TbxHgfsLayout failure = { { { TBX_HGFS_FIELD_END } } };

/**
 * tbx_hgfs_reply_decode:
 * @packet: a reply whose frame is whole
 * @reply: (out): set on success; its pointers are into the bytes of @packet
 *
 * The host's side.  Of a reply that does not tell success only the tail is set.
 * Source: docs/wire/hgfs.md, "Operations".
 *
 * Returns: `TBX_HGFS_OK`, or `TBX_HGFS_PROTOCOL_ERROR`, for numbers that are no
 *   operation too
 */
TbxHgfsStatus
tbx_hgfs_reply_decode (const TbxHgfsPacket *packet, TbxHgfsReply *reply)
{
  const TbxHgfsLayout *layout = tbx_hgfs_reply_layout (packet->op);
  TbxHgfsReply found = { .op = packet->op };
  TbxReader r;

  if (layout == NULL || packet->payload_size > G_MAXINT32)
    return TBX_HGFS_PROTOCOL_ERROR;
  tbx_reader_init_data (&r, packet->payload, packet->payload_size);
  if (packet->status != TBX_HGFS_OK)
    layout = &failure;
  else if (tbx_hgfs_packet_has_inner (packet))
    tbx_reader_u64le (&r);
  if (!tbx_hgfs_layout_take (layout, &r, &found, &found.tail))
    return TBX_HGFS_PROTOCOL_ERROR;
  *reply = found;
  return TBX_HGFS_OK;
}

/**
 * tbx_hgfs_reply_encode:
 * @header: framing and the members of the header, as tbx_hgfs_packet_init_reply() makes
 *   them; with another status than `TBX_HGFS_OK` there is no payload
 * @reply: (nullable): what to tell; %NULL for the operations that tell nothing more
 *   than success, and for failures
 * @w: gets header and payload
 *
 * Fails @w for a number that is no operation, unless it is a failure.
 * Source: docs/wire/hgfs.md, "Operations".
 */
void
tbx_hgfs_reply_encode (const TbxHgfsPacket *header, const TbxHgfsReply *reply, TbxWriter *w)
{
  const TbxHgfsLayout *layout = tbx_hgfs_reply_layout (header->op);
  TbxHgfsReply nothing = { .op = header->op };

  if (header->status != TBX_HGFS_OK)
    {
      guint8 bytes[TBX_HGFS_HEADER_BYTES];

      tbx_writer_bytes (w, bytes, tbx_hgfs_packet_format (header, 0, bytes));
      return;
    }
  if (reply == NULL)
    reply = &nothing;
  if (layout == NULL || reply->op != header->op)
    tbx_writer_fail (w, "no such reply");
  else
    tbx_hgfs_layout_put (layout, header, 0, 0, reply, &reply->tail, w);
}
