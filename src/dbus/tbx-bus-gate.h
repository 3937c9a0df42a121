/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* What one caller may have under way. */
#define TBX_BUS_GATE_MAX_CALLS 32

/* Stands before every method of the interfaces that are put behind it. */
#define TBX_TYPE_BUS_GATE (tbx_bus_gate_get_type ())
G_DECLARE_FINAL_TYPE (TbxBusGate, tbx_bus_gate, TBX, BUS_GATE, GObject)

TbxBusGate *tbx_bus_gate_new     (void);
void        tbx_bus_gate_install (GDBusInterfaceSkeletonClass *klass);
void        tbx_bus_gate_guard   (TbxBusGate *self, GDBusInterfaceSkeleton *skeleton);
void        tbx_bus_gate_set_owner (GDBusInterfaceSkeleton *skeleton, guint uid);

G_END_DECLS
