/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-host-programs.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_PROCESSES (tbx_export_processes_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportProcesses, tbx_export_processes, TBX, EXPORT_PROCESSES,
                      TbxBusProcessesSkeleton)

TbxExportProcesses *tbx_export_processes_new (TbxHostPrograms *programs);

G_END_DECLS
