/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-replies.h"
#include "tbx-sim-vix.h"

G_BEGIN_DECLS

/* A file transfer as the host does it: HGFS packets in VIX requests, one after the
 * other.  Says on standard error what goes wrong. */
typedef struct _TbxSimTransfer TbxSimTransfer;

/* What a host asks for at once. */
#define TBX_SIM_TRANSFER_BYTES 61440

/* What tbx_sim_transfer_ask() gives when there is no answer. */
#define TBX_SIM_TRANSFER_FAILED G_MAXUINT

TbxSimTransfer *tbx_sim_transfer_new   (TbxSimVix *vix);
void            tbx_sim_transfer_free  (TbxSimTransfer *self);
gboolean        tbx_sim_transfer_open  (TbxSimTransfer *self, const char *path, gboolean write);
guint           tbx_sim_transfer_ask   (TbxSimTransfer *self, TbxHgfsRequest *request,
                                        TbxHgfsReply *reply);
TbxHgfsRequest  tbx_sim_transfer_open_request (const char *path, gboolean write,
                                               GByteArray *storage);
gboolean        tbx_sim_transfer_mode  (TbxSimTransfer *self, const char *path, guint mode);
gboolean        tbx_sim_transfer_read  (TbxSimTransfer *self, const guint8 **data, gsize *size);
gboolean        tbx_sim_transfer_go_on (TbxSimTransfer *self);
gboolean        tbx_sim_transfer_write (TbxSimTransfer *self, const guint8 *data, gsize size);
gboolean        tbx_sim_transfer_close (TbxSimTransfer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimTransfer, tbx_sim_transfer_free)

G_END_DECLS
