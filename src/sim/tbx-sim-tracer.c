/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-tracer.h"
#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tbx-sim-launch.h"
#include "tbx-sim-stop.h"

#define OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK \
                 | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

struct _TbxSimTracer
{
  TbxSimHost       *host;       /* owned */
  TbxSimMessages   *messages;   /* not owned; used by the thread only, while it runs */
  gboolean          follow;
  TbxSimTracerEnded ended;
  gpointer          user_data;

  TbxSimLaunch      process;    /* the program; not changed while the thread runs */
  int               pidfd;      /* of the program, or -1 before the start */
  GThread          *thread;     /* owned; or NULL before the start */
  gint              killing;    /* atomic; whether all is to be killed */

  /* The thread's own. */
  TbxSimTasks      *tasks;      /* owned */
  int               status;     /* how the program ended */
  gboolean          letting_go; /* the program ended; its children are on their own */
  GError           *error;      /* owned; why it did not start, or NULL */
};

/**
 * tbx_sim_tracer_new:
 * @host: whose counter of stops is kept
 * @messages: the channels; outlives the result
 * @follow: whether programs that the program starts are emulated for too; without
 *   that, each is let go as it starts
 * @ended: (scope notified): called once
 * @user_data: passed to @ended
 *
 * Returns: (transfer full): a tracer
 */
TbxSimTracer *
tbx_sim_tracer_new (TbxSimHost       *host,
                    TbxSimMessages   *messages,
                    gboolean          follow,
                    TbxSimTracerEnded ended,
                    gpointer          user_data)
{
  TbxSimTracer *self = g_new0 (TbxSimTracer, 1);

  self->host = g_object_ref (host);
  self->messages = messages;
  self->follow = follow;
  self->ended = ended;
  self->user_data = user_data;
  self->process = (TbxSimLaunch) { 0, NULL, -1, -1 };
  self->pidfd = -1;
  self->tasks = tbx_sim_tasks_new ();
  return self;
}

/**
 * tbx_sim_tracer_free:
 * @self: (nullable): a tracer that was not started, or has ended
 */
void
tbx_sim_tracer_free (TbxSimTracer *self)
{
  if (self == NULL)
    return;
  if (self->thread != NULL)
    g_thread_join (self->thread);
  if (self->pidfd >= 0)
    close (self->pidfd);
  tbx_sim_launch_clear (&self->process);
  tbx_sim_tasks_free (self->tasks);
  g_clear_error (&self->error);
  g_object_unref (self->host);
  g_free (self);
}

/**
 * tbx_sim_tracer_signal:
 * @self: a tracer that was started
 * @signo: a signal
 *
 * Sends @signo to the program.  Does nothing when it has ended.
 */
void
tbx_sim_tracer_signal (TbxSimTracer *self, int signo)
{
  syscall (SYS_pidfd_send_signal, self->pidfd, signo, NULL, 0);
}

/**
 * tbx_sim_tracer_kill:
 * @self: a tracer that was started
 *
 * Kills the program and all else that is traced.
 */
void
tbx_sim_tracer_kill (TbxSimTracer *self)
{
  g_atomic_int_set (&self->killing, TRUE);
  tbx_sim_tasks_kill (self->tasks);
}

/* Lets a stopped thread go on, with a signal or 0; or for good, if it is time. */
static void
resume (TbxSimTracer *self, TbxSimTask *task, int signo)
{
  pid_t ended;

  if (!self->letting_go)
    {
      ptrace (PTRACE_CONT, task->tid, NULL, (gpointer) (guintptr) signo);
      return;
    }
  tbx_sim_stop_restore (task);
  ptrace (PTRACE_DETACH, task->tid, NULL, (gpointer) (guintptr) signo);
  tbx_sim_tasks_remove (self->tasks, task->tid, &ended);
}

/* The process became another program: another text, and no channels. */
static void
handle_exec (TbxSimTracer *self, pid_t pid)
{
  TbxSimTask *task = tbx_sim_tasks_exec (self->tasks, pid);
  pid_t ended;

  tbx_sim_messages_process_ended (self->messages, pid);
  if (pid == self->process.pid || self->follow)
    {
      task->process->image = tbx_sim_image_new (pid);
      resume (self, task, 0);
      return;
    }
  ptrace (PTRACE_DETACH, pid, NULL, NULL);
  tbx_sim_tasks_remove (self->tasks, pid, &ended);
}

static void
handle_event (TbxSimTracer *self, TbxSimTask *task, int event, int signo)
{
  unsigned long child = 0;

  switch (event)
    {
    case PTRACE_EVENT_EXEC:
      handle_exec (self, task->tid);
      return;
    case PTRACE_EVENT_STOP:
      /* Stopped by job control it has to stay stopped, but must hear of SIGCONT. */
      if (signo != SIGTRAP && !self->letting_go)
        {
          ptrace (PTRACE_LISTEN, task->tid, NULL, NULL);
          return;
        }
      break;
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
      if (ptrace (PTRACE_GETEVENTMSG, task->tid, NULL, &child) == 0)
        tbx_sim_tasks_adopt (self->tasks, (pid_t) child, task);
      break;
    default:
      break;
    }
  resume (self, task, 0);
}

static void
handle_stop (TbxSimTracer *self, pid_t tid, int status)
{
  TbxSimTask *task = tbx_sim_tasks_adopt (self->tasks, tid, NULL);
  int signo = WSTOPSIG (status);

  tbx_sim_host_count (self->host, TBX_SIM_COUNTER_STOPS, 1);
  if (task == NULL)
    return;   /* killed by now: its end is the next we hear */
  if (g_atomic_int_get (&self->killing))
    kill (task->process->pid, SIGKILL);   /* it may have been made since */
  else if (status >> 16 != 0)
    handle_event (self, task, status >> 16, signo);
  else
    resume (self, task, tbx_sim_stop_execute (task, self->messages, signo) ? 0 : signo);
}

/* Children of the program outlive it: from here on they are on their own. */
static void
let_go (TbxSimTracer *self)
{
  g_autoptr(GArray) tids = tbx_sim_tasks_list (self->tasks);

  self->letting_go = TRUE;
  for (guint i = 0; i < tids->len; i++)
    ptrace (PTRACE_INTERRUPT, g_array_index (tids, pid_t, i), NULL, NULL);
}

static void
handle_end (TbxSimTracer *self, pid_t tid, int status)
{
  pid_t ended;

  if (tbx_sim_tasks_remove (self->tasks, tid, &ended))
    tbx_sim_messages_process_ended (self->messages, ended);
  if (tid != self->process.pid)
    return;
  self->status = status;
  if (!self->follow && !g_atomic_int_get (&self->killing))
    let_go (self);
}

/* Until nothing is left that is traced. */
static void
trace (TbxSimTracer *self)
{
  int status;
  pid_t tid;

  while ((tid = waitpid (-1, &status, __WALL)) > 0 || errno == EINTR)
    if (tid > 0 && WIFSTOPPED (status))
      handle_stop (self, tid, status);
    else if (tid > 0)
      handle_end (self, tid, status);
}

/* Takes hold of the program's process, which waits to be let go. */
static gboolean
seize (TbxSimTracer *self)
{
  pid_t pid = self->process.pid;

  if (ptrace (PTRACE_SEIZE, pid, NULL, (gpointer) (guintptr) OPTIONS) != 0)
    {
      int code = errno;

      g_set_error (&self->error, G_IO_ERROR, g_io_error_from_errno (code),
                   "cannot trace the program: %s", g_strerror (code));
      tbx_sim_launch_clear (&self->process);
      waitpid (pid, &self->status, __WALL);
      return FALSE;
    }
  tbx_sim_tasks_add (self->tasks, pid, NULL);
  tbx_sim_launch_go (&self->process);
  return TRUE;
}

static gboolean
on_thread_ended (gpointer user_data)
{
  TbxSimTracer *self = user_data;

  self->ended (self->status, self->error, self->user_data);
  return G_SOURCE_REMOVE;
}

static gpointer
run_thread (gpointer user_data)
{
  TbxSimTracer *self = user_data;
  sigset_t all;

  /* Signals to us are the main thread's to forward. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, NULL);
  if (seize (self))
    {
      trace (self);
      tbx_sim_launch_result (&self->process, &self->error);
    }
  /* Not g_main_context_invoke(), which would call here if the loop does not run yet. */
  g_idle_add_full (G_PRIORITY_DEFAULT, on_thread_ended, self, NULL);
  return NULL;
}

/**
 * tbx_sim_tracer_start:
 * @self: a tracer; to be started once
 * @path: the program's file; has to outlive @self
 * @argv: its arguments, the first of which is its name
 * @error: return location for an error
 *
 * Makes the program's process.  What follows is told to the callback, also that
 * it could not become the program.
 *
 * Returns: whether the callback will be called
 */
gboolean
tbx_sim_tracer_start (TbxSimTracer *self, const char *path, char **argv, GError **error)
{
  struct sigaction quiet = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };

  g_return_val_if_fail (self->thread == NULL, FALSE);
  if (!tbx_sim_launch_fork (&self->process, path, argv, error))
    return FALSE;
  self->pidfd = (int) syscall (SYS_pidfd_open, self->process.pid, 0);
  /* Or each stop would send us a signal beside. */
  sigaction (SIGCHLD, &quiet, NULL);
  self->thread = g_thread_new ("tracer", run_thread, self);
  return TRUE;
}
