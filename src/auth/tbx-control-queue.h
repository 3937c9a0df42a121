/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* What one end of a control socket has to say, in order: at once where the socket takes
 * it, else as soon as it does.  Never waits. */
typedef struct _TbxControlQueue TbxControlQueue;

TbxControlQueue *tbx_control_queue_new   (int socket, gsize limit);
void             tbx_control_queue_free  (TbxControlQueue *self);
gboolean         tbx_control_queue_send  (TbxControlQueue        *self,
                                          const TbxWorkerMessage *message,
                                          const int              *fds,
                                          guint                   n_fds,
                                          GError                **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxControlQueue, tbx_control_queue_free)

G_END_DECLS
