/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-backend.h"

G_DEFINE_INTERFACE (TbxPowerBackend, tbx_power_backend, G_TYPE_OBJECT)

enum { SIGNAL_BLOCKED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
tbx_power_backend_default_init (TbxPowerBackendInterface *iface)
{
  /**
   * TbxPowerBackend::blocked:
   * @self: the back end
   * @blockers: `a(ss)`: a kind, and who; empty when it waits no longer
   *
   * Somebody forbids the operation, and the back end waits for them.
   */
  signals[SIGNAL_BLOCKED] = g_signal_new ("blocked", TBX_TYPE_POWER_BACKEND, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);
}

/**
 * tbx_power_backend_get_name:
 * @self: a back end
 *
 * Returns: (transfer none): its name, for the log
 */
const char *
tbx_power_backend_get_name (TbxPowerBackend *self)
{
  return TBX_POWER_BACKEND_GET_IFACE (self)->get_name (self);
}

/**
 * tbx_power_backend_act_async:
 * @self: a back end
 * @operation: shutdown or reboot
 * @cancellable: (nullable): waits no longer; what was started may still happen
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Starts the operation.  One at a time.
 */
void
tbx_power_backend_act_async (TbxPowerBackend    *self,
                             TbxPowerOperation   operation,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  TBX_POWER_BACKEND_GET_IFACE (self)->act_async (self, operation, cancellable, callback, user_data);
}

/**
 * tbx_power_backend_act_finish:
 * @self: a back end
 * @result: what the callback got
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_REFUSED` when no other may be tried; any other: this one cannot.
 *
 * Returns: whether the guest goes down now
 */
gboolean
tbx_power_backend_act_finish (TbxPowerBackend *self, GAsyncResult *result, GError **error)
{
  return TBX_POWER_BACKEND_GET_IFACE (self)->act_finish (self, result, error);
}

/**
 * tbx_power_backend_emit_blocked:
 * @self: a back end
 * @blockers: (transfer none): `a(ss)`
 *
 * For implementations.
 */
void
tbx_power_backend_emit_blocked (TbxPowerBackend *self, GVariant *blockers)
{
  g_signal_emit (self, signals[SIGNAL_BLOCKED], 0, blockers);
}
