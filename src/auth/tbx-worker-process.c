/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-process.h"
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct _TbxWorkerProcess
{
  int fd;   /* pidfd, or -1 while it is not known (owned) */
};

/* Its status tells nothing that the end of its socket did not; it must be reaped
 * though, also when nobody remembers the worker. */
static void
on_child_ended (GPid child, gint status, gpointer user_data)
{
  g_debug ("Worker process %d ended", child);
  g_spawn_close_pid (child);
}

/**
 * tbx_worker_process_new_child:
 * @child: of this process, not reaped by others
 *
 * Returns: (transfer full): free with tbx_worker_process_free()
 */
TbxWorkerProcess *
tbx_worker_process_new_child (GPid child)
{
  TbxWorkerProcess *self = g_new0 (TbxWorkerProcess, 1);

  self->fd = pidfd_open (child, 0);
  g_child_watch_add (child, on_child_ended, NULL);
  return self;
}

/**
 * tbx_worker_process_new_foreign:
 * @pidfd: (transfer full): of a process that PID 1 started, or -1 when it is not known yet
 *
 * Returns: (transfer full): free with tbx_worker_process_free()
 */
TbxWorkerProcess *
tbx_worker_process_new_foreign (int pidfd)
{
  TbxWorkerProcess *self = g_new0 (TbxWorkerProcess, 1);

  self->fd = pidfd;
  return self;
}

/**
 * tbx_worker_process_identify:
 * @self: a process
 * @pid: which it is, as itself says while it is root's and waits for us
 *
 * Does nothing where it is known already.
 */
void
tbx_worker_process_identify (TbxWorkerProcess *self, GPid pid)
{
  if (self->fd < 0 && pid > 1)
    self->fd = pidfd_open (pid, 0);
}

/**
 * tbx_worker_process_get_fd:
 * @self: a process
 *
 * Returns: its pidfd, still owned by @self; -1 when it is not known
 */
int
tbx_worker_process_get_fd (TbxWorkerProcess *self)
{
  return self->fd;
}

/**
 * tbx_worker_process_terminate:
 * @self: a process whose session is open
 *
 * Ends the half that is the user at once, the other when the session has ended, for which
 * it sees itself that it does not take for ever.  It is there as long as the first one is:
 * what cannot be killed is not out of sight.
 */
void
tbx_worker_process_terminate (TbxWorkerProcess *self)
{
  /* Where we are not root, there is one half, and no session. */
  if (self->fd >= 0)
    pidfd_send_signal (self->fd, geteuid () == 0 ? SIGTERM : SIGKILL, NULL, 0);
}

/**
 * tbx_worker_process_kill:
 * @self: a process without a session
 */
void
tbx_worker_process_kill (TbxWorkerProcess *self)
{
  if (self->fd >= 0)
    pidfd_send_signal (self->fd, SIGKILL, NULL, 0);
}

void
tbx_worker_process_free (TbxWorkerProcess *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}
