/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker.h"
#include "tbx-control.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The daemon's end of a worker, and the other end in the test's hands. */
typedef struct
{
  TbxWorker       *worker;
  int              peer;
  TbxWorkerBuffer *buffer;     /* as the worker sees it */
  guint            n_verdicts;
  TbxLoginVerdict  verdict;
  guint            n_replies;
  guint32          code;
  int              error_number;
  GBytes          *reply;
  guint            n_started;
  guint            n_ended;
  int              exit_code;
} Fixture;

static void
say (Fixture *f, TbxWorkerMessage message)
{
  g_autoptr(GError) error = NULL;

  tbx_control_send (f->peer, &message, -1, &error);
  g_assert_no_error (error);
}

static void
hear (Fixture *f, TbxWorkerMessageType type, TbxControlPacket *packet)
{
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (tbx_control_receive (f->peer, TBX_WORKER_FROM_DAEMON, packet, &error), ==,
                   TBX_CONTROL_OK);
  g_assert_cmpint (packet->message.type, ==, type);
}

static gboolean
hears_nothing (Fixture *f)
{
  guint8 byte;

  return recv (f->peer, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void
on_login (TbxWorker *worker, const TbxLoginVerdict *verdict, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_verdicts++;
  f->verdict = *verdict;
}

static void
on_replied (guint32 code, int error_number, GBytes *reply, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_replies++;
  f->code = code;
  f->error_number = error_number;
  g_clear_pointer (&f->reply, g_bytes_unref);
  f->reply = reply == NULL ? NULL : g_bytes_ref (reply);
}

static void
on_started (Fixture *f, const TbxWorkerProgram *program)
{
  f->n_started++;
}

static void
on_ended (Fixture *f, const TbxWorkerProgram *program)
{
  f->n_ended++;
  f->exit_code = program->exit_code;
}

static void
make_worker (Fixture *f, const TbxWorkerDeadlines *deadlines)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_assert_cmpint (fcntl (pair[0], F_SETFL, O_NONBLOCK), ==, 0);
  f->peer = pair[1];
  f->worker = tbx_worker_new (pair[0], tbx_worker_process_new_foreign (-1), deadlines);
  g_signal_connect_swapped (f->worker, "program-started", G_CALLBACK (on_started), f);
  g_signal_connect_swapped (f->worker, "program-ended", G_CALLBACK (on_ended), f);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 100, 400, 100, 200 };

  make_worker (f, &deadlines);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->reply, g_bytes_unref);
  g_assert_finalize_object (f->worker);
  g_clear_pointer (&f->buffer, tbx_worker_buffer_unref);
  close (f->peer);
}

static void
answer_yes (Fixture *f)
{
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_LOGIN_RESULT,
                               .login_result = { .uid = 1000, .gid = 100, .name = "alice" } });
}

static void
verify (Fixture *f)
{
  g_auto(TbxControlPacket) packet;

  tbx_worker_login (f->worker, FALSE, "Alice", "s3cret", on_login, f);
  hear (f, TBX_WORKER_LOGIN, &packet);
  g_assert_cmpstr (packet.message.login.name, ==, "Alice");
  g_assert_cmpstr (packet.message.login.password, ==, "s3cret");
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_HELLO, .hello = { TBX_WORKER_PROTOCOL, 1 } });
  answer_yes (f);
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_OK);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_VERIFIED);
  g_assert_cmpstr (tbx_worker_get_account (f->worker)->name, ==, "alice");
}

/* What is configured comes before all requests. */
static void
hear_settings (Fixture *f)
{
  g_auto(TbxControlPacket) packet;

  hear (f, TBX_WORKER_SETTINGS, &packet);
  g_assert_cmpuint (packet.message.settings.stream_limit_bytes, ==, 16 * 1024 * 1024);
}

static void
open_session (Fixture *f)
{
  g_auto(TbxControlPacket) packet;
  g_autoptr(GError) error = NULL;

  verify (f);
  tbx_worker_open (f->worker, on_login, f);
  hear (f, TBX_WORKER_CONTINUE, &packet);
  f->buffer = tbx_worker_buffer_new_from_fd (packet.fd, &error);
  g_assert_no_error (error);
  packet.fd = -1;
  hear_settings (f);
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY });
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
}

static void
ask (Fixture *f, const char *body, gboolean binary)
{
  const TbxWorkerRequest request = { .opcode = 185, .body_size = (guint32) strlen (body) };

  tbx_worker_request (f->worker, &request, body, binary, on_replied, f);
}

/* Gives the id of the request that the worker is asked for. */
static guint32
hear_request (Fixture *f, const char *body)
{
  g_auto(TbxControlPacket) packet;

  hear (f, TBX_WORKER_REQUEST, &packet);
  g_assert_cmpmem (tbx_worker_buffer_get_body (f->buffer), packet.message.request.body_size, body,
                   strlen (body));
  return packet.message.request.id;
}

static void
reply (Fixture *f, guint32 id, const char *payload, gsize size)
{
  memcpy (tbx_worker_buffer_get_payload (f->buffer), payload, size);
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_REPLY, .reply = { id, 0, 0, (guint32) size } });
}

static void
assert_reply (Fixture *f, const char *expected, gsize size)
{
  g_assert_nonnull (f->reply);
  g_assert_cmpmem (g_bytes_get_data (f->reply, NULL), g_bytes_get_size (f->reply), expected, size);
}

static void
test_requests (Fixture *f, gconstpointer data)
{
  open_session (f);
  ask (f, "one", FALSE);
  g_assert_true (tbx_worker_get_busy (f->worker));
  reply (f, hear_request (f, "one"), "4711", 4);
  tbx_test_until (f->n_replies == 1);
  assert_reply (f, "OK 0 0 4711", 12);
  g_clear_pointer (&f->reply, g_bytes_unref);
  g_assert_false (tbx_worker_get_busy (f->worker));

  ask (f, "two", TRUE);
  reply (f, hear_request (f, "two"), "a\0b", 3);
  tbx_test_until (f->n_replies == 2);
  assert_reply (f, "OK 0 0 #a\0b", 11);
  g_clear_pointer (&f->reply, g_bytes_unref);

  ask (f, "", FALSE);   /* a text ends at its first NUL */
  reply (f, hear_request (f, ""), "a\0b", 3);
  tbx_test_until (f->n_replies == 3);
  assert_reply (f, "OK 0 0 a", 9);
  g_clear_pointer (&f->reply, g_bytes_unref);

  ask (f, "bad", FALSE);
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_REPLY,
                               .reply = { hear_request (f, "bad"), 13, EACCES, 0 } });
  tbx_test_until (f->n_replies == 4);
  g_assert_cmpuint (f->code, ==, 13);
  g_assert_cmpint (f->error_number, ==, EACCES);
  g_assert_null (f->reply);
}

/* The next request waits until the reply before it is not needed any more: both are in
 * the same memory. */
static void
test_queue (Fixture *f, gconstpointer data)
{
  guint32 id;

  open_session (f);
  ask (f, "first", FALSE);
  ask (f, "second", FALSE);
  id = hear_request (f, "first");
  g_assert_true (hears_nothing (f));
  reply (f, id, "1", 1);
  tbx_test_until (f->n_replies == 1);
  g_assert_true (hears_nothing (f));
  assert_reply (f, "OK 0 0 1", 9);
  g_clear_pointer (&f->reply, g_bytes_unref);
  reply (f, hear_request (f, "second"), "2", 1);
  tbx_test_until (f->n_replies == 2);
  assert_reply (f, "OK 0 0 2", 9);
}

/* A reply outlives its worker. */
static void
test_reply_outlives (Fixture *f, gconstpointer data)
{
  open_session (f);
  ask (f, "x", FALSE);
  reply (f, hear_request (f, "x"), "yes", 3);
  tbx_test_until (f->n_replies == 1);
  tbx_worker_kill (f->worker);
  assert_reply (f, "OK 0 0 yes", 11);
}

static void
test_largest (Fixture *f, gconstpointer data)
{
  g_autofree char *payload = g_strnfill (TBX_VIX_PAYLOAD_MAX_BYTES, 'x');
  g_autofree char *body = g_strnfill (TBX_WORKER_BODY_MAX_BYTES, 'b');
  guint32 id;

  open_session (f);
  ask (f, body, FALSE);
  id = hear_request (f, body);
  reply (f, id, payload, TBX_VIX_PAYLOAD_MAX_BYTES);
  tbx_test_until (f->n_replies == 1);
  g_assert_cmpuint (g_bytes_get_size (f->reply), ==, 7 + TBX_VIX_PAYLOAD_MAX_BYTES + 1);
}

static void
test_hang (Fixture *f, gconstpointer data)
{
  guint32 id;

  open_session (f);
  ask (f, "first", FALSE);
  ask (f, "second", FALSE);
  id = hear_request (f, "first");
  tbx_test_until (f->n_replies == 2);
  g_assert_cmpuint (f->code, ==, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->error_number, ==, ETIMEDOUT);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_ABANDONED);
  ask (f, "third", FALSE);   /* nothing is sent there meanwhile */
  g_assert_cmpuint (f->n_replies, ==, 3);
  g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);

  reply (f, id, "late", 4);   /* goes nowhere, but shows that it is back */
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_SERVING);
  g_assert_cmpuint (f->n_replies, ==, 3);
  ask (f, "fourth", FALSE);
  reply (f, hear_request (f, "fourth"), "4", 1);
  tbx_test_until (f->n_replies == 4);
  assert_reply (f, "OK 0 0 4", 9);
}

static void
test_hang_for_ever (Fixture *f, gconstpointer data)
{
  open_session (f);
  ask (f, "x", FALSE);
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_GONE);
  g_assert_cmpuint (f->n_replies, ==, 1);
  g_assert_cmpint (f->error_number, ==, ETIMEDOUT);
}

static TbxWorkerMessage
program_message (TbxWorkerMessageType type, gint64 pid, gint64 end)
{
  return (TbxWorkerMessage) {
    .type = type, .program = { pid, 1, end, end == 0 ? 0 : 3, 0, "sleep", "sleep 1" },
  };
}

/* What runs keeps its parent, even one that hangs. */
static void
test_hang_with_program (Fixture *f, gconstpointer data)
{
  gint64 end_us;

  open_session (f);
  say (f, program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  ask (f, "x", FALSE);
  tbx_test_until (f->n_replies == 1);
  end_us = g_get_monotonic_time () + 400 * 1000;
  while (g_get_monotonic_time () < end_us)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (5000);
    }
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_ABANDONED);
  g_assert_cmpuint (f->n_started, ==, 1);
  g_assert_cmpuint (f->n_ended, ==, 0);
  close (f->peer);
  f->peer = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_GONE);
  g_assert_cmpuint (f->n_ended, ==, 1);
  g_assert_cmpint (f->exit_code, ==, -1);
}

/* An answer that comes in the same turn of the main loop as its deadline counts. */
static void
test_just_in_time (Fixture *f, gconstpointer data)
{
  open_session (f);
  ask (f, "x", FALSE);
  reply (f, hear_request (f, "x"), "1", 1);
  g_usleep (150 * 1000);
  tbx_test_until (f->n_replies == 1);
  assert_reply (f, "OK 0 0 1", 9);
  tbx_test_settle ();
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
}

/* Progress gives time, but not for ever. */
static void
test_progress (Fixture *f, gconstpointer data)
{
  gint64 start_us = g_get_monotonic_time ();
  guint32 id;

  open_session (f);
  ask (f, "x", FALSE);
  id = hear_request (f, "x");
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_PROGRESS, .progress_id = id });
  tbx_test_until (f->n_replies == 1);
  g_assert_cmpint (f->error_number, ==, ETIMEDOUT);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 400 * 1000);
}

static void
test_programs (Fixture *f, gconstpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  GList *programs;

  open_session (f);
  say (f, program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  say (f, program_message (TBX_WORKER_PROGRAM_STARTED, 8, 0));
  say (f, program_message (TBX_WORKER_PROGRAM_ENDED, 7, now));
  say (f, program_message (TBX_WORKER_PROGRAM_ENDED, 9, now - 301));
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_STATE, .busy = TRUE });
  tbx_test_until (tbx_worker_get_busy (f->worker));
  g_assert_cmpuint (f->n_started, ==, 2);
  g_assert_cmpuint (f->n_ended, ==, 2);
  programs = tbx_worker_get_programs (f->worker);
  g_assert_cmpuint (g_list_length (programs), ==, 2);
  g_list_free (programs);
}

/* A worker that tells of ever more programs does not fill our memory. */
static void
test_too_many_programs (Fixture *f, gconstpointer data)
{
  open_session (f);
  for (gint64 pid = 1; pid <= 5000 && tbx_worker_get_stage (f->worker) != TBX_WORKER_GONE; pid++)
    {
      const TbxWorkerMessage message = program_message (TBX_WORKER_PROGRAM_STARTED, pid, 0);

      tbx_control_send (f->peer, &message, -1, NULL);
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
  g_assert_cmpuint (f->n_started, ==, 4096);
}

static void
test_denied (Fixture *f, gconstpointer data)
{
  tbx_worker_login (f->worker, FALSE, "alice", "wrong", on_login, f);
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_LOGIN_RESULT,
                               .login_result = { TBX_WORKER_VERDICT_DENIED,
                                                 TBX_WORKER_STEP_AUTHENTICATE, 7, .name = "" } });
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  g_assert_cmpint (f->verdict.step, ==, TBX_WORKER_STEP_AUTHENTICATE);
  g_assert_cmpint (f->verdict.pam_code, ==, 7);
}

static void
test_session_fails (Fixture *f, gconstpointer data)
{
  verify (f);
  tbx_worker_open (f->worker, on_login, f);
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY,
                               .ready = { TBX_WORKER_VERDICT_FAILED, TBX_WORKER_STEP_BECOME_USER,
                                          0 } });
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FAIL);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

static void
test_login_hangs (Fixture *f, gconstpointer data)
{
  tbx_worker_login (f->worker, FALSE, "alice", "p", on_login, f);
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->verdict.error_number, ==, ETIMEDOUT);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

static void
test_dies (Fixture *f, gconstpointer data)
{
  open_session (f);
  ask (f, "first", FALSE);
  ask (f, "second", FALSE);
  close (f->peer);
  f->peer = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  tbx_test_until (f->n_replies == 2);
  g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

/* What the user's half may not say: each ends it, and whoever waits is told. */
static void
test_violations (Fixture *f, gconstpointer data)
{
  static const TbxWorkerMessage messages[] = {
    { .type = TBX_WORKER_LOGIN_RESULT, .login_result = { .uid = 0, .gid = 0, .name = "root" } },
    { .type = TBX_WORKER_READY },
    { .type = TBX_WORKER_HELLO, .hello = { TBX_WORKER_PROTOCOL + 1, 1 } },
    { .type = TBX_WORKER_REPLY, .reply = { 99, 0, 0, 0 } },
    { .type = TBX_WORKER_REPLY, .reply = { 1, 0, 0, TBX_VIX_PAYLOAD_MAX_BYTES + 1 } },
    { .type = TBX_WORKER_REPLY, .reply = { 1, 0, 0, G_MAXUINT32 } },
    { .type = TBX_WORKER_PROGRESS, .progress_id = 99 },
  };

  tear_down (f, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      const TbxWorkerDeadlines deadlines = { 60000, 60000, 60000, 60000 };

      g_test_message ("%" G_GSIZE_FORMAT, i);
      *f = (Fixture) { 0 };
      make_worker (f, &deadlines);
      open_session (f);
      ask (f, "x", FALSE);
      hear_request (f, "x");
      say (f, messages[i]);
      tbx_test_until (f->n_replies == 1);
      g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);
      g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
      g_assert_cmpuint (tbx_worker_get_account (f->worker)->uid, ==, 1000);
      if (i + 1 < G_N_ELEMENTS (messages))
        tear_down (f, NULL);
    }
}

/* Nothing that belongs to a user is believed before there is one. */
static void
test_too_early (Fixture *f, gconstpointer data)
{
  tbx_worker_login (f->worker, FALSE, "alice", "p", on_login, f);
  say (f, program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FAIL);
  g_assert_cmpuint (f->n_started, ==, 0);
}

/* Packets that are no messages, and descriptors where none belong. */
static void
test_bad_packets (Fixture *f, gconstpointer data)
{
  const TbxWorkerMessage state = { .type = TBX_WORKER_STATE };
  g_autofree guint8 *large = g_malloc0 (TBX_WORKER_MESSAGE_MAX_BYTES + 1);

  tear_down (f, NULL);
  for (guint i = 0; i < 4; i++)
    {
      const TbxWorkerDeadlines deadlines = { 60000, 60000, 60000, 60000 };

      g_test_message ("%u", i);
      *f = (Fixture) { 0 };
      make_worker (f, &deadlines);
      open_session (f);
      if (i == 0)
        g_assert_cmpint (send (f->peer, "", 0, 0), ==, 0);
      else if (i == 1)
        g_assert_cmpint (send (f->peer, "\xff", 1, 0), ==, 1);
      else if (i == 2)
        g_assert_cmpint (send (f->peer, large, TBX_WORKER_MESSAGE_MAX_BYTES + 1, 0), >, 0);
      else
        g_assert_true (tbx_control_send (f->peer, &state, STDIN_FILENO, NULL));
      tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_GONE);
      if (i < 3)
        tear_down (f, NULL);
    }
}

/* The worker's side is as careful: a message without its buffer, and no real buffer. */
static void
test_bad_buffer (Fixture *f, gconstpointer data)
{
  g_auto(TbxControlPacket) packet;
  g_autoptr(GError) error = NULL;
  const TbxWorkerMessage message = { .type = TBX_WORKER_CONTINUE };
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_assert_true (tbx_control_send (pair[0], &message, -1, NULL));
  g_assert_cmpint (tbx_control_receive (pair[1], TBX_WORKER_FROM_DAEMON, &packet, &error), ==,
                   TBX_CONTROL_BAD);
  g_assert_nonnull (error);
  g_clear_error (&error);
  close (pair[0]);
  close (pair[1]);
  g_assert_null (tbx_worker_buffer_new_from_fd (open ("/dev/null", O_RDWR | O_CLOEXEC), &error));
  g_assert_nonnull (error);
}

/* The size of the memory cannot be changed under the other side. */
static void
test_sealed (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxWorkerBuffer) buffer = tbx_worker_buffer_new (NULL);

  g_assert_nonnull (buffer);
  g_assert_cmpint (ftruncate (tbx_worker_buffer_get_fd (buffer), 0), !=, 0);
  g_assert_cmpint (ftruncate (tbx_worker_buffer_get_fd (buffer), 1 << 24), !=, 0);
}

static void
test_attach (Fixture *f, gconstpointer data)
{
  g_auto(TbxControlPacket) packet;

  tbx_worker_attach (f->worker);
  hear (f, TBX_WORKER_ATTACH, &packet);
  f->buffer = tbx_worker_buffer_new_from_fd (packet.fd, NULL);
  packet.fd = -1;
  g_assert_nonnull (f->buffer);
  hear_settings (f);
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_HELLO, .hello = { TBX_WORKER_PROTOCOL, 1 } });
  say (f, program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  say (f, (TbxWorkerMessage) { .type = TBX_WORKER_STATE, .busy = TRUE });
  tbx_test_until (tbx_worker_get_busy (f->worker));
  ask (f, "x", FALSE);
  reply (f, hear_request (f, "x"), "1", 1);
  tbx_test_until (f->n_replies == 1);
  assert_reply (f, "OK 0 0 1", 9);
}

#define ADD(name, func) g_test_add ("/worker/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  ADD ("requests", test_requests);
  ADD ("queue", test_queue);
  ADD ("reply-outlives", test_reply_outlives);
  ADD ("largest", test_largest);
  ADD ("hang", test_hang);
  ADD ("hang-for-ever", test_hang_for_ever);
  ADD ("hang-with-program", test_hang_with_program);
  ADD ("just-in-time", test_just_in_time);
  ADD ("progress", test_progress);
  ADD ("programs", test_programs);
  ADD ("too-many-programs", test_too_many_programs);
  ADD ("denied", test_denied);
  ADD ("session-fails", test_session_fails);
  ADD ("login-hangs", test_login_hangs);
  ADD ("dies", test_dies);
  ADD ("violations", test_violations);
  ADD ("too-early", test_too_early);
  ADD ("bad-packets", test_bad_packets);
  ADD ("bad-buffer", test_bad_buffer);
  ADD ("sealed", test_sealed);
  ADD ("attach", test_attach);
  return g_test_run ();
}
