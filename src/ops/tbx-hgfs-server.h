/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib-object.h>
#include "tbx-file-handler.h"
#include "tbx-hgfs-sessions.h"
#include "tbx-op.h"

G_BEGIN_DECLS

/* The HGFS server of one user: sessions, handles, and what is asked of them.
 * Property "busy" (b, with notify): whether there is a session, which may have files open. */
#define TBX_TYPE_HGFS_SERVER (tbx_hgfs_server_get_type ())
G_DECLARE_FINAL_TYPE (TbxHgfsServer, tbx_hgfs_server, TBX, HGFS_SERVER, GObject)

TbxHgfsServer *tbx_hgfs_server_new         (void);
void           tbx_hgfs_server_set_clock   (TbxHgfsServer *self, TbxHgfsClock clock);
void           tbx_hgfs_server_set_idle    (TbxHgfsServer *self, guint seconds);
void           tbx_hgfs_server_expire      (TbxHgfsServer *self);
void           tbx_hgfs_server_add_handler (TbxHgfsServer *self, const TbxFileHandler *handler);
void           tbx_hgfs_server_handle      (TbxHgfsServer *self, TbxOp *op);
gboolean       tbx_hgfs_server_get_busy    (TbxHgfsServer *self);

const TbxFileHandler *tbx_hgfs_server_find_handler (TbxHgfsServer *self, const char *path);

G_END_DECLS
