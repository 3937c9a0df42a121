/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-text.h"
#include "tbx-error.h"
#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

typedef enum
{
  OPTIONS_HOST   = 1 << 0,   /* --transport, --direct */
  OPTIONS_CONFIG = 1 << 1,   /* --config */
  OPTIONS_ALL    = 1 << 2,   /* --all */
  OPTIONS_HOLD   = 1 << 3,   /* --what, --why */
} CommandOptions;

#define ANY_NUMBER G_MAXUINT

typedef struct
{
  const char *name;       /* one word, or two */
  const char *arguments;  /* their names, for the usage line */
  guint       n_arguments;   /* or ANY_NUMBER */
  guint       options;    /* which CommandOptions mean something */
  const char *summary;    /* one line */
  const char *help;       /* the rest */
  TbxCtlRun   run;
} Command;

static const Command commands[] = {
  { "status", "", 0, 0, N_("Show the daemon, its channel and what the host knows"),
    N_("Needs the daemon.  The JSON has the properties of the D-Bus interfaces Manager\n"
       "and Network, under their names there."),
    tbx_ctl_status },
  { "nics", "", 0, 0, N_("Show the network cards with addresses, routes and name servers"),
    N_("Needs the daemon.  Cards that the host is not told about are shown with the reason.\n"
       "The JSON is an array with the properties of the D-Bus interface Nic."),
    tbx_ctl_nics },
  { "ps", "[PID...]", ANY_NUMBER, OPTIONS_ALL,
    N_("Show the programs that were started for the host, or all processes"),
    N_("Needs the daemon.  Programs that ended are shown for 5 minutes, with their exit code\n"
       "or signal.  With --all every process is shown; with PIDs only these.  The arguments of\n"
       "other users' processes are shown to root, and to whom polkit allows it.\n"
       "The JSON is an array with what the D-Bus method Processes.List() returns."),
    tbx_ctl_ps },
  { "operations", "", 0, 0, N_("Show which guest operations the configuration permits, and why"),
    N_("Needs the daemon.  One line a method of vSphere; rules for single users and groups\n"
       "follow.  The JSON has \"methods\" and \"rules\" of the D-Bus property Manager.Policy."),
    tbx_ctl_operations },
  { "extensions", "", 0, 0, N_("Show what clients of the bus do in the daemon's place"),
    N_("Needs the daemon.  One line for each that is registered.  The JSON has the properties\n"
       "of the D-Bus interface Extensions."),
    tbx_ctl_extensions },
  { "info get", "KEY", 1, OPTIONS_HOST, N_("Print a guestinfo variable"),
    N_("KEY may begin with \"guestinfo.\".  The daemon is asked where it is on the bus, else\n"
       "the host itself; --direct or --transport always ask the host."),
    tbx_ctl_info_get },
  { "info set", "KEY VALUE", 2, OPTIONS_HOST, N_("Change a guestinfo variable"),
    N_("KEY may begin with \"guestinfo.\".  A VALUE that begins with \"-\" goes after \"--\".\n"
       "Goes the same way as \"info get\"."),
    tbx_ctl_info_set },
  { "power holds", "", 0, 0, N_("Show what the host asks for, and who is waited for"),
    N_("Needs the daemon.  The JSON has the properties of the D-Bus interface Power."),
    tbx_ctl_power_holds },
  { "power monitor", "", 0, 0, N_("Print what the host asks for, and what becomes of it"),
    N_("Like \"monitor\", for power alone."),
    tbx_ctl_power_monitor },
  { "power hold", "-- COMMAND...", ANY_NUMBER, OPTIONS_HOLD,
    N_("Hold up a shutdown, reboot or suspend while a command runs"),
    N_("The host is kept waiting until COMMAND ends, but not longer than the daemon's\n"
       "\"deadline-ms\".  The exit status is that of COMMAND.  For example:\n"
       "  toolboxctl power hold --what=shutdown:reboot -- rsync -a /srv backup:"),
    tbx_ctl_power_hold },
  { "rpc", "TEXT", 1, OPTIONS_HOST, N_("Send a request to the host and print the reply"),
    N_("Straight through the channel, without the daemon.  For example:\n"
       "  toolboxctl rpc 'info-get guestinfo.ip'"),
    tbx_ctl_rpc },
  { "monitor", "", 0, 0, N_("Print each change and signal of the daemon as it happens"),
    N_("Needs the daemon, but survives its restarts.  Ends when it is interrupted.\n"
       "With --json each line is one JSON object."),
    tbx_ctl_monitor },
  { "doctor", "", 0, OPTIONS_HOST | OPTIONS_CONFIG,
    N_("Check what is needed for the host to see this guest"),
    N_("One line a check: \"ok\", \"warn\" or \"fail\", and why.  Exit status 1 if one fails."),
    tbx_ctl_doctor },
};

typedef struct
{
  gboolean json;
  gboolean direct;
  gboolean all;
  gboolean help;
  gboolean version;
  char    *transport;
  char    *config;
  char    *what;
  char    *why;
  char   **words;
} Line;

static void
line_clear (Line *line)
{
  g_free (line->transport);
  g_free (line->config);
  g_free (line->what);
  g_free (line->why);
  g_strfreev (line->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

static GOptionContext *
line_context (Line *line, const Command *command)
{
  const guint shown = command != NULL ? command->options
                                      : OPTIONS_HOST | OPTIONS_CONFIG | OPTIONS_ALL | OPTIONS_HOLD;
  const gint of_host = shown & OPTIONS_HOST ? 0 : G_OPTION_FLAG_HIDDEN;
  const gint of_config = shown & OPTIONS_CONFIG ? 0 : G_OPTION_FLAG_HIDDEN;
  const gint of_all = shown & OPTIONS_ALL ? 0 : G_OPTION_FLAG_HIDDEN;
  const gint of_hold = shown & OPTIONS_HOLD ? 0 : G_OPTION_FLAG_HIDDEN;
  const GOptionEntry entries[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &line->json, N_("Print JSON"), NULL },
    { "direct", 0, of_host, G_OPTION_ARG_NONE, &line->direct,
      N_("Ask the host, even if the daemon is there"), NULL },
    { "transport", 0, of_host, G_OPTION_ARG_FILENAME, &line->transport,
      N_("How the host is reached: auto, backdoor or socket:PATH"), N_("TRANSPORT") },
    { "config", 0, of_config, G_OPTION_ARG_FILENAME, &line->config,
      N_("doctor: the configuration that the daemon reads"), N_("FILE") },
    { "all", 'a', of_all, G_OPTION_ARG_NONE, &line->all, N_("ps: every process of this guest"),
      NULL },
    { "what", 0, of_hold, G_OPTION_ARG_STRING, &line->what,
      N_("power hold: shutdown, reboot or suspend, joined with \":\"; else all"), N_("WHAT") },
    { "why", 0, of_hold, G_OPTION_ARG_STRING, &line->why,
      N_("power hold: the reason that is shown"), N_("TEXT") },
    { "version", 0, 0, G_OPTION_ARG_NONE, &line->version, N_("Print the version"), NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &line->help, N_("Print this help"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &line->words, NULL, NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autofree char *usage = NULL;
  GOptionContext *context;

  if (command != NULL)
    usage = g_strchomp (g_strjoin (" ", command->name, command->arguments, NULL));
  context = g_option_context_new (usage != NULL ? usage : _("COMMAND"));
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return context;
}

static void
print_help (const Command *command)
{
  g_auto(Line) unused = { 0 };
  g_autoptr(GOptionContext) context = line_context (&unused, command);
  g_autoptr(GString) summary = g_string_new (NULL);
  g_autofree char *text = NULL;

  if (command != NULL)
    g_string_append_printf (summary, "%s.\n\n%s", _(command->summary), _(command->help));
  else
    {
      g_string_append (summary, _("Commands:"));
      for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
        {
          g_autofree char *usage = g_strjoin (" ", commands[i].name, commands[i].arguments, NULL);

          g_string_append_printf (summary, "\n  %-26s %s", usage, _(commands[i].summary));
        }
      g_option_context_set_description (context,
        _("\"toolboxctl COMMAND --help\" says more about a command.  The environment variable\n"
          "TOOLBOXD_TRANSPORT stands in for --transport.\n\n"
          "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 daemon or channel not\n"
          "reachable, 4 not permitted.\n"));
    }
  g_option_context_set_summary (context, summary->str);
  text = g_option_context_get_help (context, TRUE, NULL);
  g_print ("%s", text);
}

static const char *
line_transport (Line *line)
{
  const char *from_environment = g_getenv ("TOOLBOXD_TRANSPORT");

  if (line->transport != NULL)
    return line->transport;
  return from_environment != NULL && *from_environment != '\0' ? from_environment : "auto";
}

/* The row whose one or two words @words begins with; moves @words to its arguments. */
static const Command *
find_command (char ***words)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_auto(GStrv) name = g_strsplit (commands[i].name, " ", 2);
      guint n = 0;

      while (name[n] != NULL && g_strcmp0 (name[n], (*words)[n]) == 0)
        n++;
      if (name[n] != NULL)
        continue;
      *words += n;
      return &commands[i];
    }
  return NULL;
}

static int
usage_error (const Command *command, const char *message)
{
  g_autofree char *safe = tbx_text_escape (message, -1);

  g_printerr ("toolboxctl: %s\n", safe);
  if (command != NULL)
    g_printerr (_("Try \"toolboxctl %s --help\".\n"), command->name);
  else
    g_printerr (_("Try \"toolboxctl --help\".\n"));
  return TBX_CTL_USAGE;
}

static TbxCtlStatus
status_of (const GError *error)
{
  static const struct
  {
    GQuark     (*domain) (void);
    int          code;
    TbxCtlStatus status;
  } rows[] = {
    { tbx_error_quark, TBX_ERROR_TRANSPORT, TBX_CTL_UNREACHABLE },
    { tbx_error_quark, TBX_ERROR_TIMED_OUT, TBX_CTL_UNREACHABLE },
    { tbx_error_quark, TBX_ERROR_NOT_VIRTUAL, TBX_CTL_UNREACHABLE },
    { tbx_error_quark, TBX_ERROR_NOT_AUTHORIZED, TBX_CTL_NOT_PERMITTED },
    { g_dbus_error_quark, G_DBUS_ERROR_SERVICE_UNKNOWN, TBX_CTL_UNREACHABLE },
    { g_dbus_error_quark, G_DBUS_ERROR_NAME_HAS_NO_OWNER, TBX_CTL_UNREACHABLE },
    { g_dbus_error_quark, G_DBUS_ERROR_NO_REPLY, TBX_CTL_UNREACHABLE },
    { g_dbus_error_quark, G_DBUS_ERROR_DISCONNECTED, TBX_CTL_UNREACHABLE },
    { g_dbus_error_quark, G_DBUS_ERROR_ACCESS_DENIED, TBX_CTL_NOT_PERMITTED },
    { g_dbus_error_quark, G_DBUS_ERROR_AUTH_FAILED, TBX_CTL_NOT_PERMITTED },
    { g_dbus_error_quark, G_DBUS_ERROR_INVALID_ARGS, TBX_CTL_USAGE },
    { g_io_error_quark, G_IO_ERROR_TIMED_OUT, TBX_CTL_UNREACHABLE },
    { g_io_error_quark, G_IO_ERROR_CLOSED, TBX_CTL_UNREACHABLE },
    { g_io_error_quark, G_IO_ERROR_CONNECTION_REFUSED, TBX_CTL_UNREACHABLE },
    { g_io_error_quark, G_IO_ERROR_PERMISSION_DENIED, TBX_CTL_NOT_PERMITTED },
    { g_option_error_quark, G_OPTION_ERROR_BAD_VALUE, TBX_CTL_USAGE },
  };

  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  /* GLib has no code for it. */
  if (g_strcmp0 (remote, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") == 0)
    return TBX_CTL_NOT_PERMITTED;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_error_matches (error, rows[i].domain (), rows[i].code))
      return rows[i].status;
  return TBX_CTL_FAILED;
}

static int
run_command (const Command *command, TbxCtl *ctl, char **args)
{
  g_autoptr(GError) error = NULL;
  TbxCtlStatus status;

  if (command->run (ctl, args, &error))
    return ctl->status;
  if (error == NULL)
    return TBX_CTL_FAILED;
  status = status_of (error);
  g_dbus_error_strip_remote_error (error);
  if (status == TBX_CTL_USAGE)
    return usage_error (command, error->message);
  if (ctl->json)
    tbx_json_print_error (error->message, status);
  else
    {
      g_autofree char *safe = tbx_text_escape (error->message, -1);

      g_printerr ("toolboxctl: %s\n", safe);
    }
  return status;
}

int
main (int argc, char **argv)
{
  g_auto(Line) line = { 0 };
  g_autoptr(GOptionContext) context = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(TbxCtlHost) host = NULL;
  const Command *command = NULL;
  TbxCtl ctl = { 0 };
  char *none[] = { NULL };
  char **words = none;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, TBX_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("toolboxctl");
  (void) tbx_error_quark ();   /* so that errors from the bus keep their codes */

  context = line_context (&line, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return usage_error (NULL, error->message);
  if (line.words != NULL)
    {
      words = line.words;
      command = find_command (&words);
    }
  if (line.version)
    {
      g_print ("toolboxctl %s\n", TBX_VERSION);
      return TBX_CTL_DONE;
    }
  if (line.help)
    {
      print_help (command);
      return TBX_CTL_DONE;
    }
  if (command == NULL)
    return usage_error (NULL, line.words == NULL ? _("no command") : _("no such command"));
  if (command->n_arguments != ANY_NUMBER && g_strv_length (words) != command->n_arguments)
    return usage_error (command, _("wrong number of arguments"));
  if ((line.transport != NULL || line.direct) && !(command->options & OPTIONS_HOST))
    return usage_error (command, _("this command goes through the daemon only"));
  if (line.config != NULL && !(command->options & OPTIONS_CONFIG))
    return usage_error (command, _("--config is for doctor"));
  if (line.all && !(command->options & OPTIONS_ALL))
    return usage_error (command, _("--all is for ps"));
  if ((line.what != NULL || line.why != NULL) && !(command->options & OPTIONS_HOLD))
    return usage_error (command, _("--what and --why are for power hold"));

  ctl.json = line.json;
  ctl.all = line.all;
  ctl.direct = line.direct || line.transport != NULL;
  ctl.what = line.what;
  ctl.why = line.why;
  ctl.config = line.config != NULL ? line.config : TBX_CONFIG_FILE;
  host = command->options & OPTIONS_HOST ? tbx_ctl_host_new (line_transport (&line), &error) : NULL;
  if (error != NULL)
    return usage_error (command, error->message);
  ctl.host = host;
  return run_command (command, &ctl, words);
}
