/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-primary.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_NETWORK (tbx_export_network_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportNetwork, tbx_export_network, TBX, EXPORT_NETWORK,
                      TbxBusNetworkSkeleton)

TbxExportNetwork *tbx_export_network_new (TbxPrimary *primary);

G_END_DECLS
