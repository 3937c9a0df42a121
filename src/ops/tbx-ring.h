/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"

G_BEGIN_DECLS

/* A bounded stream of bytes between the main loop, which never waits, and one thread,
 * which does.  It goes one way: either the thread puts and the loop reads, or the loop
 * offers and the thread takes.  Positions count from the start of the stream, bytes. */
typedef struct _TbxRing TbxRing;

#define TBX_RING_BYTES     (512 * 1024)
#define TBX_RING_MAX_BYTES (TBX_RING_BYTES / 2)   /* of one read or offer */

TbxRing *tbx_ring_new          (void);
void     tbx_ring_free         (TbxRing *self);

/* The thread's side. */
gboolean tbx_ring_put          (TbxRing *self, const guint8 *data, gsize size);
gssize   tbx_ring_take         (TbxRing *self, guint8 *buffer, gsize size);
gboolean tbx_ring_is_cancelled (TbxRing *self);
void     tbx_ring_finish       (TbxRing *self, int error_number);

/* The main loop's side. */
int      tbx_ring_read         (TbxRing *self, guint64 position, guint8 *buffer, gsize size,
                                gsize *done);
void     tbx_ring_release      (TbxRing *self, guint64 position);
int      tbx_ring_offer        (TbxRing *self, const guint8 *data, gsize size);
int      tbx_ring_end          (TbxRing *self);
void     tbx_ring_cancel       (TbxRing *self);
gint64   tbx_ring_got_on       (TbxRing *self);
guint    tbx_ring_wait         (TbxRing *self, TbxFileReady ready, gpointer user_data);

G_END_DECLS
