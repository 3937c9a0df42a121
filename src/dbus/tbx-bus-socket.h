/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Signal "appeared": the socket of the bus was made. */
#define TBX_TYPE_BUS_SOCKET (tbx_bus_socket_get_type ())
G_DECLARE_FINAL_TYPE (TbxBusSocket, tbx_bus_socket, TBX, BUS_SOCKET, GObject)

TbxBusSocket *tbx_bus_socket_new      (const char *address);
char         *tbx_bus_socket_dup_path (const char *address);

G_END_DECLS
