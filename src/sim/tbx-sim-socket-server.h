/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

/* The development transport's host side: guests connect to a Unix socket. */
typedef struct _TbxSimSocketServer TbxSimSocketServer;

TbxSimSocketServer *tbx_sim_socket_server_new  (TbxSimHost *host, const char *path, GError **error);
void                tbx_sim_socket_server_free (TbxSimSocketServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimSocketServer, tbx_sim_socket_server_free)

G_END_DECLS
