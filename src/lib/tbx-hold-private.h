/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hold.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxHold *tbx_hold_new (int fd);

G_END_DECLS
