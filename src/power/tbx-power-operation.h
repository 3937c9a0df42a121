/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/**
 * TbxPowerOperation:
 * @TBX_POWER_NONE: no operation
 * @TBX_POWER_SHUTDOWN: the guest is to go down
 * @TBX_POWER_REBOOT: the guest is to start again
 * @TBX_POWER_POWERON: the machine was powered on or restarted
 * @TBX_POWER_RESUME: the machine was resumed
 * @TBX_POWER_SUSPEND: the host is about to suspend the machine
 *
 * What the host asks for.  The values are those of the status message.
 * Source: docs/wire/power.md, "Requests and numbers".
 */
typedef enum
{
  TBX_POWER_NONE,
  TBX_POWER_SHUTDOWN,
  TBX_POWER_REBOOT,
  TBX_POWER_POWERON,
  TBX_POWER_RESUME,
  TBX_POWER_SUSPEND,
  TBX_POWER_N_OPERATIONS
} TbxPowerOperation;

/* A set of operations. */
typedef guint TbxPowerSet;

#define TBX_POWER_BIT(operation) (1u << (operation))
#define TBX_POWER_SET_ALL (TBX_POWER_BIT (TBX_POWER_N_OPERATIONS) - TBX_POWER_BIT (TBX_POWER_SHUTDOWN))
#define TBX_POWER_SET_GOING_DOWN \
  (TBX_POWER_BIT (TBX_POWER_SHUTDOWN) | TBX_POWER_BIT (TBX_POWER_REBOOT))

const char *tbx_power_operation_get_word    (TbxPowerOperation operation);
const char *tbx_power_operation_get_request (TbxPowerOperation operation);
const char *tbx_power_operation_get_option  (TbxPowerOperation operation);
gboolean    tbx_power_set_has               (TbxPowerSet set, TbxPowerOperation operation);
gboolean    tbx_power_set_parse             (const char  *words,
                                             TbxPowerSet  allowed,
                                             TbxPowerSet *set,
                                             GError     **error);
char       *tbx_power_set_format            (TbxPowerSet set);

G_END_DECLS
