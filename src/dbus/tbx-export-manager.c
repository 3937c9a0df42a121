/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-manager.h"
#include "tbx-audit.h"
#include "tbx-bus-gate.h"
#include "tbx-guestinfo-key.h"
#include "config.h"

/* Shows the link to the host, what was agreed on it, and what the host asks for, as
 * .Manager. */
struct _TbxExportManager
{
  TbxBusManagerSkeleton parent_instance;
  TbxLink              *link;   /* owned */
  TbxTclo              *tclo;   /* owned */
};

static void manager_iface_init (TbxBusManagerIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportManager, tbx_export_manager, TBX_BUS_TYPE_MANAGER_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_MANAGER, manager_iface_init))

enum
{
  PROP_LAST_PING = 1,
};

static const char *
link_state_word (TbxLinkState state)
{
  switch (state)
    {
    case TBX_LINK_CONNECTING:
      return "connecting";
    case TBX_LINK_UP:
      return "up";
    case TBX_LINK_WAITING:
      return "waiting";
    case TBX_LINK_STOPPED:
    default:
      return "stopped";
    }
}

static void
on_link_changed (TbxLink *link, GParamSpec *pspec, TbxBusManager *manager)
{
  tbx_bus_manager_set_transport (manager, tbx_link_get_transport (link));
  tbx_bus_manager_set_transport_state (manager, link_state_word (tbx_link_get_state (link)));
}

static void
on_told_changed (TbxCapabilities *capabilities, GParamSpec *pspec, TbxBusManager *manager)
{
  g_auto(GStrv) told = tbx_capabilities_dup_told (capabilities);

  tbx_bus_manager_set_capabilities (manager, (const char *const *) told);
}

static void
on_options_changed (TbxOptions *options, GParamSpec *pspec, TbxBusManager *manager)
{
  g_autoptr(GVariant) values = tbx_options_dup_values (options);

  tbx_bus_manager_set_options (manager, values);
}

static gboolean
any_method_passes (GVariant *methods)
{
  const char *reason;
  GVariantIter iter;

  g_variant_iter_init (&iter, methods);
  while (g_variant_iter_next (&iter, "{&s&s}", NULL, &reason))
    if (*reason == '\0')
      return TRUE;
  return FALSE;
}

static void
on_policy_changed (TbxRelay *relay, TbxBusManager *manager)
{
  TbxPolicy *policy = tbx_relay_get_policy (relay);
  g_autoptr(GVariant) methods = g_variant_ref_sink (tbx_policy_list_methods (policy));
  GVariantBuilder shown;

  g_variant_builder_init (&shown, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&shown, "{sv}", "guest-operations",
                         g_variant_new_boolean (any_method_passes (methods)));
  g_variant_builder_add (&shown, "{sv}", "methods", methods);
  g_variant_builder_add (&shown, "{sv}", "rules", tbx_policy_to_variant (policy));
  g_variant_builder_add (&shown, "{sv}", "public-guestinfo-keys",
                         g_variant_new_strv (tbx_guestinfo_key_list_public (), -1));
  tbx_bus_manager_set_policy (manager, g_variant_builder_end (&shown));
}

static void
on_operation (TbxRelay *relay, const TbxOperation *operation, TbxBusManager *manager)
{
  if (!tbx_audit_is_routine (operation))
    tbx_bus_manager_emit_operation (manager, operation->name,
                                    operation->method != NULL ? operation->method : "",
                                    operation->user != NULL ? operation->user : "", operation->uid,
                                    operation->code, tbx_vix_code_get_name (operation->code),
                                    operation->error_number, (guint64) operation->duration_us);
}

static gboolean
manager_handle_reset (TbxBusManager *manager, GDBusMethodInvocation *invocation)
{
  TbxExportManager *self = TBX_EXPORT_MANAGER (manager);

  g_info ("Reset of the channels, asked for by %s",
          g_dbus_method_invocation_get_sender (invocation));
  tbx_link_restart (self->link);
  tbx_bus_manager_complete_reset (manager, invocation);
  return TRUE;
}

static void
manager_iface_init (TbxBusManagerIface *iface)
{
  iface->handle_reset = manager_handle_reset;
}

/* The last ping is read when somebody asks, for it changes without a signal. */
static void
tbx_export_manager_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  TbxExportManager *self = TBX_EXPORT_MANAGER (object);

  if (prop_id == PROP_LAST_PING)
    g_value_set_uint64 (value, (guint64) MAX (tbx_tclo_get_last_ping (self->tclo), 0));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
tbx_export_manager_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
tbx_export_manager_finalize (GObject *object)
{
  TbxExportManager *self = TBX_EXPORT_MANAGER (object);

  g_clear_object (&self->link);
  g_clear_object (&self->tclo);
  G_OBJECT_CLASS (tbx_export_manager_parent_class)->finalize (object);
}

static void
tbx_export_manager_class_init (TbxExportManagerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbx_export_manager_get_property;
  object_class->set_property = tbx_export_manager_set_property;
  object_class->finalize = tbx_export_manager_finalize;
  g_object_class_override_property (object_class, PROP_LAST_PING, "last-ping");
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_manager_init (TbxExportManager *self)
{
}

/**
 * tbx_export_manager_new:
 * @link: both channels
 * @tclo: who knows when the host last asked
 * @relay: answers guest operations, as its policy says
 * @options: what the host set
 * @capabilities: what the host was told
 * @hypervisor: (nullable): name of the product that runs this guest
 */
TbxExportManager *
tbx_export_manager_new (TbxLink         *link,
                        TbxTclo         *tclo,
                        TbxRelay        *relay,
                        TbxOptions      *options,
                        TbxCapabilities *capabilities,
                        const char      *hypervisor)
{
  TbxExportManager *self = g_object_new (TBX_TYPE_EXPORT_MANAGER, NULL);
  TbxBusManager *manager = TBX_BUS_MANAGER (self);

  self->link = g_object_ref (link);
  self->tclo = g_object_ref (tclo);
  tbx_bus_manager_set_version (manager, TBX_VERSION);
  tbx_bus_manager_set_hypervisor (manager, hypervisor != NULL ? hypervisor : "");
  g_signal_connect_object (link, "notify", G_CALLBACK (on_link_changed), self, 0);
  g_signal_connect_object (capabilities, "notify::told", G_CALLBACK (on_told_changed), self, 0);
  g_signal_connect_object (options, "notify::values", G_CALLBACK (on_options_changed), self, 0);
  g_signal_connect_object (relay, "policy-changed", G_CALLBACK (on_policy_changed), self, 0);
  g_signal_connect_object (relay, "operation", G_CALLBACK (on_operation), self, 0);
  on_link_changed (link, NULL, manager);
  on_policy_changed (relay, manager);
  on_told_changed (capabilities, NULL, manager);
  on_options_changed (options, NULL, manager);
  return self;
}
