/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-table.h"
#include "tbx-ctl-text.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <sys/wait.h>
#include <unistd.h>

static TbxBusPower *
get_power (GDBusConnection *bus, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!tbx_ctl_bus_need_daemon (bus, error))
    return NULL;
  tbx_bus_power_proxy_new (bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, TBX_BUS_NAME, TBX_OBJECT_PATH,
                           NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return tbx_bus_power_proxy_new_finish (result, error);
}

/* "shutdown: preparing, waits for hold Database, file 10-a" */
static void
print_pending (TbxBusPower *power)
{
  const char *operation = tbx_text_or_empty (tbx_bus_power_get_operation (power));
  GVariant *waiting = tbx_bus_power_get_waiting_for (power);
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *safe = NULL;
  const char *kind, *who;
  GVariantIter iter;

  if (waiting != NULL)
    {
      g_variant_iter_init (&iter, waiting);
      while (g_variant_iter_next (&iter, "(&s&s)", &kind, &who))
        g_string_append_printf (text, "%s%s %s", text->len > 0 ? ", " : "", kind, who);
    }
  safe = tbx_text_escape (text->str, -1);
  if (*operation == '\0')
    g_print ("%s\n", tbx_text_or_empty (tbx_bus_power_get_state (power)));
  else if (text->len == 0)
    g_print ("%s: %s\n", operation, tbx_text_or_empty (tbx_bus_power_get_state (power)));
  else
    g_print (_("%s: %s, waits for %s\n"), operation,
             tbx_text_or_empty (tbx_bus_power_get_state (power)), safe);
}

static void
print_holds (TbxBusPower *power)
{
  g_autoptr(TbxTable) table = tbx_table_new (3);
  GVariant *holds = tbx_bus_power_get_holds (power);
  const char *what, *who, *why;
  GVariantIter iter;

  tbx_table_add (table, _("WHAT"), _("WHO"), _("WHY"), NULL);
  if (holds != NULL)
    {
      g_variant_iter_init (&iter, holds);
      while (g_variant_iter_next (&iter, "(&s&s&s)", &what, &who, &why))
        tbx_table_add (table, what, who, why, NULL);
    }
  if (tbx_table_get_n_rows (table) > 1)
    tbx_table_print (table);
  else
    g_print ("%s\n", _("No holds."));
}

static void
print_handlers (TbxBusPower *power)
{
  g_autoptr(TbxTable) table = tbx_table_new (3);
  GVariant *handlers = tbx_bus_power_get_handlers (power);
  const char *what, *who;
  GVariantIter iter;
  gint32 priority;

  tbx_table_add (table, _("WHAT"), _("HANDLER"), _("PRIORITY"), NULL);
  if (handlers != NULL)
    {
      g_variant_iter_init (&iter, handlers);
      while (g_variant_iter_next (&iter, "(&s&si)", &what, &who, &priority))
        {
          g_autofree char *number = g_strdup_printf ("%d", priority);

          tbx_table_add (table, what, who, number, NULL);
        }
    }
  if (tbx_table_get_n_rows (table) == 1)
    return;
  g_print ("\n");
  tbx_table_print (table);
}

/**
 * tbx_ctl_power_holds:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "power holds": what is pending, and who takes part.
 */
gboolean
tbx_ctl_power_holds (TbxCtl *ctl, char **args, GError **error)
{
  static const char *const hold_names[] = { "What", "Who", "Why", NULL };
  static const char *const handler_names[] = { "Operations", "Handler", "Priority", NULL };
  static const char *const waiting_names[] = { "Kind", "Who", NULL };
  g_autoptr(GDBusConnection) bus = tbx_ctl_bus_connect (error);
  g_autoptr(TbxBusPower) power = bus != NULL ? get_power (bus, error) : NULL;

  if (power == NULL)
    return FALSE;
  if (ctl->json)
    {
      g_autoptr(JsonNode) node = tbx_json_properties (G_DBUS_PROXY (power));
      JsonObject *object = json_node_get_object (node);
      GVariant *holds = tbx_bus_power_get_holds (power);
      GVariant *handlers = tbx_bus_power_get_handlers (power);
      GVariant *waiting = tbx_bus_power_get_waiting_for (power);

      if (holds != NULL)
        json_object_set_member (object, "Holds", tbx_json_records (holds, hold_names));
      if (handlers != NULL)
        json_object_set_member (object, "Handlers", tbx_json_records (handlers, handler_names));
      if (waiting != NULL)
        json_object_set_member (object, "WaitingFor", tbx_json_records (waiting, waiting_names));
      tbx_json_print (node);
      return TRUE;
    }
  print_pending (power);
  print_holds (power);
  print_handlers (power);
  return TRUE;
}

/* Takes a hold.  Returns its descriptor, which the command must not get, or -1. */
static int
take_hold (GDBusConnection *bus, const char *what, const char *who, const char *why, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GUnixFDList) fds = NULL;
  g_autoptr(GVariant) reply = NULL;
  gint32 handle = -1;

  g_dbus_connection_call_with_unix_fd_list (
    bus, TBX_BUS_NAME, TBX_OBJECT_PATH, TBX_BUS_NAME ".Power", "Hold",
    g_variant_new ("(sss)", what, who, why), G_VARIANT_TYPE ("(h)"),
    G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION | G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT,
    NULL, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  reply = g_dbus_connection_call_with_unix_fd_list_finish (bus, &fds, result, error);
  if (reply == NULL)
    return -1;
  g_variant_get (reply, "(h)", &handle);
  if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length (fds))
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_FAILED, _("the daemon gave no descriptor"));
      return -1;
    }
  return g_unix_fd_list_get (fds, handle, error);
}

static gboolean
on_interrupted (gpointer user_data)
{
  return G_SOURCE_CONTINUE;   /* the terminal sends it to the command too, whose end we wait for */
}

static gboolean
on_terminated (gpointer user_data)
{
  g_subprocess_send_signal (user_data, SIGTERM);
  return G_SOURCE_CONTINUE;
}

/* Runs it to its end.  Returns its exit status, as a shell gives it, or -1. */
static int
run_command (char **argv, GError **error)
{
  g_autoptr(GSubprocess) command =
    g_subprocess_newv ((const char *const *) argv, G_SUBPROCESS_FLAGS_STDIN_INHERIT, error);
  g_autoptr(GAsyncResult) result = NULL;
  guint on_int, on_term;

  if (command == NULL)
    return -1;
  on_int = g_unix_signal_add (SIGINT, on_interrupted, NULL);
  on_term = g_unix_signal_add (SIGTERM, on_terminated, command);
  g_subprocess_wait_async (command, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  g_source_remove (on_int);
  g_source_remove (on_term);
  if (!g_subprocess_wait_finish (command, result, error))
    return -1;
  return g_subprocess_get_if_exited (command) ? g_subprocess_get_exit_status (command)
                                              : 128 + g_subprocess_get_term_sig (command);
}

/* Cut to what a hold may say, at the end of a character. */
static char *
cut (const char *text, gsize most)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  const char *end = valid;

  while (*end != '\0' && (gsize) (g_utf8_next_char (end) - valid) <= most)
    end = g_utf8_next_char (end);
  return g_strndup (valid, (gsize) (end - valid));
}

/**
 * tbx_ctl_power_hold:
 * @ctl: the command line; gets the exit status of the command
 * @args: a command and its arguments
 * @error: return location for an error
 *
 * The command "power hold": holds up what the host asks for while another runs.
 */
gboolean
tbx_ctl_power_hold (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GDBusConnection) bus = NULL;
  g_autofree char *line = g_strjoinv (" ", args);
  g_autofree char *why = cut (ctl->why != NULL ? ctl->why : line, 256);
  g_autofree char *base = NULL;
  g_autofree char *who = NULL;
  int status;
  int hold;

  if (args[0] == NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("no command to run"));
      return FALSE;
    }
  base = g_path_get_basename (args[0]);
  who = cut (base, 64);
  bus = tbx_ctl_bus_connect (error);
  if (bus == NULL || !tbx_ctl_bus_need_daemon (bus, error))
    return FALSE;
  hold = take_hold (bus, ctl->what != NULL ? ctl->what : "shutdown:reboot:suspend", who, why, error);
  if (hold < 0)
    return FALSE;
  status = run_command (args, error);
  close (hold);
  ctl->status = MAX (status, 0);
  return status >= 0;
}
