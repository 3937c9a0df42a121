/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-host.h"

G_BEGIN_DECLS

/* What the administrator says about the ways down. */
typedef struct
{
  guint    inhibitor_wait_ms;   /* for those who block a shutdown */
  gboolean override;            /* whether they are overridden after that */
} TbxPowerWays;

/* The ways to shut down that are on the bus, and the lock that keeps us up. */
#define TBX_TYPE_POWER_BUS (tbx_power_bus_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerBus, tbx_power_bus, TBX, POWER_BUS, GObject)

TbxPowerBus *tbx_power_bus_new    (TbxPowerHost *host, const TbxPowerWays *ways);
void         tbx_power_bus_attach (TbxPowerBus *self, GDBusConnection *connection);
void         tbx_power_bus_detach (TbxPowerBus *self);

G_END_DECLS
