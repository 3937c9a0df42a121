/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-table.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <glib/gi18n.h>

static gboolean
parse_pids (char **args, GVariantBuilder *pids, GError **error)
{
  for (guint i = 0; args[i] != NULL; i++)
    {
      gint64 pid;

      if (!g_ascii_string_to_signed (args[i], 10, 1, G_MAXINT64, &pid, NULL))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       _("“%s” is no process id"), args[i]);
          return FALSE;
        }
      g_variant_builder_add (pids, "x", pid);
    }
  return TRUE;
}

static char *
time_text (GVariant *process, const char *key)
{
  g_autoptr(GDateTime) time = NULL;
  guint64 seconds = 0;

  g_variant_lookup (process, key, "t", &seconds);
  if (seconds > 0 && seconds <= G_MAXINT64)
    time = g_date_time_new_from_unix_local ((gint64) seconds);
  return time == NULL ? g_strdup ("-") : g_date_time_format (time, "%F %T");
}

static char *
result_text (GVariant *process)
{
  guint64 end = 0;
  gint32 number;

  if (g_variant_lookup (process, "signal", "i", &number))
    return g_strdup_printf (_("signal %d"), number);
  if (g_variant_lookup (process, "exit-code", "i", &number))
    return g_strdup_printf ("%d", number);
  g_variant_lookup (process, "end", "t", &end);
  return g_strdup (end == 0 ? _("running") : _("unknown"));
}

/* Without the right to see its arguments, the name alone, as ps(1) has it. */
static char *
command_text (GVariant *process)
{
  const char *text = "";

  if (g_variant_lookup (process, "command-line", "&s", &text))
    return g_strdup (text);
  g_variant_lookup (process, "name", "&s", &text);
  return g_strdup_printf ("[%s]", text);
}

static void
add_process (TbxTable *table, GVariant *process)
{
  g_autofree char *start = time_text (process, "start");
  g_autofree char *end = time_text (process, "end");
  g_autofree char *result = result_text (process);
  g_autofree char *command = command_text (process);
  g_autofree char *pid_text = NULL;
  const char *user = "";
  gint64 pid = 0;

  g_variant_lookup (process, "pid", "x", &pid);
  g_variant_lookup (process, "user", "&s", &user);
  pid_text = g_strdup_printf ("%" G_GINT64_FORMAT, pid);
  tbx_table_add (table, pid_text, user, start, end, result, command, NULL);
}

static void
print_text (GVariant *processes)
{
  g_autoptr(TbxTable) table = tbx_table_new (6);
  GVariantIter iter;
  GVariant *process;

  tbx_table_add (table, _("PID"), _("USER"), _("START"), _("END"), _("RESULT"), _("COMMAND"), NULL);
  g_variant_iter_init (&iter, processes);
  while ((process = g_variant_iter_next_value (&iter)) != NULL)
    {
      add_process (table, process);
      g_variant_unref (process);
    }
  tbx_table_print (table);
}

/**
 * tbx_ctl_ps:
 * @ctl: the command line
 * @args: process ids
 * @error: return location for an error
 *
 * The command "ps": `TBX_ERROR_NOT_FOUND` when there is none of the processes that
 * were asked for.
 */
gboolean
tbx_ctl_ps (TbxCtl *ctl, char **args, GError **error)
{
  g_auto(GVariantBuilder) pids = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ax"));
  g_autoptr(GDBusConnection) bus = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GVariant) processes = NULL;

  if (!parse_pids (args, &pids, error))
    return FALSE;
  bus = tbx_ctl_bus_connect (error);
  if (bus == NULL || !tbx_ctl_bus_need_daemon (bus, error))
    return FALSE;
  reply = tbx_ctl_bus_call (bus, TBX_BUS_NAME ".Processes", "List",
                            g_variant_new ("(axb)", &pids, ctl->all), G_VARIANT_TYPE ("(aa{sv})"),
                            error);
  if (reply == NULL)
    return FALSE;
  processes = g_variant_get_child_value (reply, 0);
  if (args[0] != NULL && g_variant_n_children (processes) == 0)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, _("no such process"));
      return FALSE;
    }
  if (ctl->json)
    {
      g_autoptr(JsonNode) node = json_gvariant_serialize (processes);

      tbx_json_print (node);
    }
  else
    print_text (processes);
  return TRUE;
}
