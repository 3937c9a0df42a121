/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include "tbx-account.h"
#include "tbx-ask.h"
#include "tbx-request-queue.h"
#include "tbx-vix-errors.h"
#include "tbx-worker-process.h"

G_BEGIN_DECLS

/* The longest that each may take, in milliseconds. */
typedef struct
{
  guint request_ms;    /* a request without progress */
  guint progress_ms;   /* a request that tells progress, in all */
  guint login_ms;      /* from the password to the open session */
  guint recover_ms;    /* an abandoned worker, until it is killed */
} TbxWorkerDeadlines;

#define TBX_WORKER_DEADLINES_DEFAULT { 5000, 60 * 1000, 15 * 1000, 60 * 1000 }

/* What a worker may have asked for and not been answered: less than an agent may have. */
#define TBX_WORKER_ASKS_MAX 16

/* The daemon's end of one worker process.
 *
 * Signals: "program-started" and "program-ended" (gpointer: const TbxWorkerProgram *),
 * "run-done" (char *: what to tell the host), "changed" (what it may be used for did). */
#define TBX_TYPE_WORKER (tbx_worker_get_type ())
G_DECLARE_FINAL_TYPE (TbxWorker, tbx_worker, TBX, WORKER, GObject)

/**
 * TbxWorkerStage:
 * @TBX_WORKER_STARTING: it was not told whom to verify
 * @TBX_WORKER_VERIFYING: it was given a password
 * @TBX_WORKER_VERIFIED: the password is right; waits to be told what to do
 * @TBX_WORKER_OPENING: it opens the session
 * @TBX_WORKER_SERVING: it takes requests
 * @TBX_WORKER_ABANDONED: it let a request wait too long; may come back
 * @TBX_WORKER_GONE: it ended, or broke the protocol and was ended
 */
typedef enum
{
  TBX_WORKER_STARTING,
  TBX_WORKER_VERIFYING,
  TBX_WORKER_VERIFIED,
  TBX_WORKER_OPENING,
  TBX_WORKER_SERVING,
  TBX_WORKER_ABANDONED,
  TBX_WORKER_GONE,
} TbxWorkerStage;

/* How a login, or the opening of a session, ended. */
typedef struct
{
  TbxVixCode    code;           /* TBX_VIX_OK, or what the host is told */
  int           error_number;   /* an errno, or 0 */
  TbxWorkerStep step;           /* the last one */
  int           pam_code;       /* what it gave */
} TbxLoginVerdict;

typedef void (*TbxWorkerLoginDone) (TbxWorker             *self,
                                    const TbxLoginVerdict *verdict,
                                    gpointer               user_data);

TbxWorker     *tbx_worker_new           (int                       socket,
                                         TbxWorkerProcess         *process,
                                         const TbxWorkerDeadlines *deadlines);
void           tbx_worker_login         (TbxWorker         *self,
                                         gboolean           own,
                                         const char        *name,
                                         TbxWorkerProof     proof,
                                         const char        *password,
                                         TbxWorkerLoginDone done,
                                         gpointer           user_data);
void           tbx_worker_open          (TbxWorker         *self,
                                         TbxWorkerLoginDone done,
                                         gpointer           user_data);
void           tbx_worker_attach        (TbxWorker *self);
void           tbx_worker_request       (TbxWorker       *self,
                                         const TbxWorkerRequest *request,
                                         gconstpointer    body,
                                         gboolean         binary,
                                         TbxWorkerReplied replied,
                                         gpointer         user_data);
void           tbx_worker_set_deadlines (TbxWorker *self, const TbxWorkerDeadlines *deadlines);
void           tbx_worker_set_gated     (TbxWorker *self, gboolean gated);
void           tbx_worker_set_settings  (TbxWorker *self, const TbxWorkerSettings *settings);
void           tbx_worker_set_asked     (TbxWorker *self, TbxAskFunc asked, gpointer user_data);
void           tbx_worker_set_names     (TbxWorker            *self,
                                         const TbxWorkerNames *names,
                                         GBytes               *list);
void           tbx_worker_open_gate     (TbxWorker *self, gint64 pid);
void           tbx_worker_adopt         (TbxWorker *self, const TbxWorkerProgram *program);
void           tbx_worker_program_exited (TbxWorker                    *self,
                                          const TbxWorkerProgramExited *exited);
void           tbx_worker_quit          (TbxWorker *self);
void           tbx_worker_kill          (TbxWorker *self);
TbxWorkerStage tbx_worker_get_stage     (TbxWorker *self);
TbxAccount    *tbx_worker_get_account   (TbxWorker *self);
int            tbx_worker_get_socket    (TbxWorker *self);
int            tbx_worker_get_pidfd     (TbxWorker *self);
gboolean       tbx_worker_get_busy      (TbxWorker *self);
gint64         tbx_worker_get_idle_us   (TbxWorker *self);
GList         *tbx_worker_get_programs  (TbxWorker *self);

G_END_DECLS
