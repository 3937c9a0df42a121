/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-seccomp.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the guest's kernel would say if it had no vsock: then tools that prefer
 * it take the backdoor, and none reaches a host that this machine really has. */
#define REFUSED      (SECCOMP_RET_ERRNO | EAFNOSUPPORT)
#define ABSENT       (SECCOMP_RET_ERRNO | ENOSYS)

#define X32_BIT      0x40000000u
#define I386_SOCKETCALL       102
#define I386_SOCKET           359
#define I386_SOCKETPAIR       360
#define SOCKETCALL_SOCKET     1
#define SOCKETCALL_SOCKETPAIR 8

#define FIELD(name) ((guint32) offsetof (struct seccomp_data, name))
#define LOAD(field) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, FIELD (field))
#define ON(value, yes, no) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) (value), (yes), (no))
#define END(value) BPF_STMT (BPF_RET | BPF_K, (value))

/* Jumps count instructions from the next one; the numbers beside are positions.
 * The kernel takes a family as an int, so the low word of the argument decides. */
static const struct sock_filter filter[] = {
  /*  0 */ LOAD (arch),
  /*  1 */ ON (AUDIT_ARCH_X86_64, 0, 6),
  /*  2 */ LOAD (nr),
  /*  3 */ BPF_STMT (BPF_ALU | BPF_AND | BPF_K, ~X32_BIT),   /* x32 has the same numbers */
  /*  4 */ ON (__NR_socket, 12, 0),
  /*  5 */ ON (__NR_socketpair, 11, 0),
  /*  6 */ ON (__NR_io_uring_setup, 13, 0),   /* a ring makes sockets past this filter */
  /*  7 */ END (SECCOMP_RET_ALLOW),
  /*  8 */ ON (AUDIT_ARCH_I386, 0, 11),
  /*  9 */ LOAD (nr),
  /* 10 */ ON (I386_SOCKET, 6, 0),
  /* 11 */ ON (I386_SOCKETPAIR, 5, 0),
  /* 12 */ ON (__NR_io_uring_setup, 7, 0),    /* one number on all */
  /* 13 */ ON (I386_SOCKETCALL, 0, 7),
  /* Its family is in memory, out of reach: no 32-bit program makes sockets this way. */
  /* 14 */ LOAD (args[0]),
  /* 15 */ ON (SOCKETCALL_SOCKET, 3, 0),
  /* 16 */ ON (SOCKETCALL_SOCKETPAIR, 2, 4),
  /* 17 */ LOAD (args[0]),
  /* 18 */ ON (AF_VSOCK, 0, 2),
  /* 19 */ END (REFUSED),
  /* 20 */ END (ABSENT),
  /* 21 */ END (SECCOMP_RET_ALLOW),
};

/**
 * tbx_sim_seccomp_refuse_vsock:
 *
 * Refuses vsock sockets to this process and all it starts, for good, with
 * `EAFNOSUPPORT`.  Without CAP_SYS_ADMIN it also gives up what setuid programs
 * would give it, since the kernel asks for that.  Safe between fork and exec.
 *
 * Returns: 0, or an error number
 */
int
tbx_sim_seccomp_refuse_vsock (void)
{
  const struct sock_fprog program = { G_N_ELEMENTS (filter), (struct sock_filter *) filter };

  if (syscall (__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
    return 0;
  if (errno != EACCES)
    return errno;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
      || syscall (__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    return errno;
  return 0;
}
