/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-extensions.h"
#include "tbx-bus-gate.h"
#include "tbx-error.h"

/* Lets clients register what they do in the daemon's place, as .Extensions. */
struct _TbxExportExtensions
{
  TbxBusExtensionsSkeleton parent_instance;
  TbxExtensions           *extensions;   /* owned */
};

static void extensions_iface_init (TbxBusExtensionsIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportExtensions, tbx_export_extensions,
                               TBX_BUS_TYPE_EXTENSIONS_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_EXTENSIONS, extensions_iface_init))

/* Answers a call; some of our errors have names of D-Bus's own. */
static gboolean
settle (GDBusMethodInvocation *invocation, gboolean done, const GError *error)
{
  if (done)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else if (g_error_matches (error, TBX_ERROR, TBX_ERROR_MALFORMED))
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                   G_DBUS_ERROR_INVALID_ARGS, error->message);
  else if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TOO_LARGE))
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR,
                                                   G_DBUS_ERROR_LIMITS_EXCEEDED, error->message);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
  return TRUE;
}

static gboolean
export_register (TbxBusExtensions      *shown,
                 GDBusMethodInvocation *invocation,
                 TbxExtensionKind       kind,
                 const char            *name,
                 const char            *object,
                 gint                   priority)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbxExtension) entry
    = tbx_extension_new (g_dbus_method_invocation_get_connection (invocation),
                         g_dbus_method_invocation_get_sender (invocation), kind, name, object,
                         priority);
  gboolean done = tbx_extensions_add (TBX_EXPORT_EXTENSIONS (shown)->extensions, entry, &error);

  return settle (invocation, done, error);
}

static gboolean
export_unregister (TbxBusExtensions      *shown,
                   GDBusMethodInvocation *invocation,
                   TbxExtensionKind       kind,
                   const char            *name,
                   const char            *object)
{
  g_autoptr(GError) error = NULL;
  gboolean done = tbx_extensions_remove (TBX_EXPORT_EXTENSIONS (shown)->extensions,
                                         g_dbus_method_invocation_get_sender (invocation), kind,
                                         name, object, &error);

  return settle (invocation, done, error);
}

static gboolean
extensions_handle_register_rpc (TbxBusExtensions      *shown,
                                GDBusMethodInvocation *invocation,
                                const char            *command,
                                const char            *object)
{
  return export_register (shown, invocation, TBX_EXTENSION_RPC, command, object, 0);
}

static gboolean
extensions_handle_unregister_rpc (TbxBusExtensions      *shown,
                                  GDBusMethodInvocation *invocation,
                                  const char            *command)
{
  return export_unregister (shown, invocation, TBX_EXTENSION_RPC, command, NULL);
}

static gboolean
extensions_handle_register_vix (TbxBusExtensions      *shown,
                                GDBusMethodInvocation *invocation,
                                guint                  opcode,
                                const char            *object)
{
  g_autofree char *name = g_strdup_printf ("%u", opcode);

  return export_register (shown, invocation, TBX_EXTENSION_VIX, name, object, 0);
}

static gboolean
extensions_handle_unregister_vix (TbxBusExtensions      *shown,
                                  GDBusMethodInvocation *invocation,
                                  guint                  opcode)
{
  g_autofree char *name = g_strdup_printf ("%u", opcode);

  return export_unregister (shown, invocation, TBX_EXTENSION_VIX, name, NULL);
}

static gboolean
extensions_handle_register_authenticator (TbxBusExtensions      *shown,
                                          GDBusMethodInvocation *invocation,
                                          const char            *object,
                                          gint                   priority)
{
  return export_register (shown, invocation, TBX_EXTENSION_AUTHENTICATOR, "", object, priority);
}

static gboolean
extensions_handle_unregister_authenticator (TbxBusExtensions      *shown,
                                            GDBusMethodInvocation *invocation,
                                            const char            *object)
{
  return export_unregister (shown, invocation, TBX_EXTENSION_AUTHENTICATOR, "", object);
}

static gboolean
extensions_handle_register_file_handler (TbxBusExtensions      *shown,
                                         GDBusMethodInvocation *invocation,
                                         const char            *scheme,
                                         const char            *object)
{
  return export_register (shown, invocation, TBX_EXTENSION_FILE_HANDLER, scheme, object, 0);
}

static gboolean
extensions_handle_unregister_file_handler (TbxBusExtensions      *shown,
                                           GDBusMethodInvocation *invocation,
                                           const char            *scheme)
{
  return export_unregister (shown, invocation, TBX_EXTENSION_FILE_HANDLER, scheme, NULL);
}

static gboolean
extensions_handle_register_program (TbxBusExtensions      *shown,
                                    GDBusMethodInvocation *invocation,
                                    const char            *name,
                                    const char            *object)
{
  return export_register (shown, invocation, TBX_EXTENSION_PROGRAM, name, object, 0);
}

static gboolean
extensions_handle_unregister_program (TbxBusExtensions      *shown,
                                      GDBusMethodInvocation *invocation,
                                      const char            *name)
{
  return export_unregister (shown, invocation, TBX_EXTENSION_PROGRAM, name, NULL);
}

static gboolean
extensions_handle_register_network (TbxBusExtensions      *shown,
                                    GDBusMethodInvocation *invocation,
                                    const char            *object,
                                    gint                   priority)
{
  return export_register (shown, invocation, TBX_EXTENSION_NETWORK, "", object, priority);
}

static gboolean
extensions_handle_unregister_network (TbxBusExtensions      *shown,
                                      GDBusMethodInvocation *invocation,
                                      const char            *object)
{
  return export_unregister (shown, invocation, TBX_EXTENSION_NETWORK, "", object);
}

static void
extensions_iface_init (TbxBusExtensionsIface *iface)
{
  iface->handle_register_rpc = extensions_handle_register_rpc;
  iface->handle_unregister_rpc = extensions_handle_unregister_rpc;
  iface->handle_register_vix = extensions_handle_register_vix;
  iface->handle_unregister_vix = extensions_handle_unregister_vix;
  iface->handle_register_authenticator = extensions_handle_register_authenticator;
  iface->handle_unregister_authenticator = extensions_handle_unregister_authenticator;
  iface->handle_register_file_handler = extensions_handle_register_file_handler;
  iface->handle_unregister_file_handler = extensions_handle_unregister_file_handler;
  iface->handle_register_program = extensions_handle_register_program;
  iface->handle_unregister_program = extensions_handle_unregister_program;
  iface->handle_register_network = extensions_handle_register_network;
  iface->handle_unregister_network = extensions_handle_unregister_network;
}

static void
export_show (TbxExportExtensions *self)
{
  g_autoptr(GVariant) all = tbx_extensions_dup_all (self->extensions);

  tbx_bus_extensions_set_entries (TBX_BUS_EXTENSIONS (self), all);
}

static void
on_added (TbxExtensions *extensions, TbxExtension *entry, TbxExportExtensions *self)
{
  const char *kind = tbx_extension_kind_get_word (tbx_extension_get_kind (entry));
  const char *name = tbx_extension_get_name (entry);
  const char *client = tbx_extension_get_client (entry);
  const char *object = tbx_extension_get_object (entry);

  g_info ("%s %s is registered as %s %s", client, object, kind, name);
  export_show (self);
  tbx_bus_extensions_emit_registered (TBX_BUS_EXTENSIONS (self), kind, name, client, object);
}

static void
on_removed (TbxExtensions *extensions, TbxExtension *entry, gboolean left, TbxExportExtensions *self)
{
  const char *kind = tbx_extension_kind_get_word (tbx_extension_get_kind (entry));
  const char *name = tbx_extension_get_name (entry);
  const char *client = tbx_extension_get_client (entry);
  const char *object = tbx_extension_get_object (entry);

  g_info ("%s %s %s as %s %s", client, object, left ? "has left" : "took itself back", kind, name);
  export_show (self);
  tbx_bus_extensions_emit_unregistered (TBX_BUS_EXTENSIONS (self), kind, name, client, object, left);
}

static void
tbx_export_extensions_finalize (GObject *object)
{
  g_clear_object (&TBX_EXPORT_EXTENSIONS (object)->extensions);
  G_OBJECT_CLASS (tbx_export_extensions_parent_class)->finalize (object);
}

static void
tbx_export_extensions_class_init (TbxExportExtensionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_export_extensions_finalize;
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_extensions_init (TbxExportExtensions *self)
{
}

/**
 * tbx_export_extensions_new:
 * @extensions: what is registered
 * @login: knows when authenticators are asked
 */
TbxExportExtensions *
tbx_export_extensions_new (TbxExtensions *extensions, TbxLogin *login)
{
  TbxExportExtensions *self = g_object_new (TBX_TYPE_EXPORT_EXTENSIONS, NULL);

  self->extensions = g_object_ref (extensions);
  g_object_bind_property (login, "authenticator-use", self, "authenticator-use",
                          G_BINDING_SYNC_CREATE);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_added), self, 0);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_removed), self, 0);
  export_show (self);
  return self;
}
