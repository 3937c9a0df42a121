/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-handler.h"

G_DEFINE_INTERFACE (TbxPowerHandler, tbx_power_handler, G_TYPE_OBJECT)

static void
tbx_power_handler_default_init (TbxPowerHandlerInterface *iface)
{
}

/**
 * tbx_power_handler_get_name:
 * @self: a handler
 *
 * Returns: (transfer none): who it is, for the log and for people
 */
const char *
tbx_power_handler_get_name (TbxPowerHandler *self)
{
  return TBX_POWER_HANDLER_GET_IFACE (self)->get_name (self);
}

/**
 * tbx_power_handler_handle_async:
 * @self: a handler
 * @operation: what is asked for
 * @deadline_us: when its answer stops counting, microseconds of the monotonic clock
 * @cancellable: (nullable): its answer does not count any more
 * @callback: (scope async): called once
 * @user_data: passed to @callback
 *
 * Asks it.  Who asks watches the deadline.
 */
void
tbx_power_handler_handle_async (TbxPowerHandler    *self,
                                TbxPowerOperation   operation,
                                gint64              deadline_us,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data)
{
  TBX_POWER_HANDLER_GET_IFACE (self)->handle_async (self, operation, deadline_us, cancellable,
                                                    callback, user_data);
}

/**
 * tbx_power_handler_handle_finish:
 * @self: a handler
 * @result: what the callback got
 * @handled: (out): whether it did the operation itself
 * @message: (out) (transfer full): what it says, for people; may be empty
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_REFUSED`: it says no.  Any other: as if it were not there.
 */
gboolean
tbx_power_handler_handle_finish (TbxPowerHandler *self,
                                 GAsyncResult    *result,
                                 gboolean        *handled,
                                 char           **message,
                                 GError         **error)
{
  return TBX_POWER_HANDLER_GET_IFACE (self)->handle_finish (self, result, handled, message, error);
}
