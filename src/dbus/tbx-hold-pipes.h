/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-holds.h"

G_BEGIN_DECLS

/* What one client may hold. */
#define TBX_HOLD_PIPES_MAX 16

/* Holds that end with their descriptors. */
#define TBX_TYPE_HOLD_PIPES (tbx_hold_pipes_get_type ())
G_DECLARE_FINAL_TYPE (TbxHoldPipes, tbx_hold_pipes, TBX, HOLD_PIPES, GObject)

TbxHoldPipes *tbx_hold_pipes_new  (TbxPowerHolds *holds);
int           tbx_hold_pipes_open (TbxHoldPipes *self,
                                   const char   *client,
                                   TbxPowerSet   operations,
                                   const char   *who,
                                   const char   *why,
                                   GError      **error);

G_END_DECLS
