/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-socket-server.h"
#include "tbx-sim-listener.h"
#include "tbx-sim-peer.h"

/* As many as the host has channels, and some that are about to be refused. */
#define MAX_PEERS (TBX_SIM_MAX_CHANNELS + 32)

struct _TbxSimSocketServer
{
  TbxSimHost     *host;       /* owned */
  TbxSimListener *listener;   /* owned */
  GPtrArray      *peers;      /* of TbxSimPeer *, owned */
};

static void
on_peer_ended (TbxSimPeer *peer, gpointer user_data)
{
  TbxSimSocketServer *self = user_data;

  g_ptr_array_remove_fast (self->peers, peer);
}

static void
on_accepted (GSocket *connection, gpointer user_data)
{
  TbxSimSocketServer *self = user_data;

  if (self->peers->len < MAX_PEERS)
    g_ptr_array_add (self->peers, tbx_sim_peer_new (self->host, connection, on_peer_ended, self));
}

/**
 * tbx_sim_socket_server_new:
 * @host: the host
 * @path: where guests connect
 * @error: return location for an error
 *
 * Errors: those of [func@Tbx.SimListener.new].
 *
 * Returns: (transfer full) (nullable): a server in the thread's default main context
 */
TbxSimSocketServer *
tbx_sim_socket_server_new (TbxSimHost *host, const char *path, GError **error)
{
  g_autoptr(TbxSimSocketServer) self = g_new0 (TbxSimSocketServer, 1);

  self->host = g_object_ref (host);
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) tbx_sim_peer_free);
  self->listener = tbx_sim_listener_new (path, on_accepted, self, error);
  return self->listener != NULL ? g_steal_pointer (&self) : NULL;
}

void
tbx_sim_socket_server_free (TbxSimSocketServer *self)
{
  g_clear_pointer (&self->listener, tbx_sim_listener_free);
  g_ptr_array_unref (self->peers);
  g_object_unref (self->host);
  g_free (self);
}
