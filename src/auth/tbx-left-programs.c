/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-left-programs.h"

struct _TbxLeftPrograms
{
  GHashTable *tables;   /* uid -> TbxProgramTable (owned) */
};

TbxLeftPrograms *
tbx_left_programs_new (void)
{
  TbxLeftPrograms *self = g_new (TbxLeftPrograms, 1);

  self->tables = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) tbx_program_table_free);
  return self;
}

void
tbx_left_programs_free (TbxLeftPrograms *self)
{
  g_hash_table_unref (self->tables);
  g_free (self);
}

/**
 * tbx_left_programs_add:
 * @self: what is left
 * @uid: whose they are
 * @programs: (element-type TbxWorkerProgram): of a worker that is gone; copied
 */
void
tbx_left_programs_add (TbxLeftPrograms *self, uid_t uid, GList *programs)
{
  TbxProgramTable *table = g_hash_table_lookup (self->tables, GUINT_TO_POINTER (uid));

  if (programs == NULL)
    return;
  if (table == NULL)
    {
      table = tbx_program_table_new ();
      g_hash_table_insert (self->tables, GUINT_TO_POINTER (uid), table);
    }
  for (GList *each = programs; each != NULL; each = each->next)
    tbx_program_table_put (table, each->data);
}

/**
 * tbx_left_programs_take:
 * @self: what is left
 * @uid: of a user
 *
 * Returns: (transfer full) (nullable): what is that user's, and is left no longer
 */
TbxProgramTable *
tbx_left_programs_take (TbxLeftPrograms *self, uid_t uid)
{
  gpointer table = NULL;

  g_hash_table_steal_extended (self->tables, GUINT_TO_POINTER (uid), NULL, &table);
  return table;
}

/**
 * tbx_left_programs_settle:
 * @self: what is left
 * @uid: of a user
 * @exited: how a program of that user ended, which may not be here
 */
void
tbx_left_programs_settle (TbxLeftPrograms              *self,
                          uid_t                         uid,
                          const TbxWorkerProgramExited *exited)
{
  TbxProgramTable *table = g_hash_table_lookup (self->tables, GUINT_TO_POINTER (uid));

  if (table != NULL)
    tbx_program_table_settle (table, exited);
}
