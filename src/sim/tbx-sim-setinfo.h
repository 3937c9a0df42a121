/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-guest.h"

G_BEGIN_DECLS

gboolean tbx_sim_set_guest_info (TbxSimGuest *guest, GBytes *request, GError **error);

G_END_DECLS
