/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ops.h"
#include "tbx-worker-buffer.h"

G_BEGIN_DECLS

/* What a worker does once it is the user: takes requests from the daemon and has them
 * executed. */
typedef struct _TbxWorkerService TbxWorkerService;

TbxWorkerService *tbx_worker_service_new  (int socket, TbxWorkerBuffer *buffer, TbxOps *ops);
void              tbx_worker_service_run  (TbxWorkerService *self);
void              tbx_worker_service_free (TbxWorkerService *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxWorkerService, tbx_worker_service_free)

G_END_DECLS
