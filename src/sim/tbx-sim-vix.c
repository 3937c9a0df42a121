/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-vix.h"
#include "tbx-sim-message.h"
#include "tbx-vix-codec.h"
#include "tbx-vix-credentials.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-text.h"
#include <string.h>

/* A guest has to answer in 5 s, but after a login, or with progress, later. */
#define CALL_TIMEOUT_MS (90 * 1000)

void
tbx_sim_vix_clear (TbxSimVix *self)
{
  g_clear_pointer (&self->payload, g_bytes_unref);
}

/* Returns: an empty request; an initializer would leave a part of its union as it was */
TbxVixRequest
tbx_sim_vix_request (guint32 opcode)
{
  TbxVixRequest request;

  memset (&request, 0, sizeof request);
  request.opcode = opcode;
  return request;
}

/**
 * tbx_sim_vix_encode:
 * @self: who asks
 * @request: what for
 * @error: return location for an error
 *
 * An HGFS packet asks for a binary reply, all else for text.
 *
 * Returns: (transfer full) (nullable): the whole TCLO request
 */
GBytes *
tbx_sim_vix_encode (TbxSimVix *self, const TbxVixRequest *request, GError **error)
{
  g_auto(TbxWriter) body = { 0 }, credentials = { 0 }, whole = { 0 };
  g_autoptr(GBytes) body_bytes = NULL, credential_bytes = NULL;
  TbxVixMessage message = {
    .name = "vmxsim",
    .name_size = strlen ("vmxsim"),
    .common_flags = TBX_VIX_COMMON_REQUEST
                    | (request->opcode == TBX_VIX_HGFS_PACKET ? TBX_VIX_COMMON_RETURNS_BINARY : 0),
    .opcode = request->opcode,
    .time_out = G_MAXUINT32,
    .credential_type = TBX_VIX_CREDENTIAL_NAME_PASSWORD,
  };
  gsize size;

  tbx_writer_init (&body, TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_request_encode (request, &body);
  body_bytes = tbx_writer_end (&body, "request", error);
  tbx_writer_init (&credentials, TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_credentials_encode (self->user, self->password, &credentials);
  credential_bytes = tbx_writer_end (&credentials, "credentials",
                                     body_bytes != NULL ? error : NULL);
  if (body_bytes == NULL || credential_bytes == NULL)
    return NULL;
  message.body = g_bytes_get_data (body_bytes, &size);
  message.body_size = (guint32) size;
  message.credentials = g_bytes_get_data (credential_bytes, &size);
  message.credentials_size = (guint32) size;
  tbx_writer_init (&whole, 2 * TBX_VIX_REQUEST_MAX_BYTES);
  tbx_writer_text (&whole, TBX_VIX_COMMAND " ");
  tbx_vix_message_encode (&message, &whole);
  return tbx_writer_end (&whole, "request", error);
}

static gboolean
take_reply (TbxSimVix *self, GBytes *bytes)
{
  TbxVixReply reply;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (tbx_vix_reply_decode (data, size, FALSE, &reply) != TBX_VIX_OK)
    return FALSE;
  self->code = reply.code;
  self->error_number = (int) reply.error_number;
  g_clear_pointer (&self->payload, g_bytes_unref);
  self->payload = g_bytes_new (reply.payload, reply.payload_size);
  return TRUE;
}

/**
 * tbx_sim_vix_call:
 * @self: who asks, and the answer
 * @request: what for
 *
 * Says on standard error what keeps the guest from answering.
 *
 * Returns: `TBX_SIM_EXIT_DONE` when it answered, whatever
 */
TbxSimExit
tbx_sim_vix_call (TbxSimVix *self, const TbxVixRequest *request)
{
  g_autoptr(JsonBuilder) order = tbx_sim_cli_begin ("rpc");
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) message = tbx_sim_vix_encode (self, request, &error);
  g_autoptr(JsonNode) reply = NULL;
  g_autoptr(GBytes) answer = NULL;

  if (message == NULL)
    return self->status = tbx_sim_cli_fail (error);
  tbx_sim_message_add (order, "data", message);
  reply = tbx_sim_cli_call (self->usage, g_steal_pointer (&order), CALL_TIMEOUT_MS, &self->status);
  if (reply == NULL)
    return self->status;
  answer = tbx_sim_message_bytes (json_node_get_object (reply), "reply", &error);
  if (answer == NULL)
    return self->status = tbx_sim_cli_fail (error);
  if (take_reply (self, answer))
    return TBX_SIM_EXIT_DONE;
  g_printerr ("vmxsim: the guest answers something else than a VIX reply\n");
  return self->status = TBX_SIM_EXIT_REFUSED;
}

/**
 * tbx_sim_vix_run:
 * @self: who asks, and the answer
 * @request: what for
 *
 * As tbx_sim_vix_call(), but says on standard error what the guest refused, too.
 *
 * Returns: `TBX_SIM_EXIT_DONE` when it was done
 */
TbxSimExit
tbx_sim_vix_run (TbxSimVix *self, const TbxVixRequest *request)
{
  const char *fault;

  if (tbx_sim_vix_call (self, request) != TBX_SIM_EXIT_DONE)
    return self->status;
  if (self->code == TBX_VIX_OK)
    return TBX_SIM_EXIT_DONE;
  fault = tbx_vix_code_get_fault (self->code);
  g_printerr ("vmxsim: %s: %u %s", tbx_vix_opcode_get_name (request->opcode), self->code,
              tbx_vix_code_get_name (self->code));
  if (fault != NULL)
    g_printerr (" (%s)", fault);
  if (self->error_number != 0)
    g_printerr (": %s", g_strerror (self->error_number));
  g_printerr ("\n");
  return self->status = TBX_SIM_EXIT_REFUSED;
}

/* Returns (transfer none): the payload of the last answer as a string. */
const char *
tbx_sim_vix_text (TbxSimVix *self)
{
  gsize size;
  const char *data = g_bytes_get_data (self->payload, &size);
  g_autofree char *text = g_strndup (size > 0 ? data : "", size);

  g_bytes_unref (self->payload);
  self->payload = g_bytes_new_take (text, strlen (text) + 1);
  return g_steal_pointer (&text);
}

/**
 * tbx_sim_vix_field:
 * @text: (inout): where to look; moved behind the field
 * @record_end: (nullable): the end tag of its record, not to be passed
 * @tag: name of the field
 *
 * Returns: (transfer full) (nullable): its text, not escaped any more
 */
char *
tbx_sim_vix_field (const char **text, const char *record_end, const char *tag)
{
  g_autofree char *open = g_strdup_printf ("<%s>", tag);
  g_autofree char *close = g_strdup_printf ("</%s>", tag);
  const char *limit = record_end == NULL ? NULL : strstr (*text, record_end);
  const char *start = strstr (*text, open);
  const char *end = start == NULL ? NULL : strstr (start, close);

  if (end == NULL || (limit != NULL && start > limit))
    return NULL;
  start += strlen (open);
  *text = end + strlen (close);
  return tbx_vix_unescape (start, end - start);
}
