/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-table.h"
#include "tbx-sim-vix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often "ps -X" looks whether a program has ended. */
#define POLL_MS 500

#define OWN(argv) g_strdupv (argv)

/* The whole list, fetched in pages where the guest sends such. */
static char *
fetch_processes (TbxSimVix *vix, GArray *pids)
{
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  g_autoptr(GString) all = g_string_new (NULL);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_LIST_PROCESSES_EX);
  gboolean more = TRUE;

  tbx_vix_pids_init (&request.list_processes.pids, (const gint64 *) pids->data, pids->len, storage);
  while (more)
    {
      const char *text;
      g_autofree char *key = NULL, *left = NULL;

      if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
        return NULL;
      text = tbx_sim_vix_text (vix);
      if (g_str_has_prefix (text, "<key>"))
        key = tbx_sim_vix_field (&text, NULL, "key");
      if (key != NULL || request.list_processes.key != 0)
        left = tbx_sim_vix_field (&text, NULL, "leftToSend");
      if (g_str_has_prefix (text, "<leftToSend>"))
        left = tbx_sim_vix_field (&text, NULL, "leftToSend");
      g_string_append (all, text);
      if (key != NULL)
        request.list_processes.key = (guint32) strtoul (key, NULL, 10);
      request.list_processes.offset = (guint32) all->len;
      more = left != NULL && strcmp (left, "0") != 0;
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static char *
format_time (const char *seconds)
{
  gint64 value = seconds == NULL ? 0 : g_ascii_strtoll (seconds, NULL, 10);
  g_autoptr(GDateTime) time = value == 0 ? NULL : g_date_time_new_from_unix_local (value);

  return time == NULL ? g_strdup ("-") : g_date_time_format (time, "%F %T");
}

typedef struct
{
  const char  *user;       /* only theirs, or NULL */
  gboolean     with_exit;  /* show end and exit code */
  TbxSimTable *table;
  guint        running;    /* of those shown, how many have not ended */
} Listing;

static gboolean
list_record (Listing *listing, const char **text)
{
  const char *end = "</proc>";
  const char *stop = strstr (*text, end);
  g_autofree char *command = tbx_sim_vix_field (text, end, "cmd");
  g_autofree char *line = tbx_sim_vix_field (text, end, "name");
  g_autofree char *pid = tbx_sim_vix_field (text, end, "pid");
  g_autofree char *user = tbx_sim_vix_field (text, end, "user");
  g_autofree char *start = tbx_sim_vix_field (text, end, "start");
  g_autofree char *code = tbx_sim_vix_field (text, end, "eCode");
  g_autofree char *ended = tbx_sim_vix_field (text, end, "eTime");
  g_autofree char *start_shown = format_time (start);
  g_autofree char *end_shown = format_time (ended);
  gboolean running = ended == NULL || strcmp (ended, "0") == 0;

  if (stop == NULL || pid == NULL)
    return FALSE;
  *text = stop + strlen (end);
  if (listing->user != NULL && g_strcmp0 (user, listing->user) != 0)
    return TRUE;
  listing->running += running;
  if (listing->table == NULL)
    return TRUE;
  if (listing->with_exit)
    tbx_sim_table_add (listing->table, (const char *[]) { user, pid, start_shown, end_shown,
                                                          running ? "-" : code, line, NULL });
  else
    tbx_sim_table_add (listing->table, (const char *[]) { user, pid, start_shown, line, NULL });
  return TRUE;
}

static gboolean
parse_pids (char **texts, GArray *pids)
{
  for (gsize i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      g_autoptr(GError) error = NULL;
      gint64 pid;

      if (!g_ascii_string_to_signed (texts[i], 10, G_MININT64, G_MAXINT64, &pid, &error))
        {
          g_printerr ("vmxsim: %s\n", error->message);
          return FALSE;
        }
      g_array_append_val (pids, pid);
    }
  return TRUE;
}

static TbxSimExit
run_ps (TbxSimVix *vix, char **argv)
{
  gboolean every = FALSE, with_exit = FALSE, wait = FALSE;
  g_autofree char *user = NULL;
  g_auto(GStrv) pid_texts = NULL;
  const GOptionEntry entries[] = {
    { "all", 'e', 0, G_OPTION_ARG_NONE, &every, "Of all users (default: of the account)", NULL },
    { "pid", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &pid_texts, "This process; may be repeated",
      "PID" },
    { "user", 'U', 0, G_OPTION_ARG_STRING, &user, "Of that user", "USER" },
    { "wait", 'X', 0, G_OPTION_ARG_NONE, &wait, "Wait until all have ended", NULL },
    { "exit", 'x', 0, G_OPTION_ARG_NONE, &with_exit, "Show end and exit code", NULL },
    { 0 },
  };
  static const char *const titles[] = { "USER", "PID", "START", "COMMAND", NULL };
  static const char *const titles_with_exit[] = { "USER", "PID", "START", "END", "CODE", "COMMAND",
                                                  NULL };
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(GArray) pids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(TbxSimTable) table = NULL;
  g_autofree char *all = NULL;
  Listing listing = { 0 };
  const char *text;

  if (!tbx_sim_operation_parse ("ps", entries, &args, 0, 0) || !parse_pids (pid_texts, pids))
    return TBX_SIM_EXIT_USAGE;
  listing.user = user != NULL ? user : every || pids->len > 0 ? NULL : vix->user;
  do
    {
      if (listing.running > 0)
        g_usleep (POLL_MS * 1000);
      g_free (all);
      text = all = fetch_processes (vix, pids);
      if (all == NULL)
        return vix->status;
      listing.running = 0;
      while (list_record (&listing, &text))
        ;
    }
  while (wait && listing.running > 0);

  table = tbx_sim_table_new (with_exit ? titles_with_exit : titles);
  listing.table = table;
  listing.with_exit = with_exit;
  text = all;
  while (list_record (&listing, &text))
    ;
  tbx_sim_table_print (table);
  return TBX_SIM_EXIT_DONE;
}

static TbxSimExit
run_start (TbxSimVix *vix, char **argv)
{
  g_autofree char *directory = NULL;
  g_auto(GStrv) variables = NULL;
  const GOptionEntry entries[] = {
    { "directory", 'C', 0, G_OPTION_ARG_FILENAME, &directory, "Where it starts", "DIR" },
    { "env", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &variables,
      "Its environment, instead of the account's; may be repeated", "NAME=VALUE" },
    { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  g_autofree char *arguments = NULL;
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_START_PROGRAM);

  if (!tbx_sim_operation_parse ("start", entries, &args, 1, -1))
    return TBX_SIM_EXIT_USAGE;
  arguments = g_strjoinv (" ", args + 2);
  request.start_program.program = args[1];
  request.start_program.arguments = arguments;
  request.start_program.working_dir = directory;
  if (variables != NULL)
    tbx_vix_strings_init (&request.start_program.environment, (const char *const *) variables,
                          storage);
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  puts (tbx_sim_vix_text (vix));
  return TBX_SIM_EXIT_DONE;
}

static TbxSimExit
run_kill (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) pid_texts = NULL;
  const GOptionEntry entries[] = {
    { "pid", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &pid_texts, "This process; may be repeated",
      "PID" },
    { 0 },
  };
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(GArray) pids = g_array_new (FALSE, FALSE, sizeof (gint64));
  TbxSimExit status = TBX_SIM_EXIT_DONE;

  if (!tbx_sim_operation_parse ("kill", entries, &args, 0, 0) || !parse_pids (pid_texts, pids))
    return TBX_SIM_EXIT_USAGE;
  if (pids->len == 0)
    {
      g_printerr ("vmxsim: kill: which process? see --pid\n");
      return TBX_SIM_EXIT_USAGE;
    }
  for (guint i = 0; i < pids->len; i++)
    {
      TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_TERMINATE_PROCESS);

      request.terminate_process.pid = g_array_index (pids, gint64, i);
      if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
        status = vix->status;
    }
  return status;
}

static TbxSimExit
run_getenv (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) args = OWN (argv);
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_READ_ENV);
  const char *text;
  char *variable;

  if (!tbx_sim_operation_parse ("getenv", NULL, &args, 0, -1))
    return TBX_SIM_EXIT_USAGE;
  tbx_vix_strings_init (&request.read_env.names, (const char *const *) args + 1, storage);
  if (tbx_sim_vix_run (vix, &request) != TBX_SIM_EXIT_DONE)
    return vix->status;
  text = tbx_sim_vix_text (vix);
  while ((variable = tbx_sim_vix_field (&text, NULL, "ev")) != NULL)
    {
      puts (variable);
      g_free (variable);
    }
  return TBX_SIM_EXIT_DONE;
}

static TbxSimExit
run_validate (TbxSimVix *vix, char **argv)
{
  g_auto(GStrv) args = OWN (argv);
  TbxVixRequest request = tbx_sim_vix_request (TBX_VIX_VALIDATE_CREDENTIALS);

  if (!tbx_sim_operation_parse ("validate", NULL, &args, 0, 0))
    return TBX_SIM_EXIT_USAGE;
  return tbx_sim_vix_run (vix, &request);
}

const TbxSimOperation tbx_sim_process_operations[] = {
  { "getenv", "[NAME…]", "Print variables of the account's environment", run_getenv },
  { "start", "PROGRAM [ARGUMENT…]", "Start a program and print its pid", run_start },
  { "ps", "", "List processes", run_ps },
  { "kill", "", "End processes", run_kill },
  { "validate", "", "Verify the login only", run_validate },
  { 0 },
};
