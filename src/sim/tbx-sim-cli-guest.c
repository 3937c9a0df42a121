/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-vix.h"
#include <string.h>

/* "vmxsim guest": what a vSphere client does to a guest, as commands. */

static const TbxSimOperation *const tables[] = {
  tbx_sim_file_operations, tbx_sim_transfer_operations, tbx_sim_process_operations,
  tbx_sim_stream_operations,
};

static const TbxSimOperation *
find_operation (const char *name)
{
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const TbxSimOperation *o = tables[t]; o->name != NULL; o++)
      if (strcmp (o->name, name) == 0)
        return o;
  return NULL;
}

/**
 * tbx_sim_operation_parse:
 * @name: of the operation
 * @entries: its options
 * @argv: (inout): its name and arguments; freed and replaced by what is no option
 * @least: arguments at least
 * @most: arguments at most; -1 for any number
 *
 * An argument that is no option ends the options, so that a program's own are left
 * alone.  Says on standard error what is wrong.
 */
gboolean
tbx_sim_operation_parse (const char         *name,
                         const GOptionEntry *entries,
                         char             ***argv,
                         int                 least,
                         int                 most)
{
  const TbxSimOperation *operation = find_operation (name);
  g_autoptr(GOptionContext) context = g_option_context_new (operation->arguments);
  g_autofree char *program = g_strdup_printf ("vmxsim guest %s", name);
  g_autoptr(GError) error = NULL;
  int n;

  g_set_prgname (program);
  g_option_context_set_summary (context, operation->summary);
  g_option_context_set_strict_posix (context, TRUE);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, argv, &error))
    {
      tbx_sim_cli_fail (error);
      return FALSE;
    }
  n = (int) g_strv_length (*argv) - 1;
  if (n >= least && (most < 0 || n <= most))
    return TRUE;
  g_printerr ("Usage: %s [OPTION…] %s\n", program, operation->arguments);
  return FALSE;
}

static char *
describe_operations (void)
{
  GString *text = g_string_new ("Operations:\n");

  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const TbxSimOperation *o = tables[t]; o->name != NULL; o++)
      g_string_append_printf (text, "  %-10s %s\n", o->name, o->summary);
  g_string_append (text, "\n\"vmxsim guest OPERATION --help\" tells more.  The login may also "
                         "be in VMXSIM_GUEST_LOGIN.");
  return g_string_free (text, FALSE);
}

/* Runs "guest" with its own arguments. */
TbxSimExit
tbx_sim_guest_main (char **argv, const char *control)
{
  static const TbxSimCommand command = { "guest", "OPERATION [ARGUMENT…]",
                                         "Run a guest operation, as a vSphere client does", NULL };
  g_autofree char *login = NULL;
  const GOptionEntry entries[] = {
    { "login", 'l', 0, G_OPTION_ARG_STRING, &login, "Guest account", "USER:PASSWORD" },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = &command, .entries = entries, .least = 1, .most = -1,
                                .rest_is_other = TRUE };
  g_auto(TbxSimVix) vix = { .usage = &usage };
  const TbxSimOperation *operation;
  char *colon;

  usage.description = describe_operations ();
  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  operation = find_operation (usage.argv[1]);
  if (operation == NULL)
    {
      g_printerr ("vmxsim: no guest operation \"%s\"; see \"vmxsim guest --help\"\n",
                  usage.argv[1]);
      return TBX_SIM_EXIT_USAGE;
    }
  if (login == NULL)
    login = g_strdup (g_getenv ("VMXSIM_GUEST_LOGIN"));
  colon = login == NULL ? NULL : strchr (login, ':');
  vix.user = login == NULL ? "" : login;
  vix.password = "";
  if (colon != NULL)
    {
      *colon = '\0';
      vix.password = colon + 1;
    }
  return operation->run (&vix, usage.argv + 1);
}
