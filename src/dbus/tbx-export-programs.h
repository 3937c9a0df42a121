/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-gate.h"
#include "tbx-host-programs.h"

G_BEGIN_DECLS

/* One object on the bus for each program that was started for the host. */
#define TBX_TYPE_EXPORT_PROGRAMS (tbx_export_programs_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportPrograms, tbx_export_programs, TBX, EXPORT_PROGRAMS, GObject)

TbxExportPrograms *tbx_export_programs_new (TbxHostPrograms          *programs,
                                            TbxBusGate               *gate,
                                            GDBusObjectManagerServer *objects);

G_END_DECLS
