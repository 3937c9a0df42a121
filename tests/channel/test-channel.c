/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-error.h"
#include "tbx-fake-channel.h"
#include "tbx-link.h"
#include <string.h>

static GString *logged;   /* the messages, each with a newline */

static GLogWriterOutput
write_record (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (level & G_LOG_LEVEL_MESSAGE && strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (logged, "%s\n", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
assert_logged (const char *expected)
{
  g_assert_cmpstr (logged->str, ==, expected);
  g_string_set_size (logged, 0);
}

static void
exchange (TbxFakeChannel *channel)
{
  g_autoptr(GBytes) reply = g_bytes_new_static ("OK a secret", 11);

  tbx_fake_channel_receive (channel, "", 0);   /* an empty poll is no news */
  tbx_fake_channel_receive (channel, "ping a secret", 13);
  g_assert_true (tbx_channel_send (TBX_CHANNEL (channel), reply, NULL));
}

/* Off by default; then names and lengths; contents only for who asked. */
static void
test_trace (void)
{
  g_autoptr(TbxFakeChannel) channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);

  g_assert_true (tbx_channel_open (TBX_CHANNEL (channel), NULL));
  exchange (channel);
  assert_logged ("");
  tbx_channel_set_trace (TBX_CHANNEL (channel), TBX_TRACE_COMMANDS);
  exchange (channel);
  assert_logged ("TCLO < ping (13 bytes)\nTCLO > OK (11 bytes)\n");
  tbx_channel_set_trace (TBX_CHANNEL (channel), TBX_TRACE_PAYLOAD);
  exchange (channel);
  assert_logged ("TCLO < ping (13 bytes): ping a secret\nTCLO > OK (11 bytes): OK a secret\n");
  tbx_channel_set_trace (TBX_CHANNEL (channel), TBX_TRACE_OFF);
  exchange (channel);
  assert_logged ("");
}

/* What is not sent is not said to be: too large, or on a closed channel. */
static void
test_send_refused (void)
{
  g_autoptr(TbxFakeChannel) channel = tbx_fake_channel_new (TBX_PROTOCOL_RPCI);
  g_autoptr(GBytes) small = g_bytes_new_static ("x", 1);
  g_autoptr(GBytes) large = g_bytes_new_take (g_malloc0 (TBX_FAKE_MAX_SEND_BYTES + 1),
                                              TBX_FAKE_MAX_SEND_BYTES + 1);
  g_autoptr(GError) closed = NULL, too_large = NULL;

  tbx_channel_set_trace (TBX_CHANNEL (channel), TBX_TRACE_COMMANDS);
  g_assert_false (tbx_channel_send (TBX_CHANNEL (channel), small, &closed));
  g_assert_error (closed, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (channel), NULL));
  g_assert_false (tbx_channel_send (TBX_CHANNEL (channel), large, &too_large));
  g_assert_error (too_large, TBX_ERROR, TBX_ERROR_TOO_LARGE);
  g_assert_cmpint (tbx_channel_get_state (TBX_CHANNEL (channel)), ==, TBX_CHANNEL_OPEN);
  assert_logged ("");
}

static void
on_state (TbxChannel *channel, GParamSpec *pspec, GString *states)
{
  guint state;

  g_object_get (channel, "state", &state, NULL);
  g_assert_cmpuint (state, ==, tbx_channel_get_state (channel));
  g_string_append_printf (states, "%u", state);
}

static void
test_states (void)
{
  g_autoptr(TbxFakeChannel) channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  g_autoptr(GString) states = g_string_new (NULL);
  guint protocol = 99;

  g_object_get (channel, "protocol", &protocol, NULL);
  g_assert_cmpuint (protocol, ==, TBX_PROTOCOL_TCLO);
  g_signal_connect (channel, "notify::state", G_CALLBACK (on_state), states);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (channel), NULL));
  tbx_channel_close (TBX_CHANNEL (channel));
  tbx_channel_close (TBX_CHANNEL (channel));
  g_assert_cmpstr (states->str, ==, "120");
  channel->refuse_opens = 1;
  g_assert_false (tbx_channel_open (TBX_CHANNEL (channel), NULL));
  g_assert_cmpstr (states->str, ==, "12010");
  channel->slow_open = TRUE;
  g_assert_true (tbx_channel_open (TBX_CHANNEL (channel), NULL));
  tbx_fake_channel_finish_open (channel);
  tbx_fake_channel_fail (channel);
  g_assert_cmpstr (states->str, ==, "12010120");
  g_assert_cmpuint (channel->n_closes, ==, 2);
}

/* The trace of a link is that of both its channels. */
static void
test_link_trace (void)
{
  g_autoptr(TbxTransport) transport = tbx_transport_new ("socket:/nowhere", NULL);
  g_autoptr(TbxLink) link = tbx_link_new (transport);
  TbxChannel *const channels[] = { tbx_link_get_tclo (link), tbx_link_get_rpci (link) };

  tbx_link_set_trace (link, TBX_TRACE_COMMANDS);
  for (gsize i = 0; i < G_N_ELEMENTS (channels); i++)
    tbx_channel_received (channels[i], (const guint8 *) "1 word", 6);
  assert_logged ("TCLO < 1 (6 bytes)\nRPCI < 1 (6 bytes)\n");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  logged = g_string_new (NULL);
  g_log_set_writer_func (write_record, NULL, NULL);
  g_test_add_func ("/channel/channel/trace", test_trace);
  g_test_add_func ("/channel/channel/send-refused", test_send_refused);
  g_test_add_func ("/channel/channel/states", test_states);
  g_test_add_func ("/channel/channel/link-trace", test_link_trace);
  status = g_test_run ();
  g_string_free (logged, TRUE);
  return status;
}
