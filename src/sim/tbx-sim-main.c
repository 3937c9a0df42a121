/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <string.h>
#include "config.h"
#include "tbx-log.h"
#include "tbx-sim-cli.h"

static const TbxSimCommand *const tables[] = { tbx_sim_host_commands, tbx_sim_client_commands };

static void
print_help (void)
{
  g_print ("Usage: vmxsim [--control PATH] COMMAND [OPTION…] [ARGUMENT…]\n\n"
           "Plays the VMware host for a program on this machine.\n\nCommands:\n");
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const TbxSimCommand *command = tables[t]; command->name != NULL; command++)
      g_print ("  %-8s %s\n", command->name, command->summary);
  g_print ("\n\"vmxsim COMMAND --help\" tells more.  The control socket is "
           "$XDG_RUNTIME_DIR/vmxsim,\nfor root /run/vmxsim, unless --control names another.\n\n"
           "Exit status: 0 done, 1 refused or failed, 2 usage, 3 no host there;\n"
           "of \"run\" that of the program, 128 plus the signal that ended it, or 127.\n");
}

static const TbxSimCommand *
find_command (const char *name)
{
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const TbxSimCommand *command = tables[t]; command->name != NULL; command++)
      if (strcmp (command->name, name) == 0)
        return command;
  return NULL;
}

static int
usage_error (const char *what)
{
  g_printerr ("vmxsim: %s; see \"vmxsim --help\"\n", what);
  return TBX_SIM_EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  const TbxSimCommand *command;
  const char *control = NULL;
  int first = 1;

  setlocale (LC_ALL, "");
  tbx_log_init (FALSE);
  for (; first < argc && argv[first][0] == '-'; first++)
    {
      if (strcmp (argv[first], "--help") == 0 || strcmp (argv[first], "-h") == 0)
        {
          print_help ();
          return TBX_SIM_EXIT_DONE;
        }
      if (strcmp (argv[first], "--version") == 0)
        {
          g_print ("vmxsim " TBX_VERSION "\n");
          return TBX_SIM_EXIT_DONE;
        }
      if (g_str_has_prefix (argv[first], "--control="))
        control = argv[first] + strlen ("--control=");
      else if (strcmp (argv[first], "--control") == 0 && first + 1 < argc)
        control = argv[++first];
      else
        return usage_error ("unknown option");
    }
  if (first == argc)
    return usage_error ("no command");
  command = find_command (argv[first]);
  if (command == NULL)
    return usage_error ("unknown command");
  return command->run (argv + first, control);
}
