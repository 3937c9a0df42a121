/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-host.h"

G_BEGIN_DECLS

/* Keeps the guest up until the host knows how its request ended. */
#define TBX_TYPE_DELAY_LOCK (tbx_delay_lock_get_type ())
G_DECLARE_FINAL_TYPE (TbxDelayLock, tbx_delay_lock, TBX, DELAY_LOCK, GObject)

TbxDelayLock *tbx_delay_lock_new    (TbxPower *power, TbxPowerHost *host);
void          tbx_delay_lock_attach (TbxDelayLock *self, GDBusConnection *connection);
void          tbx_delay_lock_detach (TbxDelayLock *self);

G_END_DECLS
