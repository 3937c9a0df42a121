/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-config.h"
#include "tbx-guestinfo.h"
#include "tbx-power-bus.h"

G_BEGIN_DECLS

TbxPowerHost *tbx_power_setup      (const TbxConfig *config,
                                    TbxGuestInfo    *guestinfo,
                                    TbxTclo         *tclo,
                                    TbxRpci         *rpci,
                                    TbxOptions      *options,
                                    TbxCapabilities *capabilities);

TbxPowerWays  tbx_power_setup_ways (const TbxConfig *config);

G_END_DECLS
