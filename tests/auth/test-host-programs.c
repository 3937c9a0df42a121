/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-host-programs.h"
#include "tbx-error.h"
#include "tbx-test-loop.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Above what any kernel here gives to a process. */
#define NO_PID G_MAXINT32

typedef struct
{
  TbxHostPrograms *programs;
  guint            n_added;
  guint            n_removed;
  guint            n_told;    /* notify::running */
} Fixture;

static void
on_added (Fixture *f)
{
  f->n_added++;
}

static void
on_removed (Fixture *f)
{
  f->n_removed++;
}

static void
on_running (Fixture *f)
{
  f->n_told++;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->programs = tbx_host_programs_new (NULL);
  g_signal_connect_swapped (f->programs, "added", G_CALLBACK (on_added), f);
  g_signal_connect_swapped (f->programs, "removed", G_CALLBACK (on_removed), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->programs);
  g_assert_null (tbx_test_find_source ("tbx-host-programs-forget"));
  g_assert_null (tbx_test_find_source ("tbx-host-program-kill"));
}

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static TbxWorkerProgram
running (gint64 pid)
{
  return (TbxWorkerProgram) { .pid = pid, .start = now (), .command = "sleep",
                              .command_line = "\"/bin/sleep\" 100" };
}

static TbxWorkerProgram
ended (const TbxWorkerProgram *program, int exit_code, int number)
{
  TbxWorkerProgram last = *program;

  last.end = now ();
  last.exit_code = exit_code;
  last.signal = number;
  return last;
}

static const TbxHostProgramFacts *
facts_of (Fixture *f, gint64 pid)
{
  TbxHostProgram *program = tbx_host_programs_find (f->programs, pid);

  return program == NULL ? NULL : tbx_host_program_get_facts (program);
}

/* A child that does nothing until a signal comes; with @deaf not for SIGTERM. */
static pid_t
start_child (gboolean deaf)
{
  int ready[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (ready), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      signal (SIGTERM, deaf ? SIG_IGN : SIG_DFL);
      if (write (ready[1], "", 1) != 1)
        _exit (1);
      for (;;)
        pause ();
    }
  close (ready[1]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  return pid;
}

/* The signal that ended a child. */
static int
reap (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFSIGNALED (status) ? WTERMSIG (status) : 0;
}

static void
test_life (Fixture *f, gconstpointer data)
{
  const TbxWorkerProgram first = running (NO_PID), last = ended (&first, 7, 0);
  TbxHostProgram *program;

  tbx_host_programs_started (f->programs, &first, getuid (), "alice");
  tbx_host_programs_started (f->programs, &first, getuid (), "alice");   /* once more: the same */
  g_assert_cmpuint (f->n_added, ==, 1);
  program = tbx_host_programs_find (f->programs, NO_PID);
  g_signal_connect_swapped (program, "notify::running", G_CALLBACK (on_running), f);
  g_assert_true (facts_of (f, NO_PID)->running);
  g_assert_cmpstr (facts_of (f, NO_PID)->user, ==, "alice");
  g_assert_cmpint (facts_of (f, NO_PID)->exit_code, ==, -1);

  tbx_host_programs_ended (f->programs, &last, getuid (), "alice");
  tbx_host_programs_ended (f->programs, &last, getuid (), "alice");
  g_assert_cmpuint (f->n_told, ==, 1);
  g_assert_false (facts_of (f, NO_PID)->running);
  g_assert_cmpint (facts_of (f, NO_PID)->exit_code, ==, 7);
  g_assert_cmpint (facts_of (f, NO_PID)->signal, ==, 0);
  g_assert_cmpuint (facts_of (f, NO_PID)->end, ==, (guint64) last.end);

  g_assert_cmpint (tbx_test_source_wait ("tbx-host-programs-forget"), >, 295 * G_USEC_PER_SEC);
  g_assert_cmpint (tbx_test_source_wait ("tbx-host-programs-forget"), <, 302 * G_USEC_PER_SEC);
  tbx_test_source_fire ("tbx-host-programs-forget");
  tbx_test_until (f->n_removed == 1);
  g_assert_null (facts_of (f, NO_PID));
}

/* One that ended under another daemon is forgotten when it would have been. */
static void
test_ended_before (Fixture *f, gconstpointer data)
{
  TbxWorkerProgram first = running (NO_PID), last = ended (&first, 0, 9);

  last.end -= 200;
  tbx_host_programs_ended (f->programs, &last, getuid (), "alice");
  g_assert_cmpint (facts_of (f, NO_PID)->signal, ==, 9);
  g_assert_cmpint (facts_of (f, NO_PID)->exit_code, ==, -1);
  g_assert_cmpint (tbx_test_source_wait ("tbx-host-programs-forget"), <=, 101 * G_USEC_PER_SEC);
  g_assert_cmpint (tbx_test_source_wait ("tbx-host-programs-forget"), >, 90 * G_USEC_PER_SEC);
}

/* The worker is its user's: numbers that cannot be become ones that can. */
static void
test_nonsense (Fixture *f, gconstpointer data)
{
  static const struct { gint64 pid, start, end; int exit_code, signal; } rows[] = {
    { NO_PID - 1, G_MININT64, G_MAXINT64, 256, 0 },
    { NO_PID - 2, -1, -1, -2, 65 },
    { NO_PID - 3, G_MAXINT64, 1, G_MAXINT, G_MAXINT },
    { NO_PID - 4, 0, G_MININT64, G_MININT, G_MININT },
  };
  static const gint64 pids[] = { 0, -1, G_MININT64, G_MAXINT64, (gint64) G_MAXINT32 + 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      TbxWorkerProgram program = running (rows[i].pid);

      program.start = rows[i].start;
      program.end = rows[i].end;
      program.exit_code = rows[i].exit_code;
      program.signal = rows[i].signal;
      tbx_host_programs_ended (f->programs, &program, getuid (), "alice");
      g_assert_cmpint (facts_of (f, rows[i].pid)->exit_code, ==, -1);
      g_assert_cmpint (facts_of (f, rows[i].pid)->signal, ==, 0);
      g_assert_cmpuint (facts_of (f, rows[i].pid)->end, <=, (guint64) now ());
    }
  for (gsize i = 0; i < G_N_ELEMENTS (pids); i++)
    {
      const TbxWorkerProgram program = running (pids[i]);

      tbx_host_programs_started (f->programs, &program, getuid (), "alice");
      g_assert_null (facts_of (f, pids[i]));
    }
}

/* A new program with the pid of an ended one takes its place. */
static void
test_pid_is_used_again (Fixture *f, gconstpointer data)
{
  TbxWorkerProgram first = running (NO_PID), last = ended (&first, 1, 0), next = running (NO_PID);

  next.start++;
  next.command = "other";
  tbx_host_programs_started (f->programs, &first, getuid (), "alice");
  tbx_host_programs_ended (f->programs, &last, getuid (), "alice");
  tbx_host_programs_started (f->programs, &next, getuid () + 1, "bob");
  g_assert_cmpuint (f->n_added, ==, 2);
  g_assert_cmpuint (f->n_removed, ==, 1);
  g_assert_cmpstr (facts_of (f, NO_PID)->name, ==, "other");
  g_assert_cmpstr (facts_of (f, NO_PID)->user, ==, "bob");
  g_assert_true (facts_of (f, NO_PID)->running);
  g_assert_null (tbx_test_find_source ("tbx-host-programs-forget"));
}

/* No word of one user's worker is believed about another's process. */
static void
test_claims (Fixture *f, gconstpointer data)
{
  const uid_t other = getuid () + 1;
  g_autoptr(GError) error = NULL;
  pid_t child = start_child (FALSE);
  TbxWorkerProgram mine = running (child), theirs = running (child), end;

  tbx_host_programs_started (f->programs, &mine, getuid (), "alice");
  g_assert_true (tbx_host_program_is_alive (tbx_host_programs_find (f->programs, child)));
  theirs.start++;
  end = ended (&theirs, 0, 0);
  tbx_host_programs_started (f->programs, &theirs, other, "bob");
  tbx_host_programs_ended (f->programs, &end, other, "bob");
  end = ended (&mine, 0, 0);
  tbx_host_programs_ended (f->programs, &end, other, "bob");
  g_assert_cmpstr (facts_of (f, child)->user, ==, "alice");
  g_assert_true (facts_of (f, child)->running);
  g_assert_cmpuint (f->n_removed, ==, 0);

  /* Once it is gone, its number may be anybody's. */
  kill (child, SIGKILL);
  reap (child);
  tbx_host_programs_started (f->programs, &theirs, other, "bob");
  g_assert_cmpstr (facts_of (f, child)->user, ==, "bob");
  g_assert_false (tbx_host_program_terminate (tbx_host_programs_find (f->programs, child), &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

/* A worker that calls our process its own has it neither shown as alive nor ended. */
static void
test_others_are_not_ended (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  const TbxWorkerProgram claimed = running (getpid ()), init = running (1);

  tbx_host_programs_started (f->programs, &claimed, getuid () + 1, "bob");
  tbx_host_programs_started (f->programs, &init, getuid (), "alice");
  g_assert_false (tbx_host_program_is_alive (tbx_host_programs_find (f->programs, getpid ())));
  g_assert_false (tbx_host_program_terminate (tbx_host_programs_find (f->programs, getpid ()), NULL));
  g_assert_false (tbx_host_program_terminate (tbx_host_programs_find (f->programs, 1), &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

/* The pid is a new process's by the time that somebody wants the old one ended. */
static void
test_identity (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  pid_t child = start_child (FALSE);
  const TbxWorkerProgram program = running (child);
  TbxHostProgram *shown;

  tbx_host_programs_started (f->programs, &program, getuid (), "alice");
  shown = tbx_host_programs_find (f->programs, child);
  kill (child, SIGKILL);
  reap (child);
  g_assert_false (tbx_host_program_is_alive (shown));
  g_assert_false (tbx_host_program_terminate (shown, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

static void
test_terminate (Fixture *f, gconstpointer data)
{
  pid_t child = start_child (FALSE);
  const TbxWorkerProgram program = running (child), last = ended (&program, 143, SIGTERM);

  tbx_host_programs_started (f->programs, &program, getuid (), "alice");
  g_assert_true (tbx_host_program_terminate (tbx_host_programs_find (f->programs, child), NULL));
  g_assert_cmpint (reap (child), ==, SIGTERM);
  tbx_host_programs_ended (f->programs, &last, getuid (), "alice");
  g_assert_null (tbx_test_find_source ("tbx-host-program-kill"));
  g_assert_cmpint (facts_of (f, child)->signal, ==, SIGTERM);
  g_assert_cmpint (facts_of (f, child)->exit_code, ==, -1);
}

static void
test_kill (Fixture *f, gconstpointer data)
{
  pid_t child = start_child (TRUE);
  const TbxWorkerProgram program = running (child);
  TbxHostProgram *shown;
  gint64 wait_us;

  tbx_host_programs_started (f->programs, &program, getuid (), "alice");
  shown = tbx_host_programs_find (f->programs, child);
  g_assert_true (tbx_host_program_terminate (shown, NULL));
  wait_us = tbx_test_source_wait ("tbx-host-program-kill");
  g_assert_cmpint (wait_us, <=, 5 * G_USEC_PER_SEC);
  g_assert_cmpint (wait_us, >, 4 * G_USEC_PER_SEC);
  g_assert_true (tbx_host_program_terminate (shown, NULL));
  g_assert_cmpint (tbx_test_source_wait ("tbx-host-program-kill"), <=, wait_us);
  g_assert_true (tbx_host_program_is_alive (shown));
  tbx_test_source_fire ("tbx-host-program-kill");
  tbx_test_until (tbx_test_find_source ("tbx-host-program-kill") == NULL);
  g_assert_cmpint (reap (child), ==, SIGKILL);
}

/* Its worker ended, and so nobody knows how it will; that it does is seen. */
static void
test_orphan (Fixture *f, gconstpointer data)
{
  pid_t child = start_child (FALSE);
  const TbxWorkerProgram program = running (child), lost = ended (&program, -1, 0);

  tbx_host_programs_started (f->programs, &program, getuid (), "alice");
  tbx_host_programs_ended (f->programs, &lost, getuid (), "alice");
  tbx_host_programs_ended (f->programs, &lost, getuid (), "alice");
  g_assert_true (facts_of (f, child)->running);
  kill (child, SIGKILL);
  tbx_test_until (!facts_of (f, child)->running);
  g_assert_cmpint (facts_of (f, child)->exit_code, ==, -1);
  g_assert_cmpint (facts_of (f, child)->signal, ==, 0);
  g_assert_cmpuint (facts_of (f, child)->end, >, 0);
  reap (child);
}

/* A user has no right to any number of objects, and takes none from others. */
static void
test_too_many (Fixture *f, gconstpointer data)
{
  const guint n = TBX_HOST_PROGRAMS_MAX;
  const TbxWorkerProgram others = running (NO_PID);

  tbx_host_programs_started (f->programs, &others, getuid () + 1, "bob");
  for (guint i = 1; i <= n; i++)
    {
      TbxWorkerProgram program = running (NO_PID - i);

      program.end = now () - 100 + (i > 5);
      tbx_host_programs_ended (f->programs, &program, getuid (), "alice");
    }
  g_assert_cmpuint (f->n_removed, ==, 0);
  for (guint i = 0; i < 5; i++)
    {
      const TbxWorkerProgram program = running (100000000 + i);

      tbx_host_programs_started (f->programs, &program, getuid (), "alice");
    }
  g_assert_cmpuint (f->n_removed, ==, 5);
  for (guint i = 1; i <= n; i++)
    g_assert_true ((facts_of (f, NO_PID - i) == NULL) == (i <= 5));
  for (guint i = 5; i < n + 10; i++)
    {
      const TbxWorkerProgram program = running (100000000 + i);

      tbx_host_programs_started (f->programs, &program, getuid (), "alice");
    }
  g_assert_null (facts_of (f, 100000000 + n));   /* as many run, and none can go */
  g_assert_nonnull (facts_of (f, 100000000 + n - 1));
  g_assert_nonnull (facts_of (f, NO_PID));
}

static void
on_terminate (gint64 pid, gpointer user_data)
{
  *(gint64 *) user_data = pid;
}

/* Of what a client on the bus runs the daemon knows itself: no worker has a say. */
static void
test_no_process (Fixture *f, gconstpointer data)
{
  const gint64 pid = TBX_WORKER_FIRST_AGENT_PID;
  const TbxWorkerProgram program = running (pid);
  const TbxWorkerProgram lie = ended (&program, 1, 0);
  const TbxWorkerProgramExited exited = { pid, now (), 137, SIGKILL };
  TbxHostProgram *shown;
  gint64 told = 0;

  tbx_host_programs_started (f->programs, &program, 1001, "bob");   /* he made it up */
  tbx_host_programs_run (f->programs, &program, 1000, "alice", on_terminate, &told);
  g_assert_cmpuint (f->n_added, ==, 2);
  g_assert_cmpuint (f->n_removed, ==, 1);
  tbx_host_programs_started (f->programs, &program, 1001, "bob");
  tbx_host_programs_ended (f->programs, &lie, 1001, "bob");
  tbx_host_programs_ended (f->programs, &lie, 1000, "alice");
  shown = tbx_host_programs_find (f->programs, pid);
  g_assert_cmpstr (tbx_host_program_get_facts (shown)->user, ==, "alice");
  g_assert_true (tbx_host_program_get_facts (shown)->running);
  g_assert_true (tbx_host_program_terminate (shown, NULL));
  g_assert_cmpint (told, ==, pid);
  g_assert_true (tbx_host_program_get_facts (shown)->running);
  tbx_host_programs_settle (f->programs, &exited);
  g_assert_false (tbx_host_program_get_facts (shown)->running);
  g_assert_cmpint (tbx_host_program_get_facts (shown)->signal, ==, SIGKILL);
  g_assert_false (tbx_host_program_terminate (shown, NULL));
}

/* One that a worker made up is nobody's to end. */
static void
test_made_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerProgram program = running (TBX_WORKER_FIRST_AGENT_PID);
  const TbxWorkerProgramExited exited = { program.pid, now (), 0, 0 };
  g_autoptr(GError) error = NULL;
  TbxHostProgram *shown;

  tbx_host_programs_started (f->programs, &program, 1000, "alice");
  shown = tbx_host_programs_find (f->programs, program.pid);
  tbx_host_programs_settle (f->programs, &exited);
  g_assert_true (tbx_host_program_get_facts (shown)->running);
  g_assert_false (tbx_host_program_terminate (shown, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
#define ADD(name, function) \
  g_test_add ("/host-programs/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("life", test_life);
  ADD ("ended-before", test_ended_before);
  ADD ("nonsense", test_nonsense);
  ADD ("pid-is-used-again", test_pid_is_used_again);
  ADD ("claims", test_claims);
  ADD ("others-are-not-ended", test_others_are_not_ended);
  ADD ("identity", test_identity);
  ADD ("terminate", test_terminate);
  ADD ("kill", test_kill);
  ADD ("orphan", test_orphan);
  ADD ("too-many", test_too_many);
  ADD ("no-process", test_no_process);
  ADD ("made-up", test_made_up);
  return g_test_run ();
}
