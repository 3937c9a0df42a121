/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-table.h"

struct _TbxSimTable
{
  guint      columns;
  GPtrArray *rows;   /* of char **, each with as many cells; owned; the titles are the first */
};

/**
 * tbx_sim_table_new:
 * @titles: (array zero-terminated=1): of the columns
 *
 * Returns: (transfer full): a table without rows
 */
TbxSimTable *
tbx_sim_table_new (const char *const *titles)
{
  TbxSimTable *self = g_new0 (TbxSimTable, 1);

  self->columns = g_strv_length ((char **) titles);
  self->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_ptr_array_add (self->rows, g_strdupv ((char **) titles));
  return self;
}

void
tbx_sim_table_free (TbxSimTable *self)
{
  g_ptr_array_unref (self->rows);
  g_free (self);
}

/**
 * tbx_sim_table_add:
 * @self: the table
 * @cells: a text for each column; %NULL for none
 */
void
tbx_sim_table_add (TbxSimTable *self, const char *const *cells)
{
  char **row = g_new0 (char *, self->columns + 1);

  for (guint i = 0; i < self->columns; i++)
    row[i] = g_strdup (cells[i] != NULL ? cells[i] : "");
  g_ptr_array_add (self->rows, row);
}

/* Prints the rows, if there are any, and a line between them and what follows. */
void
tbx_sim_table_print (TbxSimTable *self)
{
  g_autofree glong *widths = g_new0 (glong, self->columns);

  if (self->rows->len == 1)
    return;
  for (guint r = 0; r < self->rows->len; r++)
    for (guint c = 0; c < self->columns; c++)
      {
        char **row = g_ptr_array_index (self->rows, r);

        widths[c] = MAX (widths[c], g_utf8_strlen (row[c], -1));
      }
  for (guint r = 0; r < self->rows->len; r++)
    {
      g_autoptr(GString) line = g_string_new (NULL);
      char **row = g_ptr_array_index (self->rows, r);

      for (guint c = 0; c < self->columns; c++)
        {
          g_string_append (line, row[c]);
          for (glong i = g_utf8_strlen (row[c], -1); i < widths[c] + 2; i++)
            g_string_append_c (line, ' ');
        }
      g_print ("%s\n", g_strchomp (line->str));
    }
  g_print ("\n");
}
