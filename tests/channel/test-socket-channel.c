/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-listener.h"
#include "tbx-error.h"
#include "tbx-packet-codec.h"
#include "tbx-socket-channel.h"
#include "tbx-test-loop.h"
#include <glib/gstdio.h>
#include <string.h>

#define PING "tbx-socket-ping"

/* docs/wire/transport.md, "vsock packets". */
#define DATA "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0"
static const char one_shot_packet[] =
  "\0\0\0\x41" DATA "\0\0\0\2\0\0\0\2\0\0\0\x15" "info-get guestinfo.ip"
  "\0\0\0\1\0\0\0\3\0\0\0\1\0\0\0\0";
static const char request_packet[] =
  "\0\0\0\x31" DATA "\0\0\0\2\0\0\0\2\0\0\0\x15" "info-get guestinfo.ip";
static const char reply_packet[] = "\0\0\0\x26" DATA "\0\0\0\2\0\0\0\2\0\0\0\x0a" "1 10.0.0.5";
static const char reset_packet[] = "\0\0\0\x21" DATA "\0\0\0\2\0\0\0\2\0\0\0\5" "reset";
static const char atr_packet[] = "\0\0\0\x2a" DATA "\0\0\0\2\0\0\0\2\0\0\0\x0e" "OK ATR toolbox";
static const char ok_packet[] = "\0\0\0\x1f" DATA "\0\0\0\2\0\0\0\2\0\0\0\3" "OK ";
static const char ping_packet[] = "\0\0\0\x10\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\0";
#define SIZE(packet) (sizeof packet - 1)

typedef enum { HANDLE_HOLD, HANDLE_REPLY, HANDLE_REPLY_CLOSE, HANDLE_CLOSE } Handling;
typedef enum { TCLO, RPCI, RPCI_ONE_SHOT } Kind;

typedef struct
{
  FakeListener *host;
  FakePeer     *peer;
  TbxChannel   *channel;
  Handling      handling;
  GPtrArray    *received;   /* of GBytes (owned) */
  guint         n_failures;
} Fixture;

static gboolean
send_text (Fixture *f, const char *text, GError **error)
{
  g_autoptr(GBytes) message = g_bytes_new (text, strlen (text));

  return tbx_channel_send (f->channel, message, error);
}

static void
on_message (TbxChannel *channel, const guint8 *data, gsize size, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_cmpuint (data[size], ==, 0);
  g_ptr_array_add (f->received, g_bytes_new (data, size));
  if (f->handling == HANDLE_REPLY || f->handling == HANDLE_REPLY_CLOSE)
    if (!send_text (f, "OK ", NULL))
      {
        g_autoptr(GError) error = g_error_new_literal (TBX_ERROR, TBX_ERROR_TRANSPORT, "no reply");

        tbx_channel_failed (channel, error);
      }
  if (f->handling >= HANDLE_REPLY_CLOSE)
    tbx_channel_close (channel);
}

static void
on_failed (Fixture *f, const GError *error)
{
  g_assert_nonnull (error);
  g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_CLOSED);
  f->n_failures++;
}

static void
reopen (Fixture *f)
{
  g_autoptr(GError) error = NULL;
  gboolean tclo = tbx_channel_get_protocol (f->channel) == TBX_PROTOCOL_TCLO;
  guint n = f->host->peers->len;

  tbx_channel_close (f->channel);
  g_assert_true (tbx_channel_open (f->channel, &error));
  g_assert_no_error (error);
  f->peer = fake_listener_peer (f->host, n, tclo ? "TCLO" : "RPCI");
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  Kind kind = GPOINTER_TO_INT (user_data);

  f->host = fake_listener_new ();
  fake_listener_start (f->host);
  f->channel = tbx_socket_channel_new (kind == TCLO ? TBX_PROTOCOL_TCLO : TBX_PROTOCOL_RPCI,
                                       f->host->path, kind == RPCI_ONE_SHOT);
  f->received = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_signal_connect_swapped (f->channel, "failed", G_CALLBACK (on_failed), f);
  tbx_channel_set_message_handler (f->channel, on_message, f);
  reopen (f);
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_assert_finalize_object (f->channel);
  g_assert_null (tbx_test_find_source (PING));
  g_assert_null (tbx_test_find_source ("tbx-socket-tclo"));
  g_assert_null (tbx_test_find_source ("tbx-socket-rpci"));
  g_ptr_array_unref (f->received);
  fake_listener_free (f->host);
}

static void
assert_received (Fixture *f, guint n, gconstpointer data, gsize size)
{
  GBytes *last;

  tbx_test_until (f->received->len >= n || f->n_failures > 0);
  g_assert_cmpuint (f->received->len, ==, n);
  last = g_ptr_array_index (f->received, n - 1);
  g_assert_cmpmem (g_bytes_get_data (last, NULL), g_bytes_get_size (last), data, size);
}

static void
assert_silent (Fixture *f)
{
  tbx_test_settle ();
  g_assert_cmpuint (f->peer->got->len, ==, 0);
  g_assert_false (f->peer->ended);
}

/* The guest says which protocol it is, and then waits. */
static void
test_reset (Fixture *f, gconstpointer user_data)
{
  assert_silent (f);
  fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
  assert_received (f, 1, "reset", 5);
  assert_silent (f);
  g_assert_true (send_text (f, "OK ATR toolbox", NULL));
  fake_peer_take (f->peer, atr_packet, SIZE (atr_packet));
  assert_silent (f);
  g_assert_cmpstr (tbx_channel_get_transport (f->channel), ==, "socket");
}

static void
test_rpci (Fixture *f, gconstpointer user_data)
{
  for (guint i = 1; i <= 3; i++)
    {
      g_assert_true (send_text (f, "info-get guestinfo.ip", NULL));
      fake_peer_take (f->peer, request_packet, SIZE (request_packet));
      assert_silent (f);
      fake_peer_write (f->peer, reply_packet, SIZE (reply_packet));
      assert_received (f, i, "1 10.0.0.5", 10);
    }
  g_assert_null (tbx_test_find_source (PING));   /* it is the other channel's */
}

/* The host closes after its reply, and that comes through. */
static void
test_one_shot (Fixture *f, gconstpointer user_data)
{
  g_assert_true (send_text (f, "info-get guestinfo.ip", NULL));
  fake_peer_take (f->peer, one_shot_packet, SIZE (one_shot_packet));
  fake_peer_write (f->peer, reply_packet, SIZE (reply_packet));
  fake_peer_close (f->peer);
  assert_received (f, 1, "1 10.0.0.5", 10);
  tbx_test_until (f->n_failures == 1);
}

static void
test_single_bytes (Fixture *f, gconstpointer user_data)
{
  f->handling = HANDLE_REPLY;
  for (guint i = 1; i <= 2; i++)
    {
      fake_peer_write_slow (f->peer, reset_packet, SIZE (reset_packet));
      assert_received (f, i, "reset", 5);
      fake_peer_take (f->peer, ok_packet, SIZE (ok_packet));
    }
}

/* Each gets its reply before the next is looked at. */
static void
test_two_in_one (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GByteArray) both = g_byte_array_new ();

  for (int i = 0; i < 2; i++)
    g_byte_array_append (both, (const guint8 *) reset_packet, SIZE (reset_packet));
  fake_peer_write (f->peer, both->data, both->len);
  assert_received (f, 1, "reset", 5);
  tbx_test_settle ();
  g_assert_cmpuint (f->received->len, ==, 1);
  f->handling = HANDLE_REPLY;
  g_assert_true (send_text (f, "OK ATR toolbox", NULL));
  assert_received (f, 2, "reset", 5);
  fake_peer_take (f->peer, atr_packet, SIZE (atr_packet));
  fake_peer_take (f->peer, ok_packet, SIZE (ok_packet));

  fake_peer_write (f->peer, both->data, both->len);
  assert_received (f, 4, "reset", 5);
  g_assert_cmpuint (f->n_failures, ==, 0);
}

/* Odd, and good enough. */
static void
test_accepted (Fixture *f, gconstpointer user_data)
{
#define PAYLOAD "\0\0\0\2\0\0\0\2\0\0\0\3" "abc"
  static const struct { const char *what; gsize size; const char *packet; } cases[] = {
    { "reversed", 35, "\0\0\0\x1f" PAYLOAD DATA },
    { "payload alone", 19, "\0\0\0\x0f" PAYLOAD },
    { "unknown fields", 76, "\0\0\0\x48" "\0\0\0\1\0\0\0\x09\0\0\0\1\0\0\0\0" DATA PAYLOAD
                            "\0\0\0\2\xff\xff\xff\xff\0\0\0\1" "x" "\0\0\0\3\0\0\0\5\0\0\0\0" },
    { "fast close", 51, "\0\0\0\x2f" DATA "\0\0\0\1\0\0\0\3\0\0\0\x07\0\0\0\0" PAYLOAD },
    { "high words", 35, "\0\0\0\x1f" "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x09" PAYLOAD },
    { "unknown type", 35, "\0\0\0\x1f" "\0\0\0\1\0\0\0\1\0\0\0\x63\0\0\0\0" PAYLOAD },
    { "ping with payload", 35, "\0\0\0\x1f" "\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\0" PAYLOAD },
  };

  f->handling = HANDLE_REPLY;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].what);
      fake_peer_write (f->peer, ping_packet, SIZE (ping_packet));   /* not answered */
      fake_peer_write (f->peer, cases[i].packet, cases[i].size);
      assert_received (f, (guint) i + 1, "abc", 3);
      fake_peer_take (f->peer, ok_packet, SIZE (ok_packet));
    }
  fake_peer_write (f->peer, ping_packet, SIZE (ping_packet));
  assert_silent (f);
}

/* Each breaks a rule: the connection is dropped, once, and a fresh one serves. */
static void
test_malformed (Fixture *f, gconstpointer user_data)
{
  static const struct { const char *what; gsize size; const char *packet; } cases[] = {
    { "length 0", 4, "\0\0\0\0" },
    { "length 11", 15, "\0\0\0\x0b\0\0\0\2\0\0\0\2\0\0\0" },
    { "length 2^31-1", 4, "\x7f\xff\xff\xff" },
    { "length 2^32-1", 4, "\xff\xff\xff\xff" },
    { "length above 16 MiB", 4, "\x01\0\0\x01" },
    { "duplicate field", 51, "\0\0\0\x2f" DATA DATA PAYLOAD },
    { "duplicate payload", 50, "\0\0\0\x2e" DATA PAYLOAD PAYLOAD },
    { "zero-length string", 32, "\0\0\0\x1c" DATA "\0\0\0\2\0\0\0\2\0\0\0\0" },
    { "negative string", 35, "\0\0\0\x1f" DATA "\0\0\0\2\0\0\0\2\xff\xff\xff\xff" "abc" },
    { "missing payload", 20, "\0\0\0\x10" DATA },
    { "payload as int64", 36, "\0\0\0\x20" DATA "\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\0" },
    { "payload as a list", 32, "\0\0\0\x1c" DATA "\0\0\0\4\0\0\0\2\0\0\0\0" },
    { "type 0", 32, "\0\0\0\x1c" DATA "\0\0\0\0\0\0\0\2\0\0\0\0" },
    { "type 5", 32, "\0\0\0\x1c" DATA "\0\0\0\5\0\0\0\2\0\0\0\0" },
    { "length too short", 34, "\0\0\0\x1e" DATA "\0\0\0\2\0\0\0\2\0\0\0\3" "ab" },
    { "length too long", 36, "\0\0\0\x20" DATA PAYLOAD "\0" },
    { "list of 2^32-1", 36, "\0\0\0\x20" DATA "\0\0\0\3\0\0\0\x09\xff\xff\xff\xff\0\0\0\0" },
  };

  f->handling = HANDLE_REPLY;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].what);
      f->n_failures = 0;
      fake_peer_write (f->peer, cases[i].packet, cases[i].size);
      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));   /* never looked at */
      tbx_test_until (f->n_failures == 1);
      tbx_test_until (f->peer->ended);
      g_assert_cmpuint (f->n_failures, ==, 1);
      g_assert_cmpuint (f->received->len, ==, i);
      g_assert_cmpuint (f->peer->got->len, ==, 0);
      reopen (f);
      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
      f->n_failures = 0;
      assert_received (f, (guint) i + 1, "reset", 5);
      fake_peer_take (f->peer, ok_packet, SIZE (ok_packet));
    }
}

static GBytes *
packet_new (gsize size, GBytes **payload)
{
  guint8 *data = g_malloc (size);
  TbxPacket packet = { .type = TBX_PACKET_DATA, .payload = data, .payload_size = size };

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + (i >> 8));
  *payload = g_bytes_new_take (data, size);
  return tbx_packet_encode (&packet);
}

/* Larger than any socket buffer, both ways; small ones in between. */
static void
test_large (Fixture *f, gconstpointer user_data)
{
  static const gsize sizes[] = { 15 * 1024 * 1024, 1, 65536, 4096, 1024 * 1024 + 7 };

  f->handling = HANDLE_REPLY;
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GBytes) payload = NULL;
      g_autoptr(GBytes) packet = packet_new (sizes[i], &payload);

      fake_peer_write (f->peer, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet));
      tbx_test_until (f->received->len == i + 1);
      g_assert_true (g_bytes_equal (g_ptr_array_index (f->received, i), payload));
      fake_peer_take (f->peer, ok_packet, SIZE (ok_packet));
    }
}

/* The host takes its time: what it does not take waits, and comes over whole. */
static void
test_partial_writes (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) payload = NULL;
  g_autoptr(GBytes) packet = packet_new (TBX_SOCKET_MAX_SEND_BYTES, &payload);

  for (guint i = 1; i <= 2; i++)
    {
      fake_peer_pause (f->peer, TRUE);
      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
      assert_received (f, i, "reset", 5);
      g_assert_true (tbx_channel_send (f->channel, payload, NULL));
      tbx_test_settle ();
      g_assert_cmpint (g_source_get_ready_time (tbx_test_find_source ("tbx-socket-tclo")), >, 0);
      tbx_test_source_fire (PING);   /* says no more than what waits */
      tbx_test_settle ();
      fake_peer_pause (f->peer, FALSE);
      fake_peer_take (f->peer, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet));
      assert_silent (f);
      g_assert_cmpint (g_source_get_ready_time (tbx_test_find_source ("tbx-socket-tclo")), ==, -1);
    }
}

/* A request waits in line behind another that the host does not take. */
static void
test_requests_in_line (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) payload = NULL;
  g_autoptr(GBytes) packet = packet_new (TBX_SOCKET_MAX_SEND_BYTES, &payload);

  fake_peer_pause (f->peer, TRUE);
  g_assert_true (tbx_channel_send (f->channel, payload, NULL));
  g_assert_true (send_text (f, "info-get guestinfo.ip", NULL));
  fake_peer_pause (f->peer, FALSE);
  fake_peer_take (f->peer, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet));
  fake_peer_take (f->peer, request_packet, SIZE (request_packet));
  assert_silent (f);
}

/* A host that takes nothing for ten seconds is gone. */
static void
test_send_timeout (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) payload = NULL;
  g_autoptr(GBytes) packet = packet_new (TBX_SOCKET_MAX_SEND_BYTES, &payload);
  gint64 wait;

  fake_peer_pause (f->peer, TRUE);
  g_assert_true (tbx_channel_send (f->channel, payload, NULL));
  tbx_test_settle ();
  wait = tbx_test_source_wait ("tbx-socket-rpci");
  g_assert_cmpint (wait, >, 5 * G_USEC_PER_SEC);
  g_assert_cmpint (wait, <=, 10 * G_USEC_PER_SEC);
  tbx_test_source_fire ("tbx-socket-rpci");
  tbx_test_until (f->n_failures == 1);
}

static void
test_too_large (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) payload = g_bytes_new_take (g_malloc0 (TBX_SOCKET_MAX_SEND_BYTES + 1),
                                                TBX_SOCKET_MAX_SEND_BYTES + 1);
  g_autoptr(GError) error = NULL;

  g_assert_false (tbx_channel_send (f->channel, payload, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
  g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_OPEN);
  assert_silent (f);
}

/* A sign of life each second, but not before the first reply. */
static void
test_ping (Fixture *f, gconstpointer user_data)
{
  for (guint i = 0; i < 2; i++)
    {
      gint64 wait;

      g_assert_null (tbx_test_find_source (PING));
      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
      assert_received (f, 2 * i + 1, "reset", 5);
      g_assert_null (tbx_test_find_source (PING));
      g_assert_true (send_text (f, "OK ATR toolbox", NULL));
      fake_peer_take (f->peer, atr_packet, SIZE (atr_packet));
      wait = tbx_test_source_wait (PING);
      g_assert_cmpint (wait, >, 0);
      g_assert_cmpint (wait, <=, G_USEC_PER_SEC);
      for (int n = 0; n < 3; n++)
        {
          tbx_test_source_fire (PING);
          fake_peer_take (f->peer, ping_packet, SIZE (ping_packet));
        }
      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
      assert_received (f, 2 * i + 2, "reset", 5);
      tbx_test_source_fire (PING);                 /* also while it owes a reply */
      fake_peer_take (f->peer, ping_packet, SIZE (ping_packet));
      reopen (f);                                  /* a new channel: not before the first reply */
    }
}

/* The heartbeat finds out that the host is gone. */
static void
test_ping_fails (Fixture *f, gconstpointer user_data)
{
  fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
  assert_received (f, 1, "reset", 5);
  g_assert_true (send_text (f, "OK ATR toolbox", NULL));
  fake_peer_close (f->peer);
  g_source_set_priority (tbx_test_find_source (PING), G_PRIORITY_HIGH);
  tbx_test_source_fire (PING);
  tbx_test_until (f->n_failures == 1);
  g_assert_null (tbx_test_find_source (PING));
}

/* Idle, in the middle of a length, of a packet, and while a reply is owed. */
static void
test_host_closes (Fixture *f, gconstpointer user_data)
{
  static const gsize sent[] = { 0, 1, 4, 20, SIZE (reset_packet) - 1, SIZE (reset_packet) };

  for (gsize i = 0; i < G_N_ELEMENTS (sent); i++)
    {
      gboolean whole = sent[i] == SIZE (reset_packet);

      f->n_failures = 0;
      fake_peer_write (f->peer, reset_packet, sent[i]);
      tbx_test_settle ();
      g_assert_cmpuint (f->received->len, ==, whole ? 1 : 0);
      fake_peer_close (f->peer);
      tbx_test_until (f->n_failures == 1);
      tbx_test_settle ();
      g_assert_cmpuint (f->n_failures, ==, 1);
      g_assert_false (send_text (f, "OK late", NULL));
      reopen (f);
    }
}

/* It asks and is gone before the answer, which is ready at once. */
static void
test_host_asks_and_closes (Fixture *f, gconstpointer user_data)
{
  f->handling = HANDLE_REPLY;
  fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
  fake_peer_close (f->peer);
  tbx_test_until (f->n_failures == 1);
  tbx_test_settle ();
  g_assert_cmpuint (f->n_failures, ==, 1);
  g_assert_cmpuint (f->received->len, ==, 1);
  reopen (f);
}

static void
test_host_closes_before_its_reply (Fixture *f, gconstpointer user_data)
{
  g_assert_true (send_text (f, "info-get guestinfo.ip", NULL));
  fake_peer_take (f->peer, request_packet, SIZE (request_packet));
  fake_peer_write (f->peer, reply_packet, 30);
  fake_peer_close (f->peer);
  tbx_test_until (f->n_failures == 1);
  g_assert_cmpuint (f->received->len, ==, 0);
}

/* What is ready goes out; what was not answered is not. */
static void
test_close_in_handler (Fixture *f, gconstpointer user_data)
{
  for (f->handling = HANDLE_REPLY_CLOSE; f->handling <= HANDLE_CLOSE; f->handling++)
    {
      guint n = f->received->len;

      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
      fake_peer_write (f->peer, reset_packet, SIZE (reset_packet));
      tbx_test_until (f->peer->ended);
      g_assert_cmpuint (f->received->len, ==, n + 1);
      if (f->handling == HANDLE_REPLY_CLOSE)
        fake_peer_take (f->peer, ok_packet, SIZE (ok_packet));
      g_assert_cmpuint (f->peer->got->len, ==, 0);
      g_assert_cmpuint (f->n_failures, ==, 0);
      reopen (f);
    }
}

static void
test_open_fails (Fixture *f, gconstpointer user_data)
{
  g_autofree char *long_name = g_strnfill (200, 'x');
  g_autofree char *too_long = g_build_filename (f->host->directory, long_name, NULL);
  g_autofree char *absent = g_build_filename (f->host->directory, "absent", NULL);
  g_autofree char *file = g_build_filename (f->host->directory, "file", NULL);
  const char *paths[] = { too_long, absent, file, f->host->directory, f->host->path, "" };

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  tbx_channel_close (f->channel);
  fake_listener_stop (f->host);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr(TbxChannel) channel = tbx_socket_channel_new (TBX_PROTOCOL_TCLO, paths[i], FALSE);

      for (int n = 0; n < 2; n++)
        {
          g_autoptr(GError) error = NULL;

          g_assert_false (tbx_channel_open (channel, &error));
          g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
          g_assert_true (g_str_has_prefix (error->message, paths[i]));
          g_assert_cmpint (tbx_channel_get_state (channel), ==, TBX_CHANNEL_CLOSED);
        }
    }
  g_unlink (file);
  fake_listener_start (f->host);
  reopen (f);
}

static void
add (const char *path, Kind kind, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, GINT_TO_POINTER (kind), fixture_init, test, fixture_clear);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/channel/socket/reset", TCLO, test_reset);
  add ("/channel/socket/rpci", RPCI, test_rpci);
  add ("/channel/socket/one-shot", RPCI_ONE_SHOT, test_one_shot);
  add ("/channel/socket/single-bytes", TCLO, test_single_bytes);
  add ("/channel/socket/two-in-one", TCLO, test_two_in_one);
  add ("/channel/socket/accepted", TCLO, test_accepted);
  add ("/channel/socket/malformed", TCLO, test_malformed);
  add ("/channel/socket/large", TCLO, test_large);
  add ("/channel/socket/partial-writes", TCLO, test_partial_writes);
  add ("/channel/socket/requests-in-line", RPCI, test_requests_in_line);
  add ("/channel/socket/send-timeout", RPCI, test_send_timeout);
  add ("/channel/socket/too-large", RPCI, test_too_large);
  add ("/channel/socket/ping", TCLO, test_ping);
  add ("/channel/socket/ping-fails", TCLO, test_ping_fails);
  add ("/channel/socket/host-closes", TCLO, test_host_closes);
  add ("/channel/socket/host-asks-and-closes", TCLO, test_host_asks_and_closes);
  add ("/channel/socket/host-closes-before-its-reply", RPCI, test_host_closes_before_its_reply);
  add ("/channel/socket/close-in-handler", TCLO, test_close_in_handler);
  add ("/channel/socket/open-fails", TCLO, test_open_fails);
  return g_test_run ();
}
