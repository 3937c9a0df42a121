/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-pool.h"
#include "tbx-program-table.h"
#include "tbx-worker-store.h"
#include <errno.h>
#include <string.h>

#define MAX_WORKERS   64   /* in all, those that verify included */
#define MAX_ABANDONED 4    /* of one user */

/* One worker, from its start to its end. */
typedef struct
{
  TbxWorkerPool *pool;      /* (weak) */
  TbxWorker     *worker;    /* (owned) */
  char          *id;        /* of its account, or NULL while nobody is verified (owned) */
  uid_t          uid;       /* of its account */
  char          *name;      /* of its account, or NULL (owned) */
  gboolean       current;   /* it gets the requests of its account */
  gboolean       ending;    /* it was told to, and did not say that it cannot */
  /* While somebody waits for its login. */
  TbxAdmit          admit;
  TbxAccount       *admitted;   /* what it was asked about (owned), or NULL */
  TbxWorkerPoolDone done;
  gpointer          user_data;
} Slot;

struct _TbxWorkerPool
{
  GObject            parent_instance;
  TbxWorkerStarter  *starter;     /* (owned) */
  TbxWorkerDeadlines deadlines;
  guint              idle_s;      /* an idle worker ends after it, seconds */
  GPtrArray         *slots;       /* of Slot (owned) */
  GHashTable        *left_behind; /* uid -> TbxProgramTable (owned): of workers that are gone */
  gboolean           gated;       /* programs wait until somebody opens their gate */
  TbxWorkerSettings  settings;    /* what the workers are told */
  guint              idle_id;     /* source of the next look at idle workers, or 0 */
};

G_DEFINE_FINAL_TYPE (TbxWorkerPool, tbx_worker_pool, G_TYPE_OBJECT)

enum { SIGNAL_PROGRAM_STARTED, SIGNAL_PROGRAM_ENDED, SIGNAL_RUN_DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void pool_plan_idle (TbxWorkerPool *self);

static void
slot_free (gpointer data)
{
  Slot *slot = data;

  g_signal_handlers_disconnect_by_data (slot->worker, slot);
  g_object_unref (slot->worker);
  g_clear_pointer (&slot->admitted, tbx_account_unref);
  g_free (slot->id);
  g_free (slot->name);
  g_free (slot);
}

static Slot *
pool_find_current (TbxWorkerPool *self, const char *id)
{
  for (guint i = 0; i < self->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (self->slots, i);

      if (slot->current && strcmp (slot->id, id) == 0)
        return slot;
    }
  return NULL;
}

/* A worker that hangs holds memory and programs; a user has no right to any number. */
static void
pool_limit_abandoned (TbxWorkerPool *self, uid_t uid)
{
  Slot *oldest = NULL;
  guint n = 0;

  for (guint i = 0; i < self->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (self->slots, i);

      if (slot->id == NULL || slot->uid != uid
          || tbx_worker_get_stage (slot->worker) != TBX_WORKER_ABANDONED)
        continue;
      if (n++ == 0)
        oldest = slot;
    }
  if (n > MAX_ABANDONED)
    tbx_worker_kill (oldest->worker);
}

static void
slot_end (Slot *slot)
{
  slot->ending = TRUE;
  tbx_worker_quit (slot->worker);
}

/* It gets requests, unless another of its account does. */
static void
slot_enter_service (Slot *slot)
{
  slot->current = pool_find_current (slot->pool, slot->id) == NULL;
  if (slot->current)
    tbx_worker_store_keep (slot->worker, slot->uid, slot->id, slot->name);
  else if (!tbx_worker_get_busy (slot->worker))
    slot_end (slot);
}

static void
slot_leave_service (Slot *slot)
{
  if (slot->current)
    tbx_worker_store_forget (slot->uid, slot->id, slot->name);
  slot->current = FALSE;
}

/* What ended is listed for a while, whatever became of the worker that saw it. */
static void
slot_leave_programs (Slot *slot)
{
  g_autoptr(GList) programs = tbx_worker_get_programs (slot->worker);
  TbxProgramTable *table;

  if (programs == NULL)
    return;
  table = g_hash_table_lookup (slot->pool->left_behind, GUINT_TO_POINTER (slot->uid));
  if (table == NULL)
    {
      table = tbx_program_table_new ();
      g_hash_table_insert (slot->pool->left_behind, GUINT_TO_POINTER (slot->uid), table);
    }
  for (GList *each = programs; each != NULL; each = each->next)
    tbx_program_table_put (table, each->data);
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
      slot_leave_service (slot);
      slot_leave_programs (slot);
      g_ptr_array_remove (self->slots, slot);
      break;
    case TBX_WORKER_ABANDONED:
      slot_leave_service (slot);
      pool_limit_abandoned (self, slot->uid);
      break;
    case TBX_WORKER_SERVING:
      slot->ending = slot->ending && !tbx_worker_get_busy (worker);
      if (slot->id != NULL && !slot->current && !slot->ending && slot->done == NULL)
        slot_enter_service (slot);
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
  g_ptr_array_add (self->slots, slot);
  return slot;
}

/* Ends what has been idle for long, and finds out when to look again. */
static gboolean
on_idle_due (gpointer user_data)
{
  TbxWorkerPool *self = user_data;
  gint64 limit_us = (gint64) self->idle_s * G_USEC_PER_SEC;
  gint64 now_us = g_get_monotonic_time ();

  self->idle_id = 0;
  for (guint i = 0; i < self->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (self->slots, i);

      gint64 idle_us = tbx_worker_get_idle_us (slot->worker);

      if (slot->current && idle_us >= 0 && now_us - idle_us >= limit_us)
        {
          /* No request may reach it any more: it is about to end. */
          slot_leave_service (slot);
          slot_end (slot);
        }
    }
  pool_plan_idle (self);
  return G_SOURCE_REMOVE;
}

/* One source for all, and none when no worker is idle. */
static void
pool_plan_idle (TbxWorkerPool *self)
{
  gint64 first_us = G_MAXINT64;
  gint64 wait_us;

  if (self->idle_id != 0)
    return;
  for (guint i = 0; i < self->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (self->slots, i);

      gint64 idle_us = tbx_worker_get_idle_us (slot->worker);

      if (slot->current && idle_us >= 0)
        first_us = MIN (first_us, idle_us);
    }
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
  TbxProgramTable *table = g_hash_table_lookup (self->left_behind, GUINT_TO_POINTER (to->uid));

  if (table != NULL)
    {
      g_autoptr(GList) programs = tbx_program_table_list (table);

      hand_over (to, programs);
    }
  g_hash_table_remove (self->left_behind, GUINT_TO_POINTER (to->uid));
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
    g_ptr_array_remove (self->slots, slot);
  done (verdict, account, kept, user_data);
}

static TbxVixCode
slot_admit (Slot *slot, TbxAccount *account)
{
  g_clear_pointer (&slot->admitted, tbx_account_unref);
  slot->admitted = tbx_account_ref (account);
  return slot->admit == NULL ? TBX_VIX_OK : slot->admit (account, slot->user_data);
}

/* The session may have other groups than the name service knows: pam_group.  Nothing was
 * done for the host yet. */
static TbxVixCode
slot_admit_opened (Slot *slot, TbxAccount *account)
{
  if (strcmp (account->id, slot->admitted->id) == 0)
    return TBX_VIX_OK;
  return slot_admit (slot, account);
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
  admitted.code = slot_admit_opened (slot, account);
  if (admitted.code != TBX_VIX_OK)
    {
      slot_end (slot);
      slot_finish (slot, &admitted, account, NULL);
      return;
    }
  slot->id = g_strdup (account->id);
  slot->uid = account->uid;
  slot->name = g_strdup (account->name);
  slot_enter_service (slot);
  if (slot->current)
    pool_hand_over_programs (slot->pool, slot);
  pool_plan_idle (slot->pool);
  slot_finish (slot, verdict, account, pool_find_current (slot->pool, account->id)->worker);
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
  admitted.code = slot_admit (slot, account);
  current = pool_find_current (slot->pool, account->id);
  if (admitted.code == TBX_VIX_OK && current == NULL)
    {
      tbx_worker_open (worker, on_opened, slot);
      return;
    }
  /* It was needed for the password only. */
  slot_end (slot);
  slot_finish (slot, &admitted, account,
               admitted.code == TBX_VIX_OK ? current->worker : NULL);
}

static TbxWorker *
pool_start (TbxWorkerPool *self, TbxLoginVerdict *verdict)
{
  g_autoptr(GError) error = NULL;
  TbxWorker *worker = NULL;

  *verdict = (TbxLoginVerdict) { TBX_VIX_OBJECT_IS_BUSY, EAGAIN, TBX_WORKER_STEP_START, 0 };
  if (self->slots->len >= MAX_WORKERS)
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
 * @password: not kept
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
  tbx_worker_login (worker, tbx_worker_starter_get_self (self->starter), name, password,
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
  Slot *slot = pool_find_current (self, account->id);

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
      slot->current = pool_find_current (self, slot->id) == NULL;
      tbx_worker_attach (worker);
    }
  pool_plan_idle (self);
}

/**
 * tbx_worker_pool_set_limits:
 * @self: the pool
 * @deadlines: for workers that are started from now on
 * @idle_s: how long a worker may be idle, seconds
 */
void
tbx_worker_pool_set_limits (TbxWorkerPool            *self,
                            const TbxWorkerDeadlines *deadlines,
                            guint                     idle_s)
{
  self->deadlines = *deadlines;
  self->idle_s = idle_s;
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
  g_autoptr(GPtrArray) workers = g_ptr_array_new_with_free_func (g_object_unref);

  self->settings = *settings;
  /* One that cannot be told is gone, and leaves the slots. */
  for (guint i = 0; i < self->slots->len; i++)
    g_ptr_array_add (workers,
                     g_object_ref (((Slot *) g_ptr_array_index (self->slots, i))->worker));
  for (guint i = 0; i < workers->len; i++)
    tbx_worker_set_settings (g_ptr_array_index (workers, i), settings);
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
  g_hash_table_unref (self->left_behind);
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
  self->slots = g_ptr_array_new_with_free_func (slot_free);
  self->left_behind = g_hash_table_new_full (NULL, NULL, NULL,
                                             (GDestroyNotify) tbx_program_table_free);
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
