/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program for the tests to run under the tracer.  Each of its commands checks
 * that something is as it would be in a VMware guest, or without a tracer, and
 * ends with 0 if it is. */
#include "guest-backdoor.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_THREADS 4
#define N_ROUNDS  25

static char **arguments;

static int
fail (const char *what)
{
  fprintf (stderr, "guest: %s (errno %d: %s)\n", what, errno, strerror (errno));
  return 1;
}

static int
is_vmware (void)
{
  Registers regs = { 0x564D5868u, ~0x564D5868u, 0xFFFF000Au, 0x5658u, 0, 0 };

  backdoor (&regs);
  return regs.ax == 6 && regs.bx == 0x564D5868u && regs.cx == 2;
}

static int
ask (int number)
{
  char set[64];
  char get[64];
  char reply[64];

  snprintf (set, sizeof set, "info-set guestinfo.test%d value-%d", number, number);
  snprintf (get, sizeof get, "info-get guestinfo.test%d", number);
  snprintf (reply, sizeof reply, "1 value-%d", number);
  return rpci_check (set, "1 ") && rpci_check (get, reply);
}

static int
version (void)
{
  return is_vmware () && ask (0) ? 0 : fail ("version");
}

static void *
ask_often (void *number)
{
  for (int i = 0; i < N_ROUNDS; i++)
    if (!ask ((int) (intptr_t) number))
      return NULL;
  return number;
}

static int
run_threads (void)
{
  pthread_t threads[N_THREADS];
  int good = 1;

  for (intptr_t i = 0; i < N_THREADS; i++)
    if (pthread_create (&threads[i], NULL, ask_often, (void *) (i + 1)) != 0)
      return fail ("pthread_create");
  for (intptr_t i = 0; i < N_THREADS; i++)
    {
      void *result;

      pthread_join (threads[i], &result);
      good = good && result == (void *) (i + 1);
    }
  return good ? 0 : fail ("threads");
}

/* How a child ended, as a shell tells it. */
static int
wait_for (pid_t pid)
{
  int status;

  if (waitpid (pid, &status, 0) != pid)
    return -1;
  return WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
}

/* Children and their threads, two generations of them, and the parent meanwhile. */
static int
run_forks (void)
{
  pid_t pids[3];

  for (int i = 0; i < 3; i++)
    if ((pids[i] = fork ()) == 0)
      {
        pid_t grandchild = fork ();

        if (grandchild == 0)
          _exit (run_threads ());
        _exit (ask (10 + i) && wait_for (grandchild) == 0 ? 0 : 1);
      }
  if (!ask (20))
    return fail ("parent");
  for (int i = 0; i < 3; i++)
    if (wait_for (pids[i]) != 0)
      return fail ("child");
  return 0;
}

/* Becomes itself again, from a thread that is not the first. */
static void *
become (void *argument)
{
  execl ("/proc/self/exe", arguments[0], (char *) argument, NULL);
  return NULL;
}

static int
run_exec (void)
{
  pthread_t thread;

  pthread_create (&thread, NULL, ask_often, (void *) 1);
  pthread_create (&thread, NULL, become, (void *) "version");
  pthread_join (thread, NULL);
  return fail ("exec");
}

/* Starts @argument as a program; how that ended is how this ends. */
static int
spawn (const char *argument, pid_t (*maker) (void))
{
  pid_t pid = maker ();

  if (pid == 0)
    {
      execl ("/proc/self/exe", arguments[0], argument, NULL);
      _exit (126);
    }
  return wait_for (pid);
}

static int
run_spawn (void)
{
  int forked = spawn ("version", fork);
  int vforked = spawn ("version", vfork);

  if (forked != vforked)
    return fail ("fork and vfork differ");
  if (!is_vmware ())
    return fail ("parent");
  return forked;
}

static int
die_by_pointer (void)
{
  static int *volatile nowhere = (int *) 8;

  *nowhere = 1;
  return 1;
}

static int
die_by_instruction (void)
{
  __asm__ volatile ("ud2");
  return 1;
}

static int
die_by_breakpoint (void)
{
  __asm__ volatile ("int3");
  return 1;
}

/* The very instruction, for another device. */
static int
die_by_port (void)
{
  Registers regs = { 0x564D5868u, 0, 10, 0x60, 0, 0 };

  backdoor (&regs);
  return 1;
}

static int
die_by_signal (void)
{
  kill (getpid (), SIGSEGV);
  return 1;
}

static sigjmp_buf escape;
static siginfo_t seen;

static void
on_signal (int signo, siginfo_t *info, void *context)
{
  seen = *info;
  siglongjmp (escape, 1);
}

static void
catch (int signo)
{
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

  sigaction (signo, &action, NULL);
}

/* Handlers find what the kernel, or the sender, has put there. */
static int
run_handlers (void)
{
  union sigval value = { .sival_int = 4711 };

  catch (SIGSEGV);
  catch (SIGILL);
  catch (SIGTRAP);
  catch (SIGRTMIN + 3);
  if (sigsetjmp (escape, 1) == 0)
    die_by_pointer ();
  if (seen.si_signo != SIGSEGV || seen.si_code != SEGV_MAPERR || seen.si_addr != (void *) 8)
    return fail ("SIGSEGV by a pointer");
  if (sigsetjmp (escape, 1) == 0)
    die_by_port ();
  if (seen.si_code != SI_KERNEL || seen.si_addr != NULL)
    return fail ("SIGSEGV by a port");
  if (sigsetjmp (escape, 1) == 0)
    die_by_signal ();
  if (seen.si_code != SI_USER || seen.si_pid != getpid ())
    return fail ("SIGSEGV by kill");
  if (sigsetjmp (escape, 1) == 0)
    die_by_instruction ();
  if (seen.si_signo != SIGILL || seen.si_code != ILL_ILLOPN)
    return fail ("SIGILL");
  if (sigsetjmp (escape, 1) == 0)
    die_by_breakpoint ();
  if (seen.si_signo != SIGTRAP)
    return fail ("SIGTRAP");
  if (sigsetjmp (escape, 1) == 0)
    sigqueue (getpid (), SIGRTMIN + 3, value);
  if (seen.si_code != SI_QUEUE || seen.si_value.sival_int != 4711)
    return fail ("a signal with a value");
  return version ();
}

/* A child that is stopped stays so until it is told to go on, and its parent
 * hears of both: if the child waits until it has, for a child that changes again
 * takes back what its parent did not hear yet. */
static int
run_job_control (void)
{
  int heard[2], status;
  char byte = 0;
  pid_t pid;

  if (pipe (heard) != 0 || (pid = fork ()) < 0)
    return fail ("fork");
  if (pid == 0)
    {
      setpgid (0, 0);   /* or SIGTSTP does nothing where no shell looks after us */
      raise (SIGSTOP);
      if (read (heard[0], &byte, 1) != 1 || raise (SIGTSTP) != 0 || read (heard[0], &byte, 1) != 1)
        _exit (1);
      _exit (is_vmware () ? 7 : 1);
    }
  for (int i = 0; i < 2; i++)
    {
      if (waitpid (pid, &status, WUNTRACED | WCONTINUED) != pid || !WIFSTOPPED (status)
          || WSTOPSIG (status) != (i == 0 ? SIGSTOP : SIGTSTP))
        return fail ("not stopped");
      usleep (50 * 1000);
      if (waitpid (pid, &status, WUNTRACED | WNOHANG) != 0)
        return fail ("does not stay stopped");
      kill (pid, SIGCONT);
      if (waitpid (pid, &status, WCONTINUED) != pid || !WIFCONTINUED (status))
        return fail ("not continued");
      if (write (heard[1], &byte, 1) != 1)
        return fail ("write");
    }
  return wait_for (pid) == 7 ? 0 : fail ("end");
}

/* A type that no kernel has: without a filter it is refused as such (EINVAL), so
 * that no vsock socket is ever made. */
#define NO_TYPE 15

static long
call_i386 (long number, long a, long b, long c)
{
  long result;

  __asm__ volatile ("int $0x80" : "=a" (result) : "a" (number), "b" (a), "c" (b), "d" (c)
                    : "memory", "r8", "r9", "r10", "r11");
  return (int) result;
}

static int
check_vsock (void)
{
  int pair[2];
  int fd;

  if (socket (AF_VSOCK, NO_TYPE, 0) >= 0 || errno != EAFNOSUPPORT)
    return fail ("socket");
  if (socketpair (AF_VSOCK, NO_TYPE, 0, pair) >= 0 || errno != EAFNOSUPPORT)
    return fail ("socketpair");
  if (syscall (SYS_socket, 0xFFFFFFFF00000028, NO_TYPE, 0) >= 0 || errno != EAFNOSUPPORT)
    return fail ("socket, with garbage above the family");
  if (syscall (0x40000000 | SYS_socket, AF_VSOCK, NO_TYPE, 0) >= 0 || errno != EAFNOSUPPORT)
    return fail ("socket of x32");
  if (call_i386 (359, AF_VSOCK, NO_TYPE, 0) != -EAFNOSUPPORT)
    return fail ("socket of i386");
  if (call_i386 (360, AF_VSOCK, NO_TYPE, 0) != -EAFNOSUPPORT)
    return fail ("socketpair of i386");
  if (call_i386 (102, 1, 0, 0) != -EAFNOSUPPORT || call_i386 (102, 8, 0, 0) != -EAFNOSUPPORT)
    return fail ("socketcall");
  if (call_i386 (102, 2, 0, 0) != -EFAULT)
    return fail ("socketcall that makes no socket");
  if (call_i386 (20, 0, 0, 0) != getpid ())
    return fail ("getpid of i386");
  if (syscall (SYS_io_uring_setup, 0, NULL) >= 0 || errno != ENOSYS)
    return fail ("io_uring_setup");
  fd = socket (AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || close (fd) != 0 || socketpair (AF_UNIX, SOCK_STREAM, 0, pair) != 0)
    return fail ("other families");
  return 0;
}

static int
run_vsock (void)
{
  return check_vsock () == 0 && spawn ("vsock-only", fork) == 0 ? 0 : 1;
}

/* Writes to standard output once a signal asks to end, then ends as if by its own will. */
static int
run_until_signal (void)
{
  static const char ready[] = "ready\n";
  sigset_t set;
  int signo;

  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGINT);
  sigprocmask (SIG_BLOCK, &set, NULL);
  if (write (STDOUT_FILENO, ready, sizeof ready - 1) < 0 || sigwait (&set, &signo) != 0)
    return 1;
  printf ("got %d\n", signo);
  fflush (stdout);
  if (arguments[2] != NULL)   /* stubborn */
    for (;;)
      pause ();
  return 40 + signo;
}

static int
mask (void)
{
  struct sigaction action;
  sigset_t set;

  sigprocmask (SIG_BLOCK, NULL, &set);
  for (int signo = 1; signo < 32; signo++)
    if (sigismember (&set, signo))
      return fail ("a signal is blocked");
  sigaction (SIGPIPE, NULL, &action);
  return action.sa_handler == SIG_DFL ? 0 : fail ("SIGPIPE is ignored");
}

static int
leave_memory_fault (void)
{
  Channel channel;
  Registers regs;

  if (!channel_open (&channel, 0x49435052u))
    return fail ("no channel");
  regs = (Registers) { 0x564D5868u, 16, 1 << 16 | 30, channel.id << 16 | 0x5658,
                       channel.cookie_high, channel.cookie_low };
  backdoor (&regs);
  /* High bandwidth, from where there is no memory: as for any other instruction. */
  __asm__ volatile ("push %%rbp; mov %[high], %%ebp; cld; rep outsb; pop %%rbp"
                    :
                    : "a" (0x564D5868u), "b" (0x10000), "c" (16ul),
                      "d" (channel.id << 16 | 0x5659), "S" (8ul), "D" (channel.cookie_low),
                      [high] "r" (channel.cookie_high)
                    : "memory");
  return 1;
}

int
main (int argc, char **argv)
{
  static const struct { const char *name; int (*run) (void); } commands[] = {
    { "version", version },
    { "threads", run_threads },
    { "forks", run_forks },
    { "exec", run_exec },
    { "spawn", run_spawn },
    { "pointer", die_by_pointer },
    { "instruction", die_by_instruction },
    { "breakpoint", die_by_breakpoint },
    { "port", die_by_port },
    { "signal", die_by_signal },
    { "memory", leave_memory_fault },
    { "handlers", run_handlers },
    { "job-control", run_job_control },
    { "vsock", run_vsock },
    { "vsock-only", check_vsock },
    { "until-signal", run_until_signal },
    { "mask", mask },
  };

  arguments = argv;
  for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run ();
  fprintf (stderr, "guest: no such command\n");
  return 2;
}
