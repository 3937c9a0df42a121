/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-registers.h"

G_BEGIN_DECLS

GArray *tbx_sim_scan_cpuid (const TbxSimMemory *memory, guint64 start, guint64 end, guint64 base);

G_END_DECLS
