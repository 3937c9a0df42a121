/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-launch.h"
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>
#include "tbx-sim-seccomp.h"

/* What the child writes when it cannot become the program. */
typedef struct
{
  gboolean at_filter;   /* at the filter, else at exec */
  int      code;        /* errno */
} Report;

static void
clear_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static void
set_error (GError **error, int code, const char *what)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
}

/* The program has to find signals as we found them: GIO ignores SIGPIPE, and our
 * handlers must not run in it. */
static void
reset_signals (const sigset_t *mask)
{
  for (int signo = 1; signo < NSIG; signo++)
    {
      struct sigaction action;

      if (sigaction (signo, NULL, &action) == 0
          && (signo == SIGPIPE || action.sa_handler != SIG_IGN))
        signal (signo, SIG_DFL);
    }
  sigprocmask (SIG_SETMASK, mask, NULL);
}

/* Nothing but system calls from here to exec: another thread may hold any lock. */
static void G_GNUC_NORETURN
child (int release_fd, int report_fd, const char *path, char **argv, const sigset_t *mask)
{
  Report report = { TRUE, 0 };
  gssize n;
  char byte;

  reset_signals (mask);
  do
    n = read (release_fd, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n != 1)
    _exit (126);   /* never let go */
  report.code = tbx_sim_seccomp_refuse_vsock ();
  if (report.code == 0)
    {
      execv (path, argv);
      report = (Report) { FALSE, errno };
    }
  if (write (report_fd, &report, sizeof report) != sizeof report)
    _exit (126);
  _exit (127);
}

/**
 * tbx_sim_launch_fork:
 * @launch: (out): the process, to be cleared also when this fails
 * @path: the program's file; has to outlive @launch
 * @argv: its arguments, the first of which is its name
 * @error: return location for an error
 *
 * Makes a process that waits for tbx_sim_launch_go(), then gives up vsock and
 * becomes the program.
 */
gboolean
tbx_sim_launch_fork (TbxSimLaunch *launch, const char *path, char **argv, GError **error)
{
  sigset_t all;
  sigset_t mask;
  int release[2];
  int report[2];

  *launch = (TbxSimLaunch) { 0, path, -1, -1 };
  if (!g_unix_open_pipe (release, FD_CLOEXEC, error))
    return FALSE;
  if (!g_unix_open_pipe (report, FD_CLOEXEC, error))
    {
      close (release[0]);
      close (release[1]);
      return FALSE;
    }
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &mask);
  launch->pid = fork ();
  if (launch->pid == 0)
    {
      close (release[1]);
      child (release[0], report[1], path, argv, &mask);
    }
  if (launch->pid < 0)
    set_error (error, errno, "fork");
  pthread_sigmask (SIG_SETMASK, &mask, NULL);
  close (release[0]);
  close (report[1]);
  launch->release_fd = release[1];
  launch->report_fd = report[0];
  return launch->pid > 0;
}

/**
 * tbx_sim_launch_go:
 * @launch: a process
 *
 * Lets it become the program.
 */
void
tbx_sim_launch_go (TbxSimLaunch *launch)
{
  /* If it is gone already, waitpid() tells. */
  if (write (launch->release_fd, "", 1) != 1)
    g_debug ("The process was gone before it could start");
  clear_fd (&launch->release_fd);
}

/**
 * tbx_sim_launch_result:
 * @launch: a process that ended, or became the program
 * @error: return location for an error
 *
 * Returns: whether it became the program
 */
gboolean
tbx_sim_launch_result (TbxSimLaunch *launch, GError **error)
{
  Report report;

  if (read (launch->report_fd, &report, sizeof report) != sizeof report)
    return TRUE;   /* closed by exec */
  set_error (error, report.code,
             report.at_filter ? "cannot refuse vsock to the program" : launch->path);
  return FALSE;
}

/**
 * tbx_sim_launch_clear:
 * @launch: a process
 *
 * Closes what is left open.  A process that was not let go ends.
 */
void
tbx_sim_launch_clear (TbxSimLaunch *launch)
{
  clear_fd (&launch->release_fd);
  clear_fd (&launch->report_fd);
}
