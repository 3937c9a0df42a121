/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-power.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_POWER (tbx_export_power_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportPower, tbx_export_power, TBX, EXPORT_POWER, TbxBusPowerSkeleton)

TbxExportPower *tbx_export_power_new (TbxPower *power);

G_END_DECLS
