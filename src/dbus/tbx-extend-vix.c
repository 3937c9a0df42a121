/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extend-vix.h"
#include "tbx-error.h"
#include "tbx-vix-reply.h"

struct _TbxExtendVix
{
  GObject        parent_instance;
  TbxExtensions *extensions;   /* owned */
  TbxRelay      *relay;        /* owned */
};

G_DEFINE_FINAL_TYPE (TbxExtendVix, tbx_extend_vix, G_TYPE_OBJECT)

/* Gives FALSE for an answer that is none. */
static gboolean
take_reply (TbxRelayCall *call, GVariant *reply, GError **error)
{
  g_autoptr(GVariant) bytes = NULL;
  g_autoptr(GBytes) payload = NULL;
  guint32 code;
  gint32 error_number;

  g_variant_get (reply, "(ui@ay)", &code, &error_number, &bytes);
  payload = g_variant_get_data_as_bytes (bytes);
  if (g_bytes_get_size (payload) > TBX_VIX_PAYLOAD_MAX_BYTES)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "its payload has %" G_GSIZE_FORMAT " bytes",
                   g_bytes_get_size (payload));
      return FALSE;
    }
  tbx_relay_call_return (call, code, error_number, payload);
  return TRUE;
}

static void
on_handled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxRelayCall) call = user_data;
  g_autoptr(GError) error = NULL;
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);

  if (reply != NULL && take_reply (call, reply, &error))
    return;
  tbx_extension_log_failure (agent, error);
  tbx_relay_call_pass_on (call);
}

static GVariant *
details_of (const TbxVixMessage *message, TbxAccount *account)
{
  GVariantBuilder details;

  g_variant_builder_init (&details, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&details, "{sv}", "user", g_variant_new_string (account->name));
  g_variant_builder_add (&details, "{sv}", "uid", g_variant_new_uint32 (account->uid));
  g_variant_builder_add (&details, "{sv}", "groups", g_variant_new_strv (account->groups, -1));
  g_variant_builder_add (&details, "{sv}", "request-flags",
                         g_variant_new_uint32 (message->request_flags));
  return g_variant_builder_end (&details);
}

static TbxExtension *
find_agent (TbxExtendVix *self, guint32 opcode)
{
  g_autofree char *name = g_strdup_printf ("%u", opcode);

  return tbx_extensions_find (self->extensions, TBX_EXTENSION_VIX, name);
}

static void
handle_request (TbxRelayCall        *call,
                const TbxVixMessage *message,
                TbxAccount          *account,
                gpointer             user_data)
{
  TbxExtension *agent = find_agent (user_data, message->opcode);
  g_autoptr(GBytes) body = g_bytes_new (message->body, message->body_size);

  tbx_extension_call_async (agent, "Handle",
                            g_variant_new ("(u@ay@a{sv}t)", message->opcode,
                                           g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, body,
                                                                     TRUE),
                                           details_of (message, account),
                                           tbx_extension_deadline_us (TBX_EXTENSION_ANSWER_MS)),
                            NULL, "(uiay)", TBX_EXTENSION_ANSWER_MS, on_handled,
                            tbx_relay_call_ref (call));
}

static guint32
opcode_of (TbxExtension *entry)
{
  return (guint32) g_ascii_strtoull (tbx_extension_get_name (entry), NULL, 10);
}

static void
on_added (TbxExtensions *extensions, TbxExtension *entry, TbxExtendVix *self)
{
  if (tbx_extension_get_kind (entry) == TBX_EXTENSION_VIX)
    tbx_relay_override (self->relay, opcode_of (entry), handle_request, self);
}

static void
on_removed (TbxExtensions *extensions, TbxExtension *entry, gboolean left, TbxExtendVix *self)
{
  if (tbx_extension_get_kind (entry) == TBX_EXTENSION_VIX)
    tbx_relay_override (self->relay, opcode_of (entry), NULL, NULL);
}

static void
tbx_extend_vix_dispose (GObject *object)
{
  TbxExtendVix *self = TBX_EXTEND_VIX (object);

  if (self->extensions != NULL)
    {
      g_autoptr(GPtrArray) entries = tbx_extensions_list (self->extensions, TBX_EXTENSION_VIX);

      for (guint i = 0; i < entries->len; i++)
        on_removed (self->extensions, entries->pdata[i], FALSE, self);
    }
  g_clear_object (&self->extensions);
  g_clear_object (&self->relay);
  G_OBJECT_CLASS (tbx_extend_vix_parent_class)->dispose (object);
}

static void
tbx_extend_vix_class_init (TbxExtendVixClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_extend_vix_dispose;
}

static void
tbx_extend_vix_init (TbxExtendVix *self)
{
}

/**
 * tbx_extend_vix_new:
 * @extensions: what is registered; nothing yet
 * @relay: the host's guest operations
 *
 * An agent that does not answer in time, or not well, has the operation done as if it were
 * not there.
 * Source: docs/bus.md, "Extensions".
 */
TbxExtendVix *
tbx_extend_vix_new (TbxExtensions *extensions, TbxRelay *relay)
{
  TbxExtendVix *self = g_object_new (TBX_TYPE_EXTEND_VIX, NULL);

  self->extensions = g_object_ref (extensions);
  self->relay = g_object_ref (relay);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_added), self, 0);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_removed), self, 0);
  return self;
}
