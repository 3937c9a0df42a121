/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extend-programs.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

/* Of one user, at a time. */
#define MAX_RUNS_OF_USER 256

/* From Terminate() on; then it has ended for us. */
#define KILL_AFTER_MS 5000

/* Exits that came before it was known whose they are. */
#define MAX_EARLY 32

#define LOST_EXIT_CODE   255
#define SIGNAL_EXIT_CODE 128

struct _TbxExtendPrograms
{
  GObject          parent_instance;
  TbxExtensions   *extensions;   /* owned */
  TbxWorkerPool   *pool;         /* owned */
  TbxHostPrograms *programs;     /* owned */
  GHashTable      *runs;         /* pid, in the value -> Run (owned) */
  gint64           last_pid;
};

G_DEFINE_FINAL_TYPE (TbxExtendPrograms, tbx_extend_programs, G_TYPE_OBJECT)

typedef struct
{
  guint64 handle;
  gint32  exit_code;
} Exit;

/* One program, from the call that starts it to its end. */
typedef struct
{
  TbxExtendPrograms *owner;             /* (weak) */
  TbxExtension      *agent;             /* owned */
  TbxAsk            *ask;               /* of the worker (owned), until it is answered */
  gint64             pid;
  uid_t              uid;               /* of the user that it runs for */
  gboolean           started;           /* @handle is known */
  gboolean           left;              /* its client did, before that */
  guint64            handle;            /* the agent's own */
  GArray            *early;             /* of Exit (owned), until it is */
  guint              subscription_id;   /* of the agent's signal */
  guint              watch_id;          /* of the agent's bus name */
  guint              kill_id;           /* source that counts it as ended, or 0 */
} Run;

static void
run_free (gpointer data)
{
  Run *run = data;

  g_dbus_connection_signal_unsubscribe (tbx_extension_get_connection (run->agent),
                                        run->subscription_id);
  g_clear_handle_id (&run->watch_id, g_bus_unwatch_name);
  g_clear_handle_id (&run->kill_id, g_source_remove);
  if (run->ask != NULL)
    tbx_ask_done (run->ask, EIO);
  g_array_unref (run->early);
  g_object_unref (run->agent);
  g_free (run);
}

/* Every way out of one that runs ends here, once. */
static void
run_end (Run *run, int exit_code, int signal)
{
  TbxExtendPrograms *self = run->owner;
  const TbxWorkerProgramExited exited = {
    run->pid, g_get_real_time () / G_USEC_PER_SEC, exit_code, signal,
  };
  uid_t uid = run->uid;

  g_hash_table_remove (self->runs, &run->pid);
  tbx_host_programs_settle (self->programs, &exited);
  tbx_worker_pool_program_exited (self->pool, uid, &exited);
}

static void
run_exit (Run *run, gint32 exit_code)
{
  run_end (run, exit_code >= 0 && exit_code <= 255 ? exit_code : LOST_EXIT_CODE, 0);
}

static void
on_exited (GDBusConnection *connection,
           const char      *sender,
           const char      *path,
           const char      *interface,
           const char      *signal,
           GVariant        *parameters,
           gpointer         user_data)
{
  Run *run = user_data;
  Exit heard;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ti)")))
    return;
  g_variant_get (parameters, "(ti)", &heard.handle, &heard.exit_code);
  if (run->started && heard.handle == run->handle)
    run_exit (run, heard.exit_code);
  else if (!run->started && run->early->len < MAX_EARLY)
    g_array_append_val (run->early, heard);
}

/* The client left, or the bus did.  A call that is not answered ends by itself. */
static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Run *run = user_data;

  run->left = TRUE;
  if (run->started)
    run_end (run, LOST_EXIT_CODE, 0);
}

static gboolean
on_kill_due (gpointer user_data)
{
  Run *run = user_data;

  run->kill_id = 0;
  g_info ("Program %" G_GINT64_FORMAT " of %s does not end, and counts as killed", run->pid,
          tbx_extension_get_client (run->agent));
  run_end (run, SIGNAL_EXIT_CODE + SIGKILL, SIGKILL);
  return G_SOURCE_REMOVE;
}

static void
on_terminate_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);

  if (reply == NULL)
    tbx_extension_log_failure (agent, error);
}

static void
agent_terminate (TbxExtension *agent, guint64 handle)
{
  tbx_extension_call_async (agent, "Terminate", g_variant_new ("(t)", handle), NULL, "()",
                            KILL_AFTER_MS, on_terminate_answered, NULL);
}

/* Once: a request that is repeated finds it on its way. */
static void
run_terminate (Run *run)
{
  if (run->kill_id != 0)
    return;
  run->kill_id = g_timeout_add (KILL_AFTER_MS, on_kill_due, run);
  g_source_set_name_by_id (run->kill_id, "tbx-extend-programs-kill");
  agent_terminate (run->agent, run->handle);
}

/* For TbxHostProgram: somebody on the bus has it end. */
static void
on_terminate (gint64 pid, gpointer user_data)
{
  TbxExtendPrograms *self = user_data;
  Run *run = g_hash_table_lookup (self->runs, &pid);

  if (run != NULL && run->started)
    run_terminate (run);
}

/* The worker learns of it first, and of its end then. */
static void
run_started (Run *run, guint64 handle)
{
  TbxExtendPrograms *self = run->owner;
  TbxAsk *ask = g_steal_pointer (&run->ask);
  const TbxWorkerStartAsk *start = &tbx_ask_get_message (ask)->start;
  g_autofree char *line = g_strdup_printf ("\"%s\" %s", start->name, start->arguments);
  const TbxWorkerProgram program = {
    .pid = run->pid, .start = g_get_real_time () / G_USEC_PER_SEC,
    .command = start->name, .command_line = line,
  };
  g_autoptr(GArray) early = g_array_ref (run->early);

  run->started = TRUE;
  run->handle = handle;
  tbx_host_programs_run (self->programs, &program, run->uid, tbx_ask_get_user (ask), on_terminate,
                         self);
  if (!tbx_ask_is_awaited (ask))   /* nobody will ask for its end */
    run_terminate (run);
  tbx_ask_runs (ask, program.pid, program.start);
  for (guint i = 0; i < early->len; i++)
    if (g_array_index (early, Exit, i).handle == handle)
      {
        run_exit (run, g_array_index (early, Exit, i).exit_code);
        return;
      }
  if (run->left)
    run_end (run, LOST_EXIT_CODE, 0);
}

static void
run_fail (Run *run, const GError *error)
{
  gboolean denied = g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);

  if (!denied)
    tbx_extension_log_failure (run->agent, error);
  tbx_ask_done (g_steal_pointer (&run->ask), denied ? EACCES : EIO);
  g_hash_table_remove (run->owner->runs, &run->pid);
}

/* What a call that is not answered yet belongs to; the object may go before. */
typedef struct
{
  GWeakRef owner;
  gint64   pid;
} Call;

static TbxExtendPrograms *
call_end (Call *call, gint64 *pid)
{
  TbxExtendPrograms *self = g_weak_ref_get (&call->owner);

  *pid = call->pid;
  g_weak_ref_clear (&call->owner);
  g_free (call);
  return self;
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gint64 pid;
  g_autoptr(TbxExtendPrograms) self = call_end (user_data, &pid);
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);
  Run *run = self == NULL ? NULL : g_hash_table_lookup (self->runs, &pid);
  guint64 handle;

  if (run == NULL)
    return;
  if (reply == NULL)
    {
      run_fail (run, error);
      return;
    }
  g_variant_get (reply, "(t)", &handle);
  run_started (run, handle);
}

static GVariant *
environment_of (const TbxWorkerStartAsk *start)
{
  GVariantBuilder strings;

  g_variant_builder_init (&strings, G_VARIANT_TYPE_STRING_ARRAY);
  for (gsize pos = 0; pos < start->environment_size;
       pos += strlen (start->environment + pos) + 1)
    g_variant_builder_add (&strings, "s", start->environment + pos);
  return g_variant_builder_end (&strings);
}

static GVariant *
spec_of (const Run *run)
{
  const TbxWorkerStartAsk *start = &tbx_ask_get_message (run->ask)->start;
  GVariantBuilder spec;

  g_variant_builder_init (&spec, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&spec, "{sv}", "name", g_variant_new_string (start->name));
  g_variant_builder_add (&spec, "{sv}", "arguments", g_variant_new_string (start->arguments));
  g_variant_builder_add (&spec, "{sv}", "working-directory",
                         g_variant_new_string (start->directory));
  g_variant_builder_add (&spec, "{sv}", "environment", environment_of (start));
  g_variant_builder_add (&spec, "{sv}", "user",
                         g_variant_new_string (tbx_ask_get_user (run->ask)));
  g_variant_builder_add (&spec, "{sv}", "uid", g_variant_new_uint32 (run->uid));
  g_variant_builder_add (&spec, "{sv}", "pid", g_variant_new_int64 (run->pid));
  return g_variant_builder_end (&spec);
}

static void
run_start (Run *run)
{
  const int fds[] = { tbx_ask_steal_fd (run->ask, 0), tbx_ask_steal_fd (run->ask, 1),
                      tbx_ask_steal_fd (run->ask, 2) };
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new_from_array (fds, G_N_ELEMENTS (fds));
  Call *call = g_new (Call, 1);

  g_weak_ref_init (&call->owner, run->owner);
  call->pid = run->pid;
  tbx_extension_call_async (run->agent, "Start",
                            g_variant_new ("(@a{sv}hhht)", spec_of (run), 0, 1, 2,
                                           tbx_extension_deadline_us (TBX_EXTENSION_ANSWER_MS)),
                            list, "(t)", TBX_EXTENSION_ANSWER_MS, on_started, call);
}

static guint
programs_count (TbxExtendPrograms *self, uid_t uid)
{
  GHashTableIter iter;
  guint n = 0;
  Run *run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &run))
    n += run->uid == uid;
  return n;
}

/* One that is listed nowhere, be it of a daemon before us. */
static gint64
programs_next_pid (TbxExtendPrograms *self)
{
  do
    if (self->last_pid++ == G_MAXINT32)
      self->last_pid = TBX_WORKER_FIRST_AGENT_PID;
  while (g_hash_table_contains (self->runs, &self->last_pid)
         || tbx_host_programs_find (self->programs, self->last_pid) != NULL);
  return self->last_pid;
}

static void
programs_start (TbxExtendPrograms *self, TbxAsk *ask)
{
  TbxExtension *agent = tbx_extensions_find (self->extensions, TBX_EXTENSION_PROGRAM,
                                             tbx_ask_get_message (ask)->start.name);
  GDBusConnection *connection;
  const char *client;
  Run *run;

  if (agent == NULL || programs_count (self, tbx_ask_get_uid (ask)) >= MAX_RUNS_OF_USER)
    {
      tbx_ask_done (ask, agent == NULL ? ENOENT : EAGAIN);
      return;
    }
  connection = tbx_extension_get_connection (agent);
  client = tbx_extension_get_client (agent);
  run = g_new0 (Run, 1);
  *run = (Run) {
    .owner = self,
    .agent = g_object_ref (agent),
    .ask = ask,
    .pid = programs_next_pid (self),
    .uid = tbx_ask_get_uid (ask),
    .early = g_array_new (FALSE, FALSE, sizeof (Exit)),
  };
  g_hash_table_insert (self->runs, &run->pid, run);
  run->subscription_id = g_dbus_connection_signal_subscribe (
    connection, client, tbx_extension_kind_get_interface (TBX_EXTENSION_PROGRAM), "Exited",
    tbx_extension_get_object (agent), NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_exited, run, NULL);
  run->watch_id = g_bus_watch_name_on_connection (connection, client, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                  NULL, on_vanished, run, NULL);
  run_start (run);
}

/* Of another user's programs a worker learns nothing. */
static void
programs_terminate (TbxExtendPrograms *self, TbxAsk *ask)
{
  Run *run = g_hash_table_lookup (self->runs, &tbx_ask_get_message (ask)->end.pid);

  if (run == NULL || !run->started || run->uid != tbx_ask_get_uid (ask))
    {
      tbx_ask_done (ask, ESRCH);
      return;
    }
  run_terminate (run);
  tbx_ask_done (ask, 0);
}

static void
on_asked (TbxAsk *ask, gpointer user_data)
{
  if (tbx_ask_get_message (ask)->type == TBX_WORKER_PROGRAM_START)
    programs_start (user_data, ask);
  else
    programs_terminate (user_data, ask);
}

static void
on_changed (TbxExtendPrograms *self, TbxExtension *entry)
{
  g_auto(GStrv) names = NULL;

  if (tbx_extension_get_kind (entry) != TBX_EXTENSION_PROGRAM)
    return;
  names = tbx_extensions_dup_names (self->extensions, TBX_EXTENSION_PROGRAM);
  tbx_worker_pool_set_names (self->pool, TBX_ASK_PROGRAMS, (const char *const *) names);
}

static void
tbx_extend_programs_dispose (GObject *object)
{
  TbxExtendPrograms *self = TBX_EXTEND_PROGRAMS (object);
  GHashTableIter iter;
  Run *run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &run))
    {
      TbxHostProgram *program = tbx_host_programs_find (self->programs, run->pid);

      if (program != NULL)
        tbx_host_program_set_terminate (program, NULL, NULL);
    }
  g_hash_table_remove_all (self->runs);
  if (self->pool != NULL)
    tbx_worker_pool_serve (self->pool, TBX_ASK_PROGRAMS, NULL, NULL);
  g_clear_object (&self->programs);
  g_clear_object (&self->pool);
  g_clear_object (&self->extensions);
  G_OBJECT_CLASS (tbx_extend_programs_parent_class)->dispose (object);
}

static void
tbx_extend_programs_finalize (GObject *object)
{
  g_hash_table_unref (TBX_EXTEND_PROGRAMS (object)->runs);
  G_OBJECT_CLASS (tbx_extend_programs_parent_class)->finalize (object);
}

static void
tbx_extend_programs_class_init (TbxExtendProgramsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_extend_programs_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_extend_programs_finalize;
}

static void
tbx_extend_programs_init (TbxExtendPrograms *self)
{
  self->runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, run_free);
  self->last_pid = TBX_WORKER_FIRST_AGENT_PID - 1;
}

/**
 * tbx_extend_programs_new:
 * @extensions: what is registered; nothing yet
 * @pool: whose workers ask
 * @programs: shows what runs
 *
 * Source: docs/bus.md, "Extensions".
 */
TbxExtendPrograms *
tbx_extend_programs_new (TbxExtensions *extensions, TbxWorkerPool *pool, TbxHostPrograms *programs)
{
  TbxExtendPrograms *self = g_object_new (TBX_TYPE_EXTEND_PROGRAMS, NULL);

  self->extensions = g_object_ref (extensions);
  self->pool = g_object_ref (pool);
  self->programs = g_object_ref (programs);
  tbx_worker_pool_serve (pool, TBX_ASK_PROGRAMS, on_asked, self);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  return self;
}
