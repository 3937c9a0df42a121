/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Rows of cells, printed with each column as wide as its widest cell. */
typedef struct _TbxTable TbxTable;

TbxTable *tbx_table_new        (guint n_columns);
void      tbx_table_add        (TbxTable *self, ...) G_GNUC_NULL_TERMINATED;
guint     tbx_table_get_n_rows (TbxTable *self);
void      tbx_table_print      (TbxTable *self);
void      tbx_table_free       (TbxTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxTable, tbx_table_free)

G_END_DECLS
