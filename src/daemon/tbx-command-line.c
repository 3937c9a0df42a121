/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-command-line.h"
#include "config.h"
#include <glib/gi18n.h>
#include <locale.h>
#include <unistd.h>

static void
speak_user_language (void)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, TBX_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

static gboolean
on_trace_option (const char *name, const char *value, gpointer data, GError **error)
{
  TbxCommandLine *self = data;

  if (value != NULL && g_strcmp0 (value, "payload") != 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("--trace takes nothing or “payload”, not “%s”"), value);
      return FALSE;
    }
  self->tracing = TRUE;
  self->payload = value != NULL;
  return TRUE;
}

static gboolean
on_auth_option (const char *name, const char *value, gpointer data, GError **error)
{
  TbxCommandLine *self = data;

  if (g_strcmp0 (value, "self") != 0 && g_strcmp0 (value, "pam") != 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("--auth takes “pam” or “self”, not “%s”"), value);
      return FALSE;
    }
  self->self = g_strcmp0 (value, "self") == 0;
  if (!self->self || geteuid () != 0)
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       _("--auth=self would let everybody in as root"));
  return FALSE;
}

/* It is started in the root directory. */
static void
make_worker_absolute (TbxCommandLine *self)
{
  g_autofree char *given = g_steal_pointer (&self->worker);

  if (given != NULL)
    self->worker = g_canonicalize_filename (given, NULL);
}

/**
 * tbx_command_line_parse:
 * @self: (out caller-allocates): all zero before; to be cleared, also after a failure
 * @argc: (inout): number of arguments
 * @argv: (inout): the arguments
 * @error: return location for an error
 *
 * Sets the language of the process first.  Prints the help and ends the process when
 * that is asked for.
 * Errors: `G_OPTION_ERROR`, in the user's language.
 */
gboolean
tbx_command_line_parse (TbxCommandLine *self, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config_path,
      N_("Read this configuration file"), N_("FILE") },
    { "transport", 0, 0, G_OPTION_ARG_STRING, &self->transport,
      N_("How to reach the host: auto, backdoor or socket:PATH"), N_("NAME") },
    { "auth", 0, 0, G_OPTION_ARG_CALLBACK, on_auth_option,
      N_("Who verifies guest accounts: pam, or self for your own name with any password"),
      N_("NAME") },
    { "worker", 0, 0, G_OPTION_ARG_FILENAME, &self->worker,
      N_("The worker program, instead of the installed one"), N_("FILE") },
    { "trace", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_trace_option,
      N_("Log each message to and from the host; with “payload” its bytes too"), "payload" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->verbose, N_("Log more"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version, N_("Print the version"), NULL },
    { NULL }
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GOptionGroup) group = g_option_group_new ("toolboxd", NULL, NULL, self, NULL);

  speak_user_language ();
  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_context_set_main_group (context, g_steal_pointer (&group));
  g_option_context_set_summary (context, _("Tells a VMware host about this guest and serves it."));
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  make_worker_absolute (self);
  if (*argc == 1)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, _("“%s” is not understood"),
               (*argv)[1]);
  return FALSE;
}

/**
 * tbx_command_line_clear:
 * @self: the command line
 *
 * Frees what was parsed, not @self itself.
 */
void
tbx_command_line_clear (TbxCommandLine *self)
{
  g_clear_pointer (&self->config_path, g_free);
  g_clear_pointer (&self->transport, g_free);
  g_clear_pointer (&self->worker, g_free);
}

/**
 * tbx_command_line_load_config:
 * @self: the command line
 *
 * Loads the file that was named, or the usual one, which need not be there.  Logs
 * what is wrong with it.
 *
 * Returns: (transfer full): never %NULL
 */
TbxConfig *
tbx_command_line_load_config (const TbxCommandLine *self)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  TbxConfig *config = tbx_config_load (self->config_path ? self->config_path : TBX_CONFIG_FILE,
                                       self->config_path != NULL, problems);

  for (guint i = 0; i < problems->len; i++)
    g_warning ("%s", (char *) g_ptr_array_index (problems, i));
  return config;
}

/**
 * tbx_command_line_choose_transport:
 * @self: the command line
 * @config: the configuration
 * @error: return location for an error
 *
 * The command line counts before the environment, and that before the file.
 *
 * Returns: (transfer full) (nullable): makes the channels
 */
TbxTransport *
tbx_command_line_choose_transport (const TbxCommandLine *self,
                                   const TbxConfig      *config,
                                   GError              **error)
{
  const char *name = self->transport;

  if (name == NULL)
    name = g_getenv ("TOOLBOXD_TRANSPORT");
  return tbx_transport_new (name != NULL && name[0] != '\0' ? name : config->transport, error);
}
