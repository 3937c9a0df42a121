/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-backend.h"

G_BEGIN_DECLS

#define TBX_SYSTEMD1_NAME "org.freedesktop.systemd1"
#define TBX_SYSTEMD1_PATH "/org/freedesktop/systemd1"
#define TBX_SYSTEMD1_INTERFACE "org.freedesktop.systemd1.Manager"

/* Shuts down by systemd itself, where logind cannot. */
#define TBX_TYPE_SYSTEMD1 (tbx_systemd1_get_type ())
G_DECLARE_FINAL_TYPE (TbxSystemd1, tbx_systemd1, TBX, SYSTEMD1, GObject)

TbxSystemd1 *tbx_systemd1_new    (void);
void         tbx_systemd1_attach (TbxSystemd1 *self, GDBusConnection *connection);
void         tbx_systemd1_detach (TbxSystemd1 *self);

G_END_DECLS
