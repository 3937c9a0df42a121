/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-cli.h"
#include "tbx-error.h"
#include "tbx-sim-run.h"
#include "tbx-sim-session.h"
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The commands that are a host. */

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static void
on_quit_serve (gpointer loop)
{
  g_main_loop_quit (loop);
}

static int
cmd_serve (char **argv, const char *control)
{
  g_auto(TbxSimSessionOptions) options = { 0 };
  g_autofree GOptionEntry *entries = tbx_sim_session_options_entries (&options);
  g_auto(TbxSimUsage) usage = { .command = &tbx_sim_host_commands[1], .entries = entries };
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(TbxSimSession) session = NULL;
  g_autoptr(GError) error = NULL;

  tbx_sim_session_options_init (&options);
  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  if (options.socket == NULL)
    {
      g_set_error (&error, TBX_ERROR, TBX_ERROR_MALFORMED, "serve: needs --socket PATH");
      return tbx_sim_cli_fail (error);
    }
  session = tbx_sim_session_new (&options, usage.control, FALSE, on_quit_serve, loop, &error);
  if (session == NULL)
    return tbx_sim_cli_fail (error);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_unix_signal_add (SIGINT, on_signal, loop);
  printf ("Serving %s\n", options.socket);
  fflush (stdout);   /* who started us may wait for it */
  g_main_loop_run (loop);
  return TBX_SIM_EXIT_DONE;
}

static const char run_description[] =
  "The program is not changed for this.  It, its threads, and its children until they\n"
  "start another program have the host behind their backdoor, and CPUID tells them so:\n"
  "everywhere, if the processor can make it fault; else in the program's own text and\n"
  "its libraries, those that are loaded later included, but not in text that is made\n"
  "while running, nor in what a library does before the program begins.  Sockets of\n"
  "vsock are refused with EAFNOSUPPORT, to all children too, and io_uring with ENOSYS.\n"
  "\n"
  "SIGTERM, SIGINT, SIGHUP and SIGQUIT are passed on; a second one kills.  Children that\n"
  "outlive the program go on by themselves; with --follow they are waited for.";

/* The program gets it from us, and we end with it. */
static void
on_quit_run (gpointer user_data)
{
  kill (getpid (), SIGTERM);
}

static int
cmd_run (char **argv, const char *control)
{
  g_auto(TbxSimSessionOptions) options = { 0 };
  g_autofree GOptionEntry *host_entries = tbx_sim_session_options_entries (&options);
  gboolean low = FALSE, alternate = FALSE, follow = FALSE;
  g_autofree char *trace = NULL;
  const GOptionEntry run_entries[] = {
    { "low-bandwidth", 0, 0, G_OPTION_ARG_NONE, &low, "Pass only four bytes at a time", NULL },
    { "alternate-bandwidth", 0, 0, G_OPTION_ARG_NONE, &alternate,
      "Do so with every second message", NULL },
    { "follow", 0, 0, G_OPTION_ARG_NONE, &follow, "Emulate for the programs that it starts, too",
      NULL },
    { "trace", 0, 0, G_OPTION_ARG_FILENAME, &trace, "Write a line for each message to FILE",
      "FILE" },
  };
  g_autoptr(GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  g_auto(TbxSimUsage) usage = { .command = &tbx_sim_host_commands[0], .least = 1, .most = -1,
                                .rest_is_other = TRUE };
  g_autoptr(TbxSimSession) session = NULL;
  g_autoptr(GError) error = NULL;
  TbxSimRunOptions run = { .bandwidth = TBX_SIM_BANDWIDTH_HIGH };

  tbx_sim_session_options_init (&options);
  g_array_append_vals (entries, run_entries, G_N_ELEMENTS (run_entries));
  for (guint i = 0; host_entries[i].long_name != NULL; i++)
    g_array_append_val (entries, host_entries[i]);
  usage.entries = (const GOptionEntry *) entries->data;
  usage.description = g_strdup (run_description);
  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  session = tbx_sim_session_new (&options, usage.control, TRUE, on_quit_run, NULL, &error);
  if (session == NULL)
    return tbx_sim_cli_fail (error);
  run.bandwidth = low ? TBX_SIM_BANDWIDTH_LOW
                      : alternate ? TBX_SIM_BANDWIDTH_ALTERNATE : TBX_SIM_BANDWIDTH_HIGH;
  run.follow = follow;
  run.trace_path = trace;
  return tbx_sim_run (tbx_sim_session_get_host (session), &run, usage.argv + 1);
}

const TbxSimCommand tbx_sim_host_commands[] = {
  { "run", "-- PROGRAM [ARGUMENT…]", "Run a program as if it were in a VMware guest", cmd_run },
  { "serve", "", "Be the host of guests that connect to a socket", cmd_serve },
  { NULL },
};
