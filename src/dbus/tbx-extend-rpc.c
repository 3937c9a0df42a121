/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extend-rpc.h"
#include "tbx-error.h"
#include <string.h>

/* The most that an agent may answer. */
#define RESULT_MAX_BYTES 61440

struct _TbxExtendRpc
{
  GObject        parent_instance;
  TbxExtensions *extensions;   /* owned */
  TbxTclo       *tclo;         /* owned */
};

G_DEFINE_FINAL_TYPE (TbxExtendRpc, tbx_extend_rpc, G_TYPE_OBJECT)

/* A request that an agent has. */
typedef struct
{
  TbxTcloRequest *request;   /* owned */
  GBytes         *args;      /* owned */
} Call;

static void
call_free (Call *call)
{
  tbx_tclo_request_unref (call->request);
  g_bytes_unref (call->args);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static GBytes *
message_of (gboolean ok, GBytes *result)
{
  const char *word = ok ? "OK " : "ERROR ";
  GByteArray *whole = g_byte_array_new ();
  gsize size;
  gconstpointer data = g_bytes_get_data (result, &size);

  g_byte_array_append (whole, (const guint8 *) word, (guint) strlen (word));
  g_byte_array_append (whole, data, (guint) size);
  return g_byte_array_free_to_bytes (whole);
}

static GBytes *
take_reply (GVariant *reply, GError **error)
{
  g_autoptr(GVariant) bytes = NULL;
  g_autoptr(GBytes) result = NULL;
  gboolean ok;

  g_variant_get (reply, "(b@ay)", &ok, &bytes);
  result = g_variant_get_data_as_bytes (bytes);
  if (g_bytes_get_size (result) <= RESULT_MAX_BYTES)
    return message_of (ok, result);
  g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "its result has %" G_GSIZE_FORMAT " bytes",
               g_bytes_get_size (result));
  return NULL;
}

static void
on_handled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Call) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) message = NULL;
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);

  if (reply != NULL)
    message = take_reply (reply, &error);
  if (message != NULL)
    tbx_tclo_request_return_message (call->request, message);
  else
    {
      tbx_extension_log_failure (agent, error);
      tbx_tclo_request_pass_on (call->request, call->args);
    }
}

static void
handle_request (TbxTcloRequest *request, gpointer user_data)
{
  TbxExtendRpc *self = user_data;
  const char *name = tbx_tclo_request_get_name (request);
  TbxExtension *agent = tbx_extensions_find (self->extensions, TBX_EXTENSION_RPC, name);
  Call *call = g_new (Call, 1);
  const guint8 *args;
  gsize size;

  args = tbx_tclo_request_get_args (request, &size);
  *call = (Call) { tbx_tclo_request_ref (request), g_bytes_new (args, size) };
  tbx_extension_call_async (agent, "Handle",
                            g_variant_new ("(s@ayt)", name,
                                           g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                                                     call->args, TRUE),
                                           tbx_extension_deadline_us (TBX_EXTENSION_ANSWER_MS)),
                            NULL, "(bay)", TBX_EXTENSION_ANSWER_MS, on_handled, call);
}

static void
on_added (TbxExtensions *extensions, TbxExtension *entry, TbxExtendRpc *self)
{
  if (tbx_extension_get_kind (entry) == TBX_EXTENSION_RPC)
    tbx_tclo_override (self->tclo, tbx_extension_get_name (entry), handle_request, self);
}

static void
on_removed (TbxExtensions *extensions, TbxExtension *entry, gboolean left, TbxExtendRpc *self)
{
  if (tbx_extension_get_kind (entry) == TBX_EXTENSION_RPC)
    tbx_tclo_override (self->tclo, tbx_extension_get_name (entry), NULL, NULL);
}

static void
tbx_extend_rpc_dispose (GObject *object)
{
  TbxExtendRpc *self = TBX_EXTEND_RPC (object);

  if (self->extensions != NULL)
    {
      g_autoptr(GPtrArray) entries = tbx_extensions_list (self->extensions, TBX_EXTENSION_RPC);

      for (guint i = 0; i < entries->len; i++)
        on_removed (self->extensions, entries->pdata[i], FALSE, self);
    }
  g_clear_object (&self->extensions);
  g_clear_object (&self->tclo);
  G_OBJECT_CLASS (tbx_extend_rpc_parent_class)->dispose (object);
}

static void
tbx_extend_rpc_class_init (TbxExtendRpcClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_extend_rpc_dispose;
}

static void
tbx_extend_rpc_init (TbxExtendRpc *self)
{
}

/**
 * tbx_extend_rpc_new:
 * @extensions: what is registered; nothing yet
 * @tclo: the host's requests
 *
 * An agent that does not answer in time, or not well, has the request answered as if it were
 * not there.
 * Source: docs/bus.md, "Extensions".
 */
TbxExtendRpc *
tbx_extend_rpc_new (TbxExtensions *extensions, TbxTclo *tclo)
{
  TbxExtendRpc *self = g_object_new (TBX_TYPE_EXTEND_RPC, NULL);

  self->extensions = g_object_ref (extensions);
  self->tclo = g_object_ref (tclo);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_added), self, 0);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_removed), self, 0);
  return self;
}
