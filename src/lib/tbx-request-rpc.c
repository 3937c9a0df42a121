/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-rpc-private.h"
#include "tbx-error.h"
#include "tbx-request-private.h"
#include "tbx-variant.h"

/**
 * TbxRequestRpc:
 *
 * The host sent a command for which an [class@AgentRpc] is registered, and waits.  To decline
 * gives it what it would have had without the agent.
 *
 * Since: 1.0
 */
struct _TbxRequestRpc
{
  TbxRequest parent_instance;
  char      *command;     /* owned */
  GBytes    *arguments;   /* owned */
};

G_DEFINE_FINAL_TYPE (TbxRequestRpc, tbx_request_rpc, TBX_TYPE_REQUEST)

/**
 * tbx_request_rpc_get_command:
 * @self: a request
 *
 * An agent has one command; an object that serves several agents may tell them apart by this.
 *
 * Returns: (transfer none): name of the command
 *
 * Since: 1.0
 */
const char *
tbx_request_rpc_get_command (TbxRequestRpc *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_RPC (self), NULL);
  return self->command;
}

/**
 * tbx_request_rpc_get_arguments:
 * @self: a request
 *
 * What came with the command.
 *
 * Returns: (transfer none): what follows the name and one space; any bytes, maybe a zero byte
 *   at the end
 *
 * Since: 1.0
 */
GBytes *
tbx_request_rpc_get_arguments (TbxRequestRpc *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_RPC (self), NULL);
  return self->arguments;
}

static void
request_return (TbxRequestRpc *self, gboolean ok, GBytes *result)
{
  GDBusMethodInvocation *invocation = tbx_request_answer (TBX_REQUEST (self));

  if (invocation != NULL)
    g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(b@ay)", ok, tbx_variant_of_bytes (result)));
}

/**
 * tbx_request_rpc_return_success:
 * @self: a request that has not been answered
 * @result: (nullable): what the host gets after "OK" and a space; at most 61440 bytes
 *
 * It is done.
 *
 * Since: 1.0
 */
void
tbx_request_rpc_return_success (TbxRequestRpc *self, GBytes *result)
{
  g_return_if_fail (TBX_IS_REQUEST_RPC (self));
  request_return (self, TRUE, result);
}

/**
 * tbx_request_rpc_return_failure:
 * @self: a request that has not been answered
 * @result: (nullable): what the host gets after "ERROR" and a space; at most 61440 bytes
 *
 * It failed.
 *
 * Since: 1.0
 */
void
tbx_request_rpc_return_failure (TbxRequestRpc *self, GBytes *result)
{
  g_return_if_fail (TBX_IS_REQUEST_RPC (self));
  request_return (self, FALSE, result);
}

static void
request_rpc_decline (TbxRequest *request, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_error_literal (invocation, TBX_ERROR, TBX_ERROR_UNSUPPORTED,
                                                 "Declined");
}

static void
tbx_request_rpc_finalize (GObject *object)
{
  TbxRequestRpc *self = TBX_REQUEST_RPC (object);

  g_free (self->command);
  g_bytes_unref (self->arguments);
  G_OBJECT_CLASS (tbx_request_rpc_parent_class)->finalize (object);
}

static void
tbx_request_rpc_class_init (TbxRequestRpcClass *klass)
{
  TBX_REQUEST_CLASS (klass)->decline = request_rpc_decline;
  G_OBJECT_CLASS (klass)->finalize = tbx_request_rpc_finalize;
}

static void
tbx_request_rpc_init (TbxRequestRpc *self)
{
}

/* Takes @invocation. */
TbxRequestRpc *
tbx_request_rpc_new (GDBusMethodInvocation *invocation,
                     const char            *command,
                     GBytes                *arguments,
                     guint64                deadline_usec)
{
  TbxRequestRpc *self = g_object_new (TBX_TYPE_REQUEST_RPC, NULL);

  tbx_request_begin (TBX_REQUEST (self), invocation, deadline_usec);
  self->command = g_strdup (command);
  self->arguments = g_bytes_ref (arguments);
  return self;
}
