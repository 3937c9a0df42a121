/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-handler.h"

G_BEGIN_DECLS

/* A handler that is an object of a client on the bus. */
#define TBX_TYPE_POWER_AGENT (tbx_power_agent_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerAgent, tbx_power_agent, TBX, POWER_AGENT, GObject)

TbxPowerAgent *tbx_power_agent_new        (GDBusConnection *connection,
                                           const char      *client,
                                           const char      *object);
gboolean       tbx_power_agent_is         (TbxPowerAgent *self,
                                           const char    *client,
                                           const char    *object);
const char    *tbx_power_agent_get_client (TbxPowerAgent *self);

G_END_DECLS
