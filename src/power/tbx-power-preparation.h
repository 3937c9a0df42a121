/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-files.h"
#include "tbx-power-handlers.h"
#include "tbx-power-holds.h"

G_BEGIN_DECLS

/* What takes part in preparing an operation; all are used now only. */
typedef struct
{
  TbxPowerHolds    *holds;
  TbxPowerHandlers *handlers;
  TbxPowerFiles    *files;      /* or NULL */
} TbxPowerHooks;

/* The time between a request and the operation: holds, handlers and files side by
 * side, and one deadline.  Signals "changed" and, once, "done". */
#define TBX_TYPE_POWER_PREPARATION (tbx_power_preparation_get_type ())
G_DECLARE_FINAL_TYPE (TbxPowerPreparation, tbx_power_preparation, TBX, POWER_PREPARATION, GObject)

TbxPowerPreparation *tbx_power_preparation_new             (const TbxPowerHooks *hooks,
                                                            TbxPowerOperation    operation,
                                                            guint                deadline_ms);
void                 tbx_power_preparation_start           (TbxPowerPreparation *self);
void                 tbx_power_preparation_abandon         (TbxPowerPreparation *self);
gint64               tbx_power_preparation_get_deadline_us (TbxPowerPreparation *self);
TbxPowerOutcome      tbx_power_preparation_get_outcome     (TbxPowerPreparation *self);
const char          *tbx_power_preparation_get_message     (TbxPowerPreparation *self);
GVariant            *tbx_power_preparation_dup_waiting     (TbxPowerPreparation *self);

G_END_DECLS
