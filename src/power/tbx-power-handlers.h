/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-handler.h"

G_BEGIN_DECLS

/* Handlers there may be at once, whoever registers them. */
#define TBX_POWER_MAX_HANDLERS 64

/**
 * TbxPowerOutcome:
 * @TBX_POWER_READY: nobody minds, so we do it
 * @TBX_POWER_HANDLED: somebody did it
 * @TBX_POWER_REFUSED: somebody says no
 *
 * How the preparation of an operation ended.
 */
typedef enum
{
  TBX_POWER_READY,
  TBX_POWER_HANDLED,
  TBX_POWER_REFUSED,
} TbxPowerOutcome;

/* The handlers, and the round in which they are asked one by one, the highest
 * priority first.  Signal "changed". */
#define TBX_TYPE_POWER_HANDLERS (tbx_power_handlers_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerHandlers, tbx_power_handlers, TBX, POWER_HANDLERS, GObject)

TbxPowerHandlers *tbx_power_handlers_new        (void);
gboolean          tbx_power_handlers_add        (TbxPowerHandlers *self,
                                                 TbxPowerHandler  *handler,
                                                 TbxPowerSet       operations,
                                                 gint              priority,
                                                 GError          **error);
void              tbx_power_handlers_remove     (TbxPowerHandlers *self, TbxPowerHandler *handler);
GVariant         *tbx_power_handlers_dup_all    (TbxPowerHandlers *self);
void              tbx_power_handlers_append_who (TbxPowerHandlers *self, GVariantBuilder *builder);
void              tbx_power_handlers_ask_async  (TbxPowerHandlers   *self,
                                                 TbxPowerOperation   operation,
                                                 gint64              deadline_us,
                                                 GCancellable       *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer            user_data);
gboolean          tbx_power_handlers_ask_finish (TbxPowerHandlers *self,
                                                 GAsyncResult     *result,
                                                 TbxPowerOutcome  *outcome,
                                                 char            **message,
                                                 GError          **error);

G_END_DECLS
