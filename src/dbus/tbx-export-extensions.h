/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"
#include "tbx-extensions.h"
#include "tbx-login.h"

G_BEGIN_DECLS

#define TBX_TYPE_EXPORT_EXTENSIONS (tbx_export_extensions_get_type ())
G_DECLARE_FINAL_TYPE (TbxExportExtensions, tbx_export_extensions, TBX, EXPORT_EXTENSIONS,
                      TbxBusExtensionsSkeleton)

TbxExportExtensions *tbx_export_extensions_new (TbxExtensions *extensions, TbxLogin *login);

G_END_DECLS
