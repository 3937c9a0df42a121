/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-guestinfo.h"
#include "tbx-bus-gate.h"
#include "tbx-error.h"
#include "tbx-guestinfo-key.h"
#include "tbx-names.h"
#include "tbx-reader.h"
#include <string.h>

/* Passes reads and writes of the host's variables on, as .GuestInfo. */
struct _TbxExportGuestinfo
{
  TbxBusGuestInfoSkeleton parent_instance;
  TbxRpci                *rpci;          /* owned */
  GCancellable           *cancellable;   /* ends what is under way when we go (owned) */
};

static void guestinfo_iface_init (TbxBusGuestInfoIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportGuestinfo, tbx_export_guestinfo,
                               TBX_BUS_TYPE_GUEST_INFO_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_GUEST_INFO,
                                                      guestinfo_iface_init))

static void
return_host_error (GDBusMethodInvocation *invocation, GError *error)
{
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_REFUSED)
      && tbx_says_no_value (error->message))
    error->code = TBX_ERROR_NOT_FOUND;
  g_dbus_method_invocation_return_gerror (invocation, error);
}

static void
on_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) answer = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);
  g_autofree char *value = NULL;
  TbxReader r;

  if (answer != NULL)
    {
      tbx_reader_init (&r, answer);
      value = tbx_reader_utf8 (&r, tbx_reader_left (&r));
      if (!tbx_reader_end (&r, "value", &error))
        g_clear_pointer (&value, g_free);
    }
  if (value != NULL)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", value));
  else
    return_host_error (invocation, error);
}

static gboolean
guestinfo_handle_get (TbxBusGuestInfo *guestinfo, GDBusMethodInvocation *invocation,
                      const char *key)
{
  TbxExportGuestinfo *self = TBX_EXPORT_GUESTINFO (guestinfo);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) request = NULL;
  const char *name = tbx_guestinfo_key_check (key, &error);

  if (name == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  request = tbx_rpci_text ("info-get guestinfo.%s", name);
  tbx_rpci_send_async (self->rpci, request, TBX_RPCI_NONE, self->cancellable, on_got, invocation);
  return TRUE;
}

static void
on_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) answer = tbx_rpci_send_finish (TBX_RPCI (source), result, &error);

  if (answer != NULL)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static gboolean
guestinfo_handle_set (TbxBusGuestInfo *guestinfo, GDBusMethodInvocation *invocation,
                      const char *key, const char *value)
{
  TbxExportGuestinfo *self = TBX_EXPORT_GUESTINFO (guestinfo);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) request = NULL;
  const char *name = tbx_guestinfo_key_check (key, &error);

  if (name != NULL && strlen (value) > TBX_GUESTINFO_VALUE_MAX_BYTES)
    {
      name = NULL;
      g_set_error (&error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                   "A value is at most %d bytes long", TBX_GUESTINFO_VALUE_MAX_BYTES);
    }
  if (name == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  request = tbx_rpci_text_nul ("info-set guestinfo.%s %s", name, value);
  tbx_rpci_send_async (self->rpci, request, TBX_RPCI_NONE, self->cancellable, on_set, invocation);
  return TRUE;
}

static void
guestinfo_iface_init (TbxBusGuestInfoIface *iface)
{
  iface->handle_get = guestinfo_handle_get;
  iface->handle_set = guestinfo_handle_set;
}

static void
tbx_export_guestinfo_finalize (GObject *object)
{
  TbxExportGuestinfo *self = TBX_EXPORT_GUESTINFO (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->rpci);
  G_OBJECT_CLASS (tbx_export_guestinfo_parent_class)->finalize (object);
}

static void
tbx_export_guestinfo_class_init (TbxExportGuestinfoClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_export_guestinfo_finalize;
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_guestinfo_init (TbxExportGuestinfo *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * tbx_export_guestinfo_new:
 * @rpci: who asks the host
 */
TbxExportGuestinfo *
tbx_export_guestinfo_new (TbxRpci *rpci)
{
  TbxExportGuestinfo *self = g_object_new (TBX_TYPE_EXPORT_GUESTINFO, NULL);

  self->rpci = g_object_ref (rpci);
  return self;
}
