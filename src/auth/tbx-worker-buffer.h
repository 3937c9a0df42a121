/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include "tbx-vix-reply.h"

G_BEGIN_DECLS

/* The memory through which bodies and payloads pass between the daemon and one
 * worker: its size is sealed, so that neither can make the other's access fault.
 * What the other side writes may change at any time.  Reference counted. */
typedef struct _TbxWorkerBuffer TbxWorkerBuffer;

#define TBX_WORKER_BODY_MAX_BYTES 65536

TbxWorkerBuffer *tbx_worker_buffer_new         (GError **error);
TbxWorkerBuffer *tbx_worker_buffer_new_from_fd (int fd, GError **error);
TbxWorkerBuffer *tbx_worker_buffer_ref         (TbxWorkerBuffer *self);
void             tbx_worker_buffer_unref       (TbxWorkerBuffer *self);
int              tbx_worker_buffer_get_fd      (TbxWorkerBuffer *self);
guint8          *tbx_worker_buffer_get_body    (TbxWorkerBuffer *self);
guint8          *tbx_worker_buffer_get_payload (TbxWorkerBuffer *self);
GBytes          *tbx_worker_buffer_frame       (TbxWorkerBuffer *self,
                                                gboolean         binary,
                                                gsize            payload_size,
                                                GDestroyNotify   released,
                                                gpointer         user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxWorkerBuffer, tbx_worker_buffer_unref)

G_END_DECLS
