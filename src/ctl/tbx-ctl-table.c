/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ctl-table.h"
#include "tbx-ctl-text.h"
#include <stdarg.h>

struct _TbxTable
{
  guint      n_columns;
  GPtrArray *cells;      /* (owned), row by row */
};

/**
 * tbx_table_new:
 * @n_columns: how many cells a row has
 *
 * Returns: (transfer full): an empty table
 */
TbxTable *
tbx_table_new (guint n_columns)
{
  TbxTable *self = g_new0 (TbxTable, 1);

  self->n_columns = n_columns;
  self->cells = g_ptr_array_new_with_free_func (g_free);
  return self;
}

/**
 * tbx_table_add:
 * @self: the table
 * @...: a cell for each column, then NULL
 *
 * Adds a row.  Cells are escaped.
 */
void
tbx_table_add (TbxTable *self, ...)
{
  va_list cells;
  const char *cell;

  va_start (cells, self);
  while ((cell = va_arg (cells, const char *)) != NULL)
    g_ptr_array_add (self->cells, tbx_text_escape (cell, -1));
  va_end (cells);
  g_assert (self->cells->len % self->n_columns == 0);
}

/**
 * tbx_table_get_n_rows:
 * @self: the table
 *
 * Returns: how many rows were added
 */
guint
tbx_table_get_n_rows (TbxTable *self)
{
  return self->cells->len / self->n_columns;
}

/* Columns that @text takes on a terminal. */
static guint
text_width (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (!g_unichar_iszerowidth (c))
        width += g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

/**
 * tbx_table_print:
 * @self: the table
 *
 * Prints the rows, two spaces between columns and none at the end of a line.
 */
void
tbx_table_print (TbxTable *self)
{
  g_autofree guint *widths = g_new0 (guint, self->n_columns);

  for (guint i = 0; i < self->cells->len; i++)
    {
      guint column = i % self->n_columns;

      widths[column] = MAX (widths[column], text_width (self->cells->pdata[i]));
    }
  for (guint row = 0; row < self->cells->len; row += self->n_columns)
    {
      g_autoptr(GString) line = g_string_new (NULL);

      for (guint column = 0; column < self->n_columns; column++)
        {
          const char *cell = self->cells->pdata[row + column];

          g_string_append_printf (line, "%s%*s", cell, (int) (widths[column] - text_width (cell) + 2), "");
        }
      g_strchomp (line->str);
      g_print ("%s\n", line->str);
    }
}

/**
 * tbx_table_free:
 * @self: (nullable): the table
 */
void
tbx_table_free (TbxTable *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->cells);
  g_free (self);
}
