/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker-starter.h"

G_BEGIN_DECLS

/* The workers, one a verified account: starts them, finds them, ends those that are
 * idle, hung or of no use any more.
 *
 * Signals: "program-started" and "program-ended" (TbxWorker, gpointer: const
 * TbxWorkerProgram *), "run-done" (char *: what to tell the host). */
#define TBX_TYPE_WORKER_POOL (tbx_worker_pool_get_type ())
G_DECLARE_FINAL_TYPE (TbxWorkerPool, tbx_worker_pool, TBX, WORKER_POOL, GObject)

/* Whether a verified account may go on: TBX_VIX_OK, or what the host is told.  Asked
 * before its session is opened. */
typedef TbxVixCode (*TbxAdmit)         (TbxAccount *account, gpointer user_data);

/* @account is set when the password was right, @worker when @verdict is a yes. */
typedef void (*TbxWorkerPoolDone)      (const TbxLoginVerdict *verdict,
                                        TbxAccount            *account,
                                        TbxWorker             *worker,
                                        gpointer               user_data);

TbxWorkerPool *tbx_worker_pool_new     (TbxWorkerStarter         *starter,
                                        const TbxWorkerDeadlines *deadlines,
                                        guint                     idle_s);
void           tbx_worker_pool_set_limits (TbxWorkerPool            *self,
                                           const TbxWorkerDeadlines *deadlines,
                                           guint                     idle_s);
void           tbx_worker_pool_set_gated (TbxWorkerPool *self, gboolean gated);
void           tbx_worker_pool_set_settings (TbxWorkerPool           *self,
                                             const TbxWorkerSettings *settings);
void           tbx_worker_pool_serve   (TbxWorkerPool *self,
                                        TbxAskKind     kind,
                                        TbxAskFunc     func,
                                        gpointer       user_data);
void           tbx_worker_pool_set_names (TbxWorkerPool     *self,
                                          TbxAskKind         kind,
                                          const char *const *names);
void           tbx_worker_pool_program_exited (TbxWorkerPool                *self,
                                               uid_t                         uid,
                                               const TbxWorkerProgramExited *exited);
void           tbx_worker_pool_restore (TbxWorkerPool *self);
TbxWorker     *tbx_worker_pool_find    (TbxWorkerPool *self, TbxAccount *account);
gboolean       tbx_worker_pool_get_owner (TbxWorkerPool *self,
                                          TbxWorker     *worker,
                                          uid_t         *uid,
                                          char         **user);
void           tbx_worker_pool_login   (TbxWorkerPool    *self,
                                        const char       *name,
                                        TbxWorkerProof    proof,
                                        const char       *password,
                                        TbxAdmit          admit,
                                        TbxWorkerPoolDone done,
                                        gpointer          user_data);

G_END_DECLS
