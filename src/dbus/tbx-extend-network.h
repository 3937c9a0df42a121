/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-primary.h"

G_BEGIN_DECLS

/* Has the primary address chosen by whoever registered for it. */
#define TBX_TYPE_EXTEND_NETWORK (tbx_extend_network_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtendNetwork, tbx_extend_network, TBX, EXTEND_NETWORK, GObject)

TbxExtendNetwork *tbx_extend_network_new (TbxExtensions *extensions,
                                          TbxNetwork    *network,
                                          TbxPrimary    *primary);

G_END_DECLS
