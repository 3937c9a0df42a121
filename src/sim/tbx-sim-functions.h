/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-registers.h"

G_BEGIN_DECLS

/* Where the functions of one loaded module begin and end, by its unwind table,
 * which stripped files have too. */
typedef struct _TbxSimFunctions TbxSimFunctions;

TbxSimFunctions *tbx_sim_functions_new  (const TbxSimMemory *memory, guint64 base);
void             tbx_sim_functions_free (TbxSimFunctions *self);
gboolean         tbx_sim_functions_find (TbxSimFunctions    *self,
                                         const TbxSimMemory *memory,
                                         guint64             address,
                                         guint64            *start);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimFunctions, tbx_sim_functions_free)

G_END_DECLS
