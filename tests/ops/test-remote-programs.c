/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that clients on the bus run, with the daemon in the hands of the test. */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PID 4194400

/* What the daemon is asked, and what it does at once. */
typedef struct
{
  OpsFixture ops;
  guint      n_asked;
  guint32    id;
  TbxWorkerMessageType type;
  GString   *environment;
  int        stdout_fd;   /* of the program, or -1 */
  int        refuses;     /* an errno that answers, or 0 */
  gboolean   ends;        /* programs end when they are to */
} Fixture;

static void
answer (Fixture *f, const TbxWorkerMessage *message)
{
  tbx_remote_take_answer (tbx_ops_get_remote (f->ops.ops), message, -1);
}

static void
say_exited (Fixture *f, int exit_code, int number)
{
  const TbxWorkerProgramExited exited = { PID, g_get_real_time () / G_USEC_PER_SEC, exit_code,
                                          number };

  tbx_ops_program_exited (f->ops.ops, &exited);
}

static gboolean
on_answer_due (gpointer user_data)
{
  Fixture *f = user_data;
  TbxWorkerMessage message = { .type = TBX_WORKER_ASK_DONE, .done = { f->id, f->refuses } };

  if (f->type == TBX_WORKER_PROGRAM_START && f->refuses == 0)
    message = (TbxWorkerMessage) { .type = TBX_WORKER_PROGRAM_RUNS, .runs = { f->id, PID, 1700 } };
  answer (f, &message);
  if (f->type == TBX_WORKER_PROGRAM_END && f->ends)
    say_exited (f, 143, 0);
  return G_SOURCE_REMOVE;
}

static int
on_say (const TbxWorkerMessage *message, const int *fds, guint n_fds, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_asked++;
  f->type = message->type;
  f->id = message->type == TBX_WORKER_PROGRAM_START ? message->start.id : message->end.id;
  if (message->type == TBX_WORKER_PROGRAM_START)
    {
      g_assert_cmpuint (n_fds, ==, 3);
      g_assert_cmpstr (message->start.name, ==, "agent");
      g_string_append_len (f->environment, message->start.environment,
                           message->start.environment_size);
      f->stdout_fd = dup (fds[1]);
    }
  g_idle_add (on_answer_due, f);
  return 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerNames names = { 0, 1, (const guint8 *) "\x05\0agent", 8 };

  ops_fixture_set_up (&f->ops, data);
  f->environment = g_string_new (NULL);
  f->stdout_fd = -1;
  tbx_remote_set_names (tbx_ops_get_remote (f->ops.ops), &names);
  tbx_remote_set_say (tbx_ops_get_remote (f->ops.ops), on_say, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->stdout_fd >= 0)
    close (f->stdout_fd);
  g_string_free (f->environment, TRUE);
  ops_fixture_tear_down (&f->ops, data);
}

static TbxVixCode
start (Fixture *f, const char *program)
{
  static const char *const environment[] = { "A=1", "B=\xff", NULL };
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  TbxVixRequest request = ops_request (TBX_VIX_START_PROGRAM);

  request.start_program.program = program;
  request.start_program.arguments = "x";
  request.start_program.working_dir = "/nowhere";
  tbx_vix_strings_init (&request.start_program.environment, environment, storage);
  ops_fixture_run (&f->ops, &request);
  return f->ops.code;
}

static TbxVixCode
terminate (Fixture *f, gint64 pid)
{
  TbxVixRequest request = ops_request (TBX_VIX_TERMINATE_PROCESS);

  request.terminate_process.pid = pid;
  ops_fixture_run (&f->ops, &request);
  return f->ops.code;
}

static const OpsEnded *
last_end (Fixture *f)
{
  return g_ptr_array_index (f->ops.ended, f->ops.ended->len - 1);
}

static void
test_start (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (start (f, "agent"), ==, TBX_VIX_OK);
  g_assert_cmpstr (f->ops.payload, ==, G_STRINGIFY (PID));
  g_assert_cmpmem (f->environment->str, f->environment->len, "A=1\0B=\xef\xbf\xbd", 10);
  g_assert_cmpuint (f->ops.started, ==, 1);
  g_assert_true (tbx_ops_get_busy (f->ops.ops));
  say_exited (f, 42, 0);
  say_exited (f, 1, 0);   /* it has ended */
  g_assert_cmpuint (f->ops.ended->len, ==, 1);
  g_assert_cmpint (last_end (f)->pid, ==, PID);
  g_assert_cmpint (last_end (f)->exit_code, ==, 42);
}

/* A path is one of the disk; what is not registered is looked for there too. */
static void
test_names (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (start (f, "/agent"), ==, TBX_VIX_FILE_NOT_FOUND);
  g_assert_cmpint (start (f, "no-agent"), ==, TBX_VIX_FILE_NOT_FOUND);
  g_assert_cmpuint (f->n_asked, ==, 0);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  static const struct { int error_number; TbxVixCode code; } rows[] = {
    { EACCES, TBX_VIX_GUEST_USER_PERMISSIONS },
    { ENOENT, TBX_VIX_FILE_NOT_FOUND },
    { EIO, TBX_VIX_PROGRAM_NOT_STARTED },
    { -1, TBX_VIX_PROGRAM_NOT_STARTED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      f->refuses = rows[i].error_number;
      g_assert_cmpint (start (f, "agent"), ==, rows[i].code);
      close (f->stdout_fd);
      f->stdout_fd = -1;
    }
  g_assert_cmpuint (f->ops.started, ==, 0);
  g_assert_false (tbx_ops_get_busy (f->ops.ops));
}

static void
test_terminate (Fixture *f, gconstpointer data)
{
  gint64 start_us;

  g_assert_cmpint (terminate (f, PID), ==, TBX_VIX_NO_SUCH_PROCESS);   /* not ours */
  start (f, "agent");
  start_us = g_get_monotonic_time ();
  g_assert_cmpint (terminate (f, PID), ==, TBX_VIX_OK);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900000);
  g_assert_cmpuint (f->ops.ended->len, ==, 0);
  f->ends = TRUE;
  start_us = g_get_monotonic_time ();
  g_assert_cmpint (terminate (f, PID), ==, TBX_VIX_OK);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 900000);
  g_assert_cmpint (last_end (f)->exit_code, ==, 143);
  g_assert_cmpint (terminate (f, PID), ==, TBX_VIX_NO_SUCH_PROCESS);
  g_assert_cmpuint (f->n_asked, ==, 3);
}

/* Another daemon knows nothing of it. */
static void
test_daemon_starts_anew (Fixture *f, gconstpointer data)
{
  start (f, "agent");
  tbx_remote_reset (tbx_ops_get_remote (f->ops.ops));
  tbx_ops_lose_remote_programs (f->ops.ops);
  g_assert_cmpint (last_end (f)->exit_code, ==, 255);
  g_assert_cmpint (start (f, "agent"), ==, TBX_VIX_FILE_NOT_FOUND);
}

/* One that an earlier worker started is listed until the daemon tells of its end. */
static void
test_adopted (Fixture *f, gconstpointer data)
{
  const TbxOpsProgram record = { .pid = PID, .command = "agent", .command_line = "agent",
                                 .start = 1700 };

  tbx_ops_adopt_program (f->ops.ops, &record);
  g_assert_cmpuint (f->ops.ended->len, ==, 0);
  f->ends = TRUE;
  g_assert_cmpint (terminate (f, PID), ==, TBX_VIX_OK);
  g_assert_cmpint (last_end (f)->exit_code, ==, 143);
  tbx_ops_adopt_program (f->ops.ops, &record);
  say_exited (f, 137, 9);
  g_assert_cmpint (last_end (f)->signal, ==, 9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) \
  g_test_add ("/remote-programs/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("start", test_start);
  ADD ("names", test_names);
  ADD ("refused", test_refused);
  ADD ("terminate", test_terminate);
  ADD ("daemon-starts-anew", test_daemon_starts_anew);
  ADD ("adopted", test_adopted);
#undef ADD
  return g_test_run ();
}
