/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-run.h"
#include "tbx-bus-api.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRun *tbx_run_new        (TbxBusAgentProgram *skeleton, guint64 handle, int in, int out, int err);
G_GNUC_INTERNAL
guint64 tbx_run_get_handle (TbxRun *self);
G_GNUC_INTERNAL
void    tbx_run_start      (TbxRun *self);
G_GNUC_INTERNAL
void    tbx_run_terminate  (TbxRun *self);

G_GNUC_INTERNAL
void    tbx_run_retire     (GDBusInterfaceSkeleton *skeleton);

G_END_DECLS
