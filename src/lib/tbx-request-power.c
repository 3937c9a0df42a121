/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-power-private.h"
#include "tbx-error.h"
#include "tbx-request-private.h"

/**
 * TbxRequestPower:
 *
 * The host asks for a change of the power state, and an [class@AgentPower] may do it, or
 * refuse.  To decline leaves it to the next handler, and in the end to the daemon.
 *
 * Since: 1.0
 */
struct _TbxRequestPower
{
  TbxRequest parent_instance;
  char      *operation;   /* owned */
};

G_DEFINE_FINAL_TYPE (TbxRequestPower, tbx_request_power, TBX_TYPE_REQUEST)

/**
 * tbx_request_power_get_operation:
 * @self: a request
 *
 * What the host asks for.
 *
 * Returns: (transfer none): "shutdown", "reboot", "suspend", "resume" or "poweron"
 *
 * Since: 1.0
 */
const char *
tbx_request_power_get_operation (TbxRequestPower *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_POWER (self), NULL);
  return self->operation;
}

/* The answers that are no error: whether it is done, and what is said of it. */
static void
request_return (GDBusMethodInvocation *invocation, gboolean handled, const char *message)
{
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(bs)", handled, message));
}

/**
 * tbx_request_power_return_handled:
 * @self: a request that has not been answered
 * @message: (nullable): what is logged and told to the host; the first 512 bytes of it
 *
 * It is done, or is being done: the daemon does nothing more, and tells the host of a
 * success.
 *
 * Since: 1.0
 */
void
tbx_request_power_return_handled (TbxRequestPower *self, const char *message)
{
  GDBusMethodInvocation *invocation;

  g_return_if_fail (TBX_IS_REQUEST_POWER (self));
  invocation = tbx_request_answer (TBX_REQUEST (self));
  if (invocation != NULL)
    request_return (invocation, TRUE, message == NULL ? "" : message);
}

/**
 * tbx_request_power_refuse:
 * @self: a request that has not been answered
 * @reason: for people, and told to the host; the first 512 bytes of it
 *
 * A veto: nothing happens, and the host is told of a failure.  If it asks again, it is
 * done all the same.
 *
 * Since: 1.0
 */
void
tbx_request_power_refuse (TbxRequestPower *self, const char *reason)
{
  GDBusMethodInvocation *invocation;

  g_return_if_fail (TBX_IS_REQUEST_POWER (self));
  g_return_if_fail (reason != NULL);
  invocation = tbx_request_answer (TBX_REQUEST (self));
  if (invocation != NULL)
    g_dbus_method_invocation_return_error_literal (invocation, TBX_ERROR, TBX_ERROR_REFUSED, reason);
}

static void
request_power_decline (TbxRequest *request, GDBusMethodInvocation *invocation)
{
  request_return (invocation, FALSE, "");
}

static void
tbx_request_power_finalize (GObject *object)
{
  TbxRequestPower *self = TBX_REQUEST_POWER (object);

  g_free (self->operation);
  G_OBJECT_CLASS (tbx_request_power_parent_class)->finalize (object);
}

static void
tbx_request_power_class_init (TbxRequestPowerClass *klass)
{
  TBX_REQUEST_CLASS (klass)->decline = request_power_decline;
  G_OBJECT_CLASS (klass)->finalize = tbx_request_power_finalize;
}

static void
tbx_request_power_init (TbxRequestPower *self)
{
}

/* Takes @invocation. */
TbxRequestPower *
tbx_request_power_new (GDBusMethodInvocation *invocation, const char *operation, guint64 deadline_usec)
{
  TbxRequestPower *self = g_object_new (TBX_TYPE_REQUEST_POWER, NULL);

  tbx_request_begin (TBX_REQUEST (self), invocation, deadline_usec);
  self->operation = g_strdup (operation);
  return self;
}
