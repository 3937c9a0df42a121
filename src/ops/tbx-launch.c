/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-launch.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_CANNOT_EXECUTE 126
#define SESSION_UMASK       0022

/* What the process had of descriptors before tbx_launch_raise_limits(): what programs get. */
static struct rlimit original = { RLIM_INFINITY, RLIM_INFINITY };

static const char *
find_shell (void)
{
  return access ("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

/* From here to exec only async-signal-safe calls: the worker has threads of GLib. */

static void
child_streams (const TbxLaunch *launch)
{
  const int wanted[] = { launch->stdin_fd, launch->stdout_fd, launch->stderr_fd };
  int copies[G_N_ELEMENTS (wanted)];

  /* First out of the way of 0, 1 and 2, then into place. */
  for (int i = 0; i < (int) G_N_ELEMENTS (wanted); i++)
    {
      int fd = wanted[i] >= 0 ? wanted[i] : open ("/dev/null", O_RDWR);

      copies[i] = fcntl (fd, F_DUPFD, 16);
    }
  for (int i = 0; i < (int) G_N_ELEMENTS (wanted); i++)
    if (copies[i] < 0 || dup2 (copies[i], i) < 0)
      _exit (EXIT_CANNOT_EXECUTE);
}

static void
child_signals (void)
{
  struct sigaction normal = { .sa_handler = SIG_DFL };
  sigset_t none;

  for (int number = 1; number < NSIG; number++)
    sigaction (number, &normal, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Closes all but the streams, first of all the other ends of gates, ours and those of
 * programs before us: then waits at ours. */
static void
child_wait (int gate_fd)
{
  char byte;

  if (gate_fd >= 0 && dup2 (gate_fd, STDERR_FILENO + 1) < 0)
    _exit (EXIT_CANNOT_EXECUTE);
  closefrom (gate_fd >= 0 ? STDERR_FILENO + 2 : STDERR_FILENO + 1);
  if (gate_fd < 0)
    return;
  while (read (STDERR_FILENO + 1, &byte, 1) < 0 && errno == EINTR)
    ;
  close (STDERR_FILENO + 1);
}

static void G_GNUC_NORETURN
child_run (const TbxLaunch *launch, const char *shell)
{
  const char *const by_shell[] = { shell, "-c", launch->command, NULL };
  const char *const *arguments = launch->command != NULL ? by_shell : launch->arguments;

  setsid ();
  umask (SESSION_UMASK);
  if (original.rlim_cur != RLIM_INFINITY && setrlimit (RLIMIT_NOFILE, &original) < 0)
    _exit (EXIT_CANNOT_EXECUTE);
  if (chdir (launch->directory) < 0 && chdir ("/") < 0)
    _exit (EXIT_CANNOT_EXECUTE);
  child_streams (launch);
  child_wait (launch->gate_fd);
  child_signals ();
  execve (arguments[0], (char *const *) arguments, (char *const *) launch->environment);
  _exit (EXIT_CANNOT_EXECUTE);
}

/**
 * tbx_launch_raise_limits:
 *
 * Lets this process have as many descriptors as it may, for the files that hosts open;
 * what it starts has the limit that there was: programs that use select() rely on it.
 */
void
tbx_launch_raise_limits (void)
{
  struct rlimit raised;

  if (getrlimit (RLIMIT_NOFILE, &raised) < 0 || raised.rlim_cur >= raised.rlim_max)
    return;
  original = raised;
  raised.rlim_cur = raised.rlim_max;
  if (setrlimit (RLIMIT_NOFILE, &raised) < 0)
    g_warning ("The limit of open files stays: %s", g_strerror (errno));
}

/**
 * tbx_launch:
 * @launch: what to start; its descriptors stay the caller's
 * @pid: (out): of the shell, which becomes the program when the command is a simple one
 * @pidfd: (out): readable when it has ended; reap it with waitid()
 * @error_number: (out): the errno of a failure
 *
 * The child is leader of a session and of a process group, has default signals and
 * no descriptor above 2.  That the shell, or the program, cannot be executed shows as exit code 126.
 *
 * Returns: whether there is a child now
 */
gboolean
tbx_launch (const TbxLaunch *launch, pid_t *pid, int *pidfd, int *error_number)
{
  const char *shell = find_shell ();
  siginfo_t info;

  *pid = fork ();
  if (*pid == 0)
    child_run (launch, shell);
  *error_number = errno;
  if (*pid < 0)
    return FALSE;
  *pidfd = pidfd_open (*pid, 0);
  if (*pidfd >= 0)
    return TRUE;
  *error_number = errno;
  kill (*pid, SIGKILL);
  waitid (P_PID, (id_t) *pid, &info, WEXITED);
  return FALSE;
}
