/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-launch.h"
#include "tbx-ops.h"
#include "tbx-streams.h"

G_BEGIN_DECLS

/* One program that was started for the host: our child until it has ended, then the
 * memory of how it did.  Reference counted. */
typedef struct _TbxProgram TbxProgram;

typedef void (*TbxProgramEnded) (TbxProgram *program, gpointer user_data);

TbxProgram *tbx_program_start         (const char      *command,
                                       const char      *command_line,
                                       const TbxLaunch *launch,
                                       gboolean         listed,
                                       TbxProgramEnded  ended,
                                       gpointer         user_data,
                                       GDestroyNotify   destroy,
                                       int             *error_number);
TbxProgram *tbx_program_adopt         (const TbxOpsProgram *record,
                                       TbxProgramEnded      ended,
                                       gpointer             user_data);
TbxProgram *tbx_program_new_remote    (const char      *command,
                                       const char      *command_line,
                                       gint64           pid,
                                       gint64           start,
                                       TbxProgramEnded  ended,
                                       gpointer         user_data);
void        tbx_program_exited        (TbxProgram *self, const TbxWorkerProgramExited *exited);
TbxProgram *tbx_program_ref           (TbxProgram *self);
void        tbx_program_unref         (TbxProgram *self);
void        tbx_program_detach        (TbxProgram *self);
void        tbx_program_set_streams   (TbxProgram *self, TbxStreams *streams);
TbxStreams *tbx_program_get_streams   (TbxProgram *self);
const TbxOpsProgram *
            tbx_program_get_record    (TbxProgram *self);
gboolean    tbx_program_is_listed     (TbxProgram *self);
gint64      tbx_program_get_ended_us  (TbxProgram *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxProgram, tbx_program_unref)

G_END_DECLS
