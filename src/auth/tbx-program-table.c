/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-program-table.h"

#define MAX_PROGRAMS 4096

struct _TbxProgramTable
{
  GHashTable *programs;    /* pid, in the value -> TbxWorkerProgram (owned) */
  guint       n_running;
};

static void
program_free (gpointer data)
{
  TbxWorkerProgram *program = data;

  g_free ((char *) program->command);
  g_free ((char *) program->command_line);
  g_free (program);
}

TbxProgramTable *
tbx_program_table_new (void)
{
  TbxProgramTable *self = g_new0 (TbxProgramTable, 1);

  self->programs = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, program_free);
  return self;
}

void
tbx_program_table_free (TbxProgramTable *self)
{
  g_hash_table_unref (self->programs);
  g_free (self);
}

/* For g_hash_table_foreach_remove(). */
static gboolean
is_past (gpointer key, gpointer value, gpointer user_data)
{
  const TbxWorkerProgram *program = value;
  gint64 now = *(const gint64 *) user_data;

  return program->end != 0
         && (now - program->end > TBX_WORKER_PROGRAM_LISTED_S || program->end > now + 1);
}

static void
table_prune (TbxProgramTable *self)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  g_hash_table_foreach_remove (self->programs, is_past, &now);
}

/* Forgets one that ended, the one that did so first. */
static void
table_drop_one (TbxProgramTable *self)
{
  TbxWorkerProgram *program, *first = NULL;
  GHashTableIter iter;

  g_hash_table_iter_init (&iter, self->programs);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &program))
    if (program->end != 0 && (first == NULL || program->end < first->end))
      first = program;
  if (first != NULL)
    g_hash_table_remove (self->programs, &first->pid);
}

/**
 * tbx_program_table_put:
 * @self: the table
 * @program: what became of a program; copied
 *
 * Returns: %FALSE when there is no room for it: more run than any host would start
 */
gboolean
tbx_program_table_put (TbxProgramTable *self, const TbxWorkerProgram *program)
{
  const TbxWorkerProgram *old = g_hash_table_lookup (self->programs, &program->pid);
  TbxWorkerProgram *copy;

  if (old == NULL)
    {
      table_prune (self);
      if (g_hash_table_size (self->programs) >= MAX_PROGRAMS)
        table_drop_one (self);
      if (g_hash_table_size (self->programs) >= MAX_PROGRAMS)
        return FALSE;
    }
  else if (old->end == 0)
    self->n_running--;
  if (program->end == 0)
    self->n_running++;
  copy = g_memdup2 (program, sizeof *program);
  copy->command = g_strdup (program->command);
  copy->command_line = g_strdup (program->command_line);
  g_hash_table_replace (self->programs, &copy->pid, copy);
  return TRUE;
}

/**
 * tbx_program_table_settle:
 * @self: the table
 * @exited: how a program ended, which may not be here
 */
void
tbx_program_table_settle (TbxProgramTable *self, const TbxWorkerProgramExited *exited)
{
  TbxWorkerProgram *program = g_hash_table_lookup (self->programs, &exited->pid);

  if (program == NULL || program->end != 0)
    return;
  program->end = exited->end;
  program->exit_code = exited->exit_code;
  program->signal = exited->signal;
  self->n_running--;
}

/**
 * tbx_program_table_list:
 * @self: the table
 *
 * Returns: (transfer container) (element-type TbxWorkerProgram): what is listed now,
 *   valid until the table changes
 */
GList *
tbx_program_table_list (TbxProgramTable *self)
{
  table_prune (self);
  return g_hash_table_get_values (self->programs);
}

guint
tbx_program_table_count_running (TbxProgramTable *self)
{
  return self->n_running;
}
