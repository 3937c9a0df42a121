/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-run.h"
#include <signal.h>
#include <sys/wait.h>
#include "tbx-sim-signals.h"
#include "tbx-sim-tracer.h"

#define EXIT_NOT_STARTED 127   /* as shells have it */
#define EXIT_BY_SIGNAL   128   /* plus the signal's number */

/* timeout(1) signals its child, then the child's group: who asks again so soon
 * asks once. */
#define ASK_AGAIN_US     (100 * 1000)

typedef struct
{
  GMainLoop    *loop;
  TbxSimTracer *tracer;
  gint64        asked_at;    /* monotonic time of the first signal, microseconds; or 0 */
  int           exit_code;
} Run;

static void
on_ended (int status, const GError *error, gpointer user_data)
{
  Run *run = user_data;

  if (error != NULL)
    {
      g_printerr ("vmxsim: %s\n", error->message);
      run->exit_code = EXIT_NOT_STARTED;
    }
  else
    {
      run->exit_code = WIFSIGNALED (status) ? EXIT_BY_SIGNAL + WTERMSIG (status)
                                            : WEXITSTATUS (status);
    }
  g_main_loop_quit (run->loop);
}

/* Passes on what asks the program to end; whoever asks again means it.  What the
 * terminal sends it has sent to the program too. */
static void
on_signalled (int signo, gboolean by_terminal, gpointer user_data)
{
  Run *run = user_data;
  gint64 now = g_get_monotonic_time ();

  if (run->asked_at != 0 && now - run->asked_at >= ASK_AGAIN_US)
    tbx_sim_tracer_kill (run->tracer);
  else if (run->asked_at == 0 && !by_terminal)
    tbx_sim_tracer_signal (run->tracer, signo);
  if (run->asked_at == 0)
    run->asked_at = now;
}

/**
 * tbx_sim_run:
 * @host: what the program finds behind its backdoor
 * @options: how
 * @argv: the program, searched for in `PATH`, and its arguments
 *
 * Runs a program as if it were in a VMware guest, until it ends, and the default
 * main context meanwhile.  Says on standard error why, if it could not start.
 * SIGTERM, SIGINT, SIGHUP and SIGQUIT are passed on; a second one, a tenth of a
 * second later or more, kills it.
 *
 * Returns: its exit status, 128 plus the number of the signal that ended it, or
 *   127 if it did not start
 */
int
tbx_sim_run (TbxSimHost *host, const TbxSimRunOptions *options, char **argv)
{
  g_autofree char *path = g_find_program_in_path (argv[0]);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(TbxSimTrace) trace = NULL;
  g_autoptr(TbxSimMessages) messages = NULL;
  g_autoptr(TbxSimTracer) tracer = NULL;
  g_autoptr(GError) error = NULL;
  Run run = { loop };
  guint signals = 0;

  if (path == NULL)
    g_set_error (&error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such program", argv[0]);
  else if (options->trace_path != NULL)
    trace = tbx_sim_trace_new (options->trace_path, &error);
  messages = tbx_sim_messages_new (host, options->bandwidth, trace);
  tracer = tbx_sim_tracer_new (host, messages, options->follow, on_ended, &run);
  run.tracer = tracer;
  if (error == NULL)
    signals = tbx_sim_signals_watch (on_signalled, &run, &error);
  if (error != NULL || !tbx_sim_tracer_start (tracer, path, argv, &error))
    {
      g_printerr ("vmxsim: %s\n", error->message);
      return EXIT_NOT_STARTED;
    }
  g_main_loop_run (loop);
  g_source_remove (signals);
  return run.exit_code;
}
