/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-requests.h"

G_BEGIN_DECLS

/* One request that is being executed as the user.  It is answered exactly once, by
 * its handler or later; then whoever holds it may not touch its buffers any more. */
typedef struct _TbxOp TbxOp;

/* Told when the answer is there: @size bytes of it are in the reply buffer. */
typedef void (*TbxOpDone)     (TbxOp *op, TbxVixCode code, int error_number, gsize size,
                               gpointer user_data);
/* Told, at most twice a second, that a long operation gets on. */
typedef void (*TbxOpProgress) (TbxOp *op, gpointer user_data);

TbxOp *tbx_op_new             (const TbxVixRequest *request,
                               guint32              request_flags,
                               guint8              *reply,
                               gsize                reply_capacity,
                               TbxOpDone            done,
                               TbxOpProgress        progress,
                               gpointer             user_data);
void   tbx_op_set_name        (TbxOp *self, const char *name, gsize size);
TbxOp *tbx_op_ref             (TbxOp *self);
void   tbx_op_unref           (TbxOp *self);

/* For handlers. */
const TbxVixRequest *tbx_op_get_request (TbxOp *self);
const char          *tbx_op_get_name    (TbxOp *self, gsize *size);
gboolean             tbx_op_get_escape  (TbxOp *self);
guint8              *tbx_op_get_reply   (TbxOp *self, gsize *capacity);
void                 tbx_op_progress    (TbxOp *self);
void                 tbx_op_prolong     (TbxOp *self);

void   tbx_op_return          (TbxOp *self, TbxVixCode code, int error_number);
void   tbx_op_return_errno    (TbxOp *self, int error_number);
void   tbx_op_return_data     (TbxOp *self, gconstpointer data, gsize size);
void   tbx_op_return_in_place (TbxOp *self, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxOp, tbx_op_unref)

G_END_DECLS
