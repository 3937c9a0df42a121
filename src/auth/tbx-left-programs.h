/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/types.h>
#include "tbx-program-table.h"

G_BEGIN_DECLS

/* What workers that are gone had started, by user: the next worker of that user lists it,
 * for what ended is listed for a while, whatever became of the worker that saw it. */
typedef struct _TbxLeftPrograms TbxLeftPrograms;

TbxLeftPrograms *tbx_left_programs_new    (void);
void             tbx_left_programs_free   (TbxLeftPrograms *self);
void             tbx_left_programs_add    (TbxLeftPrograms *self, uid_t uid, GList *programs);
TbxProgramTable *tbx_left_programs_take   (TbxLeftPrograms *self, uid_t uid);
void             tbx_left_programs_settle (TbxLeftPrograms              *self,
                                           uid_t                         uid,
                                           const TbxWorkerProgramExited *exited);

G_END_DECLS
