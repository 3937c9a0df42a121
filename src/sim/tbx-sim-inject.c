/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-inject.h"
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tbx-sim-memory.h"

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

static const guint8 syscall_bytes[] = { 0x0F, 0x05 };

/* Lets @tid execute one instruction, alone.  Signals that come in between are
 * sent again once it is done. */
static gboolean
step_once (pid_t tid)
{
  guint64 later = 0;
  gboolean stepped = FALSE;
  int status;

  while (!stepped)
    {
      if (ptrace (PTRACE_SINGLESTEP, tid, NULL, NULL) != 0
          || waitpid (tid, &status, __WALL) != tid || !WIFSTOPPED (status))
        return FALSE;
      if (status >> 16 != 0)
        continue;   /* it was stopped for job control: not now */
      stepped = WSTOPSIG (status) == SIGTRAP;
      if (!stepped)
        later |= G_GUINT64_CONSTANT (1) << (WSTOPSIG (status) - 1);
    }
  for (int signo = 1; later != 0; signo++, later >>= 1)
    if (later & 1)
      syscall (SYS_tkill, tid, signo);
  return TRUE;
}

/**
 * tbx_sim_inject_cpuid_faulting:
 * @tid: a thread of a 64-bit process, stopped for us
 * @regs: its registers
 * @place: address of text that no other thread executes now; two bytes are lent
 * @on: whether to, or no longer to
 *
 * Makes the thread ask its kernel that CPUID raise SIGSEGV in it, as only it can.
 * What it starts inherits that; exec ends it.
 *
 * Returns: whether processor and kernel can do that
 */
gboolean
tbx_sim_inject_cpuid_faulting (pid_t                          tid,
                               const struct user_regs_struct *regs,
                               guint64                        place,
                               gboolean                       on)
{
  struct user_regs_struct lent = *regs;
  TbxSimMemory memory = tbx_sim_memory_of (tid);
  guint8 kept[sizeof syscall_bytes];
  gboolean done;

  if (!memory.read (memory.data, place, kept, sizeof kept)
      || !tbx_sim_memory_poke (tid, place, syscall_bytes, sizeof syscall_bytes))
    return FALSE;
  lent.rip = place;
  lent.rax = SYS_arch_prctl;
  lent.rdi = ARCH_SET_CPUID;
  lent.rsi = !on;
  lent.orig_rax = (unsigned long long) -1;
  done = ptrace (PTRACE_SETREGS, tid, NULL, &lent) == 0 && step_once (tid)
         && ptrace (PTRACE_GETREGS, tid, NULL, &lent) == 0 && lent.rax == 0;
  tbx_sim_memory_poke (tid, place, kept, sizeof kept);
  ptrace (PTRACE_SETREGS, tid, NULL, regs);
  return done;
}
