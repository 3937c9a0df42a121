/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-agent.h"
#include "tbx-power-handlers.h"

G_BEGIN_DECLS

/* What one client may register. */
#define TBX_POWER_AGENTS_MAX 16

/* Handlers on the bus, each for as long as its client is there. */
#define TBX_TYPE_POWER_AGENTS (tbx_power_agents_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerAgents, tbx_power_agents, TBX, POWER_AGENTS, GObject)

TbxPowerAgents *tbx_power_agents_new    (TbxPowerHandlers *handlers);
gboolean        tbx_power_agents_add    (TbxPowerAgents  *self,
                                         GDBusConnection *connection,
                                         const char      *client,
                                         const char      *object,
                                         TbxPowerSet      operations,
                                         gint             priority,
                                         GError         **error);
gboolean        tbx_power_agents_remove (TbxPowerAgents *self,
                                         const char     *client,
                                         const char     *object,
                                         GError        **error);

G_END_DECLS
