/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-relay.h"

G_BEGIN_DECLS

/* Has guest operations answered by whoever registered their opcodes. */
#define TBX_TYPE_EXTEND_VIX (tbx_extend_vix_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtendVix, tbx_extend_vix, TBX, EXTEND_VIX, GObject)

TbxExtendVix *tbx_extend_vix_new (TbxExtensions *extensions, TbxRelay *relay);

G_END_DECLS
