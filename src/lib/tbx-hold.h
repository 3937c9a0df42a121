/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBX_TYPE_HOLD (tbx_hold_get_type ())
G_DECLARE_FINAL_TYPE (TbxHold, tbx_hold, TBX, HOLD, GObject)

int      tbx_hold_get_fd   (TbxHold *self);
gboolean tbx_hold_is_held  (TbxHold *self);
void     tbx_hold_release  (TbxHold *self);

G_END_DECLS
