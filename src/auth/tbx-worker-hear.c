/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-private.h"

/* What a worker says.  From SERVING on it is the guest user's own process. */

static void
worker_take_program (TbxWorker *self, const TbxWorkerMessage *message)
{
  gboolean started = message->type == TBX_WORKER_PROGRAM_STARTED;

  if (tbx_program_table_put (self->programs, &message->program))
    g_signal_emit_by_name (self, started ? "program-started" : "program-ended", &message->program);
  else
    tbx_worker_misbehaved (self, "it has too many programs");
}

static void
worker_take_state (TbxWorker *self, gboolean busy)
{
  self->busy = busy;
  self->quitting = self->quitting && !busy;
  self->idle_us = g_get_monotonic_time ();
  g_signal_emit_by_name (self, "changed");
}

/* The host is asked for each: no user may keep it, or us, at work with that. */
static void
worker_take_run_done (TbxWorker *self, const char *request)
{
  gint64 now_us = g_get_monotonic_time ();

  if (tbx_rate_limit_take (&self->done_talk, now_us))
    g_signal_emit_by_name (self, "run-done", request);
  else if (tbx_rate_limit_take (&self->done_log, now_us))
    g_warning ("Worker of %s tells the host of ended programs too often; the rest is dropped",
               tbx_worker_get_name (self));
}

static void
worker_hear_user (TbxWorker *self, TbxControlPacket *packet)
{
  const TbxWorkerMessage *message = &packet->message;

  if (message->type >= TBX_WORKER_FILE_STAT)
    tbx_worker_take_ask (self, packet);
  else if (message->type == TBX_WORKER_PROGRESS)
    tbx_worker_take_progress (self, message->progress_id);
  else if (message->type == TBX_WORKER_STATE)
    worker_take_state (self, message->busy);
  else if (message->type == TBX_WORKER_RUN_DONE)
    worker_take_run_done (self, message->run_done);
  else
    worker_take_program (self, message);
}

void
tbx_worker_hear (TbxControlPacket *packet, gpointer user_data)
{
  const TbxWorkerMessage *message = &packet->message;
  g_autoptr(TbxWorker) self = g_object_ref (user_data);

  if (message->type != TBX_WORKER_REPLY
      && !tbx_rate_limit_take (&self->talk, g_get_monotonic_time ()))
    tbx_worker_misbehaved (self, "it talks without end");
  else if (message->type == TBX_WORKER_HELLO)
    tbx_worker_take_hello (self, &message->hello);
  else if (message->type == TBX_WORKER_LOGIN_RESULT)
    tbx_worker_take_login_result (self, &message->login_result);
  else if (message->type == TBX_WORKER_OPENED)
    tbx_worker_take_opened (self, &message->login_result);
  else if (message->type == TBX_WORKER_READY)
    tbx_worker_take_ready (self, &message->ready);
  else if (self->stage < TBX_WORKER_SERVING)
    tbx_worker_misbehaved (self, "it speaks before its time");
  else if (message->type == TBX_WORKER_REPLY)
    tbx_worker_take_reply (self, &message->reply);
  else
    worker_hear_user (self, packet);
}
