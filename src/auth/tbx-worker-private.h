/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-program-table.h"
#include "tbx-rate-limit.h"
#include "tbx-worker-connection.h"
#include "tbx-worker.h"

G_BEGIN_DECLS

/* For tbx-worker.c, tbx-worker-asks.c, tbx-worker-hear.c and tbx-worker-login.c only. */
struct _TbxWorker
{
  GObject            parent_instance;
  TbxWorkerStage     stage;
  TbxWorkerConnection *connection;  /* (owned), NULL when gone */
  TbxWorkerProcess  *process;       /* (owned) */
  TbxWorkerDeadlines deadlines;
  TbxAccount        *account;       /* once verified (owned) */
  TbxWorkerLoginDone login_done;    /* NULL when no login is waited for */
  gpointer           login_data;
  TbxRequestQueue   *requests;      /* once it serves (owned) */
  gint64             limit_us;      /* when the current request must be done, monotonic time */
  TbxProgramTable   *programs;      /* (owned) */
  gboolean           gated;         /* its programs wait for us */
  TbxWorkerSettings  settings;      /* what it is told */
  TbxAskFunc         asked;         /* gets what it asks for, or NULL */
  gpointer           asked_data;
  GHashTable        *asks;          /* id -> TbxAsk (not owned), not answered yet */
  TbxWorkerNames     names;         /* what it is told that it may ask for */
  gboolean           names_stale;   /* they are to be told when it is back */
  GBytes            *names_list;    /* that @names is in (owned), or NULL */
  gboolean           opened;        /* it told whose session it opened */
  gboolean           attaching;     /* it did not answer ATTACH yet */
  gboolean           quitting;      /* it was told to end */
  gboolean           busy;          /* it holds what must not be lost, so it says */
  TbxRateLimit       talk;          /* what it says of its own accord */
  TbxRateLimit       done_talk;     /* what of that is for the host */
  TbxRateLimit       done_log;      /* how often it is logged that those are too many */
  gint64             idle_us;       /* since when there was nothing to do, monotonic time */
};

gint64   tbx_worker_from_now          (guint ms);
void     tbx_worker_wait_until        (TbxWorker *self, gint64 time_us);
void     tbx_worker_set_stage         (TbxWorker *self, TbxWorkerStage stage);
void     tbx_worker_say               (TbxWorker *self, const TbxWorkerMessage *message, int fd);
void     tbx_worker_say_fds           (TbxWorker              *self,
                                       const TbxWorkerMessage *message,
                                       const int              *fds,
                                       guint                   n_fds);
void     tbx_worker_say_names         (TbxWorker *self);
void     tbx_worker_take_ask          (TbxWorker *self, TbxControlPacket *packet);
void     tbx_worker_orphan_asks       (TbxWorker *self);
const char *tbx_worker_get_name       (TbxWorker *self);
void     tbx_worker_say_settings      (TbxWorker *self);
void     tbx_worker_misbehaved        (TbxWorker *self, const char *what);
void     tbx_worker_end_login         (TbxWorker *self, const TbxLoginVerdict *verdict);
void     tbx_worker_gone              (TbxWorker *self, const TbxLoginVerdict *verdict);
void     tbx_worker_take_hello        (TbxWorker *self, const TbxWorkerHello *hello);
void     tbx_worker_take_login_result (TbxWorker *self, const TbxWorkerLoginResult *result);
void     tbx_worker_take_opened       (TbxWorker *self, const TbxWorkerLoginResult *account);
void     tbx_worker_take_ready        (TbxWorker *self, const TbxWorkerReady *ready);

void     tbx_worker_take_reply        (TbxWorker *self, const TbxWorkerReply *reply);
void     tbx_worker_take_progress     (TbxWorker *self, guint32 id);
void     tbx_worker_hear              (TbxControlPacket *packet, gpointer user_data);

G_END_DECLS
