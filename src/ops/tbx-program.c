/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-program.h"
#include <glib-unix.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell says of a program that a signal ended. */
#define SIGNAL_EXIT_CODE 128

/* The host's sign for "could not be read". */
#define UNKNOWN_EXIT_CODE (-1)

struct _TbxProgram
{
  gatomicrefcount ref_count;
  TbxOpsProgram   record;       /* its strings are the two below */
  char           *command;      /* (owned) */
  char           *command_line; /* (owned) */
  gboolean        listed;       /* in ListProcesses; those of legacy requests are not */
  gboolean        is_remote;    /* no process: the daemon tells when it ends */
  gboolean        is_child;     /* ours to reap; an adopted one is only watched */
  gint64          ended_us;     /* monotonic time, or 0 */
  int             pidfd;        /* -1 when it has ended */
  guint           watch_id;     /* source on @pidfd, or 0 */
  TbxStreams     *streams;      /* (owned), or NULL: it has none of ours */
  TbxProgramEnded ended;        /* told once, or NULL */
  gpointer        user_data;
  GDestroyNotify  destroy;      /* of @user_data, or NULL */
};

static gint64
now_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
program_reap (TbxProgram *self)
{
  siginfo_t info = { .si_pid = 0 };

  if (!self->is_child || waitid (P_PIDFD, (id_t) self->pidfd, &info, WEXITED) < 0)
    self->record.exit_code = UNKNOWN_EXIT_CODE;
  else if (info.si_code == CLD_EXITED)
    self->record.exit_code = info.si_status;
  else
    {
      self->record.signal = info.si_status;
      self->record.exit_code = SIGNAL_EXIT_CODE + info.si_status;
    }
  self->record.end = MAX (now_s (), 1);
  self->ended_us = g_get_monotonic_time ();
}

static void
program_tell_end (TbxProgram *self)
{
  /* Before anybody is told, so that what it wrote is complete then. */
  if (self->streams != NULL)
    tbx_streams_settle (self->streams);
  if (self->ended != NULL)
    self->ended (self, self->user_data);
  tbx_program_detach (self);
}

static gboolean
on_ended (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr(TbxProgram) self = tbx_program_ref (user_data);

  program_reap (self);
  self->watch_id = 0;
  close (self->pidfd);
  self->pidfd = -1;
  program_tell_end (self);
  return G_SOURCE_REMOVE;
}

static TbxProgram *
program_new (const char *command, const char *command_line)
{
  TbxProgram *self = g_new0 (TbxProgram, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->command = g_strdup (command);
  self->command_line = g_strdup (command_line);
  self->record.command = self->command;
  self->record.command_line = self->command_line;
  self->record.start = now_s ();
  self->pidfd = -1;
  return self;
}

static void
program_watch (TbxProgram *self, TbxProgramEnded ended, gpointer user_data)
{
  self->ended = ended;
  self->user_data = user_data;
  self->watch_id = g_unix_fd_add (self->pidfd, G_IO_IN, on_ended, self);
}

/**
 * tbx_program_start:
 * @command: short name, for lists
 * @command_line: the whole, for lists
 * @launch: how to start it
 * @listed: whether ListProcesses shows it
 * @ended: (scope async): told once, from the main loop
 * @user_data: passed to @ended
 * @destroy: (nullable): frees @user_data when nobody is told any more; on failure too
 * @error_number: (out): the errno of a failure
 *
 * Returns: (transfer full) (nullable): free with tbx_program_unref()
 */
TbxProgram *
tbx_program_start (const char      *command,
                   const char      *command_line,
                   const TbxLaunch *launch,
                   gboolean         listed,
                   TbxProgramEnded  ended,
                   gpointer         user_data,
                   GDestroyNotify   destroy,
                   int             *error_number)
{
  g_autoptr(TbxProgram) self = program_new (command, command_line);
  pid_t pid;

  self->user_data = user_data;
  self->destroy = destroy;
  if (!tbx_launch (launch, &pid, &self->pidfd, error_number))
    return NULL;
  self->record.pid = pid;
  self->listed = listed;
  self->is_child = TRUE;
  program_watch (self, ended, user_data);
  return g_steal_pointer (&self);
}

/**
 * tbx_program_adopt:
 * @record: what an earlier worker of this user told of it
 * @ended: (scope async): told when it ends, if it still runs
 * @user_data: passed to @ended
 *
 * Its exit code is not ours to read: -1 if it ends now, or ended in between.
 *
 * Returns: (transfer full): free with tbx_program_unref()
 */
TbxProgram *
tbx_program_adopt (const TbxOpsProgram *record, TbxProgramEnded ended, gpointer user_data)
{
  TbxProgram *self = program_new (record->command, record->command_line);

  self->listed = TRUE;
  self->record.pid = record->pid;
  self->record.start = record->start;
  self->record.end = record->end;
  self->record.exit_code = record->exit_code;
  self->record.signal = record->signal;
  self->is_remote = record->pid >= TBX_WORKER_FIRST_AGENT_PID;
  if (self->is_remote && record->end == 0)
    {
      self->ended = ended;
      self->user_data = user_data;
      return self;
    }
  if (record->end == 0)
    self->pidfd = pidfd_open ((pid_t) record->pid, 0);
  if (self->pidfd >= 0)
    program_watch (self, ended, user_data);
  else if (record->end == 0)
    program_reap (self);
  else
    self->ended_us = g_get_monotonic_time ();
  return self;
}

/**
 * tbx_program_new_remote:
 * @command: short name, for lists
 * @command_line: the whole, for lists
 * @pid: that no process has
 * @start: Unix time, seconds
 * @ended: (scope async): told once, by tbx_program_exited()
 * @user_data: passed to @ended
 *
 * Returns: (transfer full): one that is no process; free with tbx_program_unref()
 */
TbxProgram *
tbx_program_new_remote (const char      *command,
                        const char      *command_line,
                        gint64           pid,
                        gint64           start,
                        TbxProgramEnded  ended,
                        gpointer         user_data)
{
  TbxProgram *self = program_new (command, command_line);

  self->is_remote = TRUE;
  self->listed = TRUE;
  self->record.pid = pid;
  self->record.start = start;
  self->ended = ended;
  self->user_data = user_data;
  return self;
}

/**
 * tbx_program_exited:
 * @self: a program
 * @exited: how it ended
 *
 * Does nothing for one that is a process, or has ended.
 */
void
tbx_program_exited (TbxProgram *self, const TbxWorkerProgramExited *exited)
{
  g_autoptr(TbxProgram) alive = tbx_program_ref (self);

  if (!self->is_remote || self->record.end != 0)
    return;
  self->record.end = MAX (exited->end, 1);
  self->record.exit_code = exited->exit_code;
  self->record.signal = exited->signal;
  self->ended_us = g_get_monotonic_time ();
  program_tell_end (self);
}

TbxProgram *
tbx_program_ref (TbxProgram *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_program_unref (TbxProgram *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  tbx_program_detach (self);
  if (self->pidfd >= 0)
    close (self->pidfd);
  g_clear_pointer (&self->streams, tbx_streams_unref);
  g_free (self->command);
  g_free (self->command_line);
  g_free (self);
}

/**
 * tbx_program_detach:
 * @self: the program
 *
 * Nobody is told of its end any more.
 */
void
tbx_program_detach (TbxProgram *self)
{
  GDestroyNotify destroy = g_steal_pointer (&self->destroy);

  self->ended = NULL;
  g_clear_handle_id (&self->watch_id, g_source_remove);
  if (destroy != NULL)
    destroy (self->user_data);
}

/**
 * tbx_program_set_streams:
 * @self: the program, which runs
 * @streams: (transfer none): what it reads and writes; kept as long as the program is
 *   listed
 */
void
tbx_program_set_streams (TbxProgram *self, TbxStreams *streams)
{
  self->streams = tbx_streams_ref (streams);
}

/**
 * tbx_program_get_streams:
 * @self: the program
 *
 * Returns: (transfer none) (nullable): what it reads and writes, if that is ours
 */
TbxStreams *
tbx_program_get_streams (TbxProgram *self)
{
  return self->streams;
}

/**
 * tbx_program_get_record:
 * @self: the program
 *
 * Returns: (transfer none): what is known of it now
 */
const TbxOpsProgram *
tbx_program_get_record (TbxProgram *self)
{
  return &self->record;
}

gboolean
tbx_program_is_listed (TbxProgram *self)
{
  return self->listed;
}

/**
 * tbx_program_get_ended_us:
 * @self: the program
 *
 * Returns: when its end was seen, monotonic time in microseconds; 0 while it runs
 */
gint64
tbx_program_get_ended_us (TbxProgram *self)
{
  return self->ended_us;
}
