/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker.h"

G_BEGIN_DECLS

/* Where PID 1 starts workers, if it is systemd: toolboxd-worker.socket. */
#define TBX_WORKER_SOCKET_PATH "/run/toolboxd/worker.sock"

/* How worker processes come to be: PID 1 starts them where it is systemd, outside of
 * the daemon's sandbox; else the daemon does. */
#define TBX_TYPE_WORKER_STARTER (tbx_worker_starter_get_type ())
G_DECLARE_FINAL_TYPE (TbxWorkerStarter, tbx_worker_starter, TBX, WORKER_STARTER, GObject)

TbxWorkerStarter *tbx_worker_starter_new             (const char *program);
void              tbx_worker_starter_set_self        (TbxWorkerStarter *self, gboolean own);
void              tbx_worker_starter_set_pam_dir     (TbxWorkerStarter *self, const char *dir);
void              tbx_worker_starter_set_socket_path (TbxWorkerStarter *self, const char *path);
gboolean          tbx_worker_starter_get_self        (TbxWorkerStarter *self);
TbxWorker        *tbx_worker_starter_start           (TbxWorkerStarter         *self,
                                                      const TbxWorkerDeadlines *deadlines,
                                                      GError                  **error);

G_END_DECLS
