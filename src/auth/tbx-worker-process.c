/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-process.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* For PAM's end of a session, after which patience ends. */
#define TERMINATE_GRACE_MS (10 * 1000)

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

static gboolean
on_grace_elapsed (gpointer user_data)
{
  pidfd_send_signal (GPOINTER_TO_INT (user_data), SIGKILL, NULL, 0);
  return G_SOURCE_REMOVE;
}

static void
close_pidfd (gpointer user_data)
{
  close (GPOINTER_TO_INT (user_data));
}

/**
 * tbx_worker_process_terminate:
 * @self: a process whose session is open
 *
 * Ends the half that is the user at once, the other when the session has ended.
 */
void
tbx_worker_process_terminate (TbxWorkerProcess *self)
{
  int copy = self->fd < 0 ? -1 : fcntl (self->fd, F_DUPFD_CLOEXEC, 3);

  if (copy < 0)
    return;
  pidfd_send_signal (copy, SIGTERM, NULL, 0);
  g_timeout_add_full (G_PRIORITY_DEFAULT, TERMINATE_GRACE_MS, on_grace_elapsed,
                      GINT_TO_POINTER (copy), close_pidfd);
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
