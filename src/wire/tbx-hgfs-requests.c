/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-layout.h"

/**
 * tbx_hgfs_request_decode:
 * @packet: a request whose frame is whole, its session live
 * @request: (out): set on success; its pointers are into the bytes of @packet
 *
 * Says whether the payload follows its format.  Whether the values are of use is
 * for tbx_hgfs_request_check() to say, and whether the operation is served for
 * the server.  Nothing is allocated.
 * Source: docs/wire/hgfs.md, "Operations".
 *
 * Returns: `TBX_HGFS_OK`, or `TBX_HGFS_PROTOCOL_ERROR`, for numbers that are no
 *   operation too
 */
TbxHgfsStatus
tbx_hgfs_request_decode (const TbxHgfsPacket *packet, TbxHgfsRequest *request)
{
  const TbxHgfsLayout *layout = tbx_hgfs_request_layout (packet->op);
  TbxHgfsRequest found = { .op = packet->op, .inner_id = packet->id, .inner_op = packet->op };
  TbxReader r;

  if (layout == NULL || packet->payload_size > G_MAXINT32)
    return TBX_HGFS_PROTOCOL_ERROR;
  tbx_reader_init_data (&r, packet->payload, packet->payload_size);
  if (tbx_hgfs_packet_has_inner (packet))
    {
      found.inner_id = tbx_reader_u32le (&r);
      found.inner_op = tbx_reader_u32le (&r);
    }
  if (!tbx_hgfs_layout_take (layout, &r, &found, &found.tail))
    return TBX_HGFS_PROTOCOL_ERROR;
  *request = found;
  return TBX_HGFS_OK;
}

/**
 * tbx_hgfs_request_encode:
 * @header: framing and the members of the header; its operation is not looked at
 * @request: a request
 * @w: gets header and payload
 *
 * The host's side.  Fails @w for a number that is no operation.
 * Source: docs/wire/hgfs.md, "Operations".
 */
void
tbx_hgfs_request_encode (const TbxHgfsPacket *header, const TbxHgfsRequest *request, TbxWriter *w)
{
  const TbxHgfsLayout *layout = tbx_hgfs_request_layout (request->op);
  TbxHgfsPacket packet = *header;

  if (layout == NULL)
    {
      tbx_writer_fail (w, "unknown operation");
      return;
    }
  packet.op = request->op;
  tbx_hgfs_layout_put (layout, &packet, request->inner_id, request->inner_op, request,
                       &request->tail, w);
}
