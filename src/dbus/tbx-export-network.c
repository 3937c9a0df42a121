/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-network.h"
#include "tbx-bus-gate.h"
#include "tbx-error.h"

/* Shows the primary address and lets it be replaced, as .Network. */
struct _TbxExportNetwork
{
  TbxBusNetworkSkeleton parent_instance;
  TbxPrimary           *primary;   /* owned */
};

static void network_iface_init (TbxBusNetworkIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportNetwork, tbx_export_network, TBX_BUS_TYPE_NETWORK_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_NETWORK, network_iface_init))

/* Properties of the primary address, and what they are called on the bus. */
static const struct
{
  const char *source;
  const char *target;
} shown[] = {
  { "address", "primary-address" },
  { "nic",     "primary-nic" },
  { "reason",  "primary-reason" },
  { "detail",  "primary-detail" },
};

static gboolean
network_handle_set_primary_address (TbxBusNetwork         *network,
                                    GDBusMethodInvocation *invocation,
                                    const char            *address)
{
  TbxExportNetwork *self = TBX_EXPORT_NETWORK (network);
  g_autoptr(GError) error = NULL;

  if (tbx_primary_set (self->primary, address, &error))
    {
      g_info ("The primary address was set to %s by %s", address,
              g_dbus_method_invocation_get_sender (invocation));
      tbx_bus_network_complete_set_primary_address (network, invocation);
    }
  else if (g_error_matches (error, TBX_ERROR, TBX_ERROR_MALFORMED))
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                   G_DBUS_ERROR_INVALID_ARGS, error->message);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
  return TRUE;
}

static gboolean
network_handle_clear_primary_address (TbxBusNetwork *network, GDBusMethodInvocation *invocation)
{
  tbx_primary_clear (TBX_EXPORT_NETWORK (network)->primary);
  tbx_bus_network_complete_clear_primary_address (network, invocation);
  return TRUE;
}

static void
network_iface_init (TbxBusNetworkIface *iface)
{
  iface->handle_set_primary_address = network_handle_set_primary_address;
  iface->handle_clear_primary_address = network_handle_clear_primary_address;
}

static void
tbx_export_network_finalize (GObject *object)
{
  g_clear_object (&TBX_EXPORT_NETWORK (object)->primary);
  G_OBJECT_CLASS (tbx_export_network_parent_class)->finalize (object);
}

static void
tbx_export_network_class_init (TbxExportNetworkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_export_network_finalize;
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_network_init (TbxExportNetwork *self)
{
}

/**
 * tbx_export_network_new:
 * @primary: the choice of the primary address
 */
TbxExportNetwork *
tbx_export_network_new (TbxPrimary *primary)
{
  TbxExportNetwork *self = g_object_new (TBX_TYPE_EXPORT_NETWORK, NULL);

  self->primary = g_object_ref (primary);
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    g_object_bind_property (primary, shown[i].source, self, shown[i].target,
                            G_BINDING_SYNC_CREATE);
  return self;
}
