/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-cli.h"
#include "tbx-error.h"
#include "tbx-sim-condition.h"
#include "tbx-sim-control-client.h"
#include "tbx-sim-message.h"
#include "tbx-sim-print.h"
#include "tbx-sim-vix.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The commands that talk to a live host. */

#define CALL_TIMEOUT_MS 10000   /* of what the host does at once */
#define RPC_TIMEOUT_S   30
#define WAIT_TIMEOUT_S  30

static const TbxSimCommand *find (const char *name);

static int
cmd_show (char **argv, const char *control)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON, with vSphere's names", NULL },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("show"), .entries = entries };
  g_autoptr(JsonNode) reply = NULL;
  JsonNode *host;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  reply = tbx_sim_cli_call (&usage, tbx_sim_cli_begin ("show"), CALL_TIMEOUT_MS, &status);
  if (reply == NULL)
    return status;
  host = json_object_get_member (json_node_get_object (reply), "host");
  if (json)
    {
      g_autofree char *text = json_to_string (host, TRUE);

      puts (text);
    }
  else
    tbx_sim_print_host (json_node_get_object (host));
  return TBX_SIM_EXIT_DONE;
}

static GBytes *
read_stdin (GError **error)
{
  g_autoptr(GByteArray) out = g_byte_array_new ();
  guint8 buffer[64 * 1024];
  gssize n;

  while ((n = read (STDIN_FILENO, buffer, sizeof buffer)) > 0
         && out->len < TBX_SIM_MAX_LINE_BYTES)
    g_byte_array_append (out, buffer, (guint) n);
  if (n == 0)
    return g_byte_array_free_to_bytes (g_steal_pointer (&out));
  g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "standard input: unreadable, or too long");
  return NULL;
}

/* The bytes that @argument, or standard input, means; adds them to @request. */
static gboolean
add_bytes (JsonBuilder *request, const char *name, const char *argument, gboolean hex,
           gboolean nul, GError **error)
{
  g_autoptr(GBytes) bytes = argument == NULL ? read_stdin (error)
                                             : tbx_sim_cli_bytes (argument, hex, error);
  g_autoptr(GByteArray) with_nul = NULL;

  if (bytes == NULL)
    return FALSE;
  if (nul)
    {
      with_nul = g_bytes_unref_to_array (g_steal_pointer (&bytes));
      g_byte_array_append (with_nul, (const guint8 *) "", 1);
      bytes = g_byte_array_free_to_bytes (g_steal_pointer (&with_nul));
    }
  tbx_sim_message_add (request, name, bytes);
  return TRUE;
}

static void
print_bytes (GBytes *bytes, gboolean hex, gboolean newline)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; hex && i < size; i++)
    printf ("%02x", data[i]);
  if (!hex)
    fwrite (data, 1, size, stdout);
  if (newline)
    putchar ('\n');
}

static int
cmd_rpc (char **argv, const char *control)
{
  gboolean hex = FALSE, from_stdin = FALSE, no_wait = FALSE, nul = FALSE, raw = FALSE;
  g_autofree char *app = NULL;
  int timeout_s = RPC_TIMEOUT_S;
  const GOptionEntry entries[] = {
    { "hex", 0, 0, G_OPTION_ARG_NONE, &hex, "TEXT and the reply are hexadecimal digits", NULL },
    { "stdin", 0, 0, G_OPTION_ARG_NONE, &from_stdin, "Send standard input instead of TEXT", NULL },
    { "raw", 0, 0, G_OPTION_ARG_NONE, &raw, "Print no newline after the reply", NULL },
    { "counted-nul", 0, 0, G_OPTION_ARG_NONE, &nul, "Send a NUL after the text", NULL },
    { "to", 0, 0, G_OPTION_ARG_STRING, &app, "Application to ask (default: toolbox)", "NAME" },
    { "no-wait", 0, 0, G_OPTION_ARG_NONE, &no_wait, "Do not wait for the reply", NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "Longest wait, seconds (default: 30)", "S" },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("rpc"), .entries = entries, .most = -1 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("rpc");
  g_autoptr(JsonNode) reply = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) answer = NULL;
  g_autofree char *text = NULL;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  if ((usage.argv[1] == NULL) != from_stdin || timeout_s < 0)
    g_set_error (&error, TBX_ERROR, TBX_ERROR_MALFORMED, "rpc: needs either TEXT or --stdin");
  text = from_stdin ? NULL : g_strjoinv (" ", usage.argv + 1);
  tbx_sim_cli_text (request, "app", app);
  tbx_sim_cli_flag (request, "no-wait", no_wait);
  if (error != NULL || !add_bytes (request, "data", text, hex, nul, &error))
    return tbx_sim_cli_fail (error);
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), (gint64) timeout_s * 1000, &status);
  if (reply == NULL || no_wait)
    return status;
  answer = tbx_sim_message_bytes (json_node_get_object (reply), "reply", &error);
  if (answer == NULL)
    return tbx_sim_cli_fail (error);
  print_bytes (answer, hex, !raw);
  return g_bytes_get_size (answer) >= 3 && memcmp (g_bytes_get_data (answer, NULL), "OK ", 3) == 0
           ? TBX_SIM_EXIT_DONE : TBX_SIM_EXIT_REFUSED;
}

static int
cmd_get (char **argv, const char *control)
{
  gboolean raw = FALSE, hex = FALSE;
  const GOptionEntry entries[] = {
    { "raw", 0, 0, G_OPTION_ARG_NONE, &raw, "Print no newline after the value", NULL },
    { "hex", 0, 0, G_OPTION_ARG_NONE, &hex, "Print hexadecimal digits", NULL },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("get"), .entries = entries, .least = 1,
                                .most = 1 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("get");
  g_autoptr(JsonNode) reply = NULL;
  g_autoptr(GBytes) value = NULL;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  tbx_sim_cli_text (request, "key", usage.argv[1]);
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), CALL_TIMEOUT_MS, &status);
  if (reply != NULL)
    value = tbx_sim_message_bytes (json_node_get_object (reply), "value", NULL);
  if (value != NULL)
    print_bytes (value, hex, !raw);
  return status;
}

static int
cmd_set (char **argv, const char *control)
{
  gboolean hex = FALSE, from_stdin = FALSE;
  const GOptionEntry entries[] = {
    { "hex", 0, 0, G_OPTION_ARG_NONE, &hex, "VALUE is hexadecimal digits", NULL },
    { "stdin", 0, 0, G_OPTION_ARG_NONE, &from_stdin, "Take standard input for VALUE", NULL },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("set"), .entries = entries, .least = 1,
                                .most = 2 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("set");
  g_autoptr(JsonNode) reply = NULL;
  g_autoptr(GError) error = NULL;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  if ((usage.argv[2] == NULL) != from_stdin)
    g_set_error (&error, TBX_ERROR, TBX_ERROR_MALFORMED, "set: needs either VALUE or --stdin");
  tbx_sim_cli_text (request, "key", usage.argv[1]);
  if (error != NULL || !add_bytes (request, "value", usage.argv[2], hex, FALSE, &error))
    return tbx_sim_cli_fail (error);
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), CALL_TIMEOUT_MS, &status);
  return status;
}

static int
cmd_fault (char **argv, const char *control)
{
  int count = -1, nth = -1, seconds = -1, delay_ms = -1;
  gboolean forever = FALSE;
  g_autofree char *protocol = NULL;
  g_autofree char *step = NULL;
  const GOptionEntry entries[] = {
    { "count", 0, 0, G_OPTION_ARG_INT, &count, "How often (default: once)", "N" },
    { "nth", 0, 0, G_OPTION_ARG_INT, &nth, "Begin with the N-th step that fits", "N" },
    { "forever", 0, 0, G_OPTION_ARG_NONE, &forever, "Until \"fault none\"", NULL },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Not longer than S seconds", "S" },
    { "delay-ms", 0, 0, G_OPTION_ARG_INT, &delay_ms, "Time of a slow step (default: 200)", "MS" },
    { "protocol", 0, 0, G_OPTION_ARG_STRING, &protocol, "On such channels only", "rpci|tclo" },
    { "step", 0, 0, G_OPTION_ARG_STRING, &step,
      "At send-size, send-payload, recv-size, recv-payload, recv-status, close, hb-out, hb-in "
      "or packet",
      "STEP" },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("fault"), .entries = entries, .least = 1,
                                .most = 1 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("fault");
  g_autoptr(JsonNode) reply = NULL;
  int status;

  usage.description = g_strdup (
    "Kinds:\n"
    "  checkpoint    a snapshot in the midst of a message\n"
    "  close         the host closes all channels, at once\n"
    "  reset         the host resets the guest's channel: --count requests in a row\n"
    "  refuse-open   no new channel\n"
    "  drop-cookie   the host forgets a channel's cookie\n"
    "  slow          each step takes its time\n"
    "  fail          status 0 without a reason\n"
    "  lose-reply    a command is executed, its reply is lost\n"
    "  wrong-type, missing, huge, endless, noise, low\n"
    "                oddities of the registers, see docs/wire/transport.md\n"
    "  none          forget all faults that are set");
  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  tbx_sim_cli_text (request, "kind", usage.argv[1]);
  tbx_sim_cli_uint (request, "count", count);
  tbx_sim_cli_uint (request, "nth", nth);
  tbx_sim_cli_uint (request, "seconds", seconds);
  tbx_sim_cli_uint (request, "delay-ms", delay_ms);
  tbx_sim_cli_flag (request, "forever", forever);
  tbx_sim_cli_text (request, "protocol", protocol);
  tbx_sim_cli_text (request, "step", step);
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), CALL_TIMEOUT_MS, &status);
  return status;
}

static int
cmd_refuse (char **argv, const char *control)
{
  g_autofree char *answer = NULL;
  const GOptionEntry entries[] = {
    { "reply", 0, 0, G_OPTION_ARG_STRING, &answer, "Answer TEXT (default: 0 Unknown command)",
      "TEXT" },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("refuse"), .entries = entries, .least = 1,
                                .most = 1 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("refuse");
  g_autoptr(JsonNode) reply = NULL;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  tbx_sim_cli_text (request, "prefix", usage.argv[1]);
  if (answer != NULL)
    add_bytes (request, "reply", answer, FALSE, FALSE, NULL);
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), CALL_TIMEOUT_MS, &status);
  return status;
}

static int
cmd_allow (char **argv, const char *control)
{
  g_auto(TbxSimUsage) usage = { .command = find ("allow"), .most = 1 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("allow");
  g_autoptr(JsonNode) reply = NULL;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  tbx_sim_cli_text (request, "prefix", usage.argv[1] != NULL ? usage.argv[1] : "");
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), CALL_TIMEOUT_MS, &status);
  return status;
}

static int
cmd_wait (char **argv, const char *control)
{
  int timeout_s = WAIT_TIMEOUT_S;
  const GOptionEntry entries[] = {
    { "timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s, "Longest wait, seconds (default: 30)", "S" },
    { 0 },
  };
  g_auto(TbxSimUsage) usage = { .command = find ("wait"), .entries = entries, .least = 1,
                                .most = 1 };
  g_autoptr(JsonBuilder) request = tbx_sim_cli_begin ("wait");
  g_autoptr(JsonNode) reply = NULL;
  g_autoptr(GError) error = NULL;
  gint64 started_us = g_get_monotonic_time ();
  gint64 timeout_ms;
  g_autofree char *conditions = tbx_sim_condition_help ();
  int status;

  usage.description = g_strconcat ("Conditions:\n", conditions, NULL);
  if (!tbx_sim_cli_parse (&usage, argv, control) || timeout_s < 1)
    return TBX_SIM_EXIT_USAGE;
  if (!tbx_sim_control_await (usage.control, (gint64) timeout_s * 1000, &error))
    return tbx_sim_cli_fail (error);
  tbx_sim_cli_text (request, "condition", usage.argv[1]);
  timeout_ms = MAX ((gint64) timeout_s * 1000 - (g_get_monotonic_time () - started_us) / 1000, 1);
  reply = tbx_sim_cli_call (&usage, g_steal_pointer (&request), timeout_ms, &status);
  return status;
}

static int
cmd_quit (char **argv, const char *control)
{
  g_auto(TbxSimUsage) usage = { .command = find ("quit") };
  g_autoptr(JsonNode) reply = NULL;
  int status;

  if (!tbx_sim_cli_parse (&usage, argv, control))
    return TBX_SIM_EXIT_USAGE;
  reply = tbx_sim_cli_call (&usage, tbx_sim_cli_begin ("quit"), CALL_TIMEOUT_MS, &status);
  return status;
}

static int
cmd_guest (char **argv, const char *control)
{
  return tbx_sim_guest_main (argv, control);
}

const TbxSimCommand tbx_sim_client_commands[] = {
  { "show", "", "Show what vCenter would, and the host's books", cmd_show },
  { "rpc", "TEXT…", "Send the guest a request and print its reply", cmd_rpc },
  { "get", "KEY", "Print a guestinfo variable", cmd_get },
  { "set", "KEY [VALUE]", "Set a guestinfo variable", cmd_set },
  { "fault", "KIND", "Make something go wrong", cmd_fault },
  { "refuse", "PREFIX", "Refuse requests that begin with PREFIX, as an old host does", cmd_refuse },
  { "allow", "[PREFIX]", "Take back what was refused, or all of it", cmd_allow },
  { "wait", "CONDITION", "Wait until something is so, and until there is a host", cmd_wait },
  { "guest", "OPERATION [ARGUMENT…]", "Run a guest operation, as a vSphere client does", cmd_guest },
  { "quit", "", "End the host", cmd_quit },
  { NULL },
};

static const TbxSimCommand *
find (const char *name)
{
  const TbxSimCommand *command = tbx_sim_client_commands;

  while (strcmp (command->name, name) != 0)
    command++;
  return command;
}
