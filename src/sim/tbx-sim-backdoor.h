/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-messages.h"

G_BEGIN_DECLS

#define TBX_SIM_BACKDOOR_MAGIC     0x564D5868u
#define TBX_SIM_BACKDOOR_LOW_PORT  0x5658u
#define TBX_SIM_BACKDOOR_HIGH_PORT 0x5659u

typedef enum
{
  TBX_SIM_CALL_DONE,       /* the registers hold the answer; step over the instruction */
  TBX_SIM_CALL_NOT_OURS,   /* no backdoor call: the fault is the guest's own */
  TBX_SIM_CALL_FAULT,      /* the guest's buffer is not there: a fault of its own too */
} TbxSimCall;

TbxSimCall tbx_sim_backdoor_call (TbxSimMessages *messages, TbxSimAccess *access);

G_END_DECLS
