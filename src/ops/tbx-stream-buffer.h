/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Bytes on their way, in order and in memory: a ring that has a page for what is in it,
 * and gives the page back when that is gone.  Positions count from the start of the
 * stream, bytes. */
typedef struct _TbxStreamBuffer TbxStreamBuffer;

TbxStreamBuffer *tbx_stream_buffer_new      (gsize capacity);
void             tbx_stream_buffer_free     (TbxStreamBuffer *self);
guint64          tbx_stream_buffer_get_head (TbxStreamBuffer *self);
guint64          tbx_stream_buffer_get_tail (TbxStreamBuffer *self);
gsize            tbx_stream_buffer_get_held (TbxStreamBuffer *self);
gsize            tbx_stream_buffer_get_room (TbxStreamBuffer *self);
gssize           tbx_stream_buffer_fill     (TbxStreamBuffer *self, int fd, gsize most);
gssize           tbx_stream_buffer_drain    (TbxStreamBuffer *self, int fd);
void             tbx_stream_buffer_put      (TbxStreamBuffer *self, const guint8 *data, gsize size);
gsize            tbx_stream_buffer_peek     (TbxStreamBuffer *self, guint64 position, guint8 *buffer,
                                             gsize size);
void             tbx_stream_buffer_release  (TbxStreamBuffer *self, guint64 position);
void             tbx_stream_buffer_trim     (TbxStreamBuffer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxStreamBuffer, tbx_stream_buffer_free)

G_END_DECLS
