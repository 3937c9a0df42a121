/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-target.h"
#include "tbx-packet-codec.h"

/* What is accepted can be written, and means the same when it is read again. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr(GBytes) bytes = NULL;
  TbxPacket packet, again;
  const guint8 *out;
  gsize out_size;

  if (!tbx_packet_decode (data, size, &packet, NULL) || packet.payload == NULL)
    return 0;
  packet.type = TBX_PACKET_DATA;
  bytes = tbx_packet_encode (&packet);
  out = g_bytes_get_data (bytes, &out_size);
  g_assert_true (tbx_packet_decode (out + TBX_PACKET_LENGTH_BYTES,
                                    out_size - TBX_PACKET_LENGTH_BYTES, &again, NULL));
  g_assert_cmpmem (packet.payload, packet.payload_size, again.payload, again.payload_size);
  g_assert_cmpint (packet.fast_close, ==, again.fast_close);
  return 0;
}
