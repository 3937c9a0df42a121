/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-operation.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* Somebody who is asked before an operation, and may do it instead of us. */
#define TBX_TYPE_POWER_HANDLER (tbx_power_handler_get_type ())
G_DECLARE_INTERFACE (TbxPowerHandler, tbx_power_handler, TBX, POWER_HANDLER, GObject)

struct _TbxPowerHandlerInterface
{
  GTypeInterface parent_iface;

  const char *(*get_name)      (TbxPowerHandler *self);
  void        (*handle_async)  (TbxPowerHandler    *self,
                                TbxPowerOperation   operation,
                                gint64              deadline_us,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data);
  gboolean    (*handle_finish) (TbxPowerHandler *self,
                                GAsyncResult    *result,
                                gboolean        *handled,
                                char           **message,
                                GError         **error);
};

const char *tbx_power_handler_get_name      (TbxPowerHandler *self);
void        tbx_power_handler_handle_async  (TbxPowerHandler    *self,
                                             TbxPowerOperation   operation,
                                             gint64              deadline_us,
                                             GCancellable       *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer            user_data);
gboolean    tbx_power_handler_handle_finish (TbxPowerHandler *self,
                                             GAsyncResult    *result,
                                             gboolean        *handled,
                                             char           **message,
                                             GError         **error);

G_END_DECLS
