/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Text in columns that are as wide as they have to be. */
typedef struct _TbxSimTable TbxSimTable;

TbxSimTable *tbx_sim_table_new   (const char *const *titles);
void         tbx_sim_table_add   (TbxSimTable *self, const char *const *cells);
void         tbx_sim_table_print (TbxSimTable *self);
void         tbx_sim_table_free  (TbxSimTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimTable, tbx_sim_table_free)

G_END_DECLS
