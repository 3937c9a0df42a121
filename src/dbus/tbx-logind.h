/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-backend.h"

G_BEGIN_DECLS

#define TBX_LOGIN1_NAME "org.freedesktop.login1"
#define TBX_LOGIN1_PATH "/org/freedesktop/login1"
#define TBX_LOGIN1_INTERFACE "org.freedesktop.login1.Manager"

/* Shuts down by systemd-logind, with respect for who blocks that. */
#define TBX_TYPE_LOGIND (tbx_logind_get_type ())
G_DECLARE_FINAL_TYPE (TbxLogind, tbx_logind, TBX, LOGIND, GObject)

TbxLogind *tbx_logind_new    (guint wait_ms, gboolean override);
void       tbx_logind_attach (TbxLogind *self, GDBusConnection *connection);
void       tbx_logind_detach (TbxLogind *self);

G_END_DECLS
