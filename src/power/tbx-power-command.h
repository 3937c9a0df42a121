/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-backend.h"

G_BEGIN_DECLS

/* Shuts down with a command: PROGRAM -h now, or PROGRAM -r now. */
#define TBX_TYPE_POWER_COMMAND (tbx_power_command_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerCommand, tbx_power_command, TBX, POWER_COMMAND, GObject)

TbxPowerCommand *tbx_power_command_new (const char *program);

G_END_DECLS
