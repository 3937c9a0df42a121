/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-bus.h"
#include "tbx-bus-connection.h"
#include "tbx-bus-gate.h"
#include "tbx-export-extensions.h"
#include "tbx-export-guestinfo.h"
#include "tbx-export-manager.h"
#include "tbx-export-network.h"
#include "tbx-export-nics.h"
#include "tbx-export-power.h"
#include "tbx-export-processes.h"
#include "tbx-export-programs.h"
#include "tbx-extension-bus.h"
#include "tbx-names.h"
#include "tbx-resolved.h"
#include "tbx-scopes.h"

/* Holds what is shown on the bus, and shows it whenever there is a bus. */
struct _TbxBus
{
  GObject                   parent_instance;
  TbxBusConnection         *connection;   /* owned */
  GDBusObjectManagerServer *objects;      /* objects below the root (owned) */
  GPtrArray                *root;         /* GDBusInterfaceSkeleton of the root (owned) */
  TbxExportNics            *nics;         /* owned */
  TbxExportPrograms        *programs;     /* owned */
  TbxPowerBus              *power;        /* owned */
  TbxExtensionBus          *extensions;   /* owned */
  TbxScopes                *scopes;       /* owned, or NULL without systemd */
  TbxNetwork               *network;      /* owned */
  TbxResolved              *resolved;     /* owned */
  guint                     name_id;      /* of our claim to the bus name, or 0 */
};

G_DEFINE_FINAL_TYPE (TbxBus, tbx_bus, G_TYPE_OBJECT)

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_info ("On the bus as %s", name);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  /* When the bus itself is gone, that is logged already. */
  if (connection != NULL && !g_dbus_connection_is_closed (connection))
    g_warning ("Another process has the bus name %s, or the bus does not let us own it", name);
}

/* The name comes last: who sees it finds everything behind it, the interfaces too,
 * which the kernel tells in the first milliseconds. */
static void
bus_claim_name (TbxBus *self)
{
  GDBusConnection *connection = tbx_bus_connection_get (self->connection);

  if (connection != NULL && self->name_id == 0 && tbx_network_get_ready (self->network))
    self->name_id =
      g_bus_own_name_on_connection (connection, TBX_BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                    on_name_acquired, on_name_lost, NULL, NULL);
}

static void
on_up (TbxBusConnection *source, GDBusConnection *connection, TbxBus *self)
{
  for (guint i = 0; i < self->root->len; i++)
    {
      g_autoptr(GError) error = NULL;

      if (!g_dbus_interface_skeleton_export (g_ptr_array_index (self->root, i), connection,
                                             TBX_OBJECT_PATH, &error))
        g_critical ("Cannot export: %s", error->message);
    }
  g_dbus_object_manager_server_set_connection (self->objects, connection);
  tbx_resolved_attach (self->resolved, connection);
  tbx_power_bus_attach (self->power, connection);
  if (self->scopes != NULL)
    tbx_scopes_attach (self->scopes, connection);
  bus_claim_name (self);
}

static void
on_down (TbxBusConnection *source, TbxBus *self)
{
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  tbx_power_bus_detach (self->power);
  if (self->scopes != NULL)
    tbx_scopes_detach (self->scopes);
  tbx_resolved_detach (self->resolved);
  g_dbus_object_manager_server_set_connection (self->objects, NULL);
  for (guint i = 0; i < self->root->len; i++)
    g_dbus_interface_skeleton_unexport (g_ptr_array_index (self->root, i));
}

/**
 * tbx_bus_start:
 * @self: the bus
 *
 * Shows the daemon on the bus as soon as there is one, and again after each
 * restart of it.  Returns at once.
 */
void
tbx_bus_start (TbxBus *self)
{
  tbx_bus_connection_start (self->connection);
}

/**
 * tbx_bus_stop:
 * @self: the bus
 *
 * Takes everything off the bus.
 */
void
tbx_bus_stop (TbxBus *self)
{
  tbx_bus_connection_stop (self->connection);
}

static void
tbx_bus_dispose (GObject *object)
{
  TbxBus *self = TBX_BUS (object);

  if (self->connection != NULL)
    tbx_bus_stop (self);
  g_clear_object (&self->connection);
  g_clear_object (&self->extensions);
  g_clear_object (&self->power);
  g_clear_object (&self->scopes);
  g_clear_object (&self->resolved);
  g_clear_object (&self->programs);
  g_clear_object (&self->nics);
  g_clear_object (&self->network);
  g_clear_object (&self->objects);
  g_clear_pointer (&self->root, g_ptr_array_unref);
  G_OBJECT_CLASS (tbx_bus_parent_class)->dispose (object);
}

static void
tbx_bus_class_init (TbxBusClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_bus_dispose;
}

static void
tbx_bus_init (TbxBus *self)
{
  self->root = g_ptr_array_new_with_free_func (g_object_unref);
  self->objects = g_dbus_object_manager_server_new (TBX_OBJECT_PATH);
}

/* Takes @skeleton. */
static void
bus_add_root (TbxBus *self, TbxBusGate *gate, gpointer skeleton)
{
  tbx_bus_gate_guard (gate, skeleton);
  g_ptr_array_add (self->root, skeleton);
}

/**
 * tbx_bus_new:
 * @parts: what is shown; referenced, and the texts copied
 *
 * Returns: (transfer full): the daemon's side of the bus, not started
 */
TbxBus *
tbx_bus_new (const TbxBusParts *parts)
{
  TbxBus *self = g_object_new (TBX_TYPE_BUS, NULL);
  g_autoptr(TbxBusGate) gate = tbx_bus_gate_new ();
  const TbxExtensionParts extended = {
    parts->tclo, parts->relay, parts->login, parts->network, parts->primary,
    parts->pool, parts->programs,
  };

  self->extensions = tbx_extension_bus_new (&extended);
  bus_add_root (self, gate, tbx_export_manager_new (parts->link, parts->tclo, parts->relay,
                                                    parts->options, parts->capabilities,
                                                    parts->hypervisor));
  bus_add_root (self, gate, tbx_export_network_new (parts->primary));
  bus_add_root (self, gate, tbx_export_guestinfo_new (parts->rpci));
  bus_add_root (self, gate, tbx_export_power_new (tbx_power_host_get_power (parts->power)));
  bus_add_root (self, gate, tbx_export_processes_new (parts->programs));
  bus_add_root (self, gate,
                tbx_export_extensions_new (tbx_extension_bus_get_entries (self->extensions),
                                           parts->login));
  self->network = g_object_ref (parts->network);
  g_signal_connect_object (self->network, "notify::ready", G_CALLBACK (bus_claim_name), self,
                           G_CONNECT_SWAPPED);
  self->nics = tbx_export_nics_new (parts->network, self->objects);
  self->programs = tbx_export_programs_new (parts->programs, gate, self->objects);
  self->resolved = tbx_resolved_new (parts->network);
  if (parts->scopes)
    self->scopes = tbx_scopes_new (parts->pool, parts->programs);
  self->power = tbx_power_bus_new (parts->power, &parts->ways);
  self->connection = tbx_bus_connection_new (parts->address);
  g_signal_connect_object (self->connection, "up", G_CALLBACK (on_up), self, 0);
  g_signal_connect_object (self->connection, "down", G_CALLBACK (on_down), self, 0);
  return self;
}
