/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

/* One guest channel over a stream socket. */
typedef struct _TbxSimPeer TbxSimPeer;

typedef void (*TbxSimPeerEndedFunc) (TbxSimPeer *peer, gpointer user_data);

TbxSimPeer *tbx_sim_peer_new  (TbxSimHost *host, GSocket *connection, TbxSimPeerEndedFunc ended,
                               gpointer user_data);
void        tbx_sim_peer_free (TbxSimPeer *self);

G_END_DECLS
