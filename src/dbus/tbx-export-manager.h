/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-capabilities.h"
#include "tbx-link.h"
#include "tbx-options.h"
#include "tbx-relay.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_MANAGER (tbx_export_manager_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportManager, tbx_export_manager, TBX, EXPORT_MANAGER,
                      TbxBusManagerSkeleton)

TbxExportManager *tbx_export_manager_new (TbxLink         *link,
                                          TbxTclo         *tclo,
                                          TbxRelay        *relay,
                                          TbxOptions      *options,
                                          TbxCapabilities *capabilities,
                                          const char      *hypervisor);

G_END_DECLS
