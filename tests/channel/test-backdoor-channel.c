/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-backdoor.h"
#include "tbx-backdoor-channel.h"
#include "tbx-error.h"
#include "tbx-test-loop.h"
#include <string.h>

#define POLL "tbx-backdoor-tclo"

enum { SUCCESS = 0x01, CLOSED = 0x04, CHECKPOINT = 0x10 };

typedef enum
{
  HANDLE_HOLD,           /* answer later, or never */
  HANDLE_REPLY,
  HANDLE_REPLY_CLOSE,
  HANDLE_CLOSE,
  HANDLE_CLOSE_OPEN,     /* too early */
  HANDLE_CLOSE_DROP,     /* give up the last reference */
  HANDLE_SEND_NEXT,      /* RPCI: the next request from within the reply */
} Handling;

typedef struct
{
  TbxChannel *channel;
  Handling    handling;
  GPtrArray  *received;    /* of GBytes (owned) */
  guint       n_failures;
  gboolean    reopen;      /* from within "failed" */
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
    g_assert_true (send_text (f, "OK ", NULL));
  if (f->handling >= HANDLE_REPLY_CLOSE && f->handling <= HANDLE_CLOSE_DROP)
    tbx_channel_close (channel);
  if (f->handling == HANDLE_CLOSE_OPEN)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (tbx_channel_open (channel, &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_BUSY);
    }
  if (f->handling == HANDLE_CLOSE_DROP)
    g_clear_object (&f->channel);
  if (f->handling == HANDLE_SEND_NEXT && f->received->len < 3)
    g_assert_true (send_text (f, "next", NULL));
  if (f->channel != NULL && f->handling != HANDLE_REPLY && f->handling != HANDLE_HOLD
      && f->handling != HANDLE_SEND_NEXT)
    g_assert_cmpint (tbx_channel_get_state (channel), ==, TBX_CHANNEL_CLOSED);
}

static void
on_failed (Fixture *f, const GError *error)
{
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_CLOSED);
  f->n_failures++;
  if (f->reopen)
    g_assert_true (tbx_channel_open (f->channel, NULL));
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  fake_backdoor_reset ();
  f->channel = tbx_backdoor_channel_new (GPOINTER_TO_UINT (user_data), &fake_backdoor_calls);
  f->received = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_signal_connect_swapped (f->channel, "failed", G_CALLBACK (on_failed), f);
  tbx_channel_set_message_handler (f->channel, on_message, f);
  g_assert_true (tbx_channel_open (f->channel, &error));
  g_assert_no_error (error);
  g_array_set_size (fake_backdoor.calls, 0);
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  if (f->channel != NULL)
    g_assert_finalize_object (f->channel);
  tbx_test_settle ();
  g_assert_null (tbx_test_find_source (POLL));
  g_assert_null (tbx_test_find_source ("tbx-backdoor-rpci"));
  g_ptr_array_unref (f->received);
  fake_backdoor_clear ();
}

static void
queue (const char *text)
{
  fake_backdoor_queue (TBX_PROTOCOL_TCLO, text, strlen (text));
}

static void
assert_steps (const char *expected)
{
  g_autofree char *steps = fake_backdoor_dup_steps ();

  g_assert_cmpstr (steps, ==, expected);
}

/* Lets the poll that is scheduled happen now. */
static void
poll_now (void)
{
  tbx_test_source_fire (POLL);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
}

/* Polls, and checks when the next poll is due: so long after this one ended. */
static void
poll_and_assert_delay (guint delay_ms)
{
  gint64 before = g_get_monotonic_time ();
  gint64 due;

  poll_now ();
  due = g_source_get_ready_time (tbx_test_find_source (POLL));
  g_assert_cmpint (due, >=, before + delay_ms * 1000);
  g_assert_cmpint (due, <=, g_get_monotonic_time () + delay_ms * 1000);
}

static const guint idle_delays_ms[] = { 10, 20, 40, 80, 100, 100, 100, 100 };

/* The first poll is due at once, the others later and later; each is one empty
 * message and one question. */
static void
test_idle (Fixture *f, gconstpointer user_data)
{
  g_assert_cmpint (g_source_get_ready_time (tbx_test_find_source (POLL)), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (idle_delays_ms); i++)
    {
      poll_and_assert_delay (idle_delays_ms[i]);
      assert_steps ("SR");
    }
  g_assert_cmpuint (fake_backdoor.n_polls, ==, G_N_ELEMENTS (idle_delays_ms));
  g_assert_cmpuint (f->received->len, ==, 0);

  f->handling = HANDLE_REPLY;
  queue ("ping");
  poll_and_assert_delay (10);   /* the reply at once, then from the start again */
  assert_steps ("SRrASsR");
  poll_and_assert_delay (20);
}

static const guint quick_delays_ms[] = { 2, 4, 8, 16, 32, 64, 100, 100 };

/* A host that asks again at once will do so again: it is not kept waiting for 10 ms.  One
 * that took its time is. */
static void
test_conversation (Fixture *f, gconstpointer user_data)
{
  f->handling = HANDLE_REPLY;
  queue ("Vix_1_Relayed_Command");
  poll_and_assert_delay (1);
  queue ("Vix_1_Relayed_Command");
  poll_and_assert_delay (1);
  for (gsize i = 0; i < G_N_ELEMENTS (quick_delays_ms); i++)
    poll_and_assert_delay (quick_delays_ms[i]);
  queue ("ping");
  poll_and_assert_delay (10);
  queue ("ping");
  poll_and_assert_delay (1);
}

/* The clock alone makes it poll, too. */
static void
test_idle_by_the_clock (Fixture *f, gconstpointer user_data)
{
  gint64 start = g_get_monotonic_time ();

  tbx_test_until (fake_backdoor.n_polls == 5);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, (10 + 20 + 40 + 80) * 1000);
}

/* One reply to each request, before the next is asked for. */
static void
test_replies (Fixture *f, gconstpointer user_data)
{
  f->handling = HANDLE_REPLY;
  queue ("a");
  queue ("b");
  queue ("c");
  poll_now ();
  assert_steps ("SRrASsRrASsRrASsR");
  g_assert_cmpuint (f->received->len, ==, 3);
  g_assert_cmpuint (fake_backdoor.n_polls, ==, 1);
}

/* A host that never stops asking does not keep the main loop. */
static void
test_flood (Fixture *f, gconstpointer user_data)
{
  guint n_turns = 0;

  f->handling = HANDLE_REPLY;
  for (guint i = 0; i < 100; i++)
    queue ("ping");
  while (f->received->len < 100)
    {
      guint before = f->received->len;

      g_assert_true (g_main_context_pending (NULL));
      g_assert_true (g_main_context_iteration (NULL, FALSE));
      g_assert_cmpuint (f->received->len - before, <=, 16);
      n_turns++;
    }
  g_assert_cmpuint (n_turns, >, 5);
  g_assert_cmpuint (fake_backdoor.delivered->len, >=, 100);
}

/* While the handler owes a reply nothing crosses the channel. */
static void
test_reply_later (Fixture *f, gconstpointer user_data)
{
  queue ("slow");
  queue ("next");
  poll_now ();
  assert_steps ("SRrA");
  g_assert_cmpint (g_source_get_ready_time (tbx_test_find_source (POLL)), ==, -1);
  tbx_test_settle ();
  assert_steps ("");
  g_assert_true (send_text (f, "OK later", NULL));
  assert_steps ("");                                 /* it goes with the next poll, */
  g_assert_true (g_main_context_pending (NULL));     /* due now */
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  assert_steps ("SssRrA");
  g_assert_cmpuint (f->received->len, ==, 2);
}

/* A request of no bytes is one, and is owed a reply. */
static void
test_empty_request (Fixture *f, gconstpointer user_data)
{
  f->handling = HANDLE_REPLY;
  queue ("");
  poll_now ();
  assert_steps ("SRASsR");
  g_assert_cmpuint (f->received->len, ==, 1);
}

/* Closed from within the handler: it ends when that returned, and the reply that is
 * ready goes out. */
static void
test_close_in_handler (Fixture *f, gconstpointer user_data)
{
  static const struct { Handling handling; const char *steps; } cases[] = {
    { HANDLE_REPLY_CLOSE, "SRrASsC" },
    { HANDLE_CLOSE, "SRrAC" },
    { HANDLE_CLOSE_OPEN, "SRrAC" },
    { HANDLE_CLOSE_DROP, "SRrAC" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      if (tbx_channel_get_state (f->channel) == TBX_CHANNEL_CLOSED)
        g_assert_true (tbx_channel_open (f->channel, NULL));
      g_array_set_size (fake_backdoor.calls, 0);
      f->handling = cases[i].handling;
      queue ("x");
      poll_now ();
      assert_steps (cases[i].steps);
      g_assert_null (tbx_test_find_source (POLL));
    }
  g_assert_null (f->channel);
  g_assert_cmpuint (f->n_failures, ==, 0);
}

static void
test_close (Fixture *f, gconstpointer user_data)
{
  tbx_channel_close (f->channel);            /* one more sign of life */
  assert_steps ("SC");
  tbx_channel_close (f->channel);
  assert_steps ("");

  g_assert_true (tbx_channel_open (f->channel, NULL));
  queue ("x");
  poll_now ();
  g_array_set_size (fake_backdoor.calls, 0);
  tbx_channel_close (f->channel);            /* a reply is owed: silence */
  assert_steps ("C");

  g_assert_true (tbx_channel_open (f->channel, NULL));
  queue ("x");
  poll_now ();
  g_assert_true (send_text (f, "OK bye", NULL));
  g_array_set_size (fake_backdoor.calls, 0);
  tbx_channel_close (f->channel);            /* it is ready: it goes */
  assert_steps ("SssC");
  g_assert_cmpuint (f->n_failures, ==, 0);
  g_assert_false (send_text (f, "x", NULL));
}

/* Each step that fails closes the channel, says so once, and it can be opened again. */
static void
test_failures (Fixture *f, gconstpointer user_data)
{
  static const FakeFault faults[] = {
    { 'S' }, { 'S', .status = CLOSED }, { 's' }, { 'R' }, { 'R', .status = CLOSED }, { 'r' },
    { 'A' }, { 'R', .times = 1000, .status = CHECKPOINT }, { 'r', .lie = TRUE, .status = SUCCESS, .type = 9 },
    { 'W', .status = CLOSED }, { 'I' },
  };

  f->handling = HANDLE_REPLY;
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      fake_backdoor.bandwidth = strchr ("WI", faults[i].step) != NULL ? FAKE_HIGH : FAKE_LOW;
      queue ("x");
      fake_backdoor_fault (faults[i]);
      tbx_test_until (f->n_failures == i + 1);
      g_array_set_size (fake_backdoor.faults, 0);
      g_assert_null (fake_backdoor_slot (TBX_PROTOCOL_TCLO));   /* it was closed there, too */
      g_assert_null (tbx_test_find_source (POLL));
      tbx_test_settle ();
      g_assert_cmpuint (f->n_failures, ==, i + 1);
      g_assert_true (tbx_channel_open (f->channel, NULL));
      g_assert_cmpint (g_source_get_ready_time (tbx_test_find_source (POLL)), ==, 0);
      poll_now ();
    }
}

static void
test_reopen_in_failed (Fixture *f, gconstpointer user_data)
{
  f->reopen = TRUE;
  fake_backdoor_fault ((FakeFault) { 'R' });
  tbx_test_until (f->n_failures == 1);
  poll_now ();
  g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_OPEN);
  g_assert_cmpuint (fake_backdoor.n_polls, ==, 2);
}

/* The host drops all at once, as after a resume, while a reply is owed. */
static void
test_vanished (Fixture *f, gconstpointer user_data)
{
  queue ("x");
  poll_now ();
  fake_backdoor_slot (TBX_PROTOCOL_TCLO)->closed = TRUE;
  tbx_test_settle ();
  g_assert_cmpuint (f->n_failures, ==, 0);      /* nothing was asked of the host */
  g_assert_true (send_text (f, "OK ", NULL));
  tbx_test_until (f->n_failures == 1);
}

/* The message is fetched twice, and delivered once. */
static void
test_checkpoint (Fixture *f, gconstpointer user_data)
{
  f->handling = HANDLE_REPLY;
  queue ("abcdefgh");
  fake_backdoor_fault ((FakeFault) { 'A', .status = CHECKPOINT });
  fake_backdoor_fault ((FakeFault) { 's', .status = CHECKPOINT });
  poll_now ();
  assert_steps ("SRrrARrrASsSsR");
  g_assert_cmpuint (f->received->len, ==, 1);
  g_assert_cmpuint (f->n_failures, ==, 0);
}

static void
test_open_refused (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;

  tbx_channel_close (f->channel);
  fake_backdoor_fault ((FakeFault) { 'O' });
  fake_backdoor_fault ((FakeFault) { 'o' });
  g_assert_false (tbx_channel_open (f->channel, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_CLOSED);
  g_assert_null (tbx_test_find_source (POLL));
  g_assert_cmpuint (f->n_failures, ==, 0);
  g_assert_true (tbx_channel_open (f->channel, NULL));
}

/* Nobody listens: the request is owed a reply all the same, and the host waits. */
static void
test_no_handler (Fixture *f, gconstpointer user_data)
{
  tbx_channel_set_message_handler (f->channel, NULL, NULL);
  queue ("x");
  poll_now ();
  assert_steps ("SRrA");
  tbx_test_settle ();
  assert_steps ("");
}

static void
test_rpci (Fixture *f, gconstpointer user_data)
{
  GBytes *reply;

  fake_backdoor.reply = "1 10.0.0.5";
  tbx_test_settle ();
  assert_steps ("");                           /* an RPCI channel is silent */
  g_assert_true (send_text (f, "ask", NULL));
  assert_steps ("Ss");
  g_assert_cmpuint (f->received->len, ==, 0);  /* never before the send returned */
  tbx_test_settle ();
  assert_steps ("RrrrA");
  g_assert_cmpuint (f->received->len, ==, 1);
  reply = g_ptr_array_index (f->received, 0);
  g_assert_cmpmem (g_bytes_get_data (reply, NULL), g_bytes_get_size (reply), "1 10.0.0.5", 10);
  tbx_test_settle ();
  assert_steps ("");
  tbx_channel_close (f->channel);
  assert_steps ("C");
}

static void
test_rpci_from_handler (Fixture *f, gconstpointer user_data)
{
  fake_backdoor.reply = "1 ";
  f->handling = HANDLE_SEND_NEXT;
  g_assert_true (send_text (f, "1st", NULL));
  tbx_test_until (f->received->len == 3);
  assert_steps ("SsRrASsRrASsRrA");
}

/* The host must have the reply ready; where it has none, that is an empty one. */
static void
test_rpci_no_reply (Fixture *f, gconstpointer user_data)
{
  g_assert_true (send_text (f, "ask", NULL));
  tbx_test_until (f->received->len == 1);
  g_assert_cmpuint (g_bytes_get_size (g_ptr_array_index (f->received, 0)), ==, 0);
  assert_steps ("SsR");
  g_assert_cmpuint (f->n_failures, ==, 0);
}

/* What fails within the send is its error; what fails later is a signal. */
static void
test_rpci_failures (Fixture *f, gconstpointer user_data)
{
  for (const char *step = "SsRrA"; *step != '\0'; step++)
    {
      gboolean sends = strchr ("Ss", *step) != NULL;
      g_autoptr(GError) error = NULL;
      guint before = f->n_failures;

      fake_backdoor.reply = "1 ";
      fake_backdoor_fault ((FakeFault) { *step });
      g_assert_cmpint (send_text (f, "ask", &error), ==, !sends);
      if (sends)
        g_assert_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT);
      else
        tbx_test_until (f->n_failures == before + 1);
      tbx_test_settle ();
      g_assert_cmpuint (f->n_failures, ==, sends ? before : before + 1);
      g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_CLOSED);
      g_assert_true (tbx_channel_open (f->channel, NULL));
    }
  g_assert_cmpuint (f->received->len, ==, 0);
}

static void
test_rpci_too_large (Fixture *f, gconstpointer user_data)
{
  g_autofree char *text = g_strnfill (TBX_BACKDOOR_MAX_SEND_BYTES + 1, 'x');
  g_autoptr(GError) error = NULL;

  fake_backdoor.bandwidth = FAKE_HIGH;
  g_assert_false (send_text (f, text, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
  assert_steps ("");
  g_assert_cmpint (tbx_channel_get_state (f->channel), ==, TBX_CHANNEL_OPEN);
  text[TBX_BACKDOOR_MAX_SEND_BYTES] = '\0';
  g_assert_true (send_text (f, text, NULL));
  g_assert_cmpstr (tbx_channel_get_transport (f->channel), ==, "backdoor");
  g_assert_cmpuint (tbx_channel_get_max_send_bytes (f->channel), ==, TBX_BACKDOOR_MAX_SEND_BYTES);
}

/* Both at a time, as the daemon has them. */
static void
test_both (Fixture *f, gconstpointer user_data)
{
  g_autoptr(TbxChannel) rpci = tbx_backdoor_channel_new (TBX_PROTOCOL_RPCI, &fake_backdoor_calls);
  g_autoptr(GBytes) ask = g_bytes_new_static ("ask", 3);

  fake_backdoor.next_cookie_high = 1;
  fake_backdoor.next_cookie_low = 2;
  fake_backdoor.reply = "1 ";
  g_assert_true (tbx_channel_open (rpci, NULL));
  tbx_channel_set_message_handler (rpci, on_message, f);
  queue ("request");
  poll_now ();                                    /* held */
  g_assert_cmpuint (f->received->len, ==, 1);
  g_assert_true (tbx_channel_send (rpci, ask, NULL));
  tbx_test_until (f->received->len == 2);
  g_assert_true (send_text (f, "OK ", NULL));
  poll_now ();
  assert_steps ("OSRrrASsRrASsR");
}

static void
add (const char *path, TbxProtocol protocol, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, GUINT_TO_POINTER (protocol), fixture_init, test, fixture_clear);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/channel/backdoor/idle", TBX_PROTOCOL_TCLO, test_idle);
  add ("/channel/backdoor/idle-by-the-clock", TBX_PROTOCOL_TCLO, test_idle_by_the_clock);
  add ("/channel/backdoor/conversation", TBX_PROTOCOL_TCLO, test_conversation);
  add ("/channel/backdoor/replies", TBX_PROTOCOL_TCLO, test_replies);
  add ("/channel/backdoor/flood", TBX_PROTOCOL_TCLO, test_flood);
  add ("/channel/backdoor/reply-later", TBX_PROTOCOL_TCLO, test_reply_later);
  add ("/channel/backdoor/empty-request", TBX_PROTOCOL_TCLO, test_empty_request);
  add ("/channel/backdoor/close-in-handler", TBX_PROTOCOL_TCLO, test_close_in_handler);
  add ("/channel/backdoor/close", TBX_PROTOCOL_TCLO, test_close);
  add ("/channel/backdoor/failures", TBX_PROTOCOL_TCLO, test_failures);
  add ("/channel/backdoor/reopen-in-failed", TBX_PROTOCOL_TCLO, test_reopen_in_failed);
  add ("/channel/backdoor/vanished", TBX_PROTOCOL_TCLO, test_vanished);
  add ("/channel/backdoor/checkpoint", TBX_PROTOCOL_TCLO, test_checkpoint);
  add ("/channel/backdoor/open-refused", TBX_PROTOCOL_TCLO, test_open_refused);
  add ("/channel/backdoor/no-handler", TBX_PROTOCOL_TCLO, test_no_handler);
  add ("/channel/backdoor/both", TBX_PROTOCOL_TCLO, test_both);
  add ("/channel/backdoor/rpci/exchange", TBX_PROTOCOL_RPCI, test_rpci);
  add ("/channel/backdoor/rpci/from-handler", TBX_PROTOCOL_RPCI, test_rpci_from_handler);
  add ("/channel/backdoor/rpci/no-reply", TBX_PROTOCOL_RPCI, test_rpci_no_reply);
  add ("/channel/backdoor/rpci/failures", TBX_PROTOCOL_RPCI, test_rpci_failures);
  add ("/channel/backdoor/rpci/too-large", TBX_PROTOCOL_RPCI, test_rpci_too_large);
  return g_test_run ();
}
