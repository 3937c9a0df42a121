/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-way.h"

static TbxHgfsWay
open_way (const TbxHgfsPacket *packet)
{
  TbxHgfsRequest request;

  if (tbx_hgfs_request_decode (packet, &request) != TBX_HGFS_OK)   /* nobody will open it */
    return TBX_HGFS_WAY_EITHER;
  /* Each READ that follows is looked at by itself. */
  return (request.open.mode & TBX_HGFS_MODE_ACCESS) == TBX_HGFS_MODE_READ
             && request.open.flags == TBX_HGFS_OPEN_EXISTING
           ? TBX_HGFS_WAY_FROM_GUEST
           : TBX_HGFS_WAY_TO_GUEST;
}

/**
 * tbx_hgfs_way:
 * @data: (nullable) (array length=size): a request of HGFS
 * @size: its length in bytes
 *
 * Says which of the two vSphere methods that transfer a file the packet is a part of.
 * Source: docs/wire/vix.md, "HGFS_SEND_PACKET (84)".
 *
 * Returns: the way; an operation that is not known to leave all as it is goes to the guest
 */
TbxHgfsWay
tbx_hgfs_way (gconstpointer data, gsize size)
{
  TbxHgfsPacket packet;

  if (tbx_hgfs_packet_decode (data, size, &packet) != TBX_HGFS_OK || packet.op >= TBX_HGFS_N_OPS)
    return TBX_HGFS_WAY_EITHER;
  switch (packet.op)
    {
    case TBX_HGFS_READ:
    case TBX_HGFS_READ_V3:
    case TBX_HGFS_READ_FAST_V4:
      return TBX_HGFS_WAY_FROM_GUEST;
    case TBX_HGFS_OPEN:
    case TBX_HGFS_OPEN_V2:
    case TBX_HGFS_OPEN_V3:
    case TBX_HGFS_OPEN_V4:
      return open_way (&packet);
    case TBX_HGFS_CREATE_SESSION_V4:
    case TBX_HGFS_DESTROY_SESSION_V4:
    case TBX_HGFS_CLOSE:
    case TBX_HGFS_CLOSE_V3:
    case TBX_HGFS_GETATTR:
    case TBX_HGFS_GETATTR_V2:
    case TBX_HGFS_GETATTR_V3:
    case TBX_HGFS_GETATTR_V4:
    case TBX_HGFS_SEARCH_OPEN:
    case TBX_HGFS_SEARCH_OPEN_V3:
    case TBX_HGFS_SEARCH_READ:
    case TBX_HGFS_SEARCH_READ_V2:
    case TBX_HGFS_SEARCH_READ_V3:
    case TBX_HGFS_SEARCH_READ_V4:
    case TBX_HGFS_SEARCH_CLOSE:
    case TBX_HGFS_SEARCH_CLOSE_V3:
    case TBX_HGFS_QUERY_VOLUME:
    case TBX_HGFS_QUERY_VOLUME_V3:
    case TBX_HGFS_QUERY_VOLUME_V4:
    case TBX_HGFS_ACCESS_CHECK_V4:
    case TBX_HGFS_ENUMERATE_STREAMS_V4:
    case TBX_HGFS_QUERY_EAS_V4:
      return TBX_HGFS_WAY_EITHER;
    default:
      return TBX_HGFS_WAY_TO_GUEST;
    }
}
