/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"

G_BEGIN_DECLS

/* The daemon as a client sees it.  All fail with TBX_ERROR_TRANSPORT where the
 * bus, or the daemon on it, is not there. */
GDBusConnection    *tbx_ctl_bus_connect     (GError **error);
gboolean            tbx_ctl_bus_has         (GDBusConnection *bus, const char *name);
gboolean            tbx_ctl_bus_need_daemon (GDBusConnection *bus, GError **error);
TbxBusManager      *tbx_ctl_bus_manager     (GDBusConnection *bus, GError **error);
TbxBusNetwork      *tbx_ctl_bus_network     (GDBusConnection *bus, GError **error);
GDBusObjectManager *tbx_ctl_bus_objects     (GDBusConnection *bus, GError **error);
GVariant           *tbx_ctl_bus_call        (GDBusConnection    *bus,
                                             const char         *interface,
                                             const char         *method,
                                             GVariant           *arguments,
                                             const GVariantType *reply_type,
                                             GError            **error);

G_END_DECLS
