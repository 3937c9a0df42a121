/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-config.h"
#include "tbx-guestinfo.h"
#include "tbx-power-host.h"

G_BEGIN_DECLS

TbxPowerHost *tbx_power_setup (const TbxConfig *config,
                               TbxGuestInfo    *guestinfo,
                               TbxTclo         *tclo,
                               TbxRpci         *rpci,
                               TbxOptions      *options,
                               TbxCapabilities *capabilities);

G_END_DECLS
