/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-backend.h"
#include "tbx-power-files.h"
#include "tbx-power-handlers.h"
#include "tbx-power-holds.h"

G_BEGIN_DECLS

/**
 * TbxPowerState:
 * @TBX_POWER_IDLE: nothing is pending
 * @TBX_POWER_PREPARING: holds, handlers and files have their time
 * @TBX_POWER_ACTING: the shutdown is being asked for
 * @TBX_POWER_GOING_DOWN: it was accepted, or began without us
 */
typedef enum
{
  TBX_POWER_IDLE,
  TBX_POWER_PREPARING,
  TBX_POWER_ACTING,
  TBX_POWER_GOING_DOWN,
} TbxPowerState;

/**
 * TbxPowerAnswer:
 * @TBX_POWER_ANSWER_START: tbx_power_start() may be called
 * @TBX_POWER_ANSWER_PENDING: the same is pending: nothing more is to be done
 * @TBX_POWER_ANSWER_BUSY: something else is pending
 * @TBX_POWER_ANSWER_GOING_DOWN: it is happening
 *
 * What becomes of a request.
 */
typedef enum
{
  TBX_POWER_ANSWER_START,
  TBX_POWER_ANSWER_PENDING,
  TBX_POWER_ANSWER_BUSY,
  TBX_POWER_ANSWER_GOING_DOWN,
} TbxPowerAnswer;

#define TBX_TYPE_POWER (tbx_power_get_type ())
G_DECLARE_FINAL_TYPE (TbxPower, tbx_power, TBX, POWER, GObject)

TbxPower         *tbx_power_new                (TbxPowerFiles *files);
void              tbx_power_set_deadline_ms    (TbxPower *self, guint deadline_ms);
guint             tbx_power_get_deadline_ms    (TbxPower *self);
void              tbx_power_add_backend        (TbxPower *self, TbxPowerBackend *backend);
void              tbx_power_prepend_backend    (TbxPower *self, TbxPowerBackend *backend);
TbxPowerHolds    *tbx_power_get_holds          (TbxPower *self);
TbxPowerHandlers *tbx_power_get_handlers       (TbxPower *self);
TbxPowerState     tbx_power_get_state          (TbxPower *self);
TbxPowerOperation tbx_power_get_operation      (TbxPower *self);
gint64            tbx_power_get_deadline_us    (TbxPower *self);
GVariant         *tbx_power_dup_waiting        (TbxPower *self);
TbxPowerAnswer    tbx_power_check              (TbxPower *self, TbxPowerOperation operation);
void              tbx_power_start              (TbxPower         *self,
                                                TbxPowerOperation operation,
                                                gboolean          with_hooks);
void              tbx_power_shutdown_began     (TbxPower *self);
void              tbx_power_shutdown_cancelled (TbxPower *self);
void              tbx_power_abort              (TbxPower *self);

G_END_DECLS
