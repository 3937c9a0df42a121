/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-vix-private.h"
#include "tbx-error.h"
#include "tbx-request-private.h"
#include "tbx-variant.h"

/**
 * TbxRequestVix:
 *
 * The host asks for a guest operation whose opcode has an [class@AgentVix], as a guest user
 * whose password was verified and whom the policy lets.  To decline has the daemon do what it
 * would have done without the agent.
 *
 * The agent acts with its own rights, and has to check itself what the user may.
 *
 * Since: 1.0
 */
struct _TbxRequestVix
{
  TbxRequest parent_instance;
  guint32    opcode;
  GBytes    *body;       /* owned */
  GVariant  *details;    /* owned */
};

G_DEFINE_FINAL_TYPE (TbxRequestVix, tbx_request_vix, TBX_TYPE_REQUEST)

/**
 * tbx_request_vix_get_opcode:
 * @self: a request
 *
 * An agent has one opcode; an object that serves several agents may tell them apart by this.
 *
 * Returns: number of the operation
 *
 * Since: 1.0
 */
guint32
tbx_request_vix_get_opcode (TbxRequestVix *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_VIX (self), 0);
  return self->opcode;
}

/**
 * tbx_request_vix_get_body:
 * @self: a request
 *
 * What came with the operation; its format is that of the opcode.
 *
 * Returns: (transfer none): the request, without header and credentials; any bytes
 *
 * Since: 1.0
 */
GBytes *
tbx_request_vix_get_body (TbxRequestVix *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_VIX (self), NULL);
  return self->body;
}

/**
 * tbx_request_vix_get_details:
 * @self: a request
 *
 * Who asks, and how; unknown keys are to be ignored.
 *
 * Returns: (transfer none): a dictionary: "user" (s), "uid" (u), "groups" (as), "request-flags" (u)
 *
 * Since: 1.0
 */
GVariant *
tbx_request_vix_get_details (TbxRequestVix *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_VIX (self), NULL);
  return self->details;
}

/**
 * tbx_request_vix_get_user:
 * @self: a request
 *
 * Who asks.
 *
 * Returns: (transfer none): login name of the guest user
 *
 * Since: 1.0
 */
const char *
tbx_request_vix_get_user (TbxRequestVix *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_VIX (self), NULL);
  return tbx_variant_find_text (self->details, "user");
}

static void
request_return (TbxRequestVix *self, guint32 code, int error_number, GBytes *payload)
{
  GDBusMethodInvocation *invocation = tbx_request_answer (TBX_REQUEST (self));

  if (invocation != NULL)
    g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(ui@ay)", code, error_number, tbx_variant_of_bytes (payload)));
}

/**
 * tbx_request_vix_return_success:
 * @self: a request that has not been answered
 * @payload: (nullable): what the host gets; at most 65447 bytes
 *
 * It is done.
 *
 * Since: 1.0
 */
void
tbx_request_vix_return_success (TbxRequestVix *self, GBytes *payload)
{
  g_return_if_fail (TBX_IS_REQUEST_VIX (self));
  request_return (self, 0, 0, payload);
}

/**
 * tbx_request_vix_return_failure:
 * @self: a request that has not been answered
 * @code: the VIX error code that the host is told; not 0
 * @error_number: the errno behind it, or 0
 *
 * It failed.
 *
 * Since: 1.0
 */
void
tbx_request_vix_return_failure (TbxRequestVix *self, guint32 code, int error_number)
{
  g_return_if_fail (TBX_IS_REQUEST_VIX (self));
  g_return_if_fail (code != 0);
  request_return (self, code, error_number, NULL);
}

static void
request_vix_decline (TbxRequest *request, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_error_literal (invocation, TBX_ERROR, TBX_ERROR_UNSUPPORTED,
                                                 "Declined");
}

static void
tbx_request_vix_finalize (GObject *object)
{
  TbxRequestVix *self = TBX_REQUEST_VIX (object);

  g_bytes_unref (self->body);
  g_variant_unref (self->details);
  G_OBJECT_CLASS (tbx_request_vix_parent_class)->finalize (object);
}

static void
tbx_request_vix_class_init (TbxRequestVixClass *klass)
{
  TBX_REQUEST_CLASS (klass)->decline = request_vix_decline;
  G_OBJECT_CLASS (klass)->finalize = tbx_request_vix_finalize;
}

static void
tbx_request_vix_init (TbxRequestVix *self)
{
}

/* Takes @invocation. */
TbxRequestVix *
tbx_request_vix_new (GDBusMethodInvocation *invocation,
                     guint32                opcode,
                     GBytes                *body,
                     GVariant              *details,
                     guint64                deadline_usec)
{
  TbxRequestVix *self = g_object_new (TBX_TYPE_REQUEST_VIX, NULL);

  tbx_request_begin (TBX_REQUEST (self), invocation, deadline_usec);
  self->opcode = opcode;
  self->body = g_bytes_ref (body);
  self->details = g_variant_ref (details);
  return self;
}
