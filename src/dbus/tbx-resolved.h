/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-network.h"

G_BEGIN_DECLS

/* The DNS source that asks systemd-resolved, while that is on the bus. */
#define TBX_TYPE_RESOLVED (tbx_resolved_get_type ())
G_DECLARE_FINAL_TYPE (TbxResolved, tbx_resolved, TBX, RESOLVED, GObject)

TbxResolved *tbx_resolved_new    (TbxNetwork *network);
void         tbx_resolved_attach (TbxResolved *self, GDBusConnection *connection);
void         tbx_resolved_detach (TbxResolved *self);

G_END_DECLS
