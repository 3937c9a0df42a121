/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-backdoor.h"

enum
{
  COMMAND_GETVERSION = 10,
  COMMAND_GETHWVERSION = 17,
  COMMAND_GETTIME = 23,
  COMMAND_MESSAGE = 30,
  COMMAND_GETTIMEFULL = 46,
  COMMAND_GETTIMEFULL_WITH_LAG = 55,
};

#define BACKDOOR_VERSION  6
#define HARDWARE_VERSION  21
#define VMX_TYPE_ESXI     2
#define UNSUPPORTED       0xFFFFFFFFu
#define MAX_LAG_US        1000000u   /* how late the guest's clock may be, microseconds */

#define HIGH_COMMAND_MESSAGE 0

/* Time of day: 64-bit seconds for the newer two, 32-bit for the oldest. */
static void
answer_time (guint32 command, TbxSimRegisters *regs)
{
  gint64 now_us = g_get_real_time ();
  guint64 seconds = (guint64) now_us / G_USEC_PER_SEC;

  regs->bx = (guint64) now_us % G_USEC_PER_SEC;
  regs->cx = MAX_LAG_US;
  if (command == COMMAND_GETTIME)
    {
      regs->ax = (guint32) seconds;
      return;
    }
  /* AX stays the magic: that is how the guest sees that the command is known. */
  regs->si = seconds >> 32;
  regs->dx = (guint32) seconds;
  if (command == COMMAND_GETTIMEFULL_WITH_LAG)
    regs->di = 0;
}

static void
call_low (TbxSimMessages *messages, TbxSimAccess *access)
{
  TbxSimRegisters *regs = &access->regs;
  guint32 command = regs->cx & 0xFFFF;

  switch (command)
    {
    case COMMAND_GETVERSION:
      regs->ax = BACKDOOR_VERSION;
      regs->bx = TBX_SIM_BACKDOOR_MAGIC;
      regs->cx = VMX_TYPE_ESXI;
      break;
    case COMMAND_GETHWVERSION:
      regs->ax = HARDWARE_VERSION;
      regs->bx = TBX_SIM_BACKDOOR_MAGIC;
      break;
    case COMMAND_GETTIME:
    case COMMAND_GETTIMEFULL:
    case COMMAND_GETTIMEFULL_WITH_LAG:
      answer_time (command, regs);
      break;
    case COMMAND_MESSAGE:
      tbx_sim_messages_low (messages, access);
      break;
    default:
      regs->ax = UNSUPPORTED;
    }
}

/**
 * tbx_sim_backdoor_call:
 * @messages: the channels
 * @access: (inout): the call; its registers change only when it is done
 *
 * Executes one backdoor call as the host does.  Pure but for the host that
 * @messages leads to.
 * Source: docs/wire/transport.md, "LB command dispatcher".
 *
 * Returns: whether it was one
 */
TbxSimCall
tbx_sim_backdoor_call (TbxSimMessages *messages, TbxSimAccess *access)
{
  gboolean low = access->instruction == TBX_SIM_INSTRUCTION_IN;
  guint32 port = low ? TBX_SIM_BACKDOOR_LOW_PORT : TBX_SIM_BACKDOOR_HIGH_PORT;
  TbxSimRegisters *regs = &access->regs;

  access->delay_ms = 0;
  if ((guint32) regs->ax != TBX_SIM_BACKDOOR_MAGIC || (regs->dx & 0xFFFF) != port)
    return TBX_SIM_CALL_NOT_OURS;
  if (low)
    call_low (messages, access);
  else if ((regs->bx & 0xFFFF) != HIGH_COMMAND_MESSAGE)
    regs->bx = tbx_sim_with_high_half (regs->bx, 0);
  else if (!tbx_sim_messages_high (messages, access))
    return TBX_SIM_CALL_FAULT;
  return TBX_SIM_CALL_DONE;
}
