/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-scopes.h"
#include "tbx-systemd1.h"

/* All programs of the host in one place for limits, and outside of what logind ends
 * with the last session of a user. */
#define SLICE "system-toolboxd.slice"

/* Just before the worker lets the program go anyway. */
#define SCOPE_MOST_MS 900

struct _TbxScopes
{
  GObject          parent_instance;
  TbxWorkerPool   *pool;         /* owned */
  TbxHostPrograms *programs;     /* owned */
  GDBusConnection *connection;   /* owned, or NULL */
  guint            watch_id;     /* of systemd's name, or 0 */
  gboolean         present;      /* systemd is on the bus */
  guint            job_id;       /* subscription to the ends of jobs, or 0 while none waits */
  GHashTable      *waiting;      /* unit name, in the value -> Waiting (owned) */
};

/* A program that waits for its scope. */
typedef struct
{
  TbxScopes *scopes;        /* (weak) */
  char      *unit;          /* owned */
  TbxWorker *worker;        /* owned */
  gint64     pid;
  guint      deadline_id;   /* source that waits no longer, or 0 */
} Waiting;

G_DEFINE_FINAL_TYPE (TbxScopes, tbx_scopes, G_TYPE_OBJECT)

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  g_clear_handle_id (&waiting->deadline_id, g_source_remove);
  tbx_worker_open_gate (waiting->worker, waiting->pid);
  g_object_unref (waiting->worker);
  g_free (waiting->unit);
  g_free (waiting);
}

/* Lets the program go; does nothing for one that is gone already. */
static void
scopes_release (TbxScopes *self, const char *unit)
{
  g_hash_table_remove (self->waiting, unit);
  if (g_hash_table_size (self->waiting) > 0 || self->job_id == 0)
    return;
  g_dbus_connection_signal_unsubscribe (self->connection, self->job_id);
  self->job_id = 0;
}

static gboolean
on_deadline (gpointer user_data)
{
  Waiting *waiting = user_data;
  g_autofree char *unit = g_strdup (waiting->unit);

  waiting->deadline_id = 0;
  g_info ("systemd is slow: %s is not waited for", unit);
  scopes_release (waiting->scopes, unit);
  return G_SOURCE_REMOVE;
}

/* The process is in its scope when the job is done, not when it was accepted. */
static void
on_job_removed (GDBusConnection *connection,
                const char      *sender,
                const char      *path,
                const char      *interface,
                const char      *name,
                GVariant        *arguments,
                gpointer         user_data)
{
  const char *unit, *result;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (arguments, "(uo&s&s)", NULL, NULL, &unit, &result);
  if (!g_str_equal (result, "done") && g_hash_table_contains (TBX_SCOPES (user_data)->waiting, unit))
    g_info ("systemd did not make %s: %s", unit, result);
  scopes_release (user_data, unit);
}

/* What a call of systemd's was about. */
typedef struct
{
  TbxScopes *scopes;   /* owned */
  char      *unit;     /* owned */
} Start;

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Start *start = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result,
                                                             &error);

  if (reply == NULL)
    {
      g_dbus_error_strip_remote_error (error);
      g_info ("systemd did not make %s: %s", start->unit, error->message);
      scopes_release (start->scopes, start->unit);
    }
  g_object_unref (start->scopes);
  g_free (start->unit);
  g_free (start);
}

static GVariant *
scope_properties (gint64 pid, const char *user)
{
  const guint32 pids[] = { (guint32) pid };
  g_autofree char *description = g_strdup_printf ("Program of %s, started by the virtualization host",
                                                  user);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  g_variant_builder_add (&builder, "(sv)", "Description", g_variant_new_string (description));
  g_variant_builder_add (&builder, "(sv)", "Slice", g_variant_new_string (SLICE));
  g_variant_builder_add (&builder, "(sv)", "CollectMode",
                         g_variant_new_string ("inactive-or-failed"));
  g_variant_builder_add (&builder, "(sv)", "PIDs",
                         g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, 1,
                                                    sizeof pids[0]));
  return g_variant_builder_end (&builder);
}

static void
scopes_start (TbxScopes *self, TbxWorker *worker, gint64 pid, const char *user)
{
  Waiting *waiting = g_new0 (Waiting, 1);
  Start *start = g_new (Start, 1);

  waiting->scopes = self;
  waiting->unit = g_strdup_printf ("toolboxd-%" G_GINT64_FORMAT ".scope", pid);
  waiting->worker = g_object_ref (worker);
  waiting->pid = pid;
  waiting->deadline_id = g_timeout_add (SCOPE_MOST_MS, on_deadline, waiting);
  *start = (Start) { g_object_ref (self), g_strdup (waiting->unit) };
  g_hash_table_replace (self->waiting, waiting->unit, waiting);
  if (self->job_id == 0)
    self->job_id = g_dbus_connection_signal_subscribe (self->connection, TBX_SYSTEMD1_NAME,
                                                       TBX_SYSTEMD1_INTERFACE, "JobRemoved",
                                                       TBX_SYSTEMD1_PATH,
                                                       NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                       on_job_removed, self, NULL);
  g_dbus_connection_call (self->connection, TBX_SYSTEMD1_NAME, TBX_SYSTEMD1_PATH,
                          TBX_SYSTEMD1_INTERFACE, "StartTransientUnit",
                          g_variant_new ("(ss@a(sv)@a(sa(sv)))", start->unit, "fail",
                                         scope_properties (pid, user),
                                         g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0)),
                          G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, SCOPE_MOST_MS,
                          NULL, on_started, start);
}

/* systemd moves what it is told to; a worker is its user's and may name any process. */
static gboolean
is_of_user (TbxScopes *self, gint64 pid, uid_t uid)
{
  TbxHostProgram *program = tbx_host_programs_find (self->programs, pid);

  return program != NULL && tbx_host_program_get_facts (program)->uid == uid
         && tbx_host_program_is_alive (program);
}

static void
on_program_started (TbxWorkerPool          *pool,
                    TbxWorker              *worker,
                    const TbxWorkerProgram *program,
                    TbxScopes              *self)
{
  g_autofree char *user = NULL;
  uid_t uid;

  if (self->present && tbx_worker_pool_get_owner (pool, worker, &uid, &user)
      && is_of_user (self, program->pid, uid))
    scopes_start (self, worker, program->pid, user);
  else
    tbx_worker_open_gate (worker, program->pid);
}

static void
scopes_set_present (TbxScopes *self, gboolean present)
{
  self->present = present;
  tbx_worker_pool_set_gated (self->pool, present);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  g_debug ("Programs get scopes of systemd");
  scopes_set_present (user_data, TRUE);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  scopes_set_present (user_data, FALSE);
}

/**
 * tbx_scopes_attach:
 * @self: the scopes
 * @connection: the bus that systemd may be on
 *
 * From now on systemd is asked, whenever it is there.
 */
void
tbx_scopes_attach (TbxScopes *self, GDBusConnection *connection)
{
  tbx_scopes_detach (self);
  self->connection = g_object_ref (connection);
  self->watch_id = g_bus_watch_name_on_connection (connection, TBX_SYSTEMD1_NAME,
                                                   G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                   on_vanished, self, NULL);
}

/**
 * tbx_scopes_detach:
 * @self: the scopes
 *
 * The bus is gone.  What waits for systemd waits no longer.
 */
void
tbx_scopes_detach (TbxScopes *self)
{
  g_clear_handle_id (&self->watch_id, g_bus_unwatch_name);
  scopes_set_present (self, FALSE);
  g_hash_table_remove_all (self->waiting);
  if (self->job_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->job_id);
  self->job_id = 0;
  g_clear_object (&self->connection);
}

static void
tbx_scopes_dispose (GObject *object)
{
  TbxScopes *self = TBX_SCOPES (object);

  if (self->pool != NULL)
    {
      tbx_scopes_detach (self);
      g_signal_handlers_disconnect_by_data (self->pool, self);
    }
  g_clear_object (&self->pool);
  g_clear_object (&self->programs);
  G_OBJECT_CLASS (tbx_scopes_parent_class)->dispose (object);
}

static void
tbx_scopes_finalize (GObject *object)
{
  g_hash_table_unref (TBX_SCOPES (object)->waiting);
  G_OBJECT_CLASS (tbx_scopes_parent_class)->finalize (object);
}

static void
tbx_scopes_class_init (TbxScopesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_scopes_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_scopes_finalize;
}

static void
tbx_scopes_init (TbxScopes *self)
{
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, waiting_free);
}

/**
 * tbx_scopes_new:
 * @pool: whose workers start programs
 * @programs: the programs of that pool, which hear of each before this does
 *
 * Only for where systemd is PID 1.
 */
TbxScopes *
tbx_scopes_new (TbxWorkerPool *pool, TbxHostPrograms *programs)
{
  TbxScopes *self = g_object_new (TBX_TYPE_SCOPES, NULL);

  self->pool = g_object_ref (pool);
  self->programs = g_object_ref (programs);
  g_signal_connect (pool, "program-started", G_CALLBACK (on_program_started), self);
  return self;
}
