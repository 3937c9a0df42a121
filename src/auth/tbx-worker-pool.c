/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-pool.h"
#include "tbx-ask-desk.h"
#include "tbx-left-programs.h"
#include "tbx-worker-remains.h"
#include "tbx-worker-slot.h"
#include "tbx-worker-store.h"
#include <errno.h>
#include <string.h>

#define MAX_WORKERS     64            /* in all, but those that hang */
#define MAX_OF_USER     8             /* those that hang, and those that do not end, included */
#define NOBODY          ((uid_t) -1)  /* whose are those that verified nobody */

typedef TbxWorkerSlot Slot;

struct _TbxWorkerPool
{
  GObject            parent_instance;
  TbxWorkerStarter  *starter;     /* (owned) */
  TbxWorkerDeadlines deadlines;
  guint              idle_s;      /* an idle worker ends after it, seconds */
  GPtrArray         *slots;       /* of Slot (owned) */
  TbxWorkerRemains  *remains;     /* (owned) */
  TbxLeftPrograms   *left;        /* of workers that are gone (owned) */
  gboolean           gated;       /* programs wait until somebody opens their gate */
  TbxWorkerSettings  settings;    /* what the workers are told */
  TbxAskDesk        *desk;        /* who answers what they ask (owned) */
  guint              idle_id;     /* source of the next look at idle workers, or 0 */
};

G_DEFINE_FINAL_TYPE (TbxWorkerPool, tbx_worker_pool, G_TYPE_OBJECT)

enum { SIGNAL_PROGRAM_STARTED, SIGNAL_PROGRAM_ENDED, SIGNAL_RUN_DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void pool_plan_idle (TbxWorkerPool *self);

static void
slot_leave_programs (Slot *slot)
{
  g_autoptr(GList) programs = tbx_worker_get_programs (slot->worker);

  tbx_left_programs_add (slot->pool->left, slot->uid, programs);
}

/* Its process has a moment to end; until then it counts. */
static void
pool_remove (TbxWorkerPool *self, Slot *slot)
{
  const TbxAccount *account = tbx_worker_get_account (slot->worker);
  uid_t uid = account == NULL ? NOBODY : account->uid;

  tbx_worker_remains_add (self->remains, slot->id != NULL ? slot->uid : uid,
                          tbx_worker_get_pidfd (slot->worker));
  g_ptr_array_remove (self->slots, slot);
}

static void
on_worker_changed (TbxWorker *worker, Slot *slot)
{
  TbxWorkerPool *self = slot->pool;

  switch (tbx_worker_get_stage (worker))
    {
    case TBX_WORKER_GONE:
      if (slot->done != NULL)   /* its login ends now, and needs the slot */
        break;
      tbx_worker_slot_leave_service (slot);
      slot_leave_programs (slot);
      pool_remove (self, slot);
      break;
    case TBX_WORKER_ABANDONED:
      tbx_worker_slot_leave_service (slot);
      tbx_worker_slots_limit_abandoned (self->slots, slot->uid);
      break;
    case TBX_WORKER_SERVING:
      slot->ending = slot->ending && !tbx_worker_get_busy (worker);
      if (slot->id != NULL && !slot->current && !slot->ending && slot->done == NULL)
        tbx_worker_slot_enter_service (slot, self->slots);
      pool_plan_idle (self);
      break;
    default:
      break;
    }
}

static void
on_program_started (TbxWorker *worker, const TbxWorkerProgram *program, Slot *slot)
{
  g_signal_emit (slot->pool, signals[SIGNAL_PROGRAM_STARTED], 0, worker, program);
}

static void
on_program_ended (TbxWorker *worker, const TbxWorkerProgram *program, Slot *slot)
{
  for (guint i = 0; !slot->current && i < slot->pool->slots->len; i++)
    {
      Slot *other = g_ptr_array_index (slot->pool->slots, i);

      if (other->current && other->uid == slot->uid)
        tbx_worker_adopt (other->worker, program);
    }
  g_signal_emit (slot->pool, signals[SIGNAL_PROGRAM_ENDED], 0, worker, program);
}

static void
on_run_done (TbxWorker *worker, const char *request, Slot *slot)
{
  g_signal_emit (slot->pool, signals[SIGNAL_RUN_DONE], 0, request);
}

/* Who is who, the daemon knows by itself. */
static void
on_asked (TbxAsk *ask, gpointer user_data)
{
  Slot *slot = user_data;
  g_autofree char *user = NULL;
  uid_t uid;

  if (!tbx_worker_pool_get_owner (slot->pool, slot->worker, &uid, &user))
    {
      tbx_ask_done (ask, EACCES);
      return;
    }
  tbx_ask_set_owner (ask, uid, user);
  tbx_ask_desk_take (slot->pool->desk, ask);
}

static void
pool_say_names (TbxWorkerPool *self, TbxWorker *worker)
{
  TbxWorkerNames names;
  g_autoptr(GBytes) list = tbx_ask_desk_dup_names (self->desk, &names);

  tbx_worker_set_names (worker, &names, list);
}

static Slot *
pool_add (TbxWorkerPool *self, TbxWorker *worker)
{
  Slot *slot = g_new0 (Slot, 1);

  slot->pool = self;
  slot->worker = worker;
  g_signal_connect (worker, "changed", G_CALLBACK (on_worker_changed), slot);
  g_signal_connect (worker, "program-started", G_CALLBACK (on_program_started), slot);
  g_signal_connect (worker, "program-ended", G_CALLBACK (on_program_ended), slot);
  g_signal_connect (worker, "run-done", G_CALLBACK (on_run_done), slot);
  tbx_worker_set_gated (worker, self->gated);
  tbx_worker_set_settings (worker, &self->settings);
  tbx_worker_set_asked (worker, on_asked, slot);
  pool_say_names (self, worker);
  g_ptr_array_add (self->slots, slot);
  return slot;
}

/* Ends what has been idle for long, and finds out when to look again. */
static gboolean
on_idle_due (gpointer user_data)
{
  TbxWorkerPool *self = user_data;

  self->idle_id = 0;
  tbx_worker_slots_end_idle (self->slots, (gint64) self->idle_s * G_USEC_PER_SEC);
  pool_plan_idle (self);
  return G_SOURCE_REMOVE;
}

/* One source for all, and none when no worker is idle. */
static void
pool_plan_idle (TbxWorkerPool *self)
{
  gint64 first_us, wait_us;

  if (self->idle_id != 0)
    return;
  first_us = tbx_worker_slots_first_idle_us (self->slots);
  if (first_us == G_MAXINT64)
    return;
  wait_us = first_us + (gint64) self->idle_s * G_USEC_PER_SEC - g_get_monotonic_time ();
  self->idle_id = g_timeout_add ((guint) (MAX (wait_us, 0) / 1000) + 1, on_idle_due, self);
  g_source_set_name_by_id (self->idle_id, "tbx-worker-pool-idle");
}

static void
hand_over (Slot *to, GList *programs)
{
  for (GList *each = programs; each != NULL; each = each->next)
    tbx_worker_adopt (to->worker, each->data);
}

/* Programs of a user are listed by whatever worker serves it now. */
static void
pool_hand_over_programs (TbxWorkerPool *self, Slot *to)
{
  g_autoptr(TbxProgramTable) table = tbx_left_programs_take (self->left, to->uid);

  if (table != NULL)
    {
      g_autoptr(GList) programs = tbx_program_table_list (table);

      hand_over (to, programs);
    }
  for (guint i = 0; i < self->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (self->slots, i);
      g_autoptr(GList) programs = NULL;

      if (slot == to || slot->id == NULL || slot->uid != to->uid)
        continue;
      programs = tbx_worker_get_programs (slot->worker);
      hand_over (to, programs);
    }
}

static void
slot_finish (Slot *slot, const TbxLoginVerdict *verdict, TbxAccount *account, TbxWorker *worker)
{
  TbxWorkerPool *self = slot->pool;
  TbxWorkerPoolDone done = g_steal_pointer (&slot->done);
  gpointer user_data = slot->user_data;
  g_autoptr(TbxWorker) kept = worker == NULL ? NULL : g_object_ref (worker);

  if (tbx_worker_get_stage (slot->worker) == TBX_WORKER_GONE)
    pool_remove (self, slot);
  done (verdict, account, kept, user_data);
}

static void
on_opened (TbxWorker *worker, const TbxLoginVerdict *verdict, gpointer user_data)
{
  Slot *slot = user_data;
  g_autoptr(TbxAccount) account = tbx_account_ref (tbx_worker_get_account (worker));
  TbxLoginVerdict admitted = *verdict;

  if (verdict->code != TBX_VIX_OK)
    {
      slot_finish (slot, verdict, NULL, NULL);
      return;
    }
  admitted.code = tbx_worker_slot_admit_opened (slot, account);
  if (admitted.code != TBX_VIX_OK)
    {
      tbx_worker_slot_end (slot);
      slot_finish (slot, &admitted, account, NULL);
      return;
    }
  slot->id = g_strdup (account->id);
  slot->uid = account->uid;
  slot->name = g_strdup (account->name);
  tbx_worker_slot_enter_service (slot, slot->pool->slots);
  if (slot->current)
    pool_hand_over_programs (slot->pool, slot);
  pool_plan_idle (slot->pool);
  slot_finish (slot, verdict, account,
               tbx_worker_slots_find_current (slot->pool->slots, account->id)->worker);
}

/* For one more worker of that user; the one that verified the account counts already. */
static gboolean
pool_has_room (TbxWorkerPool *self, const TbxAccount *account)
{
  guint n = tbx_worker_slots_count_of_user (self->slots, account->uid)
            + tbx_worker_remains_count (self->remains, account->uid);

  if (n <= MAX_OF_USER)
    return TRUE;
  g_warning ("No worker for %s: %u of that user hang, or do not end", account->name, n - 1);
  return FALSE;
}

static void
on_verified (TbxWorker *worker, const TbxLoginVerdict *verdict, gpointer user_data)
{
  Slot *slot = user_data;
  g_autoptr(TbxAccount) account = NULL;
  TbxLoginVerdict admitted = *verdict;
  Slot *current;

  if (verdict->code != TBX_VIX_OK)
    {
      slot_finish (slot, verdict, NULL, NULL);
      return;
    }
  account = tbx_account_ref (tbx_worker_get_account (worker));
  admitted.code = tbx_worker_slot_admit (slot, account);
  current = tbx_worker_slots_find_current (slot->pool->slots, account->id);
  if (admitted.code == TBX_VIX_OK && current == NULL && !pool_has_room (slot->pool, account))
    admitted = (TbxLoginVerdict) { TBX_VIX_OBJECT_IS_BUSY, EAGAIN, TBX_WORKER_STEP_START, 0 };
  if (admitted.code == TBX_VIX_OK && current == NULL)
    {
      tbx_worker_open (worker, on_opened, slot);
      return;
    }
  /* It was needed for the password only. */
  tbx_worker_slot_end (slot);
  slot_finish (slot, &admitted, account,
               admitted.code == TBX_VIX_OK ? current->worker : NULL);
}

static TbxWorker *
pool_start (TbxWorkerPool *self, TbxLoginVerdict *verdict)
{
  g_autoptr(GError) error = NULL;
  TbxWorker *worker = NULL;

  *verdict = (TbxLoginVerdict) { TBX_VIX_OBJECT_IS_BUSY, EAGAIN, TBX_WORKER_STEP_START, 0 };
  if (tbx_worker_slots_count_able (self->slots) + tbx_worker_remains_count (self->remains, NOBODY)
      >= MAX_WORKERS)
    return NULL;
  worker = tbx_worker_starter_start (self->starter, &self->deadlines, &error);
  if (worker != NULL)
    return worker;
  g_warning ("%s", error->message);
  *verdict = (TbxLoginVerdict) { TBX_VIX_FAIL, 0, TBX_WORKER_STEP_START, 0 };
  return NULL;
}

/**
 * tbx_worker_pool_login:
 * @self: the pool
 * @name: as it was given
 * @proof: what stands for a password
 * @password: (nullable): not kept; %NULL where @proof is another
 * @admit: (nullable) (scope async): asked about the account before its session is opened
 * @done: (scope async): told once, maybe before this returns
 * @user_data: passed to both
 *
 * Has a new worker verify a user.  Where the account has a worker already, the new one
 * is not needed any further and ends.
 */
void
tbx_worker_pool_login (TbxWorkerPool    *self,
                       const char       *name,
                       TbxWorkerProof    proof,
                       const char       *password,
                       TbxAdmit          admit,
                       TbxWorkerPoolDone done,
                       gpointer          user_data)
{
  TbxLoginVerdict verdict;
  TbxWorker *worker = pool_start (self, &verdict);
  Slot *slot;

  if (worker == NULL)
    {
      done (&verdict, NULL, NULL, user_data);
      return;
    }
  slot = pool_add (self, worker);
  slot->admit = admit;
  slot->done = done;
  slot->user_data = user_data;
  tbx_worker_login (worker, tbx_worker_starter_get_self (self->starter), name, proof, password,
                    on_verified, slot);
}

/**
 * tbx_worker_pool_find:
 * @self: the pool
 * @account: a verified account
 *
 * Returns: (transfer none) (nullable): the worker that serves just that account, its
 *   groups included
 */
TbxWorker *
tbx_worker_pool_find (TbxWorkerPool *self, TbxAccount *account)
{
  Slot *slot = tbx_worker_slots_find_current (self->slots, account->id);

  return slot == NULL ? NULL : slot->worker;
}

/**
 * tbx_worker_pool_get_owner:
 * @self: the pool
 * @worker: one of its workers
 * @uid: (out): of its user
 * @user: (out): name of its user, or the number where it is not known
 *
 * Returns: whether it has a user yet
 */
gboolean
tbx_worker_pool_get_owner (TbxWorkerPool *self, TbxWorker *worker, uid_t *uid, char **user)
{
  for (guint i = 0; i < self->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (self->slots, i);

      if (slot->worker != worker || slot->id == NULL)
        continue;
      *uid = slot->uid;
      *user = slot->name != NULL ? g_strdup (slot->name) : g_strdup_printf ("%u", slot->uid);
      return TRUE;
    }
  return FALSE;
}

/**
 * tbx_worker_pool_restore:
 * @self: a new pool
 *
 * Takes over the workers of a daemon that ran before this one, where systemd kept them.
 * To be called once.
 */
void
tbx_worker_pool_restore (TbxWorkerPool *self)
{
  g_autoptr(GPtrArray) stored = tbx_worker_store_take ();

  for (guint i = 0; i < stored->len; i++)
    {
      TbxStoredWorker *each = g_ptr_array_index (stored, i);
      int socket = each->socket, pidfd = each->pidfd;
      TbxWorker *worker = tbx_worker_new (socket, tbx_worker_process_new_foreign (pidfd),
                                          &self->deadlines);
      Slot *slot = pool_add (self, worker);

      each->socket = each->pidfd = -1;
      slot->id = g_steal_pointer (&each->id);
      slot->uid = each->uid;
      slot->name = g_steal_pointer (&each->name);
      slot->current = tbx_worker_slots_find_current (self->slots, slot->id) == NULL;
      tbx_worker_attach (worker);
    }
  pool_plan_idle (self);
}

/**
 * tbx_worker_pool_set_limits:
 * @self: the pool
 * @deadlines: for all workers; what waits already keeps its own
 * @idle_s: how long a worker may be idle, seconds
 */
void
tbx_worker_pool_set_limits (TbxWorkerPool            *self,
                            const TbxWorkerDeadlines *deadlines,
                            guint                     idle_s)
{
  self->deadlines = *deadlines;
  self->idle_s = idle_s;
  for (guint i = 0; i < self->slots->len; i++)
    tbx_worker_set_deadlines (((Slot *) g_ptr_array_index (self->slots, i))->worker, deadlines);
  g_clear_handle_id (&self->idle_id, g_source_remove);
  pool_plan_idle (self);
}

/**
 * tbx_worker_pool_set_gated:
 * @self: the pool
 * @gated: whether programs of workers that are started from now on wait for
 *   tbx_worker_open_gate(): for who gives each a scope of its own
 */
void
tbx_worker_pool_set_gated (TbxWorkerPool *self, gboolean gated)
{
  self->gated = gated;
}

/**
 * tbx_worker_pool_set_settings:
 * @self: the pool
 * @settings: what is configured for the operations; told to all workers, those that
 *   serve included
 */
void
tbx_worker_pool_set_settings (TbxWorkerPool *self, const TbxWorkerSettings *settings)
{
  g_autoptr(GPtrArray) workers = tbx_worker_slots_dup_workers (self->slots);

  self->settings = *settings;
  for (guint i = 0; i < workers->len; i++)
    tbx_worker_set_settings (g_ptr_array_index (workers, i), settings);
}

/**
 * tbx_worker_pool_serve:
 * @self: the pool
 * @kind: of what workers ask
 * @func: (nullable) (scope forever): answers it; knows whose worker asks
 * @user_data: passed to it
 */
void
tbx_worker_pool_serve (TbxWorkerPool *self, TbxAskKind kind, TbxAskFunc func, gpointer user_data)
{
  tbx_ask_desk_serve (self->desk, kind, func, user_data);
}

/**
 * tbx_worker_pool_set_names:
 * @self: the pool
 * @kind: of what workers ask
 * @names: (array zero-terminated=1): the schemes or programs that there are now; told to
 *   all workers
 */
void
tbx_worker_pool_set_names (TbxWorkerPool *self, TbxAskKind kind, const char *const *names)
{
  g_autoptr(GPtrArray) workers = tbx_worker_slots_dup_workers (self->slots);

  tbx_ask_desk_set_names (self->desk, kind, names);
  for (guint i = 0; i < workers->len; i++)
    pool_say_names (self, g_ptr_array_index (workers, i));
}

/**
 * tbx_worker_pool_program_exited:
 * @self: the pool
 * @uid: whose program it was
 * @exited: how one ended that a client on the bus ran
 *
 * Tells all workers of that user, those that come later included.
 */
void
tbx_worker_pool_program_exited (TbxWorkerPool                *self,
                                uid_t                         uid,
                                const TbxWorkerProgramExited *exited)
{
  g_autoptr(GPtrArray) workers = tbx_worker_slots_dup_workers (self->slots);

  tbx_left_programs_settle (self->left, uid, exited);
  for (guint i = 0; i < workers->len; i++)
    {
      g_autofree char *user = NULL;
      uid_t owner;

      if (tbx_worker_pool_get_owner (self, workers->pdata[i], &owner, &user) && owner == uid)
        tbx_worker_program_exited (workers->pdata[i], exited);
    }
}

static void
tbx_worker_pool_dispose (GObject *object)
{
  TbxWorkerPool *self = TBX_WORKER_POOL (object);

  g_clear_handle_id (&self->idle_id, g_source_remove);
  while (self->slots->len > 0)
    {
      Slot *slot = g_ptr_array_index (self->slots, self->slots->len - 1);

      /* Who waits for a login is told; workers that serve end when they see our end,
       * or serve the next daemon. */
      if (slot->done != NULL)
        tbx_worker_kill (slot->worker);
      else
        g_ptr_array_remove_index (self->slots, self->slots->len - 1);
    }
  G_OBJECT_CLASS (tbx_worker_pool_parent_class)->dispose (object);
}

static void
tbx_worker_pool_finalize (GObject *object)
{
  TbxWorkerPool *self = TBX_WORKER_POOL (object);

  g_ptr_array_unref (self->slots);
  tbx_worker_remains_free (self->remains);
  tbx_ask_desk_free (self->desk);
  tbx_left_programs_free (self->left);
  g_clear_object (&self->starter);
  G_OBJECT_CLASS (tbx_worker_pool_parent_class)->finalize (object);
}

static void
tbx_worker_pool_class_init (TbxWorkerPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_worker_pool_dispose;
  object_class->finalize = tbx_worker_pool_finalize;

  /**
   * TbxWorkerPool::program-started:
   * @self: the pool
   * @worker: whose program it is
   * @program: (type gpointer): a `const TbxWorkerProgram *`
   */
  signals[SIGNAL_PROGRAM_STARTED] = g_signal_new ("program-started", TBX_TYPE_WORKER_POOL,
                                                  G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                  G_TYPE_NONE, 2, TBX_TYPE_WORKER, G_TYPE_POINTER);

  /**
   * TbxWorkerPool::program-ended:
   * @self: the pool
   * @worker: whose program it was
   * @program: (type gpointer): a `const TbxWorkerProgram *`
   */
  signals[SIGNAL_PROGRAM_ENDED] = g_signal_new ("program-ended", TBX_TYPE_WORKER_POOL,
                                                G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                G_TYPE_NONE, 2, TBX_TYPE_WORKER, G_TYPE_POINTER);

  /**
   * TbxWorkerPool::run-done:
   * @self: the pool
   * @request: an RPCI request, checked to be of its kind
   */
  signals[SIGNAL_RUN_DONE] = g_signal_new ("run-done", TBX_TYPE_WORKER_POOL, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tbx_worker_pool_init (TbxWorkerPool *self)
{
  self->settings = (TbxWorkerSettings) TBX_WORKER_SETTINGS_DEFAULT;
  self->slots = g_ptr_array_new_with_free_func (tbx_worker_slot_free);
  self->remains = tbx_worker_remains_new ();
  self->desk = tbx_ask_desk_new ();
  self->left = tbx_left_programs_new ();
}

/**
 * tbx_worker_pool_new:
 * @starter: starts the processes
 * @deadlines: for the workers
 * @idle_s: how long a worker may be idle, seconds
 *
 * Returns: (transfer full): a pool without workers
 */
TbxWorkerPool *
tbx_worker_pool_new (TbxWorkerStarter         *starter,
                     const TbxWorkerDeadlines *deadlines,
                     guint                     idle_s)
{
  TbxWorkerPool *self = g_object_new (TBX_TYPE_WORKER_POOL, NULL);

  self->starter = g_object_ref (starter);
  self->deadlines = *deadlines;
  self->idle_s = idle_s;
  return self;
}
