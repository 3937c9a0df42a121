/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-host-programs.h"

/* One that is listed. */
typedef struct
{
  TbxHostPrograms *list;        /* (weak) */
  TbxHostProgram  *program;     /* (owned) */
  gulong           ended_id;    /* handler of its end */
  gboolean         ours;        /* the daemon itself knows of it: no worker has a say */
  guint            forget_id;   /* source that forgets it, or 0 while it runs */
} Entry;

struct _TbxHostPrograms
{
  GObject        parent_instance;
  TbxWorkerPool *pool;      /* (owned), or NULL */
  GHashTable    *entries;   /* pid, in the value -> Entry (owned) */
};

G_DEFINE_FINAL_TYPE (TbxHostPrograms, tbx_host_programs, G_TYPE_OBJECT)

enum { SIGNAL_ADDED, SIGNAL_REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_signal_handler (&entry->ended_id, entry->program);
  g_clear_handle_id (&entry->forget_id, g_source_remove);
  g_object_unref (entry->program);
  g_free (entry);
}

static void
programs_remove (TbxHostPrograms *self, Entry *entry)
{
  g_autoptr(TbxHostProgram) program = g_object_ref (entry->program);

  g_hash_table_remove (self->entries, &tbx_host_program_get_facts (program)->pid);
  g_signal_emit (self, signals[SIGNAL_REMOVED], 0, program);
}

static gboolean
on_forget_due (gpointer user_data)
{
  Entry *entry = user_data;

  entry->forget_id = 0;
  programs_remove (entry->list, entry);
  return G_SOURCE_REMOVE;
}

/* Counts from the end: a daemon that started anew may hear of one long ago. */
static void
entry_forget_later (Entry *entry)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 passed = now - (gint64) tbx_host_program_get_facts (entry->program)->end;
  guint left = (guint) (TBX_WORKER_PROGRAM_LISTED_S - CLAMP (passed, 0, TBX_WORKER_PROGRAM_LISTED_S));

  entry->forget_id = g_timeout_add_seconds (left, on_forget_due, entry);
  g_source_set_name_by_id (entry->forget_id, "tbx-host-programs-forget");
}

static void
on_ended (TbxHostProgram *program, GParamSpec *pspec, Entry *entry)
{
  if (entry->forget_id == 0)
    entry_forget_later (entry);
}

/* Makes room for one more of a user; the one that ended first goes. */
static gboolean
programs_make_room (TbxHostPrograms *self, uid_t uid)
{
  Entry *entry, *first = NULL;
  guint64 first_end = 0;
  GHashTableIter iter;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &entry))
    {
      const TbxHostProgramFacts *facts = tbx_host_program_get_facts (entry->program);

      if (facts->uid != uid)
        continue;
      n++;
      if (!facts->running && (first == NULL || facts->end < first_end))
        {
          first = entry;
          first_end = facts->end;
        }
    }
  if (n < TBX_HOST_PROGRAMS_MAX)
    return TRUE;
  if (first == NULL)
    return FALSE;
  programs_remove (self, first);
  return TRUE;
}

static void
programs_add (TbxHostPrograms        *self,
              const TbxWorkerProgram *program,
              uid_t                   uid,
              const char             *user)
{
  Entry *entry;

  if (!programs_make_room (self, uid))
    {
      g_info ("Program %" G_GINT64_FORMAT " of %s is not shown: there are too many", program->pid,
              user);
      return;
    }
  entry = g_new0 (Entry, 1);
  entry->list = self;
  entry->program = tbx_host_program_new (program, uid, user);
  entry->ended_id = g_signal_connect (entry->program, "notify::running", G_CALLBACK (on_ended),
                                      entry);
  g_hash_table_insert (self->entries,
                       (gpointer) &tbx_host_program_get_facts (entry->program)->pid, entry);
  if (!tbx_host_program_get_facts (entry->program)->running)
    entry_forget_later (entry);
  g_signal_emit (self, signals[SIGNAL_ADDED], 0, entry->program);
}

static gboolean
is_same (Entry *entry, const TbxWorkerProgram *program, uid_t uid)
{
  const TbxHostProgramFacts *facts = tbx_host_program_get_facts (entry->program);

  return facts->uid == uid && facts->start == (guint64) MAX (program->start, 0);
}

/* A worker is its user's: it may say anything.  No word of it takes away what another
 * user's program is. */
static gboolean
may_replace (Entry *entry, uid_t uid)
{
  const TbxHostProgramFacts *facts = tbx_host_program_get_facts (entry->program);

  return !facts->running || facts->uid == uid || !tbx_host_program_is_alive (entry->program);
}

static void
programs_put (TbxHostPrograms        *self,
              const TbxWorkerProgram *program,
              uid_t                   uid,
              const char             *user)
{
  Entry *entry = g_hash_table_lookup (self->entries, &program->pid);

  if (program->pid < 1 || program->pid > G_MAXINT32)
    return;
  if (entry != NULL && !may_replace (entry, uid))
    {
      g_warning ("A worker of %s calls process %" G_GINT64_FORMAT " its own, which is not", user,
                 program->pid);
      return;
    }
  if (entry != NULL)
    programs_remove (self, entry);
  programs_add (self, program, uid, user);
}

/**
 * tbx_host_programs_started:
 * @self: the programs
 * @program: what a worker says that it started; copied
 * @uid: of the worker's user
 * @user: name of that user
 *
 * One with the pid of an ended one replaces it.  Does nothing for one that is known.
 */
void
tbx_host_programs_started (TbxHostPrograms        *self,
                           const TbxWorkerProgram *program,
                           uid_t                   uid,
                           const char             *user)
{
  Entry *entry = g_hash_table_lookup (self->entries, &program->pid);

  if (entry != NULL && entry->ours)
    return;
  if (entry == NULL || !is_same (entry, program, uid)
      || !tbx_host_program_get_facts (entry->program)->running)
    programs_put (self, program, uid, user);
}

/**
 * tbx_host_programs_ended:
 * @self: the programs
 * @program: what a worker says that ended; copied
 * @uid: of the worker's user
 * @user: name of that user
 *
 * One that is not known yet is added, for a worker may have started it under another
 * daemon.
 */
void
tbx_host_programs_ended (TbxHostPrograms        *self,
                         const TbxWorkerProgram *program,
                         uid_t                   uid,
                         const char             *user)
{
  Entry *entry = g_hash_table_lookup (self->entries, &program->pid);

  if (entry != NULL && entry->ours)
    return;
  if (entry != NULL && is_same (entry, program, uid))
    tbx_host_program_end (entry->program, program);
  else
    programs_put (self, program, uid, user);
}

/**
 * tbx_host_programs_run:
 * @self: the programs
 * @program: one that a client on the bus runs; copied
 * @uid: of the user that it runs for
 * @user: name of that user
 * @terminate: (scope forever): has it end
 * @user_data: passed to it
 *
 * What workers say of its pid does not count.
 */
void
tbx_host_programs_run (TbxHostPrograms         *self,
                       const TbxWorkerProgram  *program,
                       uid_t                    uid,
                       const char              *user,
                       TbxHostProgramTerminate  terminate,
                       gpointer                 user_data)
{
  Entry *entry = g_hash_table_lookup (self->entries, &program->pid);

  if (entry != NULL)
    programs_remove (self, entry);
  programs_add (self, program, uid, user);
  entry = g_hash_table_lookup (self->entries, &program->pid);
  if (entry == NULL)   /* there are too many */
    return;
  entry->ours = TRUE;
  tbx_host_program_set_terminate (entry->program, terminate, user_data);
}

/**
 * tbx_host_programs_settle:
 * @self: the programs
 * @exited: how one of tbx_host_programs_run() ended
 */
void
tbx_host_programs_settle (TbxHostPrograms *self, const TbxWorkerProgramExited *exited)
{
  Entry *entry = g_hash_table_lookup (self->entries, &exited->pid);
  const TbxWorkerProgram program = { .pid = exited->pid, .end = exited->end,
                                     .exit_code = exited->exit_code, .signal = exited->signal };

  if (entry == NULL || !entry->ours)
    return;
  tbx_host_program_set_terminate (entry->program, NULL, NULL);
  tbx_host_program_end (entry->program, &program);
}

static void
on_program_started (TbxWorkerPool          *pool,
                    TbxWorker              *worker,
                    const TbxWorkerProgram *program,
                    TbxHostPrograms        *self)
{
  g_autofree char *user = NULL;
  uid_t uid;

  if (tbx_worker_pool_get_owner (pool, worker, &uid, &user))
    tbx_host_programs_started (self, program, uid, user);
}

static void
on_program_ended (TbxWorkerPool          *pool,
                  TbxWorker              *worker,
                  const TbxWorkerProgram *program,
                  TbxHostPrograms        *self)
{
  g_autofree char *user = NULL;
  uid_t uid;

  if (tbx_worker_pool_get_owner (pool, worker, &uid, &user))
    tbx_host_programs_ended (self, program, uid, user);
}

/**
 * tbx_host_programs_find:
 * @self: the programs
 * @pid: a process id
 *
 * Returns: (transfer none) (nullable): the program that has, or had, @pid
 */
TbxHostProgram *
tbx_host_programs_find (TbxHostPrograms *self, gint64 pid)
{
  Entry *entry = g_hash_table_lookup (self->entries, &pid);

  return entry == NULL ? NULL : entry->program;
}

/**
 * tbx_host_programs_dup:
 * @self: the programs
 *
 * Returns: (transfer full) (element-type TbxHostProgram): all of them, in no order
 */
GPtrArray *
tbx_host_programs_dup (TbxHostPrograms *self)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  Entry *entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &entry))
    g_ptr_array_add (all, g_object_ref (entry->program));
  return all;
}

static void
tbx_host_programs_dispose (GObject *object)
{
  TbxHostPrograms *self = TBX_HOST_PROGRAMS (object);

  if (self->pool != NULL)
    g_signal_handlers_disconnect_by_data (self->pool, self);
  g_clear_object (&self->pool);
  g_hash_table_remove_all (self->entries);
  G_OBJECT_CLASS (tbx_host_programs_parent_class)->dispose (object);
}

static void
tbx_host_programs_finalize (GObject *object)
{
  g_hash_table_unref (TBX_HOST_PROGRAMS (object)->entries);
  G_OBJECT_CLASS (tbx_host_programs_parent_class)->finalize (object);
}

static void
tbx_host_programs_class_init (TbxHostProgramsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_host_programs_dispose;
  object_class->finalize = tbx_host_programs_finalize;

  /**
   * TbxHostPrograms::added:
   * @self: the programs
   * @program: one that is new
   */
  signals[SIGNAL_ADDED] = g_signal_new ("added", TBX_TYPE_HOST_PROGRAMS, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, TBX_TYPE_HOST_PROGRAM);

  /**
   * TbxHostPrograms::removed:
   * @self: the programs
   * @program: one that is listed no longer
   */
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", TBX_TYPE_HOST_PROGRAMS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, TBX_TYPE_HOST_PROGRAM);
}

static void
tbx_host_programs_init (TbxHostPrograms *self)
{
  self->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, entry_free);
}

/**
 * tbx_host_programs_new:
 * @pool: (nullable): whose workers start programs
 *
 * Returns: (transfer full): the programs, none at first
 */
TbxHostPrograms *
tbx_host_programs_new (TbxWorkerPool *pool)
{
  TbxHostPrograms *self = g_object_new (TBX_TYPE_HOST_PROGRAMS, NULL);

  if (pool == NULL)
    return self;
  self->pool = g_object_ref (pool);
  g_signal_connect (pool, "program-started", G_CALLBACK (on_program_started), self);
  g_signal_connect (pool, "program-ended", G_CALLBACK (on_program_ended), self);
  return self;
}
