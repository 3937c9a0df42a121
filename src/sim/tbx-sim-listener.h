/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* A Unix socket at a path, for this user only. */
typedef struct _TbxSimListener TbxSimListener;

typedef void (*TbxSimAcceptFunc) (GSocket *connection, gpointer user_data);

TbxSimListener *tbx_sim_listener_new  (const char      *path,
                                       TbxSimAcceptFunc accept,
                                       gpointer         user_data,
                                       GError         **error);
void            tbx_sim_listener_free (TbxSimListener *self);
GSocket        *tbx_sim_connect       (const char *path, GError **error);
gboolean        tbx_sim_send_all      (GSocket *socket, gconstpointer data, gsize size);
gboolean        tbx_sim_receive_all   (GSocket *socket, gpointer data, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimListener, tbx_sim_listener_free)

G_END_DECLS
