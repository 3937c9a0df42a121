/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-capabilities.h"
#include "tbx-options.h"
#include "tbx-power.h"
#include "tbx-rpci.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* The host's side of power: answers its requests and tells it how each ended.
 * Property "owes": whether a status message is on its way, with notify. */
#define TBX_TYPE_POWER_HOST (tbx_power_host_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerHost, tbx_power_host, TBX, POWER_HOST, GObject)

TbxPowerHost *tbx_power_host_new       (TbxPower        *power,
                                        TbxTclo         *tclo,
                                        TbxRpci         *rpci,
                                        TbxOptions      *options,
                                        TbxCapabilities *capabilities);
TbxPower     *tbx_power_host_get_power (TbxPowerHost *self);
gboolean      tbx_power_host_get_owes  (TbxPowerHost *self);

G_END_DECLS
