/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-private.h"
#include "tbx-error.h"
#include <errno.h>

/* Progress is told every half a second; where the administrator allows less than this
 * between two signs of life, it is this all the same. */
#define PROGRESS_GRACE_MS 5000

/* What a worker may say of its own accord: more than all programs it lists, twice. */
#define TALK_BURST   16384
#define TALK_EACH_US 1000

/* What of that goes on to the host: the end of as many programs as run at a time. */
#define DONE_BURST       1024
#define DONE_EACH_US     50000
#define DONE_LOG_EACH_US (60 * G_USEC_PER_SEC)

/* From the word to the end. */
#define QUIT_GRACE_MS (10 * 1000)

G_DEFINE_FINAL_TYPE (TbxWorker, tbx_worker, G_TYPE_OBJECT)

static const TbxLoginVerdict verdict_failed = { TBX_VIX_FAIL, 0, TBX_WORKER_STEP_NONE, 0 };
static const TbxLoginVerdict verdict_late = { TBX_VIX_FILE_ERROR, ETIMEDOUT, TBX_WORKER_STEP_NONE,
                                              0 };

enum
{
  SIGNAL_CHANGED,
  SIGNAL_PROGRAM_STARTED,
  SIGNAL_PROGRAM_ENDED,
  SIGNAL_RUN_DONE,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

void
tbx_worker_wait_until (TbxWorker *self, gint64 time_us)
{
  if (self->connection != NULL)
    tbx_worker_connection_wait_until (self->connection, time_us);
}

gint64
tbx_worker_from_now (guint ms)
{
  return g_get_monotonic_time () + (gint64) ms * 1000;
}

void
tbx_worker_set_stage (TbxWorker *self, TbxWorkerStage stage)
{
  self->stage = stage;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* How they end, nobody can tell any more.  The table keeps them as they are: the next
 * worker of the user still sees when. */
static void
worker_lose_programs (TbxWorker *self)
{
  g_autoptr(GList) programs = tbx_program_table_list (self->programs);

  for (GList *each = programs; each != NULL; each = each->next)
    {
      TbxWorkerProgram program = *(const TbxWorkerProgram *) each->data;

      /* Of those that clients on the bus run, the daemon sees the end itself. */
      if (program.end != 0 || program.pid >= TBX_WORKER_FIRST_AGENT_PID)
        continue;
      program.end = g_get_real_time () / G_USEC_PER_SEC;
      program.exit_code = -1;
      g_signal_emit (self, signals[SIGNAL_PROGRAM_ENDED], 0, &program);
    }
}

/* Every way out ends here, once: whoever waits gets an answer. */
void
tbx_worker_gone (TbxWorker *self, const TbxLoginVerdict *verdict)
{
  g_autoptr(TbxWorker) alive = g_object_ref (self);

  if (self->stage == TBX_WORKER_GONE)
    return;
  g_clear_pointer (&self->connection, tbx_worker_connection_free);
  tbx_worker_orphan_asks (self);
  worker_lose_programs (self);
  tbx_worker_set_stage (self, TBX_WORKER_GONE);
  tbx_worker_end_login (self, verdict);
  if (self->requests != NULL)
    tbx_request_queue_fail (self->requests, TBX_VIX_FAIL, 0);
}

/**
 * tbx_worker_kill:
 * @self: the worker
 *
 * Ends its process; what it was to answer fails.
 */
void
tbx_worker_kill (TbxWorker *self)
{
  if (self->stage == TBX_WORKER_GONE)
    return;
  if (self->stage >= TBX_WORKER_OPENING)
    tbx_worker_process_terminate (self->process);
  else
    tbx_worker_process_kill (self->process);
  tbx_worker_gone (self, &verdict_failed);
}

const char *
tbx_worker_get_name (TbxWorker *self)
{
  return self->account == NULL ? "a user" : self->account->name;
}

void
tbx_worker_misbehaved (TbxWorker *self, const char *what)
{
  g_warning ("Worker of %s ended: %s", tbx_worker_get_name (self), what);
  tbx_worker_kill (self);
}

void
tbx_worker_say_fds (TbxWorker              *self,
                    const TbxWorkerMessage *message,
                    const int              *fds,
                    guint                   n_fds)
{
  g_autoptr(GError) error = NULL;

  if (tbx_worker_connection_send (self->connection, message, fds, n_fds, &error))
    return;
  /* One that is gone may have said something before, which is to be heard first. */
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TRANSPORT))
    g_debug ("Worker of %s: %s", tbx_worker_get_name (self), error->message);
  else
    tbx_worker_misbehaved (self, error->message);
}

void
tbx_worker_say (TbxWorker *self, const TbxWorkerMessage *message, int fd)
{
  tbx_worker_say_fds (self, message, &fd, fd >= 0 ? 1 : 0);
}

/* Has the worker do what waits, when it can. */
static void
worker_pump (TbxWorker *self)
{
  TbxWorkerMessage message = { .type = TBX_WORKER_REQUEST };

  if (self->stage != TBX_WORKER_SERVING
      || !tbx_request_queue_next (self->requests, &message.request))
    return;
  self->limit_us = tbx_worker_from_now (self->deadlines.progress_ms);
  tbx_worker_wait_until (self, tbx_worker_from_now (self->deadlines.request_ms));
  tbx_worker_say (self, &message, -1);
}

/* A reply went out: the buffer may be written again. */
static void
on_reply_released (gpointer user_data)
{
  g_autoptr(TbxWorker) self = user_data;

  worker_pump (self);
}

/**
 * tbx_worker_request:
 * @self: a worker that serves
 * @request: what to execute; its `id` does not count
 * @body: (nullable): of the request, at most `TBX_WORKER_BODY_MAX_BYTES`; copied
 * @binary: whether a binary reply was asked for
 * @replied: (scope async): told once, maybe before this returns
 * @user_data: passed to it
 *
 * One is executed at a time, the others wait for it.  One that makes no progress in time
 * is answered with `TBX_VIX_FILE_ERROR` and ETIMEDOUT, and the worker is abandoned; one
 * whose worker dies is answered with `TBX_VIX_FAIL`.
 * Source: docs/design.md, "Processes".
 */
void
tbx_worker_request (TbxWorker       *self,
                    const TbxWorkerRequest *request,
                    gconstpointer    body,
                    gboolean         binary,
                    TbxWorkerReplied replied,
                    gpointer         user_data)
{
  g_autoptr(TbxWorker) alive = g_object_ref (self);

  if (self->stage != TBX_WORKER_SERVING || request->body_size > TBX_WORKER_BODY_MAX_BYTES)
    {
      replied (TBX_VIX_FAIL, 0, NULL, user_data);
      return;
    }
  tbx_request_queue_push (self->requests, request, body, binary, replied, user_data);
  worker_pump (self);
}

void
tbx_worker_take_reply (TbxWorker *self, const TbxWorkerReply *reply)
{
  if (self->attaching)   /* meant for the daemon before us, who numbered likewise */
    return;
  if (!tbx_request_queue_is_current (self->requests, reply->id)
      || reply->size > TBX_VIX_PAYLOAD_MAX_BYTES)
    {
      tbx_worker_misbehaved (self, "it answered what it was not asked");
      return;
    }
  self->idle_us = g_get_monotonic_time ();
  tbx_worker_wait_until (self, -1);
  tbx_request_queue_settle (self->requests, reply, on_reply_released, g_object_ref (self));
  if (self->stage == TBX_WORKER_ABANDONED)
    {
      g_message ("Worker of %s is back", tbx_worker_get_name (self));
      if (self->names_stale)
        tbx_worker_say_names (self);
      tbx_worker_set_stage (self, TBX_WORKER_SERVING);
    }
}

/* A sign of life: time for the next one, but not for ever. */
void
tbx_worker_take_progress (TbxWorker *self, guint32 id)
{
  if (self->attaching)
    return;
  if (!tbx_request_queue_is_current (self->requests, id))
    tbx_worker_misbehaved (self, "it gets on with what it was not asked");
  else if (self->stage == TBX_WORKER_SERVING)
    {
      guint grace_ms = MAX (self->deadlines.request_ms, PROGRESS_GRACE_MS);

      tbx_worker_wait_until (self, MIN (self->limit_us, tbx_worker_from_now (grace_ms)));
    }
}

/* The host gets its answer now; the process may come back when what it hangs in lets
 * it go. */
static void
worker_abandon (TbxWorker *self)
{
  g_warning ("Worker of %s hangs; it is left alone", tbx_worker_get_name (self));
  tbx_worker_wait_until (self, tbx_worker_from_now (self->deadlines.recover_ms));
  tbx_worker_set_stage (self, TBX_WORKER_ABANDONED);
  tbx_request_queue_fail (self->requests, TBX_VIX_FILE_ERROR, ETIMEDOUT);
}

static void
on_due (gpointer user_data)
{
  g_autoptr(TbxWorker) self = g_object_ref (user_data);

  if (self->quitting && !tbx_worker_get_busy (self))
    tbx_worker_kill (self);
  else if (self->stage == TBX_WORKER_SERVING)
    worker_abandon (self);
  else if (self->stage == TBX_WORKER_ABANDONED)
    {
      /* It is the parent of what runs, and alone can tell how that ends. */
      if (tbx_program_table_count_running (self->programs) == 0)
        tbx_worker_kill (self);
    }
  else
    {
      tbx_worker_process_kill (self->process);
      tbx_worker_gone (self, &verdict_late);
    }
}

static void
on_closed (const char *fault, gpointer user_data)
{
  g_autoptr(TbxWorker) self = g_object_ref (user_data);

  if (fault != NULL)
    tbx_worker_misbehaved (self, fault);
  else
    tbx_worker_gone (self, &verdict_failed);
}

/**
 * tbx_worker_set_deadlines:
 * @self: a worker
 * @deadlines: how long it may take for what, from the next time on
 */
void
tbx_worker_set_deadlines (TbxWorker *self, const TbxWorkerDeadlines *deadlines)
{
  self->deadlines = *deadlines;
}

/**
 * tbx_worker_set_gated:
 * @self: a new worker
 * @gated: whether its programs wait for tbx_worker_open_gate(), for a second at most
 */
void
tbx_worker_set_gated (TbxWorker *self, gboolean gated)
{
  self->gated = gated;
}

void
tbx_worker_say_settings (TbxWorker *self)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_SETTINGS, .settings = self->settings };

  tbx_worker_say (self, &message, -1);
}

/**
 * tbx_worker_set_settings:
 * @self: a worker
 * @settings: what its operations go by from the next request on
 */
void
tbx_worker_set_settings (TbxWorker *self, const TbxWorkerSettings *settings)
{
  self->settings = *settings;
  /* Before that it does not listen; it is told when it is given its buffer. */
  if (self->stage >= TBX_WORKER_OPENING && self->stage != TBX_WORKER_GONE)
    tbx_worker_say_settings (self);
}

/**
 * tbx_worker_open_gate:
 * @self: the worker
 * @pid: of a program that may run now
 */
void
tbx_worker_open_gate (TbxWorker *self, gint64 pid)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_OPEN_GATE, .gate_pid = pid };

  if (self->stage == TBX_WORKER_SERVING || self->stage == TBX_WORKER_ABANDONED)
    tbx_worker_say (self, &message, -1);
}

/**
 * tbx_worker_adopt:
 * @self: a worker that serves
 * @program: that another worker of its user started
 *
 * Has it listed by this one too.  From here on it is this worker's: when that ends before
 * it heard of it, the program is among those of tbx_worker_get_programs() still.
 */
void
tbx_worker_adopt (TbxWorker *self, const TbxWorkerProgram *program)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_ADOPT, .program = *program };
  g_autoptr(GError) error = NULL;

  if (self->stage != TBX_WORKER_SERVING)
    return;
  if (!tbx_program_table_put (self->programs, program))
    g_info ("Worker of %s does not list program %" G_GINT64_FORMAT ": there are too many",
            tbx_worker_get_name (self), program->pid);
  else if (!tbx_worker_connection_send (self->connection, &message, NULL, 0, &error))
    /* No fault of a worker: many programs with long lines, and it is slow. */
    g_info ("Worker of %s does not list program %" G_GINT64_FORMAT ": %s",
            tbx_worker_get_name (self), program->pid, error->message);
}

/**
 * tbx_worker_quit:
 * @self: the worker
 *
 * Has it end, unless it holds something that must not be lost.
 */
void
tbx_worker_quit (TbxWorker *self)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_QUIT };

  if (self->stage == TBX_WORKER_GONE)
    return;
  self->quitting = TRUE;
  if (!tbx_worker_get_busy (self))
    tbx_worker_wait_until (self, tbx_worker_from_now (QUIT_GRACE_MS));
  tbx_worker_say (self, &message, -1);
}

TbxWorkerStage
tbx_worker_get_stage (TbxWorker *self)
{
  return self->stage;
}

/**
 * tbx_worker_get_account:
 * @self: the worker
 *
 * Returns: (transfer none) (nullable): its user; %NULL before it was verified, and for one
 *   that was attached to
 */
TbxAccount *
tbx_worker_get_account (TbxWorker *self)
{
  return self->account;
}

/**
 * tbx_worker_get_socket:
 * @self: the worker
 *
 * Returns: its control socket, still owned by @self; -1 when it is gone
 */
int
tbx_worker_get_socket (TbxWorker *self)
{
  return self->connection == NULL ? -1 : tbx_worker_connection_get_socket (self->connection);
}

int
tbx_worker_get_pidfd (TbxWorker *self)
{
  return tbx_worker_process_get_fd (self->process);
}

/**
 * tbx_worker_get_busy:
 * @self: the worker
 *
 * Returns: whether it has something to do, or holds what must not be lost: programs,
 *   open files
 */
gboolean
tbx_worker_get_busy (TbxWorker *self)
{
  return self->busy
         || (self->requests != NULL && tbx_request_queue_has_current (self->requests));
}

/**
 * tbx_worker_get_idle_us:
 * @self: a worker
 *
 * Returns: since when it has had nothing to do, monotonic time in microseconds; -1 while
 *   it holds what must not be lost
 */
gint64
tbx_worker_get_idle_us (TbxWorker *self)
{
  if (self->busy)
    return -1;
  return tbx_worker_get_busy (self) ? g_get_monotonic_time () : self->idle_us;
}

/**
 * tbx_worker_get_programs:
 * @self: the worker
 *
 * Returns: (transfer container) (element-type TbxWorkerProgram): those that run, and that
 *   ended a short while ago; valid until the main loop runs again
 */
GList *
tbx_worker_get_programs (TbxWorker *self)
{
  return tbx_program_table_list (self->programs);
}

static void
tbx_worker_dispose (GObject *object)
{
  tbx_worker_gone (TBX_WORKER (object), &verdict_failed);
  G_OBJECT_CLASS (tbx_worker_parent_class)->dispose (object);
}

static void
tbx_worker_finalize (GObject *object)
{
  TbxWorker *self = TBX_WORKER (object);

  g_clear_pointer (&self->process, tbx_worker_process_free);
  g_clear_pointer (&self->account, tbx_account_unref);
  g_clear_pointer (&self->requests, tbx_request_queue_free);
  g_clear_pointer (&self->programs, tbx_program_table_free);
  g_clear_pointer (&self->asks, g_hash_table_unref);
  g_clear_pointer (&self->names_list, g_bytes_unref);
  G_OBJECT_CLASS (tbx_worker_parent_class)->finalize (object);
}

static void
tbx_worker_class_init (TbxWorkerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_worker_dispose;
  object_class->finalize = tbx_worker_finalize;

  /**
   * TbxWorker::changed:
   * @self: the worker
   *
   * Its stage, or whether it is busy, changed.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_WORKER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);

  /**
   * TbxWorker::program-started:
   * @self: the worker
   * @program: (type gpointer): a `const TbxWorkerProgram *`
   *
   * It started a program, so it says.
   */
  signals[SIGNAL_PROGRAM_STARTED] = g_signal_new ("program-started", TBX_TYPE_WORKER,
                                                  G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                  G_TYPE_NONE, 1, G_TYPE_POINTER);

  /**
   * TbxWorker::program-ended:
   * @self: the worker
   * @program: (type gpointer): a `const TbxWorkerProgram *`
   *
   * A program ended, so it says; its exit code is -1 when nobody can tell.
   */
  signals[SIGNAL_PROGRAM_ENDED] = g_signal_new ("program-ended", TBX_TYPE_WORKER,
                                                G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                G_TYPE_NONE, 1, G_TYPE_POINTER);

  /**
   * TbxWorker::run-done:
   * @self: the worker
   * @request: an RPCI request, checked to be of its kind
   *
   * The host is to be told of the end of a program that a legacy request started.
   */
  signals[SIGNAL_RUN_DONE] = g_signal_new ("run-done", TBX_TYPE_WORKER, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tbx_worker_init (TbxWorker *self)
{
  self->settings = (TbxWorkerSettings) TBX_WORKER_SETTINGS_DEFAULT;
  self->talk = (TbxRateLimit) { TALK_BURST, TALK_EACH_US, 0 };
  self->done_talk = (TbxRateLimit) { DONE_BURST, DONE_EACH_US, 0 };
  self->done_log = (TbxRateLimit) { 1, DONE_LOG_EACH_US, 0 };
  self->programs = tbx_program_table_new ();
  self->asks = g_hash_table_new (NULL, NULL);
}

static const TbxWorkerConnectionFuncs connection_funcs = { tbx_worker_hear, on_closed, on_due };

/**
 * tbx_worker_new:
 * @socket: (transfer full): to its process; does not block
 * @process: (transfer full): its process
 * @deadlines: how long it may take for what
 *
 * Returns: (transfer full): a new worker, or a proxy of one to be attached to
 */
TbxWorker *
tbx_worker_new (int                       socket,
                TbxWorkerProcess         *process,
                const TbxWorkerDeadlines *deadlines)
{
  TbxWorker *self = g_object_new (TBX_TYPE_WORKER, NULL);

  self->connection = tbx_worker_connection_new (socket, &connection_funcs, self);
  self->process = process;
  self->deadlines = *deadlines;
  return self;
}
