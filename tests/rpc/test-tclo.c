/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-fake-channel.h"
#include "tbx-tclo.h"
#include "tbx-test-loop.h"
#include <string.h>

#define LIMIT TBX_FAKE_MAX_SEND_BYTES

typedef struct
{
  TbxFakeChannel *channel;
  TbxTclo        *tclo;
  TbxTcloRequest *held;      /* by a handler, or NULL (owned) */
  GBytes         *args;      /* of the last request (owned) */
  char           *text;      /* likewise, or NULL (owned) */
  guint           n_calls;
  guint           n_resets;
  guint           n_failures;
} Fixture;

static void
on_reset (Fixture *f)
{
  f->n_resets++;
}

static void
on_failed (Fixture *f, const GError *error)
{
  g_assert_nonnull (error);
  g_assert_cmpint (tbx_channel_get_state (TBX_CHANNEL (f->channel)), ==, TBX_CHANNEL_CLOSED);
  f->n_failures++;
}

static void
fixture_init (Fixture *f, gconstpointer user_data)
{
  f->channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  f->tclo = tbx_tclo_new (TBX_CHANNEL (f->channel));
  g_signal_connect_swapped (f->tclo, "reset", G_CALLBACK (on_reset), f);
  g_signal_connect_swapped (f->channel, "failed", G_CALLBACK (on_failed), f);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
}

static void
fixture_clear (Fixture *f, gconstpointer user_data)
{
  g_clear_pointer (&f->held, tbx_tclo_request_unref);
  g_clear_pointer (&f->args, g_bytes_unref);
  g_free (f->text);
  if (f->tclo != NULL)
    g_assert_finalize_object (f->tclo);
  g_assert_finalize_object (f->channel);
}

static void
handle_hold (TbxTcloRequest *request, gpointer user_data)
{
  Fixture *f = user_data;
  gsize size;
  const guint8 *args = tbx_tclo_request_get_args (request, &size);

  f->n_calls++;
  g_assert_null (f->held);
  g_assert_cmpuint (args[size], ==, 0);   /* handlers may count on it */
  g_clear_pointer (&f->args, g_bytes_unref);
  g_free (f->text);
  f->args = g_bytes_new (args, size);
  f->text = tbx_tclo_request_dup_text (request);
  f->held = tbx_tclo_request_ref (request);
}

static void
answer_held (Fixture *f)
{
  tbx_tclo_request_return_text (f->held, "late");
  g_clear_pointer (&f->held, tbx_tclo_request_unref);
}

static void
receive (Fixture *f, const char *text)
{
  tbx_fake_channel_receive (f->channel, text, strlen (text));
}

static void
assert_sent (Fixture *f, const char *expected)
{
  g_autofree char *sent = tbx_fake_channel_dup_sent (f->channel);

  g_assert_cmpstr (sent, ==, expected);
}

/* What needs no handler of others, well-formed and not. */
static void
test_requests (Fixture *f, gconstpointer user_data)
{
  static const struct { const char *request; gsize size; const char *reply; } cases[] = {
    { "ping", 4, "OK " },
    { "ping\0", 5, "OK " },
    { "ping ", 5, "OK " },
    { "ping x\0y", 8, "OK " },
    { " ping", 5, "OK " },
    { "reset", 5, "OK ATR toolbox" },
    { "reset\0", 6, "OK ATR toolbox" },
    { "Ping", 4, "ERROR Unknown Command" },
    { "pin", 3, "ERROR Unknown Command" },
    { "pings", 5, "ERROR Unknown Command" },
    { "ping\n", 5, "ERROR Unknown Command" },
    { "\xff\xfe\x01", 3, "ERROR Unknown Command" },
    { "%s%n", 4, "ERROR Unknown Command" },
    { "", 0, "ERROR Bad command" },
    { " ", 1, "ERROR Bad command" },
    { "     ", 5, "ERROR Bad command" },
    { "\0", 1, "ERROR Bad command" },
    { "\0\0\0\0", 4, "ERROR Bad command" },
    { " \0 ping", 7, "ERROR Bad command" },
    { "\0ping", 5, "ERROR Bad command" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      tbx_fake_channel_receive (f->channel, cases[i].request, cases[i].size);
      assert_sent (f, cases[i].reply);
    }
}

static void
test_long_requests (Fixture *f, gconstpointer user_data)
{
  const gsize size = 1024 * 1024;
  g_autofree char *text = g_strnfill (size, 'x');

  tbx_fake_channel_receive (f->channel, text, size);
  assert_sent (f, "ERROR Unknown Command");
  memset (text, ' ', size);
  tbx_fake_channel_receive (f->channel, text, size);
  assert_sent (f, "ERROR Bad command");
  memset (text, 0, size);
  tbx_fake_channel_receive (f->channel, text, size);
  assert_sent (f, "ERROR Bad command");
  memcpy (text, "ping ", 5);
  tbx_fake_channel_receive (f->channel, text, size);
  assert_sent (f, "OK ");
}

/* The arguments begin after the name and one byte, and may be anything. */
static void
test_arguments (Fixture *f, gconstpointer user_data)
{
  static const struct { const char *request; gsize size; const char *args; gsize n; const char *text; } cases[] = {
    { "cmd", 3, "", 0, "" },
    { "cmd\0", 4, "", 0, "" },
    { "cmd ", 4, "", 0, "" },
    { "cmd \0", 5, "\0", 1, "" },
    { "cmd a b", 7, "a b", 3, "a b" },
    { "cmd a b\0", 8, "a b\0", 4, "a b" },
    { "cmd  a", 6, " a", 2, " a" },
    { "  cmd a", 7, "a", 1, "a" },
    { "cmd\0a", 5, "a", 1, "a" },
    { "cmd a\0\0", 7, "a\0\0", 3, NULL },
    { "cmd \xc3\xa9", 6, "\xc3\xa9", 2, "\xc3\xa9" },
    { "cmd \xff", 5, "\xff", 1, NULL },
    { "cmd \"x\"\0\1\0\377", 11, "\"x\"\0\1\0\377", 7, NULL },
  };

  g_assert_true (tbx_tclo_add_command (f->tclo, "cmd", handle_hold, f));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      tbx_fake_channel_receive (f->channel, cases[i].request, cases[i].size);
      g_assert_cmpmem (g_bytes_get_data (f->args, NULL), g_bytes_get_size (f->args), cases[i].args,
                       cases[i].n);
      g_assert_cmpstr (f->text, ==, cases[i].text);
      g_assert_cmpstr (tbx_tclo_request_get_name (f->held), ==, "cmd");
      answer_held (f);
      assert_sent (f, "OK late");
    }
  g_assert_cmpuint (f->n_calls, ==, G_N_ELEMENTS (cases));
}

/* They are in the channel's buffer, so they end with the handler. */
static void
test_arguments_end (Fixture *f, gconstpointer user_data)
{
  gsize size = 99;

  tbx_tclo_add_command (f->tclo, "cmd", handle_hold, f);
  receive (f, "cmd abc");
  g_assert_null (tbx_tclo_request_get_args (f->held, &size));
  g_assert_cmpuint (size, ==, 0);
  g_assert_null (tbx_tclo_request_dup_text (f->held));
  answer_held (f);
}

static void
test_replies (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) binary = g_bytes_new_static ("a\0b", 3);
  g_autoptr(GBytes) whole = g_bytes_new_static ("OK whole", 8);

  tbx_tclo_add_command (f->tclo, "cmd", handle_hold, f);
  for (int i = 0; i < 5; i++)
    {
      receive (f, "cmd");
      if (i == 0)
        tbx_tclo_request_return (f->held, NULL);
      else if (i == 1)
        tbx_tclo_request_return (f->held, binary);
      else if (i == 2)
        tbx_tclo_request_return_text (f->held, "");
      else if (i == 3)
        tbx_tclo_request_return_message (f->held, whole);
      else
        tbx_tclo_request_return_error (f->held, "no such thing");
      g_clear_pointer (&f->held, tbx_tclo_request_unref);
    }
  g_assert_true (g_ptr_array_index (f->channel->sent, 3) == whole);   /* not a copy */
  assert_sent (f, "OK |OK a␀b|OK |OK whole|ERROR no such thing");
}

static void
handle_at_once (TbxTcloRequest *request, gpointer user_data)
{
  tbx_tclo_request_return_text (request, "now");
  tbx_tclo_request_return_text (request, "again");
  tbx_tclo_request_return_error (request, "and again");
}

static void
handle_never (TbxTcloRequest *request, gpointer user_data)
{
}

/* Exactly one reply: not two, not none. */
static void
test_one_reply (Fixture *f, gconstpointer user_data)
{
  tbx_tclo_add_command (f->tclo, "once", handle_at_once, f);
  tbx_tclo_add_command (f->tclo, "never", handle_never, f);
  tbx_tclo_add_command (f->tclo, "hold", handle_hold, f);
  receive (f, "once");
  assert_sent (f, "OK now");
  receive (f, "never");
  assert_sent (f, "ERROR No answer");
  receive (f, "hold");
  assert_sent (f, "");
  answer_held (f);
  assert_sent (f, "OK late");
  receive (f, "hold");
  g_clear_pointer (&f->held, tbx_tclo_request_unref);   /* dropped */
  assert_sent (f, "ERROR No answer");
  receive (f, "ping");
  assert_sent (f, "OK ");
}

/* An answer is for the channel on which it was asked. */
static void
test_channel_gone (Fixture *f, gconstpointer user_data)
{
  tbx_tclo_add_command (f->tclo, "hold", handle_hold, f);
  receive (f, "hold");
  tbx_fake_channel_fail (f->channel);
  answer_held (f);
  assert_sent (f, "");

  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  receive (f, "hold");
  tbx_channel_close (TBX_CHANNEL (f->channel));
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  answer_held (f);
  assert_sent (f, "");
  receive (f, "hold");
  tbx_channel_close (TBX_CHANNEL (f->channel));
  g_clear_pointer (&f->held, tbx_tclo_request_unref);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  receive (f, "ping");
  assert_sent (f, "OK ");
  g_assert_cmpuint (f->n_failures, ==, 1);
}

static void
test_dispatcher_gone (Fixture *f, gconstpointer user_data)
{
  tbx_tclo_add_command (f->tclo, "hold", handle_hold, f);
  receive (f, "hold");
  g_assert_finalize_object (g_steal_pointer (&f->tclo));
  answer_held (f);
  assert_sent (f, "");
  receive (f, "ping");   /* nobody is there */
  assert_sent (f, "");
}

/* A reply that cannot be sent is a failure of the channel. */
static void
test_send_fails (Fixture *f, gconstpointer user_data)
{
  tbx_tclo_add_command (f->tclo, "hold", handle_hold, f);
  f->channel->fail_sends = 1;
  receive (f, "ping");
  g_assert_cmpuint (f->n_failures, ==, 1);
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  receive (f, "hold");
  f->channel->fail_sends = 1;
  answer_held (f);
  g_assert_cmpuint (f->n_failures, ==, 2);
  assert_sent (f, "");
}

static void
test_too_large (Fixture *f, gconstpointer user_data)
{
  static const struct { gsize result, whole; const char *reply; } cases[] = {
    { LIMIT - 3, 0, NULL }, { 0, LIMIT, NULL },
    { LIMIT - 2, 0, "ERROR Reply too large" }, { 0, LIMIT + 1, "ERROR Reply too large" },
    { LIMIT + 1, 0, "ERROR Reply too large" }, { 16 * LIMIT, 0, "ERROR Reply too large" },
  };

  tbx_tclo_add_command (f->tclo, "cmd", handle_hold, f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize size = MAX (cases[i].result, cases[i].whole);
      g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);

      receive (f, "cmd");
      if (cases[i].whole > 0)
        tbx_tclo_request_return_message (f->held, bytes);
      else
        tbx_tclo_request_return (f->held, bytes);
      g_clear_pointer (&f->held, tbx_tclo_request_unref);
      g_assert_cmpuint (f->channel->sent->len, ==, 1);
      if (cases[i].reply == NULL)
        {
          g_assert_cmpuint (g_bytes_get_size (g_ptr_array_index (f->channel->sent, 0)), ==, LIMIT);
          g_ptr_array_set_size (f->channel->sent, 0);
        }
      else
        assert_sent (f, cases[i].reply);
    }
}

/* Each is answered; together they are one beginning. */
static void
test_reset (Fixture *f, gconstpointer user_data)
{
  receive (f, "reset");
  receive (f, "reset");
  g_assert_cmpuint (f->n_resets, ==, 0);   /* not before the answer went out */
  assert_sent (f, "OK ATR toolbox|OK ATR toolbox");
  tbx_test_settle ();
  g_assert_cmpuint (f->n_resets, ==, 1);
  receive (f, "ping");
  receive (f, "reset");
  tbx_test_settle ();
  g_assert_cmpuint (f->n_resets, ==, 2);
}

/* A channel that broke meanwhile is no success: its reset says nothing. */
static void
test_reset_of_broken_channel (Fixture *f, gconstpointer user_data)
{
  receive (f, "reset");
  tbx_fake_channel_fail (f->channel);
  tbx_test_settle ();
  g_assert_cmpuint (f->n_resets, ==, 0);

  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  f->channel->fail_sends = 1;
  receive (f, "reset");
  tbx_test_settle ();
  g_assert_cmpuint (f->n_resets, ==, 0);

  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  receive (f, "reset");
  tbx_test_settle ();
  g_assert_cmpuint (f->n_resets, ==, 1);
}

static void
test_commands (Fixture *f, gconstpointer user_data)
{
  g_autofree char *longest = g_strnfill (63, 'n');
  g_autofree char *longer = g_strnfill (64, 'n');
  g_autofree char *huge = g_strnfill (70, 'n');

  g_assert_true (tbx_tclo_add_command (f->tclo, "cmd", handle_at_once, f));
  g_assert_false (tbx_tclo_add_command (f->tclo, "cmd", handle_never, f));
  g_assert_false (tbx_tclo_add_command (f->tclo, "ping", handle_never, f));
  g_assert_false (tbx_tclo_add_command (f->tclo, "reset", handle_never, f));
  g_assert_false (tbx_tclo_add_command (f->tclo, "", handle_never, f));
  g_assert_false (tbx_tclo_add_command (f->tclo, "a b", handle_never, f));
  g_assert_false (tbx_tclo_add_command (f->tclo, longer, handle_never, f));
  g_assert_true (tbx_tclo_add_command (f->tclo, longest, handle_at_once, f));

  receive (f, longest);
  assert_sent (f, "OK now");
  receive (f, longer);   /* its beginning is a command, it is none */
  assert_sent (f, "ERROR Unknown Command");
  receive (f, huge);
  assert_sent (f, "ERROR Unknown Command");

  tbx_tclo_remove_command (f->tclo, "cmd");
  tbx_tclo_remove_command (f->tclo, "never-added");
  receive (f, "cmd");
  assert_sent (f, "ERROR Unknown Command");
  g_assert_true (tbx_tclo_add_command (f->tclo, "cmd", handle_hold, f));
  receive (f, "cmd");
  tbx_tclo_remove_command (f->tclo, "cmd");
  answer_held (f);
  assert_sent (f, "OK late");
}

/* Passes on what it gets, with other arguments than those it got. */
static void
handle_pass_on (TbxTcloRequest *request, gpointer user_data)
{
  g_autoptr(GBytes) args = g_bytes_new_static ("passed on", 9);

  tbx_tclo_request_pass_on (request, args);
}

static void
handle_echo (TbxTcloRequest *request, gpointer user_data)
{
  gsize size;
  const guint8 *args = tbx_tclo_request_get_args (request, &size);

  g_assert_cmpuint (args[size], ==, 0);
  tbx_tclo_request_return_text (request, (const char *) args);
}

static void
test_overrides (Fixture *f, gconstpointer user_data)
{
  g_autoptr(GBytes) args = g_bytes_new_static ("later", 5);
  TbxTcloRequest *held;

  /* Of a command that is there, and of one that is not. */
  tbx_tclo_add_command (f->tclo, "cmd", handle_echo, f);
  tbx_tclo_override (f->tclo, "cmd", handle_at_once, f);
  tbx_tclo_override (f->tclo, "new", handle_at_once, f);
  receive (f, "cmd");
  assert_sent (f, "OK now");
  receive (f, "new");
  assert_sent (f, "OK now");

  /* What it does not answer is answered as ever. */
  tbx_tclo_override (f->tclo, "cmd", handle_pass_on, f);
  tbx_tclo_override (f->tclo, "new", handle_pass_on, f);
  receive (f, "cmd");
  assert_sent (f, "OK passed on");
  receive (f, "new");
  assert_sent (f, "ERROR Unknown Command");

  /* Later too, even when there is none any more. */
  tbx_tclo_override (f->tclo, "cmd", handle_hold, f);
  receive (f, "cmd");
  tbx_tclo_override (f->tclo, "cmd", NULL, NULL);
  assert_sent (f, "");
  held = g_steal_pointer (&f->held);
  g_assert_true (tbx_tclo_request_is_open (held));
  tbx_tclo_request_pass_on (held, args);
  g_assert_false (tbx_tclo_request_is_open (held));
  assert_sent (f, "OK later");
  tbx_tclo_request_pass_on (held, args);   /* it is answered */
  assert_sent (f, "");
  tbx_tclo_request_unref (held);
  receive (f, "cmd");
  assert_sent (f, "OK ");
  tbx_tclo_override (f->tclo, "never-overridden", NULL, NULL);

  /* Nobody waits any more. */
  tbx_tclo_override (f->tclo, "cmd", handle_hold, f);
  receive (f, "cmd");
  tbx_channel_close (TBX_CHANNEL (f->channel));
  held = g_steal_pointer (&f->held);
  g_assert_false (tbx_tclo_request_is_open (held));
  tbx_tclo_request_pass_on (held, args);
  tbx_tclo_request_unref (held);
  assert_sent (f, "");
}

static void
handle_remove_itself (TbxTcloRequest *request, gpointer user_data)
{
  Fixture *f = user_data;

  tbx_tclo_remove_command (f->tclo, "cmd");
  tbx_tclo_request_return (request, NULL);
}

static void
handle_close (TbxTcloRequest *request, gpointer user_data)
{
  Fixture *f = user_data;

  tbx_channel_close (TBX_CHANNEL (f->channel));
  tbx_tclo_request_return (request, NULL);
}

static void
test_handlers_that_bite (Fixture *f, gconstpointer user_data)
{
  tbx_tclo_add_command (f->tclo, "cmd", handle_remove_itself, f);
  tbx_tclo_add_command (f->tclo, "close", handle_close, f);
  receive (f, "cmd");
  assert_sent (f, "OK ");
  receive (f, "cmd");
  assert_sent (f, "ERROR Unknown Command");
  receive (f, "close");
  assert_sent (f, "");
  g_assert_cmpuint (f->n_failures, ==, 0);
}

static void
test_last_ping (Fixture *f, gconstpointer user_data)
{
  gint64 before = g_get_real_time ();

  g_assert_cmpint (tbx_tclo_get_last_ping (f->tclo), ==, 0);
  receive (f, "reset");
  g_assert_cmpint (tbx_tclo_get_last_ping (f->tclo), ==, 0);
  receive (f, "ping");
  g_assert_cmpint (tbx_tclo_get_last_ping (f->tclo), >=, before);
  g_assert_cmpint (tbx_tclo_get_last_ping (f->tclo), <=, g_get_real_time ());
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
  /* A handler that gives no answer is worth a warning, which is what is tested. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  add ("/rpc/tclo/requests", test_requests);
  add ("/rpc/tclo/long-requests", test_long_requests);
  add ("/rpc/tclo/arguments", test_arguments);
  add ("/rpc/tclo/arguments-end", test_arguments_end);
  add ("/rpc/tclo/replies", test_replies);
  add ("/rpc/tclo/one-reply", test_one_reply);
  add ("/rpc/tclo/channel-gone", test_channel_gone);
  add ("/rpc/tclo/dispatcher-gone", test_dispatcher_gone);
  add ("/rpc/tclo/send-fails", test_send_fails);
  add ("/rpc/tclo/too-large", test_too_large);
  add ("/rpc/tclo/reset", test_reset);
  add ("/rpc/tclo/reset-of-broken-channel", test_reset_of_broken_channel);
  add ("/rpc/tclo/commands", test_commands);
  add ("/rpc/tclo/overrides", test_overrides);
  add ("/rpc/tclo/handlers-that-bite", test_handlers_that_bite);
  add ("/rpc/tclo/last-ping", test_last_ping);
  return g_test_run ();
}
