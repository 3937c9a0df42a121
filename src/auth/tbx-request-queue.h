/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker-buffer.h"
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* Told once.  @reply is the whole reply for the host; NULL unless @code is TBX_VIX_OK. */
typedef void (*TbxWorkerReplied) (guint32  code,
                                  int      error_number,
                                  GBytes  *reply,
                                  gpointer user_data);

/* The requests for one worker, of which one at a time is in its buffer.  Sends nothing
 * and knows no time. */
typedef struct _TbxRequestQueue TbxRequestQueue;

TbxRequestQueue *tbx_request_queue_new         (TbxWorkerBuffer *buffer);
void             tbx_request_queue_free        (TbxRequestQueue *self);
void             tbx_request_queue_push        (TbxRequestQueue        *self,
                                                const TbxWorkerRequest *asked,
                                                gconstpointer           body,
                                                gboolean                binary,
                                                TbxWorkerReplied        replied,
                                                gpointer                user_data);
gboolean         tbx_request_queue_next        (TbxRequestQueue *self, TbxWorkerRequest *request);
gboolean         tbx_request_queue_is_current  (TbxRequestQueue *self, guint32 id);
gboolean         tbx_request_queue_has_current (TbxRequestQueue *self);
void             tbx_request_queue_settle      (TbxRequestQueue      *self,
                                                const TbxWorkerReply *reply,
                                                GDestroyNotify        released,
                                                gpointer              user_data);
void             tbx_request_queue_fail        (TbxRequestQueue *self,
                                                guint32          code,
                                                int              error_number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxRequestQueue, tbx_request_queue_free)

G_END_DECLS
