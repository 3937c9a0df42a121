/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-operation.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* Runs the administrator's files, in the order of their names.  Signal "changed". */
#define TBX_TYPE_POWER_FILES (tbx_power_files_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerFiles, tbx_power_files, TBX, POWER_FILES, GObject)

TbxPowerFiles *tbx_power_files_new        (const char *directory);
void           tbx_power_files_run_async  (TbxPowerFiles      *self,
                                           TbxPowerOperation   operation,
                                           GAsyncReadyCallback callback,
                                           gpointer            user_data);
gboolean       tbx_power_files_run_finish (TbxPowerFiles *self,
                                           GAsyncResult  *result,
                                           GError       **error);
void           tbx_power_files_kill       (TbxPowerFiles *self);
void           tbx_power_files_append_who (TbxPowerFiles *self, GVariantBuilder *builder);

G_END_DECLS
