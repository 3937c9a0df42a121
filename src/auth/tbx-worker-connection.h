/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-control.h"

G_BEGIN_DECLS

/* The daemon's end of a worker's control socket, and one alarm clock beside it.  Knows
 * messages, not what they mean. */
typedef struct _TbxWorkerConnection TbxWorkerConnection;

typedef struct
{
  void (*packet)  (TbxControlPacket *packet, gpointer user_data);   /* may take descriptors */
  void (*closed)  (const char *fault, gpointer user_data);   /* NULL: by the other side */
  void (*due)     (gpointer user_data);
} TbxWorkerConnectionFuncs;

TbxWorkerConnection *tbx_worker_connection_new (int                             socket,
                                                const TbxWorkerConnectionFuncs *funcs,
                                                gpointer                        user_data);
void     tbx_worker_connection_free       (TbxWorkerConnection *self);
gboolean tbx_worker_connection_send       (TbxWorkerConnection    *self,
                                           const TbxWorkerMessage *message,
                                           const int              *fds,
                                           guint                   n_fds,
                                           GError                **error);
void     tbx_worker_connection_wait_until (TbxWorkerConnection *self, gint64 time_us);
int      tbx_worker_connection_get_socket (TbxWorkerConnection *self);

G_END_DECLS
