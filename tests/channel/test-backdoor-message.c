/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backdoor-fixture.h"
#include <string.h>

static void
assert_calls (const FakeCall *expected, gsize n)
{
  g_assert_cmpuint (fake_backdoor.calls->len, ==, n);
  for (gsize i = 0; i < n; i++)
    {
      const FakeCall *call = &g_array_index (fake_backdoor.calls, FakeCall, i);

      g_test_message ("call %" G_GSIZE_FORMAT, i + 1);
      g_assert_cmpint (call->step, ==, expected[i].step);
      g_assert_cmphex (call->bx, ==, expected[i].bx);
      g_assert_cmphex (call->cx, ==, expected[i].cx);
      g_assert_cmphex (call->dx, ==, expected[i].dx);
      g_assert_cmphex (call->si, ==, expected[i].si);
      g_assert_cmphex (call->di, ==, expected[i].di);
    }
  g_array_set_size (fake_backdoor.calls, 0);
}

#define COOKIE 0x11223344, 0x55667788

/* docs/wire/transport.md, "RPCI info-get guestinfo.ip, low bandwidth". */
static void
test_example_low (TbxBackdoorMessages *m, gconstpointer user_data)
{
  static const FakeCall calls[] = {
    { 'O', 0xC9435052, 0x0000001E, 0x00005658, 0, 0 },
    { 'S', 0x00000015, 0x0001001E, 0x00075658, COOKIE },
    { 's', 0x6F666E69, 0x0002001E, 0x00075658, COOKIE },
    { 's', 0x7465672D, 0x0002001E, 0x00075658, COOKIE },
    { 's', 0x65756720, 0x0002001E, 0x00075658, COOKIE },
    { 's', 0x6E697473, 0x0002001E, 0x00075658, COOKIE },
    { 's', 0x692E6F66, 0x0002001E, 0x00075658, COOKIE },
    { 's', 0x00000070, 0x0002001E, 0x00075658, COOKIE },
    { 'R', 0x00000000, 0x0003001E, 0x00075658, COOKIE },
    { 'r', 0x00000001, 0x0004001E, 0x00075658, COOKIE },
    { 'r', 0x00000001, 0x0004001E, 0x00075658, COOKIE },
    { 'r', 0x00000001, 0x0004001E, 0x00075658, COOKIE },
    { 'A', 0x00000001, 0x0005001E, 0x00075658, COOKIE },
    { 'C', 0x00000000, 0x0006001E, 0x00075658, COOKIE },
  };

  fake_backdoor.reply = "1 10.0.0.5";
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  backdoor_fixture_send (m, "info-get guestinfo.ip");
  backdoor_fixture_assert_receives (m, "1 10.0.0.5");
  tbx_backdoor_messages_close (m);
  assert_calls (calls, G_N_ELEMENTS (calls));
  backdoor_fixture_assert_delivered ("info-get guestinfo.ip", 21);
}

/* "Same exchange, high bandwidth". */
static void
test_example_high (TbxBackdoorMessages *m, gconstpointer user_data)
{
  static const FakeCall calls[] = {
    { 'O', 0xC9435052, 0x0000001E, 0x00005658, 0, 0 },
    { 'S', 0x00000015, 0x0001001E, 0x00075658, COOKIE },
    { 'W', 0x00010000, 0, 0x00075659, COOKIE },
    { 'R', 0x00000000, 0x0003001E, 0x00075658, COOKIE },
    { 'I', 0x00010000, 0, 0x00075659, COOKIE },
    { 'A', 0x00000001, 0x0005001E, 0x00075658, COOKIE },
    { 'C', 0x00000000, 0x0006001E, 0x00075658, COOKIE },
  };

  fake_backdoor.bandwidth = FAKE_HIGH;
  fake_backdoor.reply = "1 10.0.0.5";
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  backdoor_fixture_send (m, "info-get guestinfo.ip");
  backdoor_fixture_assert_receives (m, "1 10.0.0.5");
  tbx_backdoor_messages_close (m);
  assert_calls (calls, G_N_ELEMENTS (calls));
  backdoor_fixture_assert_delivered ("info-get guestinfo.ip", 21);
}

/* "TCLO: one idle poll, then a ping", and the reset that comes first. */
static void
test_example_tclo (TbxBackdoorMessages *m, gconstpointer user_data)
{
  static const FakeCall ping[] = {
    { 'O', 0xCF4C4354, 0x0000001E, 0x00005658, 0, 0 },
    { 'S', 0x00000000, 0x0001001E, 0x00035658, COOKIE },
    { 'R', 0x00000000, 0x0003001E, 0x00035658, COOKIE },
    { 'S', 0x00000000, 0x0001001E, 0x00035658, COOKIE },
    { 'R', 0x00000000, 0x0003001E, 0x00035658, COOKIE },
    { 'r', 0x00000001, 0x0004001E, 0x00035658, COOKIE },
    { 'A', 0x00000001, 0x0005001E, 0x00035658, COOKIE },
    { 'S', 0x00000003, 0x0001001E, 0x00035658, COOKIE },
    { 's', 0x00204B4F, 0x0002001E, 0x00035658, COOKIE },
    { 'R', 0x00000000, 0x0003001E, 0x00035658, COOKIE },
  };
  static const FakeCall reset_reply[] = {
    { 'S', 0x0000000E, 0x0001001E, 0x00035658, COOKIE },
    { 's', 0x41204B4F, 0x0002001E, 0x00035658, COOKIE },
    { 's', 0x74205254, 0x0002001E, 0x00035658, COOKIE },
    { 's', 0x626C6F6F, 0x0002001E, 0x00035658, COOKIE },
    { 's', 0x0000786F, 0x0002001E, 0x00035658, COOKIE },
  };

  fake_backdoor.next_id = 3;
  backdoor_fixture_open (m, TBX_PROTOCOL_TCLO);
  g_assert_true (tbx_backdoor_messages_send (m, NULL, 0, NULL));
  backdoor_fixture_assert_receives (m, NULL);
  fake_backdoor_queue (TBX_PROTOCOL_TCLO, "ping", 4);
  g_assert_true (tbx_backdoor_messages_send (m, NULL, 0, NULL));
  backdoor_fixture_assert_receives (m, "ping");
  backdoor_fixture_send (m, "OK ");
  backdoor_fixture_assert_receives (m, NULL);
  assert_calls (ping, G_N_ELEMENTS (ping));

  fake_backdoor_queue (TBX_PROTOCOL_TCLO, "reset", 5);
  backdoor_fixture_assert_receives (m, "reset");
  g_array_set_size (fake_backdoor.calls, 0);
  backdoor_fixture_send (m, "OK ATR toolbox");
  assert_calls (reset_reply, G_N_ELEMENTS (reset_reply));
}

/* What came back is sent back, asked for or not; 0 is an id like another. */
static void
test_cookies (TbxBackdoorMessages *m, gconstpointer user_data)
{
  static const guint32 cookies[][2] = {
    { 0, 0 }, { 0xffffffffu, 0xffffffffu }, { 0, 1 }, { 0x80000000u, 0 },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (cookies); i++)
    {
      fake_backdoor.no_cookies = i % 2;
      fake_backdoor.next_id = i % 2 ? 0xffff : 0;
      fake_backdoor.next_cookie_high = cookies[i / 2][0];
      fake_backdoor.next_cookie_low = cookies[i / 2][1];
      fake_backdoor.bandwidth = FAKE_ALTERNATING;
      backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
      backdoor_fixture_send (m, "low");
      backdoor_fixture_send (m, "high");
      tbx_backdoor_messages_close (m);
      backdoor_fixture_assert_steps (i % 2 ? "OoSsSWC" : "OSsSWC");
    }
}

/* A cookie that the host changed: nothing works, until the channel is opened anew. */
static void
test_cookie_mismatch (TbxBackdoorMessages *m, gconstpointer user_data)
{
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  fake_backdoor_slot (TBX_PROTOCOL_RPCI)->cookie_low++;
  g_assert_false (tbx_backdoor_messages_send (m, "x", 1, NULL));
  tbx_backdoor_messages_close (m);
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  backdoor_fixture_send (m, "x");
}

static void
exchange_size (TbxBackdoorMessages *m, const guint8 *pattern, gsize size)
{
  /* Exactly as large as the message, so that a sanitizer sees one byte too many. */
  g_autofree guint8 *exact = g_memdup2 (pattern, size);
  g_autoptr(GError) error = NULL;
  const guint8 *data;
  gsize received;

  g_assert_true (tbx_backdoor_messages_send (m, exact, size, &error));
  g_assert_no_error (error);
  backdoor_fixture_assert_delivered (pattern, size);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, pattern, size);
  g_assert_true (tbx_backdoor_messages_receive (m, &data, &received, &error));
  g_assert_no_error (error);
  g_assert_nonnull (data);
  g_assert_cmpmem (data, received, pattern, size);
  g_assert_cmpuint (data[size], ==, 0);
  g_assert_true (g_queue_is_empty (&fake_backdoor_slot (TBX_PROTOCOL_RPCI)->outgoing));
}

static const gsize sizes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4095, 4096, 4097, 65535, 65536 };

static void
exchange_all_sizes (TbxBackdoorMessages *m)
{
  g_autofree guint8 *pattern = g_malloc (65536);

  for (gsize i = 0; i < 65536; i++)
    pattern[i] = (guint8) g_test_rand_int ();
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    exchange_size (m, pattern, sizes[i]);
  for (gsize i = G_N_ELEMENTS (sizes); i-- > 0;)
    exchange_size (m, pattern, sizes[i]);
}

static void
test_sizes (TbxBackdoorMessages *m, gconstpointer user_data)
{
  fake_backdoor.bandwidth = GPOINTER_TO_INT (user_data);
  exchange_all_sizes (m);
}

/* Whatever the host leaves in registers that say nothing, it says nothing. */
static void
test_noise (TbxBackdoorMessages *m, gconstpointer user_data)
{
  fake_backdoor.bandwidth = GPOINTER_TO_INT (user_data);
  fake_backdoor.noise = TRUE;
  exchange_all_sizes (m);
  backdoor_fixture_assert_receives (m, NULL);
}

/* An empty message is not the same as none. */
static void
test_empty (TbxBackdoorMessages *m, gconstpointer user_data)
{
  fake_backdoor.bandwidth = GPOINTER_TO_INT (user_data);
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "", 0);
  g_array_set_size (fake_backdoor.calls, 0);
  backdoor_fixture_assert_receives (m, "");
  backdoor_fixture_assert_receives (m, NULL);
  backdoor_fixture_assert_steps ("RAR");
  g_assert_true (tbx_backdoor_messages_send (m, NULL, 0, NULL));
  backdoor_fixture_assert_steps ("S");
}

/* One huge message does not keep its memory; ordinary ones do not allocate anew. */
static void
test_buffer (TbxBackdoorMessages *m, gconstpointer user_data)
{
  g_autofree char *huge = g_strnfill (TBX_CHANNEL_MAX_RECEIVE_BYTES, 'x');
  const guint8 *data, *kept;
  gsize size;

  fake_backdoor.bandwidth = FAKE_HIGH;
  backdoor_fixture_open (m, TBX_PROTOCOL_RPCI);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, huge, TBX_CHANNEL_MAX_RECEIVE_BYTES);
  backdoor_fixture_assert_receives (m, huge);
  g_assert_cmpuint (m->capacity, >, TBX_CHANNEL_MAX_RECEIVE_BYTES);
  fake_backdoor_queue (TBX_PROTOCOL_RPCI, "small", 5);
  backdoor_fixture_assert_receives (m, "small");
  g_assert_cmpuint (m->capacity, <=, 4096);

  fake_backdoor_queue (TBX_PROTOCOL_RPCI, huge, 65536);
  g_assert_true (tbx_backdoor_messages_receive (m, &kept, &size, NULL));
  backdoor_fixture_largest_request = 0;
  for (gsize n = 0; n <= 65536; n += 4096)
    {
      fake_backdoor_queue (TBX_PROTOCOL_RPCI, huge, n);
      g_assert_true (tbx_backdoor_messages_receive (m, &data, &size, NULL));
      g_assert_true (data == kept);
      g_assert_cmpuint (data[n], ==, 0);
    }
  g_assert_cmpuint (backdoor_fixture_largest_request, ==, 0);
}

static void
add (const char *path, gconstpointer data, void (*test) (TbxBackdoorMessages *, gconstpointer))
{
  g_test_add (path, TbxBackdoorMessages, data, backdoor_fixture_set_up, test,
              backdoor_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  static const char *const bandwidths[] = { "low", "high", "alternating" };

  g_test_init (&argc, &argv, NULL);
  add ("/channel/message/example/low", NULL, test_example_low);
  add ("/channel/message/example/high", NULL, test_example_high);
  add ("/channel/message/example/tclo", NULL, test_example_tclo);
  for (int i = FAKE_LOW; i <= FAKE_ALTERNATING; i++)
    {
      g_autofree char *all = g_strconcat ("/channel/message/sizes/", bandwidths[i], NULL);
      g_autofree char *noise = g_strconcat ("/channel/message/noise/", bandwidths[i], NULL);
      g_autofree char *empty = g_strconcat ("/channel/message/empty/", bandwidths[i], NULL);

      add (all, GINT_TO_POINTER (i), test_sizes);
      add (noise, GINT_TO_POINTER (i), test_noise);
      add (empty, GINT_TO_POINTER (i), test_empty);
    }
  add ("/channel/message/cookies", NULL, test_cookies);
  add ("/channel/message/cookie-mismatch", NULL, test_cookie_mismatch);
  add ("/channel/message/buffer", NULL, test_buffer);
  return g_test_run ();
}
