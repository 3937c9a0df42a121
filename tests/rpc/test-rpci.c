/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-error.h"
#include "tbx-fake-channel.h"
#include "tbx-rpci.h"
#include "tbx-test-loop.h"
#include <string.h>

typedef struct
{
  TbxFakeChannel *channel;
  TbxRpci        *rpci;
} Fixture;

/* One request, and how it came out. */
typedef struct
{
  gboolean done;
  GBytes  *reply;   /* (owned) */
  GError  *error;   /* (owned) */
  guint    order;   /* of the outcomes, from 1 */
} Call;

static guint outcomes;

static void
call_clear (Call *call)
{
  g_clear_pointer (&call->reply, g_bytes_unref);
  g_clear_error (&call->error);
  call->done = FALSE;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  f->channel = tbx_fake_channel_new (TBX_PROTOCOL_RPCI);
  f->rpci = tbx_rpci_new (TBX_CHANNEL (f->channel));
  outcomes = 0;
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_assert_finalize_object (f->rpci);
  g_assert_finalize_object (f->channel);
}

static void
on_call_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  g_assert_false (call->done);
  call->done = TRUE;
  call->order = ++outcomes;
  call->reply = tbx_rpci_send_finish (TBX_RPCI (source), result, &call->error);
  g_assert_true ((call->reply == NULL) == (call->error != NULL));
}

static void
call_start (Call *call, Fixture *f, const char *text, TbxRpciFlags flags, GCancellable *cancellable)
{
  g_autoptr(GBytes) request = g_bytes_new (text, strlen (text));

  tbx_rpci_send_async (f->rpci, request, flags, cancellable, on_call_done, call);
}

static void
call_run (Call *call, Fixture *f, const char *text, TbxRpciFlags flags)
{
  call_start (call, f, text, flags, NULL);
  tbx_test_until (call->done);
}

static void
assert_sent (Fixture *f, const char *expected)
{
  g_autofree char *sent = tbx_fake_channel_dup_sent (f->channel);

  g_assert_cmpstr (sent, ==, expected);
}

/* The channel is opened when it is first needed, and then kept. */
static void
test_exchange (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 };

  g_assert_cmpuint (f->channel->n_opens, ==, 0);
  tbx_fake_channel_answer (f->channel, "info-get guestinfo.ip", "1 10.0.0.5");
  call_run (&a, f, "info-get guestinfo.ip", TBX_RPCI_NONE);
  g_assert_no_error (a.error);
  g_assert_cmpmem (g_bytes_get_data (a.reply, NULL), g_bytes_get_size (a.reply), "10.0.0.5", 8);
  call_run (&b, f, "log x", TBX_RPCI_NONE);
  g_assert_no_error (b.error);
  g_assert_cmpuint (g_bytes_get_size (b.reply), ==, 0);
  g_assert_cmpuint (f->channel->n_opens, ==, 1);
  g_assert_cmpuint (f->channel->n_closes, ==, 0);
  assert_sent (f, "info-get guestinfo.ip|log x");
}

/* What the host may reply, and what each means.  One without a status is an error
 * of the transport: tried again over a fresh channel, once. */
static void
test_replies (Fixture *f, gconstpointer user_data)
{
  static const struct
  {
    const char *reply, *result;
    int         code;            /* of TbxError, or -1 */
    const char *message;         /* of the error, or NULL for any */
    gboolean    again;           /* sent twice */
  } cases[] = {
    { "", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { "1", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { "0", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { "2 x", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { "10", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { " 1 x", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { "OK ", NULL, TBX_ERROR_TRANSPORT, NULL, TRUE },
    { "1 ", "", -1, NULL, FALSE },
    { "1  x ", " x ", -1, NULL, FALSE },
    { "0 ", NULL, TBX_ERROR_REFUSED, "refused by the host", FALSE },
    { "0 No value found", NULL, TBX_ERROR_REFUSED, "No value found", FALSE },
    { "0 Unknown command", NULL, TBX_ERROR_UNSUPPORTED, "Unknown command", FALSE },
    { "0 Unknown Command", NULL, TBX_ERROR_REFUSED, "Unknown Command", FALSE },
    { "0 two\nlines\x1b", NULL, TBX_ERROR_REFUSED, "two\nlines\x1b", FALSE },
    { "0 bad \xff", NULL, TBX_ERROR_REFUSED, "bad \xef\xbf\xbd", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto(Call) call = { 0 };

      g_test_message ("reply %" G_GSIZE_FORMAT, i);
      tbx_fake_channel_answer (f->channel, "q", cases[i].reply);
      call_run (&call, f, "q", TBX_RPCI_NONE);
      if (cases[i].code < 0)
        {
          g_assert_no_error (call.error);
          g_assert_cmpmem (g_bytes_get_data (call.reply, NULL), g_bytes_get_size (call.reply),
                           cases[i].result, strlen (cases[i].result));
        }
      else
        g_assert_error (call.error, TBX_ERROR, cases[i].code);
      if (cases[i].message != NULL)
        g_assert_cmpstr (call.error->message, ==, cases[i].message);
      assert_sent (f, cases[i].again ? "q|q" : "q");
    }
}

/* A result is bytes, NULs and all; a refusal's text ends at the first, and is short. */
static void
test_binary (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 }, c = { 0 };
  g_autofree char *novel = g_strnfill (1024 * 1024, '0');

  tbx_fake_channel_answer (f->channel, "", NULL);
  call_start (&a, f, "q", TBX_RPCI_NONE, NULL);
  tbx_test_until (f->channel->exchange);
  tbx_fake_channel_receive (f->channel, "1 a\0\0b\377\0", 8);
  tbx_test_until (a.done);
  g_assert_no_error (a.error);
  g_assert_cmpmem (g_bytes_get_data (a.reply, NULL), g_bytes_get_size (a.reply), "a\0\0b\377\0", 6);

  call_start (&b, f, "q", TBX_RPCI_NONE, NULL);
  tbx_test_until (f->channel->exchange);
  tbx_fake_channel_receive (f->channel, "0 no\0pe", 7);
  tbx_test_until (b.done);
  g_assert_error (b.error, TBX_ERROR, TBX_ERROR_REFUSED);
  g_assert_cmpstr (b.error->message, ==, "no");

  novel[1] = ' ';
  call_start (&c, f, "q", TBX_RPCI_NONE, NULL);
  tbx_test_until (f->channel->exchange);
  tbx_fake_channel_receive (f->channel, novel, 1024 * 1024);
  tbx_test_until (c.done);
  g_assert_error (c.error, TBX_ERROR, TBX_ERROR_REFUSED);
  g_assert_cmpuint (strlen (c.error->message), ==, 1024);
}

static void
test_text (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) bare = tbx_rpci_text ("a %d", 1);
  g_autoptr(GBytes) counted = tbx_rpci_text_nul ("a %d", 1);

  g_assert_cmpmem (g_bytes_get_data (bare, NULL), g_bytes_get_size (bare), "a 1", 3);
  g_assert_cmpmem (g_bytes_get_data (counted, NULL), g_bytes_get_size (counted), "a 1\0", 4);
}

/* Each of these ends the exchange after the request went out, or as it does. */
typedef enum { BREAK_SEND, BREAK_FAIL, BREAK_CLOSE, BREAK_REPLY } Break;

static void
break_exchange (Fixture *f, Break how)
{
  switch (how)
    {
    case BREAK_SEND:
      break;
    case BREAK_FAIL:
      tbx_fake_channel_fail (f->channel);
      break;
    case BREAK_CLOSE:   /* as the link does when the other channel fails */
      tbx_channel_close (TBX_CHANNEL (f->channel));
      break;
    case BREAK_REPLY:
      tbx_fake_channel_receive (f->channel, "?", 1);
      break;
    }
}

/* Exactly once more, over a fresh channel. */
static void
test_resend (Fixture *f, gconstpointer user_data)
{
  for (Break how = BREAK_SEND; how <= BREAK_REPLY; how++)
    {
      g_auto(Call) call = { 0 };
      guint opens = f->channel->n_opens;

      tbx_channel_close (TBX_CHANNEL (f->channel));
      tbx_fake_channel_answer (f->channel, "", NULL);
      if (how == BREAK_SEND)
        f->channel->fail_sends = 1;
      call_start (&call, f, "q", TBX_RPCI_NONE, NULL);
      tbx_test_until (f->channel->n_opens == opens + 1);
      tbx_test_settle ();
      break_exchange (f, how);
      g_assert_false (call.done);
      tbx_test_until (f->channel->n_opens == opens + 2);
      tbx_test_settle ();
      tbx_fake_channel_receive (f->channel, "1 late", 6);
      tbx_test_until (call.done);
      g_assert_no_error (call.error);
      assert_sent (f, how == BREAK_SEND ? "q" : "q|q");
      g_assert_cmpuint (f->channel->n_opens, ==, opens + 2);
    }
}

/* The second failure is the caller's. */
static void
test_resend_fails (Fixture *f, gconstpointer user_data)
{
  for (Break how = BREAK_SEND; how <= BREAK_REPLY; how++)
    {
      g_auto(Call) call = { 0 };
      guint opens = f->channel->n_opens;

      tbx_channel_close (TBX_CHANNEL (f->channel));
      tbx_fake_channel_answer (f->channel, "", NULL);
      f->channel->fail_sends = how == BREAK_SEND ? 2 : 0;
      call_start (&call, f, "q", TBX_RPCI_NONE, NULL);
      for (guint i = 1; i <= 2; i++)
        {
          tbx_test_until (f->channel->n_opens == opens + i);
          tbx_test_settle ();
          break_exchange (f, how);
        }
      tbx_test_until (call.done);
      g_assert_error (call.error, TBX_ERROR, TBX_ERROR_TRANSPORT);
      tbx_test_settle ();
      assert_sent (f, how == BREAK_SEND ? "" : "q|q");
      g_assert_cmpuint (f->channel->n_opens, ==, opens + 2);
    }
}

/* What must not happen twice is sent once, whatever comes. */
static void
test_no_resend (Fixture *f, gconstpointer user_data)
{
  for (Break how = BREAK_SEND; how <= BREAK_REPLY; how++)
    {
      g_auto(Call) call = { 0 };

      tbx_fake_channel_answer (f->channel, "", NULL);
      f->channel->fail_sends = how == BREAK_SEND;
      call_start (&call, f, "once", TBX_RPCI_NO_RESEND | TBX_RPCI_NO_TIMEOUT, NULL);
      tbx_test_settle ();
      break_exchange (f, how);
      tbx_test_until (call.done);
      g_assert_error (call.error, TBX_ERROR, TBX_ERROR_TRANSPORT);
      if (tbx_channel_get_state (TBX_CHANNEL (f->channel)) == TBX_CHANNEL_CLOSED)
        g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
      tbx_test_settle ();
      assert_sent (f, how == BREAK_SEND ? "" : "once");
    }
}

/* The link closes the channel under a request and opens it again before we look. */
static void
test_reopened_by_others (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 };

  tbx_fake_channel_answer (f->channel, "", NULL);
  call_start (&a, f, "a", TBX_RPCI_NO_TIMEOUT, NULL);
  call_start (&b, f, "b", TBX_RPCI_NONE, NULL);
  tbx_test_settle ();
  tbx_channel_close (TBX_CHANNEL (f->channel));
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  tbx_test_settle ();
  g_assert_false (a.done);
  tbx_fake_channel_receive (f->channel, "1 A", 3);
  tbx_test_until (f->channel->exchange);
  tbx_fake_channel_receive (f->channel, "1 B", 3);
  tbx_test_until (a.done && b.done);
  g_assert_cmpmem (g_bytes_get_data (a.reply, NULL), g_bytes_get_size (a.reply), "A", 1);
  g_assert_cmpmem (g_bytes_get_data (b.reply, NULL), g_bytes_get_size (b.reply), "B", 1);
  assert_sent (f, "a|a|b");
}

/* No channel: the request fails, and the next one tries to open it again. */
static void
test_open_fails (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 }, c = { 0 };

  f->channel->refuse_opens = 1;
  call_run (&a, f, "a", TBX_RPCI_NONE);
  g_assert_error (a.error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  call_run (&b, f, "b", TBX_RPCI_NONE);
  g_assert_no_error (b.error);

  f->channel->fail_sends = 1;
  f->channel->refuse_opens = 1;
  call_run (&c, f, "c", TBX_RPCI_NONE);
  g_assert_error (c.error, TBX_ERROR, TBX_ERROR_TRANSPORT);
  g_assert_cmpuint (f->channel->n_opens, ==, 3);
  assert_sent (f, "b");
}

static void
test_slow_open (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 };

  f->channel->slow_open = TRUE;
  call_start (&a, f, "a", TBX_RPCI_NONE, NULL);
  call_start (&b, f, "b", TBX_RPCI_NONE, NULL);
  tbx_test_settle ();
  g_assert_cmpuint (f->channel->sent->len, ==, 0);
  tbx_fake_channel_fail (f->channel);          /* refused: once more */
  tbx_test_until (f->channel->n_opens == 2);
  tbx_fake_channel_finish_open (f->channel);
  tbx_test_until (a.done && b.done);
  g_assert_no_error (a.error);
  g_assert_no_error (b.error);
  assert_sent (f, "a|b");
}

static void
test_order (Fixture *f, gconstpointer user_data)
{
  Call calls[5] = { 0 };
  const char *const texts[] = { "a", "b", "c", "d", "e" };

  tbx_fake_channel_answer (f->channel, "c", "0 no");
  f->channel->fail_sends = 1;                  /* the first goes again before the others */
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    call_start (&calls[i], f, texts[i], TBX_RPCI_NONE, NULL);
  tbx_test_until (outcomes == G_N_ELEMENTS (calls));
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_assert_cmpuint (calls[i].order, ==, i + 1);
      call_clear (&calls[i]);
    }
  assert_sent (f, "a|b|c|d|e");
}

/* The channel fails while several wait: the one that was out goes again, the others
 * follow, each once. */
static void
test_fails_while_several_wait (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 }, c = { 0 };

  tbx_fake_channel_answer (f->channel, "a", NULL);
  call_start (&a, f, "a", TBX_RPCI_NONE, NULL);
  call_start (&b, f, "b", TBX_RPCI_NONE, NULL);
  call_start (&c, f, "c", TBX_RPCI_NONE, NULL);
  tbx_test_settle ();
  tbx_fake_channel_answer (f->channel, "a", "1 ");
  tbx_fake_channel_fail (f->channel);
  tbx_test_until (outcomes == 3);
  g_assert_no_error (a.error);
  g_assert_no_error (b.error);
  g_assert_no_error (c.error);
  assert_sent (f, "a|a|b|c");
}

/* All of them end when the host takes none of them, without a recursion. */
static void
test_queue_limit (Fixture *f, gconstpointer user_data)
{
  g_autofree Call *calls = g_new0 (Call, 1026);
  guint busy = 0;

  f->channel->refuse_opens = G_MAXUINT;
  for (guint i = 0; i < 1026; i++)
    call_start (&calls[i], f, "q", TBX_RPCI_NONE, NULL);
  tbx_test_until (outcomes == 1026);
  for (guint i = 0; i < 1026; i++)
    {
      if (g_error_matches (calls[i].error, TBX_ERROR, TBX_ERROR_BUSY))
        busy++;
      else
        g_assert_error (calls[i].error, TBX_ERROR, TBX_ERROR_TRANSPORT);
      call_clear (&calls[i]);
    }
  g_assert_cmpuint (busy, ==, 2);   /* none had left the queue when the last two came */
}

/* What was not sent is taken back; what was sent is not, and goes again. */
static void
test_cancel (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 }, c = { 0 };
  g_autoptr(GCancellable) cancel = g_cancellable_new ();

  tbx_fake_channel_answer (f->channel, "a", NULL);
  call_start (&a, f, "a", TBX_RPCI_NONE, cancel);
  call_start (&b, f, "b", TBX_RPCI_NONE, cancel);
  call_start (&c, f, "c", TBX_RPCI_NONE, NULL);
  tbx_test_settle ();
  g_cancellable_cancel (cancel);
  tbx_fake_channel_fail (f->channel);
  tbx_test_settle ();
  g_assert_false (a.done);
  tbx_fake_channel_receive (f->channel, "1 a", 3);
  tbx_test_until (outcomes == 3);
  g_assert_no_error (a.error);
  g_assert_error (b.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_no_error (c.error);
  assert_sent (f, "a|a|c");
}

/* A late reply must not be taken for that of the next request. */
static void
test_timeout (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 }, c = { 0 };
  gint64 wait;

  tbx_fake_channel_answer (f->channel, "a", NULL);
  call_start (&a, f, "a", TBX_RPCI_NONE, NULL);
  call_start (&b, f, "b", TBX_RPCI_NONE, NULL);
  tbx_test_until (f->channel->exchange);
  wait = tbx_test_source_wait ("tbx-rpci-timeout");
  g_assert_cmpint (wait, >, 20 * G_USEC_PER_SEC);
  g_assert_cmpint (wait, <=, 30 * G_USEC_PER_SEC);
  tbx_test_source_fire ("tbx-rpci-timeout");
  tbx_test_until (a.done);
  g_assert_error (a.error, TBX_ERROR, TBX_ERROR_TIMED_OUT);
  g_assert_cmpuint (f->channel->n_closes, ==, 1);
  tbx_test_until (b.done);
  g_assert_no_error (b.error);
  assert_sent (f, "a|b");
  g_assert_cmpuint (f->channel->n_opens, ==, 2);
  g_assert_null (tbx_test_find_source ("tbx-rpci-timeout"));

  call_start (&c, f, "a", TBX_RPCI_NO_TIMEOUT, NULL);
  tbx_test_until (f->channel->exchange);
  g_assert_null (tbx_test_find_source ("tbx-rpci-timeout"));
  tbx_fake_channel_receive (f->channel, "1 ", 2);
  tbx_test_until (c.done);
  g_assert_no_error (c.error);
}

static void
test_unasked_reply (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 };

  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  tbx_fake_channel_receive (f->channel, "1 stray", 7);
  call_run (&a, f, "a", TBX_RPCI_NONE);
  g_assert_no_error (a.error);
  g_assert_cmpuint (g_bytes_get_size (a.reply), ==, 0);
}

/* Sizes that no channel takes never get there; the channel is none the worse. */
static void
test_bad_sizes (Fixture *f, gconstpointer user_data)
{
  g_auto(Call) a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
  g_autofree char *largest = g_strnfill (TBX_FAKE_MAX_SEND_BYTES, 'x');
  g_autofree char *larger = g_strnfill (TBX_FAKE_MAX_SEND_BYTES + 1, 'x');

  call_run (&a, f, "", TBX_RPCI_NONE);
  g_assert_error (a.error, TBX_ERROR, TBX_ERROR_MALFORMED);
  call_run (&b, f, larger, TBX_RPCI_NONE);
  g_assert_error (b.error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
  call_run (&c, f, largest, TBX_RPCI_NONE);
  g_assert_no_error (c.error);
  call_run (&d, f, "d", TBX_RPCI_NONE);
  g_assert_no_error (d.error);
  g_assert_cmpuint (f->channel->n_opens, ==, 1);
  g_assert_cmpuint (f->channel->sent->len, ==, 2);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/rpc/rpci/exchange", test_exchange);
  add ("/rpc/rpci/replies", test_replies);
  add ("/rpc/rpci/binary", test_binary);
  add ("/rpc/rpci/text", test_text);
  add ("/rpc/rpci/resend", test_resend);
  add ("/rpc/rpci/resend-fails", test_resend_fails);
  add ("/rpc/rpci/no-resend", test_no_resend);
  add ("/rpc/rpci/reopened-by-others", test_reopened_by_others);
  add ("/rpc/rpci/open-fails", test_open_fails);
  add ("/rpc/rpci/slow-open", test_slow_open);
  add ("/rpc/rpci/order", test_order);
  add ("/rpc/rpci/fails-while-several-wait", test_fails_while_several_wait);
  add ("/rpc/rpci/queue-limit", test_queue_limit);
  add ("/rpc/rpci/cancel", test_cancel);
  add ("/rpc/rpci/timeout", test_timeout);
  add ("/rpc/rpci/unasked-reply", test_unasked_reply);
  add ("/rpc/rpci/bad-sizes", test_bad_sizes);
  return g_test_run ();
}
