/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Signals: "up" when a connection was made, with a #GDBusConnection that is
 * already registered with the bus; "down" when it is gone, before another try. */
#define TBX_TYPE_BUS_CONNECTION (tbx_bus_connection_get_type ())
G_DECLARE_FINAL_TYPE (TbxBusConnection, tbx_bus_connection, TBX, BUS_CONNECTION, GObject)

TbxBusConnection *tbx_bus_connection_new   (const char *address);
void              tbx_bus_connection_start (TbxBusConnection *self);
void              tbx_bus_connection_stop  (TbxBusConnection *self);
GDBusConnection  *tbx_bus_connection_get   (TbxBusConnection *self);

G_END_DECLS
