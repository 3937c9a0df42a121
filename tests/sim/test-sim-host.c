/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-error.h"
#include "tbx-sim-model.h"
#include <string.h>

/* The host's two protocols, as a transport drives them. */

static TbxSimModelOptions
options (void)
{
  return (TbxSimModelOptions) { .ping_interval_ms = TBX_SIM_PING_INTERVAL_MS,
                                .dead_after_ms = TBX_SIM_DEAD_AFTER_MS };
}

/* A host that says nothing on its own. */
static TbxSimModel *
silent_model (void)
{
  TbxSimModelOptions silent = options ();

  silent.silent = TRUE;
  return tbx_sim_model_new (&silent);
}

static void
send_text (TbxSimChannel *channel, const char *text)
{
  g_autoptr(GBytes) message = g_bytes_new (text, strlen (text));

  tbx_sim_channel_deliver (channel, message);
}

/* Takes the next message as a guest does. */
static char *
take (TbxSimChannel *channel)
{
  g_autoptr(GBytes) message = tbx_sim_channel_peek (channel);

  if (message == NULL)
    return NULL;
  tbx_sim_channel_pop (channel, TRUE);
  return g_strndup (g_bytes_get_data (message, NULL), g_bytes_get_size (message));
}

static void
assert_takes (TbxSimChannel *channel, const char *expected)
{
  g_autofree char *text = take (channel);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_asks (TbxSimChannel *rpci, const char *request, const char *expected)
{
  send_text (rpci, request);
  assert_takes (rpci, expected);
}

static TbxSimChannel *
open_channel (TbxSimModel *model, TbxSimProtocol protocol)
{
  return tbx_sim_host_open (TBX_SIM_HOST (model), protocol, TBX_SIM_TRANSPORT_BACKDOOR, "test");
}

static JsonObject *
member (JsonNode *description, const char *name)
{
  return json_object_get_object_member (json_node_get_object (description), name);
}

static void
assert_shows (JsonObject *object, const char *name, const char *value)
{
  g_assert_cmpstr (json_object_get_string_member_with_default (object, name, NULL), ==, value);
}

static void
test_rpci (void)
{
  static const struct
  {
    const char *request;
    const char *reply;
  } cases[] = {
    { "info-get guestinfo.none", "0 No value found" },
    { "info-set guestinfo.a value with spaces", "1 " },
    { "info-get guestinfo.a", "1 value with spaces" },
    { "info-set guestinfo.empty", "1 " },
    { "info-get guestinfo.empty", "1 " },
    { "info-set guestinfo. x", "0 Invalid key" },
    { "info-set other.a x", "0 Invalid key" },
    { "info-set", "0 Invalid key" },
    { "info-get", "0 No value found" },
    { "", "0 Unknown command" },
    { " ", "0 Unknown command" },
    { "Info-Get guestinfo.a", "0 Unknown command" },
    { "tools.set.version 13344", "1 " },
    { "tools.set.version x", "0 Invalid arguments" },
    { "tools.set.version -1", "0 Invalid arguments" },
    { "tools.set.version 1 2", "0 Invalid arguments" },
    { "tools.set.version 4294967296", "0 Invalid arguments" },
    { "tools.set.versiontype 2147483647", "0 Invalid arguments" },
    { "tools.set.versiontype 2147483647 256", "0 Invalid arguments" },
    { "tools.set.versiontype 2147483647 4", "1 " },
    { "tools.capability.statechange ", "1 " },
    { "tools.capability.statechange", "1 " },
    { "tools.capability. 1", "0 Invalid arguments" },
    { "tools.capability.hgfs_server toolbox 1", "1 " },
    { "tools.capability.features 37=1 36=0", "1 " },
    { "tools.capability.features 37", "0 Invalid arguments" },
    { "tools.capability.features a=1", "0 Invalid arguments" },
    { "vmx.capability.unified_loop toolbox", "1 " },
    { "vmx.capability.unified_loop", "0 Invalid arguments" },
    { "log toolbox: hello", "1 " },
    { "tools.os.statechange.status 1 2", "1 " },
    { "tools.os.statechange.status 2 2", "0 Invalid arguments" },
    { "tools.os.statechange.status 1 6", "0 Invalid arguments" },
    { "tools.os.statechange.status 1", "0 Invalid arguments" },
    { "update.tools.health normal", "1 " },
    { "update.tools.health \xff", "0 Invalid arguments" },
    { "SetGuestInfo  1 web01", "1 " },
    { "SetGuestInfo  1 web\xff", "0 Invalid text" },
    { "SetGuestInfo  6 debian12-64", "1 " },
    { "SetGuestInfo  7 360012", "1 " },
  };
  g_autoptr(TbxSimModel) model = silent_model ();
  g_autoptr(TbxSimChannel) rpci = open_channel (model, TBX_SIM_RPCI);
  g_autoptr(JsonNode) description = NULL;
  JsonObject *guest;
  JsonObject *change;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %" G_GSIZE_FORMAT, i);
      assert_asks (rpci, cases[i].request, cases[i].reply);
    }
  description = tbx_sim_model_describe (model);
  guest = member (description, "guest");
  assert_shows (guest, "toolsVersionStatus", "guestToolsUnmanaged");
  assert_shows (guest, "toolsInstallType", "guestToolsTypeOpenVMTools");
  assert_shows (guest, "toolsRunningStatus", "guestToolsNotRunning");
  assert_shows (guest, "hostName", "web01");
  assert_shows (guest, "guestId", "debian12-64");
  g_assert_cmpfloat (json_object_get_double_member (guest, "uptimeSeconds"), ==, 3600.12);
  guest = json_object_get_object_member (guest, "capabilities");
  assert_shows (guest, "features.37", "1");
  assert_shows (guest, "features.36", "0");
  assert_shows (guest, "statechange", "");
  change = json_array_get_object_element (
    json_object_get_array_member (json_node_get_object (description), "stateChanges"), 0);
  assert_shows (change, "state", "reboot");
  g_assert_true (json_object_get_boolean_member (change, "succeeded"));
}

/* A last NUL that is counted is no part of a text, but one inside stays. */
static void
test_rpci_nul (void)
{
  g_autoptr(TbxSimModel) model = silent_model ();
  g_autoptr(TbxSimChannel) rpci = open_channel (model, TBX_SIM_RPCI);
  g_autoptr(GBytes) set = g_bytes_new_static ("info-set guestinfo.n a\0b\0", 24);
  g_autoptr(GBytes) get = g_bytes_new_static ("info-get guestinfo.n\0", 21);
  g_autoptr(GBytes) bare = g_bytes_new_static ("log\0", 4);
  g_autoptr(GBytes) value = NULL;

  tbx_sim_channel_deliver (rpci, set);
  assert_takes (rpci, "1 ");
  value = tbx_sim_model_get_variable (model, "guestinfo.n");
  g_assert_cmpmem (g_bytes_get_data (value, NULL), g_bytes_get_size (value), "a\0b", 3);
  tbx_sim_channel_deliver (rpci, get);
  {
    g_autoptr(GBytes) reply = tbx_sim_channel_peek (rpci);
    g_assert_cmpmem (g_bytes_get_data (reply, NULL), g_bytes_get_size (reply), "1 a\0b", 5);
    tbx_sim_channel_pop (rpci, TRUE);
  }
  tbx_sim_channel_deliver (rpci, bare);
  assert_takes (rpci, "1 ");
  tbx_sim_channel_deliver (rpci, NULL);
  assert_takes (rpci, "0 Unknown command");
}

static void
test_overrides (void)
{
  g_autoptr(TbxSimModel) model = silent_model ();
  g_autoptr(TbxSimChannel) rpci = open_channel (model, TBX_SIM_RPCI);
  g_autoptr(GBytes) unknown = g_bytes_new_static ("0 Unknown command", 17);
  g_autoptr(GBytes) odd = g_bytes_new_static ("2 x", 3);

  g_assert_true (tbx_sim_model_override (model, "SetGuestInfo  1", unknown, NULL));
  assert_asks (rpci, "SetGuestInfo  1 web01", "0 Unknown command");
  assert_asks (rpci, "SetGuestInfo  7 1", "1 ");
  g_assert_true (tbx_sim_model_override (model, "SetGuestInfo  1", odd, NULL));
  assert_asks (rpci, "SetGuestInfo  1 web01", "2 x");
  g_assert_cmpuint (tbx_sim_model_restore (model, "SetGuestInfo  1"), ==, 1);
  assert_asks (rpci, "SetGuestInfo  1 web01", "1 ");
  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("x%u", i);
      g_assert_true (tbx_sim_model_override (model, prefix, unknown, NULL));
    }
  {
    g_autoptr(GError) error = NULL;
    g_assert_false (tbx_sim_model_override (model, "y", unknown, &error));
    g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
  }
  g_assert_cmpuint (tbx_sim_model_restore (model, ""), ==, 64);
}

/* The friendly host says its lines one by one, and shows what it learned. */
static void
test_script (gconstpointer counted)
{
  static const char *lines[] = {
    "ping", "Set_Option synctime 0", "Set_Option time.synchronize.tools.enable 1",
    "Set_Option enableAppInfo 0", "Capabilities_Register", "Set_Option broadcastIP 1",
  };
  TbxSimModelOptions fast = { .counted_nul = counted != NULL, .dead_after_ms = 30000 };
  g_autoptr(TbxSimModel) model = tbx_sim_model_new (&fast);
  g_autoptr(TbxSimChannel) tclo = open_channel (model, TBX_SIM_TCLO);
  g_autoptr(GBytes) reset = tbx_sim_channel_peek (tclo);
  g_autoptr(JsonNode) description = NULL;

  g_assert_cmpmem (g_bytes_get_data (reset, NULL), g_bytes_get_size (reset), "reset",
                   counted != NULL ? 6 : 5);
  assert_takes (tclo, "reset");
  g_assert_null (tbx_sim_channel_peek (tclo));   /* a reply is owed */
  send_text (tclo, "OK ATR toolbox");
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      assert_takes (tclo, lines[i]);
      send_text (tclo, "OK ");
    }
  for (guint i = 0; i < 3; i++)
    {
      assert_takes (tclo, "ping");
      send_text (tclo, "OK ");
    }
  description = tbx_sim_model_describe (model);
  assert_shows (member (description, "guest"), "toolsRunningStatus", "guestToolsRunning");
  assert_shows (member (description, "options"), "synctime", "0");
  g_assert_cmpuint (tbx_sim_model_get_counter (model, TBX_SIM_COUNTER_VIOLATIONS), ==, 0);
}

static guint64
violations (TbxSimModel *model)
{
  return tbx_sim_model_get_counter (model, TBX_SIM_COUNTER_VIOLATIONS);
}

static void
test_violations (void)
{
  TbxSimModelOptions usual = options ();
  g_autoptr(TbxSimModel) model = tbx_sim_model_new (&usual);
  g_autoptr(TbxSimChannel) tclo = open_channel (model, TBX_SIM_TCLO);
  g_autoptr(TbxSimChannel) second = open_channel (model, TBX_SIM_TCLO);
  g_autoptr(TbxSimChannel) socket = tbx_sim_host_open (TBX_SIM_HOST (model), TBX_SIM_TCLO,
                                                       TBX_SIM_TRANSPORT_SOCKET, "test");
  g_autoptr(TbxSimChannel) rpci = open_channel (model, TBX_SIM_RPCI);

  tbx_sim_channel_deliver (tclo, NULL);
  g_assert_cmpuint (violations (model), ==, 0);
  send_text (tclo, "OK ");   /* to nothing */
  g_assert_cmpuint (violations (model), ==, 1);
  assert_takes (tclo, "reset");
  tbx_sim_channel_deliver (tclo, NULL);   /* instead of the reply */
  g_assert_cmpuint (violations (model), ==, 2);
  send_text (tclo, "OK ATR ");
  g_assert_cmpuint (violations (model), ==, 3);
  tbx_sim_channel_deliver (socket, NULL);   /* a ping too early */
  g_assert_cmpuint (violations (model), ==, 4);
  assert_takes (socket, "reset");
  send_text (socket, "OK ATR toolbox");
  assert_takes (socket, "ping");
  tbx_sim_channel_deliver (socket, NULL);   /* over a socket at any time */
  g_assert_cmpuint (violations (model), ==, 4);
  assert_takes (second, "reset");
  send_text (second, "OK ATR toolbox");   /* a name that is taken */
  g_assert_cmpuint (violations (model), ==, 5);
  send_text (rpci, "log a");
  send_text (rpci, "log b");
  g_assert_cmpuint (violations (model), ==, 6);
  assert_takes (rpci, "1 ");
  assert_takes (rpci, "1 ");
  g_assert_null (tbx_sim_channel_peek (rpci));
}

typedef struct
{
  char   *reply;
  GError *error;
  guint   calls;
} Asked;

static void
on_reply (GBytes *reply, const GError *error, gpointer user_data)
{
  Asked *asked = user_data;

  asked->calls++;
  if (reply != NULL)
    asked->reply = g_strndup (g_bytes_get_data (reply, NULL), g_bytes_get_size (reply));
  if (error != NULL)
    asked->error = g_error_copy (error);
}

static void
ask (TbxSimModel *model, const char *text, Asked *asked)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr(GError) error = NULL;

  tbx_sim_model_request (model, NULL, bytes, on_reply, asked, &error);
  g_assert_no_error (error);
}

static void
wait_for (Asked *asked)
{
  while (asked->calls == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (asked->calls, ==, 1);
}

static void
test_request (void)
{
  g_autoptr(TbxSimModel) model = silent_model ();
  g_autoptr(TbxSimChannel) tclo = NULL;
  g_autoptr(GBytes) text = g_bytes_new_static ("ping", 4);
  g_autoptr(GError) error = NULL;
  Asked answered = { 0 };
  Asked refused = { 0 };
  Asked owed = { 0 };
  Asked waiting = { 0 };

  g_assert_false (tbx_sim_model_request (model, NULL, text, on_reply, &answered, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND);
  tclo = open_channel (model, TBX_SIM_TCLO);
  g_assert_null (tbx_sim_channel_peek (tclo));
  ask (model, "ping", &answered);
  ask (model, "big", &refused);
  ask (model, "next", &owed);
  ask (model, "last", &waiting);
  assert_takes (tclo, "ping");
  g_assert_null (tbx_sim_channel_peek (tclo));
  g_assert_cmpuint (answered.calls, ==, 0);
  send_text (tclo, "ERROR no");
  tbx_sim_channel_pop (tclo, FALSE);
  assert_takes (tclo, "next");
  tbx_sim_channel_close (tclo);
  wait_for (&answered);
  wait_for (&waiting);
  g_assert_cmpstr (answered.reply, ==, "ERROR no");
  g_assert_error (refused.error, TBX_ERROR, TBX_ERROR_REFUSED);
  g_assert_error (owed.error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_error (waiting.error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_cmpuint (tbx_sim_model_get_counter (model, TBX_SIM_COUNTER_REJECTED), ==, 1);
  g_free (answered.reply);
  g_clear_error (&refused.error);
  g_clear_error (&owed.error);
  g_clear_error (&waiting.error);
}

static void
on_changed (TbxSimModel *model, guint *n)
{
  ++*n;
}

static gboolean
first_channel_is_alive (TbxSimModel *model)
{
  g_autoptr(JsonNode) description = tbx_sim_model_describe (model);
  JsonObject *host = json_node_get_object (description);
  JsonArray *channels = json_object_get_array_member (host, "channels");

  return json_object_get_boolean_member (json_array_get_object_element (channels, 0), "alive");
}

/* Without polls a guest is dead, and with the next one it is not. */
static void
test_dead (void)
{
  TbxSimModelOptions impatient = { .ping_interval_ms = 5000, .dead_after_ms = 20 };
  g_autoptr(TbxSimModel) model = tbx_sim_model_new (&impatient);
  g_autoptr(TbxSimChannel) tclo = open_channel (model, TBX_SIM_TCLO);
  guint changes = 0;

  g_signal_connect (model, "changed", G_CALLBACK (on_changed), &changes);
  tbx_sim_model_watch (model);
  g_assert_true (first_channel_is_alive (model));
  while (changes == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (first_channel_is_alive (model));
  tbx_sim_channel_deliver (tclo, NULL);
  g_assert_true (first_channel_is_alive (model));
  tbx_sim_model_unwatch (model);
}

/* Pings come by the clock, and none while a reply is owed. */
static void
test_pings (void)
{
  TbxSimModelOptions often = { .ping_interval_ms = 10, .dead_after_ms = 30000 };
  g_autoptr(TbxSimModel) model = tbx_sim_model_new (&often);
  g_autoptr(TbxSimChannel) tclo = open_channel (model, TBX_SIM_TCLO);
  guint pings = 0;

  while (pings < 4)
    {
      g_autofree char *line = take (tclo);

      if (line == NULL)
        g_main_context_iteration (NULL, TRUE);
      else
        send_text (tclo, strcmp (line, "reset") == 0 ? "OK ATR toolbox" : "OK ");
      pings += g_strcmp0 (line, "ping") == 0;
    }
  g_assert_cmpuint (violations (model), ==, 0);
}

static TbxSimStrikes
step (TbxSimModel *model, TbxSimProtocol protocol, TbxSimStep what)
{
  guint delay_ms;
  TbxSimStrikes strikes = tbx_sim_host_step (TBX_SIM_HOST (model), protocol, what, &delay_ms);

  g_assert_cmpuint (delay_ms, ==, 0);
  return strikes;
}

static void
test_faults (void)
{
  g_autoptr(TbxSimModel) model = silent_model ();
  g_autoptr(TbxSimChannel) rpci = NULL;
  g_autoptr(GError) error = NULL;
  TbxSimFaultRule rule = { .kind = TBX_SIM_FAULT_CHECKPOINT, .nth = 2, .count = 2,
                           .protocol = TBX_SIM_RPCI };
  guint delay_ms;

  g_assert_true (tbx_sim_model_add_fault (model, &rule, &error));
  g_assert_cmpuint (step (model, TBX_SIM_RPCI, TBX_SIM_STEP_SEND_PAYLOAD), ==, 0);
  g_assert_cmpuint (step (model, TBX_SIM_TCLO, TBX_SIM_STEP_SEND_PAYLOAD), ==, 0);
  g_assert_cmpuint (step (model, TBX_SIM_RPCI, TBX_SIM_STEP_SEND_SIZE), ==, 0);
  g_assert_cmpuint (step (model, TBX_SIM_RPCI, TBX_SIM_STEP_HB_OUT), ==,
                    TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmpuint (step (model, TBX_SIM_RPCI, TBX_SIM_STEP_RECV_STATUS), ==,
                    TBX_SIM_STRIKE_CHECKPOINT);
  g_assert_cmpuint (step (model, TBX_SIM_RPCI, TBX_SIM_STEP_RECV_STATUS), ==, 0);
  g_assert_cmpuint (tbx_sim_model_n_faults (model), ==, 0);

  rule = (TbxSimFaultRule) { .kind = TBX_SIM_FAULT_SLOW, .nth = 1, .count = 1, .delay_ms = 200 };
  g_assert_true (tbx_sim_model_add_fault (model, &rule, &error));
  tbx_sim_host_step (TBX_SIM_HOST (model), TBX_SIM_TCLO, TBX_SIM_STEP_RECV_SIZE, &delay_ms);
  g_assert_cmpuint (delay_ms, ==, 200);

  rule = (TbxSimFaultRule) { .kind = TBX_SIM_FAULT_REFUSE_OPEN, .nth = 1, .count = 1 };
  g_assert_true (tbx_sim_model_add_fault (model, &rule, &error));
  g_assert_null (open_channel (model, TBX_SIM_RPCI));
  rpci = open_channel (model, TBX_SIM_RPCI);
  g_assert_nonnull (rpci);

  rule = (TbxSimFaultRule) { .kind = TBX_SIM_FAULT_LOSE_REPLY, .nth = 1, .count = 1 };
  g_assert_true (tbx_sim_model_add_fault (model, &rule, &error));
  send_text (rpci, "info-set guestinfo.done yes");
  g_assert_null (tbx_sim_channel_peek (rpci));
  assert_asks (rpci, "info-get guestinfo.done", "1 yes");

  rule = (TbxSimFaultRule) { .kind = TBX_SIM_FAULT_FAIL, .nth = 1, .count = 1, .until_us = 1 };
  g_assert_true (tbx_sim_model_add_fault (model, &rule, &error));
  g_assert_cmpuint (step (model, TBX_SIM_RPCI, TBX_SIM_STEP_RECV_SIZE), ==, 0);
  rule.count = 0;
  g_assert_false (tbx_sim_model_add_fault (model, &rule, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_clear_error (&error);
  rule = (TbxSimFaultRule) { .kind = TBX_SIM_FAULT_SLOW, .nth = 1, .count = 1,
                             .steps = 1 << TBX_SIM_STEP_OPEN };
  g_assert_false (tbx_sim_model_add_fault (model, &rule, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
}

static void
test_limits (void)
{
  g_autoptr(TbxSimModel) model = silent_model ();
  g_autoptr(GPtrArray) channels = g_ptr_array_new_with_free_func (g_object_unref);

  g_assert_null (open_channel (model, 0));
  g_assert_null (open_channel (model, TBX_SIM_RPCI | 0x80000000u));
  for (guint i = 0; i < TBX_SIM_MAX_CHANNELS; i++)
    g_ptr_array_add (channels, open_channel (model, i % 2 ? TBX_SIM_RPCI : TBX_SIM_TCLO));
  g_assert_null (open_channel (model, TBX_SIM_RPCI));
  g_assert_cmpuint (tbx_sim_model_close_channels (model, TBX_SIM_TCLO), ==,
                    TBX_SIM_MAX_CHANNELS / 2);
  g_assert_true (tbx_sim_channel_is_closed (g_ptr_array_index (channels, 0)));
  g_assert_false (tbx_sim_channel_is_closed (g_ptr_array_index (channels, 1)));
  send_text (g_ptr_array_index (channels, 0), "OK ");   /* ignored */
  g_assert_cmpuint (violations (model), ==, 0);
  g_ptr_array_add (channels, open_channel (model, TBX_SIM_RPCI));
  g_assert_nonnull (g_ptr_array_index (channels, TBX_SIM_MAX_CHANNELS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/host/rpci", test_rpci);
  g_test_add_func ("/sim/host/rpci-nul", test_rpci_nul);
  g_test_add_func ("/sim/host/overrides", test_overrides);
  g_test_add_data_func ("/sim/host/script", NULL, test_script);
  g_test_add_data_func ("/sim/host/script-counted-nul", "yes", test_script);
  g_test_add_func ("/sim/host/violations", test_violations);
  g_test_add_func ("/sim/host/request", test_request);
  g_test_add_func ("/sim/host/dead", test_dead);
  g_test_add_func ("/sim/host/pings", test_pings);
  g_test_add_func ("/sim/host/faults", test_faults);
  g_test_add_func ("/sim/host/limits", test_limits);
  return g_test_run ();
}
