/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-peer-fixture.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
peer_say (PeerFixture *f, TbxWorkerMessage message)
{
  g_autoptr(GError) error = NULL;

  tbx_control_send (f->peer, &message, -1, &error);
  g_assert_no_error (error);
}

void
peer_hear (PeerFixture *f, TbxWorkerMessageType type, TbxControlPacket *packet)
{
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (tbx_control_receive (f->peer, TBX_WORKER_FROM_DAEMON, packet, &error), ==,
                   TBX_CONTROL_OK);
  g_assert_cmpint (packet->message.type, ==, type);
}

gboolean
peer_hears_nothing (PeerFixture *f)
{
  guint8 byte;

  return recv (f->peer, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void
peer_on_login (TbxWorker *worker, const TbxLoginVerdict *verdict, gpointer user_data)
{
  PeerFixture *f = user_data;

  f->n_verdicts++;
  f->verdict = *verdict;
}

static void
on_replied (guint32 code, int error_number, GBytes *reply, gpointer user_data)
{
  PeerFixture *f = user_data;

  f->n_replies++;
  f->code = code;
  f->error_number = error_number;
  g_clear_pointer (&f->reply, g_bytes_unref);
  f->reply = reply == NULL ? NULL : g_bytes_ref (reply);
}

static void
on_started (PeerFixture *f, const TbxWorkerProgram *program)
{
  f->n_started++;
}

static void
on_ended (PeerFixture *f, const TbxWorkerProgram *program)
{
  f->n_ended++;
  f->exit_code = program->exit_code;
}

void
peer_make_worker (PeerFixture *f, const TbxWorkerDeadlines *deadlines)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_assert_cmpint (fcntl (pair[0], F_SETFL, O_NONBLOCK), ==, 0);
  f->peer = pair[1];
  f->worker = tbx_worker_new (pair[0], tbx_worker_process_new_foreign (-1), deadlines);
  g_signal_connect_swapped (f->worker, "program-started", G_CALLBACK (on_started), f);
  g_signal_connect_swapped (f->worker, "program-ended", G_CALLBACK (on_ended), f);
}

void
peer_set_up (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 100, 400, 100, 200 };

  peer_make_worker (f, &deadlines);
}

void
peer_tear_down (PeerFixture *f, gconstpointer data)
{
  g_clear_pointer (&f->reply, g_bytes_unref);
  g_assert_finalize_object (f->worker);
  g_clear_pointer (&f->buffer, tbx_worker_buffer_unref);
  close (f->peer);
}

static void
say_account (PeerFixture *f, TbxWorkerMessageType type)
{
  peer_say (f, (TbxWorkerMessage) { .type = type,
                                    .login_result = { .uid = 1000, .gid = 100,
                                                      .name = "alice" } });
}

void
peer_answer_yes (PeerFixture *f)
{
  say_account (f, TBX_WORKER_LOGIN_RESULT);
}

void
peer_verify (PeerFixture *f)
{
  g_auto(TbxControlPacket) packet;

  tbx_worker_login (f->worker, FALSE, "Alice", TBX_WORKER_PROOF_PASSWORD, "s3cret", peer_on_login, f);
  peer_hear (f, TBX_WORKER_LOGIN, &packet);
  g_assert_cmpstr (packet.message.login.name, ==, "Alice");
  g_assert_cmpstr (packet.message.login.password, ==, "s3cret");
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_HELLO,
                                    .hello = { TBX_WORKER_PROTOCOL, 1 } });
  peer_answer_yes (f);
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_OK);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_VERIFIED);
  g_assert_cmpstr (tbx_worker_get_account (f->worker)->name, ==, "alice");
}

/* What is configured comes before all requests. */
void
peer_hear_settings (PeerFixture *f)
{
  g_auto(TbxControlPacket) packet;

  peer_hear (f, TBX_WORKER_SETTINGS, &packet);
  g_assert_cmpuint (packet.message.settings.stream_limit_bytes, ==, 16 * 1024 * 1024);
}

void
peer_open_session (PeerFixture *f)
{
  g_auto(TbxControlPacket) packet;
  g_autoptr(GError) error = NULL;

  peer_verify (f);
  tbx_worker_open (f->worker, peer_on_login, f);
  peer_hear (f, TBX_WORKER_CONTINUE, &packet);
  f->buffer = tbx_worker_buffer_new_from_fd (packet.fds[0], &error);
  g_assert_no_error (error);
  packet.fds[0] = -1;
  peer_hear_settings (f);
  say_account (f, TBX_WORKER_OPENED);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY });
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
}

void
peer_ask (PeerFixture *f, const char *body, gboolean binary)
{
  const TbxWorkerRequest request = { .opcode = 185, .body_size = (guint32) strlen (body) };

  tbx_worker_request (f->worker, &request, body, binary, on_replied, f);
}

/* Gives the id of the request that the worker is asked for. */
guint32
peer_hear_request (PeerFixture *f, const char *body)
{
  g_auto(TbxControlPacket) packet;

  peer_hear (f, TBX_WORKER_REQUEST, &packet);
  g_assert_cmpmem (tbx_worker_buffer_get_body (f->buffer), packet.message.request.body_size, body,
                   strlen (body));
  return packet.message.request.id;
}

void
peer_reply (PeerFixture *f, guint32 id, const char *payload, gsize size)
{
  memcpy (tbx_worker_buffer_get_payload (f->buffer), payload, size);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_REPLY,
                                    .reply = { id, 0, 0, (guint32) size } });
}

void
peer_assert_reply (PeerFixture *f, const char *expected, gsize size)
{
  g_assert_nonnull (f->reply);
  g_assert_cmpmem (g_bytes_get_data (f->reply, NULL), g_bytes_get_size (f->reply), expected, size);
}

TbxWorkerMessage
peer_program_message (TbxWorkerMessageType type, gint64 pid, gint64 end)
{
  return (TbxWorkerMessage) {
    .type = type, .program = { pid, 1, end, end == 0 ? 0 : 3, 0, "sleep", "sleep 1" },
  };
}
