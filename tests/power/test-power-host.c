/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power-fakes.h"
#include "tbx-fake-channel.h"
#include "tbx-power-host.h"
#include "tbx-test-loop.h"
#include <string.h>

#define STATUS "tools.os.statechange.status "

typedef struct
{
  TbxFakeChannel  *tclo_channel;
  TbxFakeChannel  *rpci_channel;
  TbxTclo         *tclo;
  TbxRpci         *rpci;
  TbxOptions      *options;
  TbxCapabilities *capabilities;
  TbxPower        *power;
  TbxPowerHost    *host;
  GString         *trace;
} Fixture;

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  g_autoptr(TbxPowerBackend) backend = NULL;

  f->tclo_channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  f->rpci_channel = tbx_fake_channel_new (TBX_PROTOCOL_RPCI);
  f->tclo = tbx_tclo_new (TBX_CHANNEL (f->tclo_channel));
  f->rpci = tbx_rpci_new (TBX_CHANNEL (f->rpci_channel));
  f->options = tbx_options_new (f->tclo);
  f->capabilities = tbx_capabilities_new (f->tclo, f->rpci);
  f->power = tbx_power_new (NULL);
  f->trace = g_string_new (NULL);
  backend = fake_backend_new ("b", FAKE_YES, f->trace);
  tbx_power_add_backend (f->power, backend);
  f->host = tbx_power_host_new (f->power, f->tclo, f->rpci, f->options, f->capabilities);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->tclo_channel), NULL));
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_assert_finalize_object (f->host);
  g_assert_finalize_object (f->power);
  g_assert_finalize_object (f->capabilities);
  g_assert_finalize_object (f->options);
  g_assert_finalize_object (f->tclo);
  g_assert_finalize_object (f->rpci);
  g_assert_finalize_object (f->tclo_channel);
  g_assert_finalize_object (f->rpci_channel);
  g_string_free (f->trace, TRUE);
}

/* What the host gets at once, before the main loop turns. */
static void
assert_answer (Fixture *f, const char *request, const char *expected)
{
  g_autofree char *answer = NULL;

  tbx_fake_channel_receive (f->tclo_channel, request, strlen (request));
  answer = tbx_fake_channel_dup_sent (f->tclo_channel);
  g_assert_cmpstr (answer, ==, expected);
}

static void
assert_told (Fixture *f, const char *expected)
{
  g_autofree char *told = NULL;

  tbx_test_settle ();
  told = tbx_fake_channel_dup_sent (f->rpci_channel);
  g_assert_cmpstr (told, ==, expected);
}

static guint
hold (Fixture *f)
{
  return tbx_power_holds_take (tbx_power_get_holds (f->power), TBX_POWER_SET_ALL, "x", "", NULL);
}

static void
release (Fixture *f, guint cookie)
{
  tbx_power_holds_release (tbx_power_get_holds (f->power), cookie);
}

static void
ready_to_ask_again (Fixture *f)
{
  tbx_test_settle ();
  tbx_power_shutdown_cancelled (f->power);
  g_string_truncate (f->trace, 0);
}

/* All 10 messages of docs/wire/power.md, "Status message", byte for byte. */
static void
test_octets (Fixture *f, gconstpointer user_data)
{
  static const guint8 first[] = {
    0x74, 0x6f, 0x6f, 0x6c, 0x73, 0x2e, 0x6f, 0x73, 0x2e, 0x73, 0x74, 0x61, 0x74, 0x65,
    0x63, 0x68, 0x61, 0x6e, 0x67, 0x65, 0x2e, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73,
  };

  for (guint i = TBX_POWER_SHUTDOWN; i < TBX_POWER_N_OPERATIONS; i++)
    for (guint success = 0; success <= 1; success++)
      {
        const guint8 last[] = { 0x20, 0x30 + success, 0x20, 0x30 + i, 0x00 };
        guint cookie = hold (f);
        const guint8 *data;
        gsize size;

        assert_answer (f, tbx_power_operation_get_request (i), "OK ");
        if (success)
          release (f, cookie);
        else
          tbx_power_abort (f->power);
        release (f, cookie);
        tbx_test_until (tbx_power_get_operation (f->power) == TBX_POWER_NONE);
        tbx_test_settle ();
        data = g_bytes_get_data (g_ptr_array_index (f->rpci_channel->sent,
                                                    f->rpci_channel->sent->len - 1), &size);
        g_assert_cmpuint (size, ==, 32);
        g_assert_cmpmem (data, 27, first, sizeof first);
        g_assert_cmpmem (data + 27, 5, last, sizeof last);
        ready_to_ask_again (f);
        g_ptr_array_set_size (f->rpci_channel->sent, 0);
        assert_answer (f, "reset", "OK ATR toolbox");
        tbx_test_settle ();
      }
}

static void
test_answer_is_first (Fixture *f, gconstpointer user_data)
{
  assert_answer (f, "OS_PowerOn", "OK ");
  assert_told (f, STATUS "1 3␀");
  assert_answer (f, "OS_Halt and the rest is nothing", "OK ");
  assert_told (f, "log toolboxd: shutdown: accepted by b␀|" STATUS "1 1␀");
  g_assert_cmpstr (f->trace->str, ==, "b:shutdown");
}

/* While it is prepared: again, something else, and a ping. */
static void
test_pending (Fixture *f, gconstpointer user_data)
{
  guint cookie = hold (f);

  assert_answer (f, "OS_Suspend", "OK ");
  assert_told (f, "");
  assert_answer (f, "ping", "OK ");
  assert_answer (f, "OS_Suspend", "OK ");
  assert_answer (f, "OS_Halt", "ERROR State change already in progress");
  assert_told (f, "");
  release (f, cookie);
  assert_told (f, STATUS "1 5␀");
  assert_told (f, "");
}

static void
test_going_down (Fixture *f, gconstpointer user_data)
{
  assert_answer (f, "OS_Halt", "OK ");
  assert_told (f, "log toolboxd: shutdown: accepted by b␀|" STATUS "1 1␀");
  hold (f);
  assert_answer (f, "OS_Halt", "OK ");
  assert_told (f, STATUS "1 1␀");
  assert_answer (f, "OS_Reboot", "OK ");
  assert_told (f, STATUS "1 2␀");
  assert_answer (f, "OS_Suspend", "ERROR State change already in progress");
  g_assert_cmpstr (f->trace->str, ==, "b:shutdown");
}

/* Who says what with which bytes, the host gets one short line. */
static void
test_log_is_one_line (Fixture *f, gconstpointer user_data)
{
  g_autofree char *message = NULL;
  g_autofree char *text = g_strnfill (2000, 'x');

  text[0] = '\n';
  text[1] = '\x1b';
  g_signal_emit_by_name (f->power, "completed", TBX_POWER_SHUTDOWN, FALSE, text);
  tbx_test_settle ();
  message = tbx_fake_channel_dup_sent (f->rpci_channel);
  g_assert_true (g_str_has_prefix (message, "log toolboxd: shutdown:   xxx"));
  g_assert_true (g_str_has_suffix (message, "x␀|" STATUS "0 1␀"));
  g_assert_cmpuint (strlen (message), <, 600);
}

/* The machine was resumed once, however often the host says so; after a reset, again. */
static void
test_repeated (Fixture *f, gconstpointer user_data)
{
  g_autoptr(TbxPowerHandler) handler = fake_handler_new ("h", FAKE_NO, f->trace);

  tbx_power_handlers_add (tbx_power_get_handlers (f->power), handler, TBX_POWER_SET_ALL, 0, NULL);
  assert_answer (f, "OS_Resume", "OK ");
  assert_told (f, STATUS "1 4␀");
  assert_answer (f, "OS_Resume", "OK ");
  assert_told (f, STATUS "1 4␀");
  g_assert_cmpstr (f->trace->str, ==, "h:resume");
  assert_answer (f, "OS_PowerOn", "OK ");
  assert_told (f, STATUS "1 3␀");
  assert_answer (f, "reset", "OK ATR toolbox");
  assert_told (f, "");
  assert_answer (f, "OS_Resume", "OK ");
  assert_told (f, STATUS "1 4␀");
  g_assert_cmpstr (f->trace->str, ==, "h:resume h:poweron h:resume");
  assert_answer (f, "OS_Suspend", "OK ");
  assert_told (f, STATUS "1 5␀");
  assert_answer (f, "OS_Suspend", "OK ");   /* each of these is one */
  assert_told (f, STATUS "1 5␀");
  g_assert_cmpstr (f->trace->str, ==, "h:resume h:poweron h:resume h:suspend h:suspend");
}

static void
test_options (Fixture *f, gconstpointer user_data)
{
  static const struct { const char *request, *option; } rows[] = {
    { "OS_Halt", "toolScripts.beforePowerOff" },   { "OS_Reboot", "toolScripts.beforePowerOff" },
    { "OS_PowerOn", "toolScripts.afterPowerOn" },  { "OS_Resume", "toolScripts.afterResume" },
    { "OS_Suspend", "toolScripts.beforeSuspend" },
  };

  hold (f);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *off = g_strdup_printf ("Set_Option %s 0", rows[i].option);
      g_autofree char *on = g_strdup_printf ("Set_Option %s 1", rows[i].option);
      g_autofree char *bad = g_strdup_printf ("Set_Option %s 2", rows[i].option);

      assert_answer (f, off, "OK ");
      assert_answer (f, bad, "ERROR Unknown or invalid option");
      assert_answer (f, rows[i].request, "OK ");
      tbx_test_settle ();
      g_assert_cmpint (tbx_power_get_operation (f->power), ==, TBX_POWER_NONE);
      ready_to_ask_again (f);
      assert_answer (f, on, "OK ");
      assert_answer (f, rows[i].request, "OK ");
      tbx_test_settle ();
      g_assert_cmpint (tbx_power_get_operation (f->power), !=, TBX_POWER_NONE);
      tbx_power_abort (f->power);
      ready_to_ask_again (f);
    }
}

/* The channel is gone when the status is due: it goes out on the new one, once. */
static void
test_channel_reset (Fixture *f, gconstpointer user_data)
{
  guint cookie = hold (f);

  assert_answer (f, "OS_Suspend", "OK ");
  f->rpci_channel->refuse_opens = 1;
  release (f, cookie);
  assert_told (f, "");
  g_assert_cmpint (tbx_power_get_operation (f->power), ==, TBX_POWER_NONE);
  g_assert_false (tbx_power_host_get_owes (f->host));
  assert_answer (f, "reset", "OK ATR toolbox");
  assert_told (f, STATUS "1 5␀");
  assert_answer (f, "reset", "OK ATR toolbox");
  assert_told (f, "");
}

static void
on_owes (GString *trace, GParamSpec *pspec, TbxPowerHost *host)
{
  g_string_append_c (trace, tbx_power_host_get_owes (host) ? '+' : '-');
}

/* The delay lock hangs on this: not before the host has replied. */
static void
test_owes (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GString) trace = g_string_new (NULL);

  g_signal_connect_swapped (f->host, "notify::owes", G_CALLBACK (on_owes), trace);
  tbx_fake_channel_answer (f->rpci_channel, STATUS, NULL);
  assert_answer (f, "OS_Suspend", "OK ");
  tbx_test_settle ();
  g_assert_cmpstr (trace->str, ==, "+");
  tbx_fake_channel_receive (f->rpci_channel, "0 no", 4);   /* a refusal is only logged */
  tbx_test_settle ();
  assert_warned ("*did not take the power status: no");
  g_assert_cmpstr (trace->str, ==, "+-");
}

static void
test_capabilities (Fixture *f, gconstpointer user_data)
{
  g_autofree char *told = NULL;

  tbx_fake_channel_receive (f->tclo_channel, "Capabilities_Register", 21);
  tbx_test_settle ();
  told = tbx_fake_channel_dup_sent (f->rpci_channel);
  g_assert_true (g_str_has_prefix (told, "tools.capability.statechange |"
                                         "tools.capability.softpowerop_retry |"));
}

#define ADD(path, function) \
  g_test_add (path, Fixture, NULL, fixture_init, function, fixture_clear)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  keep_warnings ();
  ADD ("/power-host/octets", test_octets);
  ADD ("/power-host/answer-is-first", test_answer_is_first);
  ADD ("/power-host/pending", test_pending);
  ADD ("/power-host/going-down", test_going_down);
  ADD ("/power-host/log-is-one-line", test_log_is_one_line);
  ADD ("/power-host/repeated", test_repeated);
  ADD ("/power-host/options", test_options);
  ADD ("/power-host/channel-reset", test_channel_reset);
  ADD ("/power-host/owes", test_owes);
  ADD ("/power-host/capabilities", test_capabilities);
  return g_test_run ();
}
