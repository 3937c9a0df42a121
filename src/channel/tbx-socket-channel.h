/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-channel.h"

G_BEGIN_DECLS

/* No limit of the protocol; keeps a runaway reply from filling the host. */
#define TBX_SOCKET_MAX_SEND_BYTES (1024 * 1024)

#define TBX_TYPE_SOCKET_CHANNEL (tbx_socket_channel_get_type ())
G_DECLARE_FINAL_TYPE (TbxSocketChannel, tbx_socket_channel, TBX, SOCKET_CHANNEL, TbxChannel)

TbxChannel *tbx_socket_channel_new (TbxProtocol protocol, const char *path, gboolean one_shot);

G_END_DECLS
