/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-stop.h"
#include <signal.h>
#include <sys/ptrace.h>
#include "tbx-sim-backdoor.h"
#include "tbx-sim-memory.h"

/* Executes a backdoor instruction in the place of the processor. */
static gboolean
execute_backdoor (TbxSimTask *task, TbxSimMessages *messages, struct user_regs_struct *regs)
{
  const TbxSimMemory memory = tbx_sim_memory_of (task->tid);
  TbxSimAccess access = {
    .regs = { regs->rax, regs->rbx, regs->rcx, regs->rdx, regs->rsi, regs->rdi, regs->rbp },
    .memory = &memory,
    .pid = task->process->pid,
  };

  /* The magic is the cheaper test. */
  if ((guint32) regs->rax != TBX_SIM_BACKDOOR_MAGIC
      || !tbx_sim_image_decode (task->process->image, &memory, regs->rip, &access.instruction)
      || tbx_sim_backdoor_call (messages, &access) != TBX_SIM_CALL_DONE)
    return FALSE;
  regs->rax = access.regs.ax;
  regs->rbx = access.regs.bx;
  regs->rcx = access.regs.cx;
  regs->rdx = access.regs.dx;
  regs->rsi = access.regs.si;
  regs->rdi = access.regs.di;
  regs->rbp = access.regs.bp;
  regs->rip += access.instruction == TBX_SIM_INSTRUCTION_IN ? 1 : 2;
  /* A slow host holds up the processor that asks; here, all that ask after it. */
  if (access.delay_ms > 0)
    g_usleep ((gulong) access.delay_ms * 1000);
  return TRUE;
}

/**
 * tbx_sim_stop_execute:
 * @task: a thread that is stopped by a signal
 * @messages: the channels
 * @signo: the signal
 *
 * Does what the instruction that raised the signal would do in a VMware guest,
 * if it is one that does something there.
 * Source: docs/wire/transport.md, "Trap methods (Linux x86-64)".
 *
 * Returns: whether it did; the signal is void then, else it is the program's own
 */
gboolean
tbx_sim_stop_execute (TbxSimTask *task, TbxSimMessages *messages, int signo)
{
  TbxSimImage *image = task->process->image;
  struct user_regs_struct regs;
  gboolean done = FALSE;
  siginfo_t info;

  /* A signal that someone sent has a code of at most 0. */
  if ((signo != SIGSEGV && signo != SIGILL && signo != SIGTRAP) || image == NULL
      || ptrace (PTRACE_GETSIGINFO, task->tid, NULL, &info) != 0 || info.si_code <= 0
      || ptrace (PTRACE_GETREGS, task->tid, NULL, &regs) != 0)
    return FALSE;
  if (signo == SIGSEGV)
    done = execute_backdoor (task, messages, &regs) || tbx_sim_image_fault (image, task->tid, &regs);
  else if (signo == SIGILL)
    done = tbx_sim_image_illegal (image, &regs);
  else
    done = tbx_sim_image_trap (image, task->tid, &regs);
  return done && ptrace (PTRACE_SETREGS, task->tid, NULL, &regs) == 0;
}

/**
 * tbx_sim_stop_restore:
 * @task: a thread that is stopped, and about to be traced no more
 *
 * Leaves it and its process as they would be if they had never been traced.
 */
void
tbx_sim_stop_restore (TbxSimTask *task)
{
  struct user_regs_struct regs;

  if (task->process->image != NULL && ptrace (PTRACE_GETREGS, task->tid, NULL, &regs) == 0)
    tbx_sim_image_restore (task->process->image, task->tid, &regs);
}
