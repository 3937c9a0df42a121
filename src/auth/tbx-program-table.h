/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* What one worker told of its programs: those that run, and those that ended less than
 * TBX_WORKER_PROGRAM_LISTED_S ago.  Bounded, for the worker is the user's; which keeps
 * one too, for the next daemon. */
typedef struct _TbxProgramTable TbxProgramTable;

TbxProgramTable *tbx_program_table_new           (void);
void             tbx_program_table_free          (TbxProgramTable *self);
gboolean         tbx_program_table_put           (TbxProgramTable        *self,
                                                  const TbxWorkerProgram *program);
void             tbx_program_table_settle        (TbxProgramTable              *self,
                                                  const TbxWorkerProgramExited *exited);
GList           *tbx_program_table_list          (TbxProgramTable *self);
guint            tbx_program_table_count_running (TbxProgramTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxProgramTable, tbx_program_table_free)

G_END_DECLS
