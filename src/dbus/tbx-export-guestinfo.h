/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-rpci.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_GUESTINFO (tbx_export_guestinfo_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportGuestinfo, tbx_export_guestinfo, TBX, EXPORT_GUESTINFO,
                      TbxBusGuestInfoSkeleton)

TbxExportGuestinfo *tbx_export_guestinfo_new (TbxRpci *rpci);

G_END_DECLS
