/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBX_TYPE_RUN (tbx_run_get_type ())
G_DECLARE_FINAL_TYPE (TbxRun, tbx_run, TBX, RUN, GObject)

GInputStream  *tbx_run_get_stdin  (TbxRun *self);
GOutputStream *tbx_run_get_stdout (TbxRun *self);
GOutputStream *tbx_run_get_stderr (TbxRun *self);
gboolean       tbx_run_has_exited (TbxRun *self);
void           tbx_run_exit       (TbxRun *self, int exit_code);

G_END_DECLS
