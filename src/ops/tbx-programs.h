/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-program.h"

G_BEGIN_DECLS

/* The programs of one user, in the order in which they were started: those that run,
 * and for five minutes those that ended.
 *
 * Signals: "started" and "ended" (gpointer: const TbxOpsProgram *), for those that
 * are listed.  Property "empty" (b, with notify). */
#define TBX_TYPE_PROGRAMS (tbx_programs_get_type ())
G_DECLARE_FINAL_TYPE (TbxPrograms, tbx_programs, TBX, PROGRAMS, GObject)

TbxPrograms *tbx_programs_new    (void);
gboolean     tbx_programs_full   (TbxPrograms *self);
void         tbx_programs_add    (TbxPrograms *self, TbxProgram *program);
void         tbx_programs_remove (TbxPrograms *self, TbxProgram *program);
void         tbx_programs_ended  (TbxPrograms *self, TbxProgram *program);
TbxProgram  *tbx_programs_find   (TbxPrograms *self, gint64 pid);
GPtrArray   *tbx_programs_list   (TbxPrograms *self);
gboolean     tbx_programs_empty  (TbxPrograms *self);

G_END_DECLS
