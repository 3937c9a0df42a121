/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-operation.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* Holds there may be at once, whoever takes them. */
#define TBX_POWER_MAX_HOLDS 256

/* Those who want to be waited for.  Signal "changed". */
#define TBX_TYPE_POWER_HOLDS (tbx_power_holds_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerHolds, tbx_power_holds, TBX, POWER_HOLDS, GObject)

TbxPowerHolds *tbx_power_holds_new        (void);
guint          tbx_power_holds_take       (TbxPowerHolds *self,
                                           TbxPowerSet    operations,
                                           const char    *who,
                                           const char    *why,
                                           GError       **error);
void           tbx_power_holds_release    (TbxPowerHolds *self, guint cookie);
guint          tbx_power_holds_count      (TbxPowerHolds *self, TbxPowerOperation operation);
GVariant      *tbx_power_holds_dup_all    (TbxPowerHolds *self);
void           tbx_power_holds_append_who (TbxPowerHolds     *self,
                                           TbxPowerOperation  operation,
                                           GVariantBuilder   *builder);

G_END_DECLS
