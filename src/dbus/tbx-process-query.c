/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-process-query.h"
#include "tbx-process-list.h"
#include <stdlib.h>

/* All command lines together: a message on the bus must stay far below its limit. */
#define MAX_COMMAND_LINES_BYTES (8 * 1024 * 1024)

struct _TbxProcessQuery
{
  GArray     *programs;   /* of TbxHostProgramFacts, those that were asked for (owned) */
  GHashTable *pids;       /* pid (owned), or NULL: all */
  GHashTable *alive;      /* pid (owned) of each of them that is alive */
  gboolean    all;        /* processes that are no programs too */
  gboolean    show_all;   /* the viewer may read every command line */
  gint64      viewer;     /* user id; -1: unknown */
};

/* A list as it grows. */
typedef struct
{
  const TbxProcessQuery *query;
  GPtrArray             *entries;   /* of Entry (owned) */
  gsize                  n_bytes;   /* of the command lines */
} List;

typedef struct
{
  gint64    pid;
  guint64   start;
  GVariant *value;   /* owned */
} Entry;

static void
facts_clear (gpointer data)
{
  TbxHostProgramFacts *facts = data;

  g_free ((char *) facts->name);
  g_free ((char *) facts->user);
  g_free ((char *) facts->command_line);
}

static void
entry_free (gpointer data)
{
  g_variant_unref (((Entry *) data)->value);
  g_free (data);
}

static gboolean
query_wants (const TbxProcessQuery *self, gint64 pid)
{
  return self->pids == NULL || g_hash_table_contains (self->pids, &pid);
}

static void
query_take_program (TbxProcessQuery *self, TbxHostProgram *host_program)
{
  TbxHostProgramFacts facts = *tbx_host_program_get_facts (host_program);

  if (!query_wants (self, facts.pid))
    return;
  if (self->all && tbx_host_program_is_alive (host_program))
    g_hash_table_add (self->alive, g_memdup2 (&facts.pid, sizeof facts.pid));
  facts.name = g_strdup (facts.name);
  facts.user = g_strdup (facts.user);
  facts.command_line = g_strdup (facts.command_line);
  g_array_append_val (self->programs, facts);
}

/**
 * tbx_process_query_new:
 * @programs: those that were started for the host
 * @pids: of type `ax`; empty: all
 * @all: whether the other processes of the system are wanted
 *
 * Returns: (transfer full): a query of somebody unknown
 */
TbxProcessQuery *
tbx_process_query_new (TbxHostPrograms *programs, GVariant *pids, gboolean all)
{
  TbxProcessQuery *self = g_new0 (TbxProcessQuery, 1);
  g_autoptr(GPtrArray) listed = tbx_host_programs_dup (programs);
  gsize n;
  const gint64 *wanted = g_variant_get_fixed_array (pids, &n, sizeof (gint64));

  self->programs = g_array_new (FALSE, FALSE, sizeof (TbxHostProgramFacts));
  g_array_set_clear_func (self->programs, facts_clear);
  self->alive = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->all = all;
  self->viewer = -1;
  if (n > 0)
    self->pids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (gsize i = 0; i < n; i++)
    g_hash_table_add (self->pids, g_memdup2 (&wanted[i], sizeof wanted[i]));
  for (guint i = 0; i < listed->len; i++)
    query_take_program (self, g_ptr_array_index (listed, i));
  return self;
}

void
tbx_process_query_free (TbxProcessQuery *self)
{
  g_array_unref (self->programs);
  g_clear_pointer (&self->pids, g_hash_table_unref);
  g_hash_table_unref (self->alive);
  g_free (self);
}

/**
 * tbx_process_query_set_viewer:
 * @self: the query
 * @uid: who asks; -1 when that is not known
 *
 * Root sees every command line, all others see their own.
 */
void
tbx_process_query_set_viewer (TbxProcessQuery *self, gint64 uid)
{
  self->viewer = uid;
}

/**
 * tbx_process_query_show_all:
 * @self: the query
 *
 * Whoever asks may see every command line.
 */
void
tbx_process_query_show_all (TbxProcessQuery *self)
{
  self->show_all = TRUE;
}

static gboolean
query_shows (const TbxProcessQuery *self, uid_t owner)
{
  return self->show_all || self->viewer == 0 || (self->viewer > 0 && self->viewer == (gint64) owner);
}

/**
 * tbx_process_query_hides:
 * @self: the query
 *
 * Returns: whether there may be command lines that the viewer does not see
 */
gboolean
tbx_process_query_hides (const TbxProcessQuery *self)
{
  for (guint i = 0; i < self->programs->len; i++)
    if (!query_shows (self, g_array_index (self->programs, TbxHostProgramFacts, i).uid))
      return TRUE;
  return self->all && !query_shows (self, (uid_t) -1);
}

static void
add_text (GVariantBuilder *builder, const char *key, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (valid));
}

static void
list_add (List *list, const TbxHostProgramFacts *facts)
{
  GVariantBuilder builder;
  Entry *entry = g_new (Entry, 1);
  gsize n_bytes = strlen (facts->command_line);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "pid", g_variant_new_int64 (facts->pid));
  add_text (&builder, "name", facts->name);
  add_text (&builder, "user", facts->user);
  g_variant_builder_add (&builder, "{sv}", "start", g_variant_new_uint64 (facts->start));
  g_variant_builder_add (&builder, "{sv}", "end", g_variant_new_uint64 (facts->end));
  if (facts->exit_code >= 0)
    g_variant_builder_add (&builder, "{sv}", "exit-code", g_variant_new_int32 (facts->exit_code));
  if (facts->signal != 0)
    g_variant_builder_add (&builder, "{sv}", "signal", g_variant_new_int32 (facts->signal));
  if (query_shows (list->query, facts->uid) && n_bytes <= MAX_COMMAND_LINES_BYTES - list->n_bytes)
    {
      list->n_bytes += n_bytes;
      add_text (&builder, "command-line", facts->command_line);
    }
  *entry = (Entry) { facts->pid, facts->start,
                     g_variant_ref_sink (g_variant_builder_end (&builder)) };
  g_ptr_array_add (list->entries, entry);
}

static gboolean
on_system_process (const TbxVixProcess *process, uid_t uid, gpointer user_data)
{
  List *list = user_data;

  /* It is there as a program already. */
  if (g_hash_table_contains (list->query->alive, &process->pid))
    return TRUE;
  list_add (list, &(TbxHostProgramFacts) {
      .pid = process->pid,
      .uid = uid,
      .name = process->command,
      .user = process->user,
      .command_line = process->command_line,
      .start = (guint64) MAX (process->start, 0),
      .exit_code = -1,
    });
  return TRUE;
}

static void
list_system (List *list)
{
  g_autoptr(TbxProcessList) system = tbx_process_list_new ();
  GHashTableIter iter;
  gint64 *pid;

  if (list->query->pids == NULL)
    {
      tbx_process_list_foreach (system, on_system_process, list);
      return;
    }
  g_hash_table_iter_init (&iter, list->query->pids);
  while (g_hash_table_iter_next (&iter, (gpointer *) &pid, NULL))
    tbx_process_list_one (system, *pid, on_system_process, list);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = *(const Entry *const *) a, *y = *(const Entry *const *) b;

  if (x->pid != y->pid)
    return x->pid < y->pid ? -1 : 1;
  return x->start < y->start ? -1 : x->start > y->start;
}

/**
 * tbx_process_query_run:
 * @self: the query, of which nothing changes meanwhile
 *
 * Reads /proc and asks the name service where other processes are wanted: it may block
 * then.
 *
 * Returns: (transfer floating): of type `aa{sv}`, by process id
 */
GVariant *
tbx_process_query_run (const TbxProcessQuery *self)
{
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (entry_free);
  List list = { self, entries, 0 };
  GVariantBuilder builder;

  for (guint i = 0; i < self->programs->len; i++)
    list_add (&list, &g_array_index (self->programs, TbxHostProgramFacts, i));
  if (self->all)
    list_system (&list);
  g_ptr_array_sort (entries, compare_entries);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < entries->len; i++)
    g_variant_builder_add_value (&builder, ((Entry *) g_ptr_array_index (entries, i))->value);
  return g_variant_builder_end (&builder);
}
