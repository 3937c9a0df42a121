/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-network.h"

G_BEGIN_DECLS

/* One object on the bus for each network interface. */
#define TBX_TYPE_EXPORT_NICS (tbx_export_nics_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportNics, tbx_export_nics, TBX, EXPORT_NICS, GObject)

TbxExportNics *tbx_export_nics_new (TbxNetwork *network, GDBusObjectManagerServer *objects);

G_END_DECLS
