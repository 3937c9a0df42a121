/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker says of its own accord: of programs, and what no worker may say. */
#include "tbx-peer-fixture.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_programs (PeerFixture *f, gconstpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  GList *programs;

  peer_open_session (f);
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, 8, 0));
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_ENDED, 7, now));
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_ENDED, 9, now - 301));
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_STATE, .busy = TRUE });
  tbx_test_until (tbx_worker_get_busy (f->worker));
  g_assert_cmpuint (f->n_started, ==, 2);
  g_assert_cmpuint (f->n_ended, ==, 2);
  programs = tbx_worker_get_programs (f->worker);
  g_assert_cmpuint (g_list_length (programs), ==, 2);
  g_list_free (programs);
}

/* A worker that tells of ever more programs does not fill our memory. */
static void
test_too_many_programs (PeerFixture *f, gconstpointer data)
{
  peer_open_session (f);
  for (gint64 pid = 1; pid <= 5000 && tbx_worker_get_stage (f->worker) != TBX_WORKER_GONE; pid++)
    {
      const TbxWorkerMessage message = peer_program_message (TBX_WORKER_PROGRAM_STARTED, pid, 0);

      tbx_control_send (f->peer, &message, -1, NULL);
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
  g_assert_cmpuint (f->n_started, ==, 4096);
}

/* What the user's half may not say: each ends it, and whoever waits is told. */
static void
test_violations (PeerFixture *f, gconstpointer data)
{
  static const TbxWorkerMessage messages[] = {
    { .type = TBX_WORKER_LOGIN_RESULT, .login_result = { .uid = 0, .gid = 0, .name = "root" } },
    { .type = TBX_WORKER_OPENED, .login_result = { .uid = 0, .gid = 0, .name = "root" } },
    { .type = TBX_WORKER_READY },
    { .type = TBX_WORKER_HELLO, .hello = { TBX_WORKER_PROTOCOL + 1, 1 } },
    { .type = TBX_WORKER_REPLY, .reply = { 99, 0, 0, 0 } },
    { .type = TBX_WORKER_REPLY, .reply = { 1, 0, 0, TBX_VIX_PAYLOAD_MAX_BYTES + 1 } },
    { .type = TBX_WORKER_REPLY, .reply = { 1, 0, 0, G_MAXUINT32 } },
    { .type = TBX_WORKER_PROGRESS, .progress_id = 99 },
  };

  peer_tear_down (f, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      const TbxWorkerDeadlines deadlines = { 60000, 60000, 60000, 60000 };

      g_test_message ("%" G_GSIZE_FORMAT, i);
      *f = (PeerFixture) { 0 };
      peer_make_worker (f, &deadlines);
      peer_open_session (f);
      peer_ask (f, "x", FALSE);
      peer_hear_request (f, "x");
      peer_say (f, messages[i]);
      tbx_test_until (f->n_replies == 1);
      g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);
      g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
      g_assert_cmpuint (tbx_worker_get_account (f->worker)->uid, ==, 1000);
      if (i + 1 < G_N_ELEMENTS (messages))
        peer_tear_down (f, NULL);
    }
}

/* Nothing that belongs to a user is believed before there is one. */
static void
test_too_early (PeerFixture *f, gconstpointer data)
{
  tbx_worker_login (f->worker, FALSE, "alice", TBX_WORKER_PROOF_PASSWORD, "p", peer_on_login, f);
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  tbx_test_until (f->n_verdicts == 1);
  g_assert_cmpint (f->verdict.code, ==, TBX_VIX_FAIL);
  g_assert_cmpuint (f->n_started, ==, 0);
}

/* Packets that are no messages, and descriptors where none belong. */
static void
test_bad_packets (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerMessage state = { .type = TBX_WORKER_STATE };
  g_autofree guint8 *large = g_malloc0 (TBX_WORKER_MESSAGE_MAX_BYTES + 1);

  peer_tear_down (f, NULL);
  for (guint i = 0; i < 4; i++)
    {
      const TbxWorkerDeadlines deadlines = { 60000, 60000, 60000, 60000 };

      g_test_message ("%u", i);
      *f = (PeerFixture) { 0 };
      peer_make_worker (f, &deadlines);
      peer_open_session (f);
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
        peer_tear_down (f, NULL);
    }
}

static void
on_asked (TbxAsk *ask, gpointer user_data)
{
  g_ptr_array_add (user_data, ask);
}

static TbxWorkerMessage
ask_message (guint32 id)
{
  return (TbxWorkerMessage) { .type = TBX_WORKER_FILE_OPEN,
                              .file = { id, "echo", "/x", "", FALSE } };
}

static void
peer_hear_done (PeerFixture *f, guint32 id, int error_number)
{
  g_auto(TbxControlPacket) packet;

  peer_hear (f, TBX_WORKER_ASK_DONE, &packet);
  g_assert_cmpuint (packet.message.done.id, ==, id);
  g_assert_cmpint (packet.message.done.error_number, ==, error_number);
}

/* What it asks for is answered, by its number, in any order. */
static void
test_asks (PeerFixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();
  g_auto(TbxControlPacket) packet;
  int ends[2];

  tbx_worker_set_asked (f->worker, on_asked, asked);
  peer_open_session (f);
  peer_say (f, ask_message (5));
  peer_say (f, ask_message (6));
  tbx_test_until (asked->len == 2);
  g_assert_cmpstr (tbx_ask_get_message (asked->pdata[1])->file.scheme, ==, "echo");
  g_assert_true (tbx_ask_is_awaited (asked->pdata[0]));
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  tbx_ask_done (asked->pdata[1], EACCES);
  peer_hear_done (f, 6, EACCES);
  tbx_ask_opened (asked->pdata[0], ends[0]);
  peer_hear (f, TBX_WORKER_FILE_OPENED, &packet);
  g_assert_cmpuint (packet.message.opened_id, ==, 5);
  g_assert_cmpint (packet.fds[0], >=, 0);
  g_assert_cmpint (packet.fds[1], ==, -1);
  close (ends[1]);
}

/* More than it may ask for at a time is refused, and costs nobody anything. */
static void
test_too_many_asks (PeerFixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();

  tbx_worker_set_asked (f->worker, on_asked, asked);
  peer_open_session (f);
  for (guint32 id = 1; id <= TBX_WORKER_ASKS_MAX + 1; id++)
    peer_say (f, ask_message (id));
  tbx_test_until (!peer_hears_nothing (f));
  peer_hear_done (f, TBX_WORKER_ASKS_MAX + 1, EBUSY);
  g_assert_cmpuint (asked->len, ==, TBX_WORKER_ASKS_MAX);
  tbx_ask_done (g_ptr_array_remove_index (asked, 3), ENOENT);
  peer_hear_done (f, 4, ENOENT);
  peer_say (f, ask_message (99));
  tbx_test_until (asked->len == TBX_WORKER_ASKS_MAX);
  while (asked->len > 0)
    tbx_ask_done (g_ptr_array_remove_index (asked, 0), EIO);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
}

/* Two of one number cannot be told apart. */
static void
test_ask_twice (PeerFixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();

  tbx_worker_set_asked (f->worker, on_asked, asked);
  peer_open_session (f);
  peer_say (f, ask_message (1));
  peer_say (f, ask_message (1));
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_GONE);
  g_assert_cmpuint (asked->len, ==, 1);
  g_assert_false (tbx_ask_is_awaited (asked->pdata[0]));
  tbx_ask_done (asked->pdata[0], 0);
}

/* An answer to one that has left is dropped, its descriptor closed. */
static void
test_ask_of_a_gone_one (PeerFixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();
  const TbxWorkerMessage start = { .type = TBX_WORKER_PROGRAM_START,
                                   .start = { 2, "upper", "", "", "A=1", 4 } };
  int ends[2], program[2];
  int fds[3];
  g_auto(TbxWriter) w = { 0 };

  tbx_worker_set_asked (f->worker, on_asked, asked);
  peer_open_session (f);
  peer_say (f, ask_message (1));
  g_assert_cmpint (pipe2 (program, O_CLOEXEC), ==, 0);
  fds[0] = fds[1] = fds[2] = program[1];
  g_assert_true (tbx_control_encode (&start, &w, NULL));
  g_assert_cmpint (tbx_control_send_packet (f->peer, w.out->data, w.out->len, fds, 3), ==, 0);
  close (program[1]);
  tbx_test_until (asked->len == 2);
  g_assert_cmpstr (tbx_ask_get_message (asked->pdata[1])->start.environment, ==, "A=1");
  tbx_worker_kill (f->worker);
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC | O_NONBLOCK), ==, 0);
  tbx_ask_opened (asked->pdata[0], ends[1]);
  g_assert_cmpint (read (ends[0], &fds, 1), ==, 0);
  tbx_ask_runs (asked->pdata[1], TBX_WORKER_FIRST_AGENT_PID, 1);
  g_assert_cmpint (read (program[0], &fds, 1), ==, 0);
  close (ends[0]);
  close (program[0]);
}

/* What it asked the daemon before, we do not answer. */
static void
test_ask_of_another_daemon (PeerFixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();
  TbxWorkerNames names = { 0, 1, (const guint8 *) "\x01\0" "a", 4 };
  g_autoptr(GBytes) list = g_bytes_new_static (names.list, names.list_size);
  g_auto(TbxControlPacket) attach, settings, heard;
  const char *name;
  gsize pos = 0;

  tbx_worker_set_asked (f->worker, on_asked, asked);
  tbx_worker_set_names (f->worker, &names, list);
  tbx_worker_attach (f->worker);
  peer_say (f, ask_message (1));
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_HELLO,
                                    .hello = { TBX_WORKER_PROTOCOL, 1 } });
  peer_say (f, ask_message (1));
  tbx_test_until (asked->len == 1);
  tbx_ask_done (asked->pdata[0], ENOENT);
  peer_hear (f, TBX_WORKER_ATTACH, &attach);
  peer_hear (f, TBX_WORKER_SETTINGS, &settings);
  peer_hear (f, TBX_WORKER_NAMES, &heard);
  g_assert_true (tbx_worker_names_next (&heard.message.names, &pos, &name));
  g_assert_cmpstr (name, ==, "a");
  peer_hear_done (f, 1, ENOENT);
}

/* What the daemon sees the end of has ended, whatever the worker says or does. */
static void
test_agents_program (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerProgramExited exited = { TBX_WORKER_FIRST_AGENT_PID,
                                          g_get_real_time () / G_USEC_PER_SEC, 9, 0 };
  g_auto(TbxControlPacket) packet;
  GList *programs;

  peer_open_session (f);
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, TBX_WORKER_FIRST_AGENT_PID, 0));
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, TBX_WORKER_FIRST_AGENT_PID + 1, 0));
  tbx_test_until (f->n_started == 2);
  tbx_worker_program_exited (f->worker, &exited);
  peer_hear (f, TBX_WORKER_PROGRAM_EXITED, &packet);
  g_assert_cmpint (packet.message.exited.exit_code, ==, 9);
  tbx_worker_kill (f->worker);
  g_assert_cmpuint (f->n_ended, ==, 0);   /* the other one runs on */
  programs = tbx_worker_get_programs (f->worker);
  g_assert_cmpuint (g_list_length (programs), ==, 2);
  for (GList *each = programs; each != NULL; each = each->next)
    {
      const TbxWorkerProgram *program = each->data;

      g_assert_cmpint (program->end != 0, ==, program->pid == TBX_WORKER_FIRST_AGENT_PID);
    }
  g_list_free (programs);
}

/* One that hangs is not told of each change, but of the last when it is back. */
static void
test_names_of_one_that_hangs (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerNames first = { 0, 1, (const guint8 *) "\x01\0" "a", 4 };
  const TbxWorkerNames last = { 1, 0, (const guint8 *) "\x01\0" "b", 4 };
  g_autoptr(GBytes) list = g_bytes_new_static (first.list, first.list_size);
  g_autoptr(GBytes) last_list = g_bytes_new_static (last.list, last.list_size);
  g_auto(TbxControlPacket) packet;
  const char *name;
  gsize pos = 0;
  guint32 id;

  peer_open_session (f);
  peer_ask (f, "x", FALSE);
  id = peer_hear_request (f, "x");
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_ABANDONED);
  tbx_worker_set_names (f->worker, &first, list);
  tbx_worker_set_names (f->worker, &last, last_list);
  g_assert_true (peer_hears_nothing (f));
  peer_reply (f, id, "y", 1);
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_SERVING);
  peer_hear (f, TBX_WORKER_NAMES, &packet);
  g_assert_true (tbx_worker_names_next (&packet.message.names, &pos, &name));
  g_assert_cmpstr (name, ==, "b");
  g_assert_true (peer_hears_nothing (f));
}

/* The worker's side is as careful: a message without its buffer, and no real buffer. */
static void
test_bad_buffer (PeerFixture *f, gconstpointer data)
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
test_sealed (PeerFixture *f, gconstpointer data)
{
  g_autoptr(TbxWorkerBuffer) buffer = tbx_worker_buffer_new (NULL);

  g_assert_nonnull (buffer);
  g_assert_cmpint (ftruncate (tbx_worker_buffer_get_fd (buffer), 0), !=, 0);
  g_assert_cmpint (ftruncate (tbx_worker_buffer_get_fd (buffer), 1 << 24), !=, 0);
}

static void
test_attach (PeerFixture *f, gconstpointer data)
{
  g_auto(TbxControlPacket) packet;

  tbx_worker_attach (f->worker);
  peer_hear (f, TBX_WORKER_ATTACH, &packet);
  f->buffer = tbx_worker_buffer_new_from_fd (packet.fds[0], NULL);
  packet.fds[0] = -1;
  g_assert_nonnull (f->buffer);
  peer_hear_settings (f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_HELLO,
                                    .hello = { TBX_WORKER_PROTOCOL, 1 } });
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_STATE, .busy = TRUE });
  tbx_test_until (tbx_worker_get_busy (f->worker));
  peer_ask (f, "x", FALSE);
  peer_reply (f, peer_hear_request (f, "x"), "1", 1);
  tbx_test_until (f->n_replies == 1);
  peer_assert_reply (f, "OK 0 0 1", 9);
}

/* What was meant for a daemon that is gone, and is in the socket still, is no fault: not
 * even where it has the number of a request of ours. */
static void
test_attach_leftovers (PeerFixture *f, gconstpointer data)
{
  g_auto(TbxControlPacket) packet;
  guint32 id;

  for (guint32 i = 0; i < 3; i++)
    {
      peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_PROGRESS, .progress_id = i });
      peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_REPLY, .reply = { i, 0, 0, 70000 } });
    }
  peer_say (f, peer_program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0));
  tbx_worker_attach (f->worker);
  peer_ask (f, "x", FALSE);
  tbx_test_until (f->n_started == 1);
  g_assert_cmpuint (f->n_replies, ==, 0);
  peer_hear (f, TBX_WORKER_ATTACH, &packet);
  f->buffer = tbx_worker_buffer_new_from_fd (packet.fds[0], NULL);
  packet.fds[0] = -1;
  peer_hear_settings (f);
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_HELLO,
                                    .hello = { TBX_WORKER_PROTOCOL, 1 } });
  id = peer_hear_request (f, "x");
  peer_reply (f, id, "1", 1);
  tbx_test_until (f->n_replies == 1);
  peer_assert_reply (f, "OK 0 0 1", 9);
  /* From here on one word out of turn ends it. */
  peer_say (f, (TbxWorkerMessage) { .type = TBX_WORKER_PROGRESS, .progress_id = id });
  tbx_test_until (tbx_worker_get_stage (f->worker) == TBX_WORKER_GONE);
}

#define N_ADOPTED 1024

/* A worker that does not read for a while is told all the same, and in order; the
 * descriptor and the requests that go with it, too. */
static void
test_adopt_many (PeerFixture *f, gconstpointer data)
{
  g_autofree char *line = g_strnfill (TBX_WORKER_COMMAND_LINE_MAX_BYTES, 'x');
  g_autoptr(GList) programs = NULL;

  peer_open_session (f);
  for (gint64 i = 1; i <= N_ADOPTED; i++)
    {
      const TbxWorkerProgram program = { .pid = i, .start = 1, .command = "sleep",
                                         .command_line = line };

      tbx_worker_adopt (f->worker, &program);
    }
  peer_ask (f, "x", FALSE);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
  programs = tbx_worker_get_programs (f->worker);
  g_assert_cmpuint (g_list_length (programs), ==, N_ADOPTED);
  for (gint64 i = 1; i <= N_ADOPTED; i++)
    {
      g_auto(TbxControlPacket) packet;

      tbx_test_until (!peer_hears_nothing (f));
      peer_hear (f, TBX_WORKER_ADOPT, &packet);
      g_assert_cmpint (packet.message.program.pid, ==, i);
      g_assert_cmpstr (packet.message.program.command_line, ==, line);
    }
  tbx_test_until (!peer_hears_nothing (f));
  peer_reply (f, peer_hear_request (f, "x"), "1", 1);
  tbx_test_until (f->n_replies == 1);
}

/* What waits for a worker that never reads has an end. */
static void
test_adopt_without_end (PeerFixture *f, gconstpointer data)
{
  g_autofree char *line = g_strnfill (TBX_WORKER_COMMAND_LINE_MAX_BYTES, 'x');
  gsize n_bytes = 0;

  peer_open_session (f);
  for (gint64 i = 1; i <= 4000; i++)
    {
      const TbxWorkerProgram program = { .pid = i, .start = 1, .command = "sleep",
                                         .command_line = line };

      tbx_worker_adopt (f->worker, &program);
    }
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
  for (;;)
    {
      g_auto(TbxControlPacket) packet;

      tbx_test_settle ();
      if (peer_hears_nothing (f))
        break;
      peer_hear (f, TBX_WORKER_ADOPT, &packet);
      n_bytes += packet.size;
    }
  g_assert_cmpuint (n_bytes, >, 8 * 1024 * 1024);
  g_assert_cmpuint (n_bytes, <, 13 * 1024 * 1024);
}

static guint n_warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  n_warnings += (level & G_LOG_LEVEL_WARNING) != 0;
  return g_log_writer_default (level, fields, n_fields, data);
}

static void
on_run_done (TbxWorker *worker, const char *request, guint *n)
{
  (*n)++;
}

/* Says it over and over, until the daemon has enough; gives how often. */
static guint
flood (PeerFixture *f, TbxWorkerMessage message, guint most)
{
  guint n = 0;

  for (; n < most && tbx_worker_get_stage (f->worker) != TBX_WORKER_GONE; n++)
    {
      tbx_control_send (f->peer, &message, -1, NULL);
      g_main_context_iteration (NULL, FALSE);
    }
  tbx_test_settle ();
  return n;
}

/* The host is not kept at work by what one user's worker says, and the worker is none the
 * worse for it: a thousand programs may really end at once. */
static void
test_run_done_flood (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_RUN_DONE,
                                     .run_done = "Run_Program_Done x 0 0 0 1" };
  guint n = 0;

  peer_open_session (f);
  g_signal_connect (f->worker, "run-done", G_CALLBACK (on_run_done), &n);
  n_warnings = 0;
  flood (f, message, 1500);
  g_assert_cmpuint (n_warnings, ==, 1);
  g_assert_cmpuint (n, >=, 1024);
  g_assert_cmpuint (n, <, 1200);
  g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_SERVING);
  peer_ask (f, "x", FALSE);
  peer_reply (f, peer_hear_request (f, "x"), "1", 1);
  tbx_test_until (f->n_replies == 1);
}

/* One that talks without end is ended, whatever it talks about; who waits is told. */
static void
test_floods (PeerFixture *f, gconstpointer data)
{
  const TbxWorkerMessage messages[] = {
    { .type = TBX_WORKER_STATE, .busy = TRUE },
    peer_program_message (TBX_WORKER_PROGRAM_STARTED, 7, 0),
    { .type = TBX_WORKER_PROGRESS, .progress_id = 1 },
    { .type = TBX_WORKER_HELLO, .hello = { TBX_WORKER_PROTOCOL, 1 } },
  };

  peer_tear_down (f, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      const TbxWorkerDeadlines deadlines = { 60000, 60000, 60000, 60000 };
      guint n;

      *f = (PeerFixture) { 0 };
      peer_make_worker (f, &deadlines);
      peer_open_session (f);
      peer_ask (f, "x", FALSE);
      n = flood (f, messages[i], 100000);
      g_test_message ("%u", n);
      g_assert_cmpint (tbx_worker_get_stage (f->worker), ==, TBX_WORKER_GONE);
      g_assert_cmpuint (n, >, 10000);   /* programs are many, at times */
      g_assert_cmpuint (f->n_replies, ==, 1);
      g_assert_cmpuint (f->code, ==, TBX_VIX_FAIL);
      if (i + 1 < G_N_ELEMENTS (messages))
        peer_tear_down (f, NULL);
    }
}

#define ADD(name, func) \
  g_test_add ("/worker-peer/" name, PeerFixture, NULL, peer_set_up, func, peer_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  ADD ("programs", test_programs);
  ADD ("too-many-programs", test_too_many_programs);
  ADD ("violations", test_violations);
  ADD ("too-early", test_too_early);
  ADD ("bad-packets", test_bad_packets);
  ADD ("agents-program", test_agents_program);
  ADD ("names-of-one-that-hangs", test_names_of_one_that_hangs);
  ADD ("asks", test_asks);
  ADD ("too-many-asks", test_too_many_asks);
  ADD ("ask-twice", test_ask_twice);
  ADD ("ask-of-a-gone-one", test_ask_of_a_gone_one);
  ADD ("ask-of-another-daemon", test_ask_of_another_daemon);
  ADD ("bad-buffer", test_bad_buffer);
  ADD ("sealed", test_sealed);
  ADD ("run-done-flood", test_run_done_flood);
  ADD ("floods", test_floods);
  ADD ("attach", test_attach);
  ADD ("attach-leftovers", test_attach_leftovers);
  ADD ("adopt-many", test_adopt_many);
  ADD ("adopt-without-end", test_adopt_without_end);
  return g_test_run ();
}
