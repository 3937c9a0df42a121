/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-cli.h"
#include "tbx-error.h"
#include "tbx-sim-control-client.h"
#include <string.h>

/* Says on standard error what went wrong; returns the exit status for it. */
TbxSimExit
tbx_sim_cli_fail (const GError *error)
{
  g_printerr ("vmxsim: %s\n", error->message);
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TRANSPORT)
      || g_error_matches (error, TBX_ERROR, TBX_ERROR_NOT_FOUND))
    return TBX_SIM_EXIT_UNREACHABLE;
  if (error->domain == G_OPTION_ERROR || g_error_matches (error, TBX_ERROR, TBX_ERROR_MALFORMED))
    return TBX_SIM_EXIT_USAGE;
  return TBX_SIM_EXIT_REFUSED;
}

void
tbx_sim_usage_clear (TbxSimUsage *usage)
{
  g_clear_pointer (&usage->control, g_free);
  g_clear_pointer (&usage->description, g_free);
  g_clear_pointer (&usage->argv, g_strfreev);
}

/**
 * tbx_sim_cli_parse:
 * @usage: what the command takes; gets its arguments and the control socket's path
 * @argv: the command with its options and arguments
 * @control: (nullable): `--control` as given before the command
 *
 * Says on standard error what is wrong.  With `--help` it prints that and exits.
 *
 * Returns: whether the command can go on
 */
gboolean
tbx_sim_cli_parse (TbxSimUsage *usage, char **argv, const char *control)
{
  const GOptionEntry control_entry[] = {
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &usage->control,
      "Control socket (default: $XDG_RUNTIME_DIR/vmxsim, for root /run/vmxsim)", "PATH" },
    { 0 },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (usage->command->arguments);
  g_autofree char *name = g_strdup_printf ("vmxsim %s", usage->command->name);
  g_autofree char *summary = g_strconcat (usage->command->summary, ".", NULL);
  g_autoptr(GError) error = NULL;
  char **args;
  int n;

  g_set_prgname (name);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, usage->description);
  g_option_context_set_strict_posix (context, usage->rest_is_other);
  if (usage->entries != NULL)
    g_option_context_add_main_entries (context, usage->entries, NULL);
  g_option_context_add_main_entries (context, control_entry, NULL);
  usage->argv = g_strdupv (argv);
  if (!g_option_context_parse_strv (context, &usage->argv, &error))
    {
      tbx_sim_cli_fail (error);
      return FALSE;
    }
  args = usage->argv;
  if (args[1] != NULL && strcmp (args[1], "--") == 0)
    {
      g_free (args[1]);
      memmove (args + 1, args + 2, (g_strv_length (args + 2) + 1) * sizeof *args);
    }
  n = (int) g_strv_length (args) - 1;
  if (n < usage->least || (usage->most >= 0 && n > usage->most))
    {
      g_printerr ("Usage: vmxsim %s [OPTION…] %s\n", usage->command->name,
                  usage->command->arguments);
      return FALSE;
    }
  if (usage->control == NULL)
    usage->control = control != NULL ? g_strdup (control) : tbx_sim_control_default_path (&error);
  if (usage->control != NULL)
    return TRUE;
  tbx_sim_cli_fail (error);
  return FALSE;
}

/**
 * tbx_sim_cli_call:
 * @usage: the command
 * @request: (transfer full): an open object
 * @timeout_ms: longest wait, milliseconds; 0 for no limit
 * @status: (out): the exit status when it failed, else 0
 *
 * Returns: (transfer full) (nullable): the host's reply
 */
JsonNode *
tbx_sim_cli_call (const TbxSimUsage *usage, JsonBuilder *request, gint64 timeout_ms, int *status)
{
  g_autoptr(JsonBuilder) builder = request;
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(GError) error = NULL;
  JsonNode *reply;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  reply = tbx_sim_control_call (usage->control, root, timeout_ms, &error);
  *status = reply != NULL ? TBX_SIM_EXIT_DONE : tbx_sim_cli_fail (error);
  return reply;
}

/* Returns (transfer full): a request, an open object. */
JsonBuilder *
tbx_sim_cli_begin (const char *command)
{
  JsonBuilder *request = json_builder_new ();

  json_builder_begin_object (request);
  tbx_sim_cli_text (request, "command", command);
  return request;
}

/* Adds nothing for NULL. */
void
tbx_sim_cli_text (JsonBuilder *request, const char *name, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  if (valid == NULL)
    return;
  json_builder_set_member_name (request, name);
  json_builder_add_string_value (request, valid);
}

void
tbx_sim_cli_flag (JsonBuilder *request, const char *name, gboolean flag)
{
  json_builder_set_member_name (request, name);
  json_builder_add_boolean_value (request, flag);
}

/* Adds nothing for a number that was not given: below 0. */
void
tbx_sim_cli_uint (JsonBuilder *request, const char *name, int number)
{
  if (number < 0)
    return;
  json_builder_set_member_name (request, name);
  json_builder_add_int_value (request, number);
}

/**
 * tbx_sim_cli_bytes:
 * @text: an argument
 * @hex: whether it is pairs of hexadecimal digits, which may be spaced
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`.
 *
 * Returns: (transfer full) (nullable): the bytes that it means
 */
GBytes *
tbx_sim_cli_bytes (const char *text, gboolean hex, GError **error)
{
  g_autoptr(GByteArray) out = g_byte_array_new ();

  if (!hex)
    return g_bytes_new (text, strlen (text));
  for (const char *p = text; *p != '\0';)
    {
      guint8 octet;

      if (g_ascii_isspace (*p))
        {
          p++;
          continue;
        }
      if (!g_ascii_isxdigit (p[0]) || !g_ascii_isxdigit (p[1]))
        {
          g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: not hexadecimal", p);
          return NULL;
        }
      octet = (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
      g_byte_array_append (out, &octet, 1);
      p += 2;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
