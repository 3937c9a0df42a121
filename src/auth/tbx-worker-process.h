/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The process of a worker, whoever started it: named by a descriptor, so that no other
 * process is ever meant. */
typedef struct _TbxWorkerProcess TbxWorkerProcess;

TbxWorkerProcess *tbx_worker_process_new_child   (GPid child);
TbxWorkerProcess *tbx_worker_process_new_foreign (int pidfd);
void              tbx_worker_process_identify    (TbxWorkerProcess *self, GPid pid);
int               tbx_worker_process_get_fd      (TbxWorkerProcess *self);
void              tbx_worker_process_terminate   (TbxWorkerProcess *self);
void              tbx_worker_process_kill        (TbxWorkerProcess *self);
void              tbx_worker_process_free        (TbxWorkerProcess *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxWorkerProcess, tbx_worker_process_free)

G_END_DECLS
