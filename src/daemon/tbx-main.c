/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-capabilities.h"
#include "tbx-config.h"
#include "tbx-error.h"
#include "tbx-hypervisor.h"
#include "tbx-link.h"
#include "tbx-log.h"
#include "tbx-options.h"
#include "tbx-rpci.h"
#include "tbx-tclo.h"
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

/* The host may be gone when we say goodbye. */
#define STOP_DEADLINE_MS 2000

/* The whole daemon, made in layer order and torn down in reverse. */
typedef struct
{
  TbxConfig       *config;
  TbxHypervisor    hypervisor;
  TbxLink         *link;
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxOptions      *options;
  TbxCapabilities *capabilities;
  GMainLoop       *loop;
  gboolean         stopping;
} Daemon;

typedef struct
{
  char    *config_path;
  char    *transport;
  char    *trace;
  gboolean tracing;
  gboolean verbose;
  gboolean version;
} Options;

static gboolean
on_trace_option (const char *name, const char *value, gpointer data, GError **error)
{
  Options *options = data;

  if (value != NULL && g_strcmp0 (value, "payload") != 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("--trace takes nothing or “payload”, not “%s”"), value);
      return FALSE;
    }
  options->tracing = TRUE;
  options->trace = g_strdup (value);
  return TRUE;
}

static gboolean
parse_options (int *argc, char ***argv, Options *options, GError **error)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config_path,
      N_("Read this configuration file"), N_("FILE") },
    { "transport", 0, 0, G_OPTION_ARG_STRING, &options->transport,
      N_("How to reach the host: auto, backdoor or socket:PATH"), N_("NAME") },
    { "trace", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_trace_option,
      N_("Log each message to and from the host; with “payload” its bytes too"), "payload" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, N_("Log more"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, N_("Print the version"), NULL },
    { NULL }
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GOptionGroup) group = g_option_group_new ("toolboxd", NULL, NULL, options, NULL);

  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_context_set_main_group (context, g_steal_pointer (&group));
  g_option_context_set_summary (context, _("Tells a VMware host about this guest and serves it."));
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc == 1)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, _("“%s” is not understood"), (*argv)[1]);
  return FALSE;
}

static TbxConfig *
load_config (const Options *options)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  TbxConfig *config = tbx_config_load (options->config_path ? options->config_path : TBX_CONFIG_FILE,
                                       options->config_path != NULL, problems);

  for (guint i = 0; i < problems->len; i++)
    g_warning ("%s; the default is used", (char *) g_ptr_array_index (problems, i));
  return config;
}

/* The command line before the environment before the file. */
static TbxTransport *
choose_transport (const Options *options, const TbxConfig *config, GError **error)
{
  const char *name = options->transport;

  if (name == NULL)
    name = g_getenv ("TOOLBOXD_TRANSPORT");
  return tbx_transport_new (name != NULL && name[0] != '\0' ? name : config->transport, error);
}

static void
on_reset (Daemon *daemon)
{
  tbx_link_confirm (daemon->link);
}

static void
on_withdrawn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Daemon *daemon = user_data;

  tbx_capabilities_withdraw_finish (TBX_CAPABILITIES (source), result, NULL);
  g_main_loop_quit (daemon->loop);
}

static gboolean
on_stop_deadline (gpointer user_data)
{
  Daemon *daemon = user_data;

  g_main_loop_quit (daemon->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer user_data)
{
  Daemon *daemon = user_data;

  if (daemon->stopping)
    return G_SOURCE_CONTINUE;
  daemon->stopping = TRUE;
  sd_notify (FALSE, "STOPPING=1");
  g_message ("Stopping");
  g_timeout_add (STOP_DEADLINE_MS, on_stop_deadline, daemon);
  if (tbx_link_get_state (daemon->link) == TBX_LINK_UP)
    tbx_capabilities_withdraw_async (daemon->capabilities, NULL, on_withdrawn, daemon);
  else
    g_main_loop_quit (daemon->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_watchdog (gpointer user_data)
{
  sd_notify (FALSE, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

static void
start_watchdog (void)
{
  guint64 period_us;

  if (sd_watchdog_enabled (FALSE, &period_us) > 0)
    g_timeout_add_seconds ((guint) MAX (1, period_us / 2 / G_USEC_PER_SEC), on_watchdog, NULL);
}

static void
daemon_make (Daemon *daemon, TbxTransport *transport, const Options *options)
{
  daemon->loop = g_main_loop_new (NULL, FALSE);
  daemon->link = tbx_link_new (transport);
  if (options->tracing)
    tbx_link_set_trace (daemon->link, options->trace ? TBX_TRACE_PAYLOAD : TBX_TRACE_COMMANDS);
  daemon->rpci = tbx_rpci_new (tbx_link_get_rpci (daemon->link));
  daemon->tclo = tbx_tclo_new (tbx_link_get_tclo (daemon->link));
  daemon->options = tbx_options_new (daemon->tclo);
  daemon->capabilities = tbx_capabilities_new (daemon->tclo, daemon->rpci);
  g_signal_connect_swapped (daemon->tclo, "reset", G_CALLBACK (on_reset), daemon);
}

static void
daemon_run (Daemon *daemon)
{
  g_unix_signal_add (SIGTERM, on_signal, daemon);
  g_unix_signal_add (SIGINT, on_signal, daemon);
  start_watchdog ();
  tbx_link_start (daemon->link);
  sd_notify (FALSE, "READY=1");
  g_message ("Version %s serves the host over the %s", TBX_VERSION,
             tbx_link_get_transport (daemon->link));
  g_main_loop_run (daemon->loop);
  tbx_link_stop (daemon->link);
}

static void
daemon_clear (Daemon *daemon)
{
  g_clear_object (&daemon->capabilities);
  g_clear_object (&daemon->options);
  g_clear_object (&daemon->tclo);
  g_clear_object (&daemon->rpci);
  g_clear_object (&daemon->link);
  g_clear_pointer (&daemon->loop, g_main_loop_unref);
  g_clear_pointer (&daemon->config, tbx_config_free);
}

int
main (int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbxTransport) transport = NULL;
  Options options = { 0 };
  Daemon daemon = { 0 };

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, TBX_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  if (!parse_options (&argc, &argv, &options, &error))
    {
      g_printerr ("toolboxd: %s\n", error->message);
      return 2;
    }
  if (options.version)
    {
      g_print ("toolboxd %s\n", TBX_VERSION);
      return EXIT_SUCCESS;
    }
  tbx_log_init (options.verbose);
  daemon.config = load_config (&options);
  transport = choose_transport (&options, daemon.config, &error);
  if (transport == NULL)
    {
      g_printerr ("toolboxd: %s\n", error->message);
      return 2;
    }
  if (tbx_transport_needs_backdoor (transport)
      && !tbx_hypervisor_detect (!tbx_transport_is_automatic (transport), &daemon.hypervisor, &error))
    {
      /* Nothing to do here is no failure, unless the user named a backdoor. */
      gboolean automatic = tbx_transport_is_automatic (transport);

      sd_notify (FALSE, "READY=1");
      g_message ("Nothing to do: %s", error->message);
      tbx_config_free (daemon.config);
      return automatic ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  daemon_make (&daemon, transport, &options);
  daemon_run (&daemon);
  daemon_clear (&daemon);
  return EXIT_SUCCESS;
}
