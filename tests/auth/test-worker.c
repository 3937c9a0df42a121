/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logins and requests as a worker that keeps to the protocol has them, and their times. */
#include "tbx-peer-fixture.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
test_requests (PeerFixture *f, gconstpointer data)
{
  peer_open_session (f);
  peer_ask (f, "one", FALSE);
  g_assert_true (tbx_worker_get_busy (f->worker));
  peer_reply (f, peer_hear_request (f, "one"), "4711", 4);
  tbx_test_until (f->n_replies == 1);
  peer_assert_reply (f, "OK 0 0 4711", 12);
  g_clear_pointer (&f->reply, g_bytes_unref);
  g_assert_false (tbx_worker_get_busy (f->worker));

  peer_ask (f, "two", TRUE);
  peer_reply (f, peer_hear_request (f, "two"), "a\0b", 3);
  tbx_test_until (f->n_replies == 2);
  peer_assert_reply (f, "OK 0 0 #a\0b", 11);
  g_clear_pointer (&f->reply, g_bytes_unref);

  peer_ask (f, "", FALSE);   /* a text ends at its first NUL */
  peer_reply (f, peer_hear_request (f, ""), "a\0b", 3);
  tbx_test_until (f->n_replies == 3);
  peer_assert_reply (f, "OK 0 0 a", 9);
  g_clear_pointer (&f->reply, g_bytes_unref);

  peer_ask (f, "bad", FALSE);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_REPLY,
                               .reply = { peer_hear_request (f, "bad"), 13, EACCES, 0 } });
  tbx_test_until (f->n_replies == 4);
  g_assert_cmpuint (f->code, ==, 13);
  g_assert_cmpint (f->error_number, ==, EACCES);
  g_assert_null (f->reply);
}

/* The next request waits until the reply before it is not needed any more: both are in
 * the same memory. */
static void
test_queue (PeerFixture *f, gconstpointer data)
{
  guint32 id;

  peer_open_session (f);
  peer_ask (f, "first", FALSE);
  peer_ask (f, "second", FALSE);
  id = peer_hear_request (f, "first");
  g_assert_true (peer_hears_nothing (f));
  peer_reply (f, id, "1", 1);
  tbx_test_until (f->n_replies == 1);
  g_assert_true (peer_hears_nothing (f));
  peer_assert_reply (f, "OK 0 0 1", 9);
  g_clear_pointer (&f->reply, g_bytes_unref);
  peer_reply (f, peer_hear_request (f, "second"), "2", 1);
  tbx_test_until (f->n_replies == 2);
  peer_assert_reply (f, "OK 0 0 2", 9);
}

/* A reply outlives its worker. */
static void
test_reply_outlives (PeerFixture *f, gconstpointer data)
{
  peer_open_session (f);
  peer_ask (f, "x", FALSE);
  peer_reply (f, peer_hear_request (f, "x"), "yes", 3);
  tbx_test_until (f->n_replies == 1);
  tbx_worker_kill (f->worker);
  peer_assert_reply (f, "OK 0 0 yes", 11);
}

static void
test_largest (PeerFixture *f, gconstpointer data)
{
  g_autofree char *payload = g_strnfill (TBX_VIX_PAYLOAD_MAX_BYTES, 'x');
  g_autofree char *body = g_strnfill (TBX_WORKER_BODY_MAX_BYTES, 'b');
  guint32 id;

  peer_open_session (f);
  peer_ask (f, body, FALSE);
  id = peer_hear_request (f, body);
  peer_reply (f, id, payload, TBX_VIX_PAYLOAD_MAX_BYTES);
  tbx_test_until (f->n_replies == 1);
  g_assert_cmpuint (g_bytes_get_size (f->reply), ==, 7 + TBX_VIX_PAYLOAD_MAX_BYTES + 1);
}

static void
test_hang (PeerFixture *f, gconstpointer data)
{
  guint32 id;

  peer_open_session (f);
  peer_ask (f, "first", FALSE);
  peer_ask (f, "second", FALSE);
  id = peer_hear_request (f, "first");
  tbx_test_until (f->n_replies == 2);
  g_assert_cmpuint (f->code, ==, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->error_number, ==, ETIMEDOUT);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_ABANDONED);
  peer_ask (f, "third", FALSE);   /* nothing is sent there meanwhile */
  g_assert_cmpuint (f->n_replies, ==, 3);
  g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);

  peer_reply (f, id, "late", 4);   /* goes nowhere, but shows that it is back */
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_SERVING);
  g_assert_cmpuint (f->n_replies, ==, 3);
  peer_ask (f, "fourth", FALSE);
  peer_reply (f, peer_hear_request (f, "fourth"), "4", 1);
  tbx_test_until (f->n_replies == 4);
  peer_assert_reply (f, "OK 0 0 4", 9);
}

static void
test_hang_for_ever (PeerFixture *f, gconstpointer data)
{
  peer_open_session (f);
  peer_ask (f, "x", FALSE);
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_GONE);
  g_assert_cmpuint (f->n_replies, ==, 1);
  g_assert_cmpint (f->error_number, ==, ETIMEDOUT);
}

/* What runs keeps its parent, even one that hangs. */
static void
test_hang_with_program (PeerFixture *f, gconstpointer data)
{
  gint64 end_us;

  peer_open_session (f);
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  peer_ask (f, "x", FALSE);
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
test_just_in_time (PeerFixture *f, gconstpointer data)
{
  peer_open_session (f);
  peer_ask (f, "x", FALSE);
  peer_reply (f, peer_hear_request (f, "x"), "1", 1);
  g_usleep (150 * 1000);
  tbx_test_until (f->n_replies == 1);
  peer_assert_reply (f, "OK 0 0 1", 9);
  tbx_test_settle ();
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
}

/* Progress gives time, but not for ever. */
static void
test_progress (PeerFixture *f, gconstpointer data)
{
  gint64 start_us = g_get_monotonic_time ();
  guint32 id;

  peer_open_session (f);
  peer_ask (f, "x", FALSE);
  id = peer_hear_request (f, "x");
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_PROGRESS, .progress_id = id });
  tbx_test_until (f->n_replies == 1);
  g_assert_cmpint (f->error_number, ==, ETIMEDOUT);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 400 * 1000);
}

static void
test_denied (PeerFixture *f, gconstpointer data)
{
  tbx_worker_login (f->worker, FALSE, "alice", TBX_WORKER_PROOF_PASSWORD, "wrong", peer_on_login, f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_LOGIN_RESULT,
                               .login_result = { TBX_WORKER_VERDICT_DENIED,
                                                 TBX_WORKER_STEP_AUTHENTICATE, 7, .name = "" } });
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  g_assert_cmpint (f->verdict.step, ==, TBX_WORKER_STEP_AUTHENTICATE);
  g_assert_cmpint (f->verdict.pam_code, ==, 7);
}

static void
test_session_fails (PeerFixture *f, gconstpointer data)
{
  peer_verify (f);
  tbx_worker_open (f->worker, peer_on_login, f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY,
                               .ready = { TBX_WORKER_VERDICT_FAILED, TBX_WORKER_STEP_BECOME_USER,
                                          0 } });
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FAIL);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

/* What it said last counts, also when it did not listen to the end. */
static void
test_session_fails_unheard (PeerFixture *f, gconstpointer data)
{
  peer_verify (f);
  tbx_worker_open (f->worker, peer_on_login, f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY,
                                    .ready = { TBX_WORKER_VERDICT_DENIED,
                                               TBX_WORKER_STEP_OPEN_SESSION, 14 } });
  close (f->peer);   /* with CONTINUE unread */
  f->peer = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  g_assert_cmpint (f->verdict.step, ==, TBX_WORKER_STEP_OPEN_SESSION);
}

/* Likewise when it ended before it was told something. */
static void
test_session_fails_early (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerSettings settings = TBX_WORKER_SETTINGS_DEFAULT;

  peer_verify (f);
  tbx_worker_open (f->worker, peer_on_login, f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY,
                                    .ready = { TBX_WORKER_VERDICT_DENIED,
                                               TBX_WORKER_STEP_OPEN_SESSION, 14 } });
  close (f->peer);
  f->peer = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  tbx_worker_set_settings (f->worker, &settings);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_OPENING);
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
}

/* Not even a yes is believed from who did not say whose it is, or says so twice. */
static void
test_never_opened (PeerFixture *f, gconstpointer data)
{
  peer_verify (f);
  tbx_worker_open (f->worker, peer_on_login, f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_READY });
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FAIL);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

static void
test_opened_twice (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerMessage opened = {
    .type = TBX_WORKER_OPENED, .login_result = { .uid = 1000, .gid = 100, .name = "alice" },
  };

  peer_verify (f);
  tbx_worker_open (f->worker, peer_on_login, f);
  peer_say (f, opened);
  peer_say (f, opened);
  tbx_test_until (f->n_verdicts == 2);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FAIL);
}

static void
test_login_hangs (PeerFixture *f, gconstpointer data)
{
  tbx_worker_login (f->worker, FALSE, "alice", TBX_WORKER_PROOF_PASSWORD, "p", peer_on_login, f);
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->verdict.error_number, ==, ETIMEDOUT);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

static void
test_dies (PeerFixture *f, gconstpointer data)
{
  peer_open_session (f);
  peer_ask (f, "first", FALSE);
  peer_ask (f, "second", FALSE);
  close (f->peer);
  f->peer = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  tbx_test_until (f->n_replies == 2);
  g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
}

#define ADD(name, func) \
  g_test_add ("/worker/" name, PeerFixture, NULL, peer_set_up, func, peer_tear_down)

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
  ADD ("denied", test_denied);
  ADD ("session-fails", test_session_fails);
  ADD ("session-fails-unheard", test_session_fails_unheard);
  ADD ("session-fails-early", test_session_fails_early);
  ADD ("never-opened", test_never_opened);
  ADD ("opened-twice", test_opened_twice);
  ADD ("login-hangs", test_login_hangs);
  ADD ("dies", test_dies);
  return g_test_run ();
}
