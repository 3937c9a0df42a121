/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-host-program.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_PROCESS (tbx_export_process_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportProcess, tbx_export_process, TBX, EXPORT_PROCESS,
                      TbxBusProcessSkeleton)

TbxExportProcess *tbx_export_process_new (TbxHostProgram *program);

G_END_DECLS
