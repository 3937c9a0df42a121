/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-capabilities.h"
#include "tbx-hostname.h"
#include "tbx-options.h"
#include "tbx-primary.h"
#include "tbx-rpci.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* Tells the host about this guest: everything after a reset, later what changed.
 * Knows what the host accepted, so nothing is told twice. */
#define TBX_TYPE_GUESTINFO (tbx_guestinfo_get_type ())
G_DECLARE_FINAL_TYPE (TbxGuestInfo, tbx_guestinfo, TBX, GUESTINFO, GObject)

TbxGuestInfo *tbx_guestinfo_new     (TbxTclo         *tclo,
                                     TbxRpci         *rpci,
                                     TbxOptions      *options,
                                     TbxCapabilities *capabilities,
                                     TbxNetwork      *network,
                                     TbxPrimary      *primary,
                                     TbxHostname     *hostname);
void          tbx_guestinfo_refresh (TbxGuestInfo *self);

G_END_DECLS
