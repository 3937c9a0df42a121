/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static gint64
start (OpsFixture *f, const char *program, const char *arguments, const char *directory)
{
  TbxVixRequest request = ops_request (TBX_VIX_START_PROGRAM);

  request.start_program.program = program;
  request.start_program.arguments = arguments;
  request.start_program.working_dir = directory;
  ops_fixture_run (f, &request);
  return f->code == TBX_VIX_OK ? g_ascii_strtoll (f->payload, NULL, 10) : -1;
}

static void
wait_ended (OpsFixture *f, guint n)
{
  while (f->ended->len < n)
    g_main_context_iteration (NULL, TRUE);
}

static OpsEnded *
ended (OpsFixture *f, guint i)
{
  wait_ended (f, i + 1);
  return g_ptr_array_index (f->ended, i);
}

/* The whole list, which a busy machine sends in pages. */
static char *
list_all (OpsFixture *f)
{
  TbxVixRequest request = ops_request (TBX_VIX_LIST_PROCESSES_EX);
  g_autoptr(GString) all = g_string_new (NULL);
  const char *records;

  ops_fixture_run (f, &request);
  if (g_str_has_prefix (f->payload, "<key>"))
    request.list_processes.key = (guint32) strtoul (f->payload + strlen ("<key>"), NULL, 10);
  for (;;)
    {
      gboolean more = request.list_processes.key != 0
                      && strstr (f->payload, "<leftToSend>0</leftToSend>") == NULL;

      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      records = strstr (f->payload, "</leftToSend>");
      g_string_append (all, records == NULL ? f->payload : records + strlen ("</leftToSend>"));
      if (!more)
        return g_string_free (g_steal_pointer (&all), FALSE);
      request.list_processes.offset = (guint32) all->len;
      ops_fixture_run (f, &request);
    }
}

static void
list (OpsFixture *f, gint64 pid)
{
  gint64 le = GINT64_TO_LE (pid);
  TbxVixRequest request = ops_request (TBX_VIX_LIST_PROCESSES_EX);

  request.list_processes.pids = (TbxVixPids) { (const guint8 *) &le, 1 };
  ops_fixture_run (f, &request);
}

/* Exit codes are those of a shell, and a signal is told apart from an exit. */
static void
test_exit_codes (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *arguments; int exit_code, signal; } cases[] = {
    { "-c 'exit 0'", 0, 0 },
    { "-c 'exit 7'", 7, 0 },
    { "-c 'kill -TERM $$'", 128 + SIGTERM, SIGTERM },
    { "-c 'kill -KILL $$'", 128 + SIGKILL, SIGKILL },
    { "-c /nonexistent/program", 127, 0 },
    { "-c /etc/passwd", 126, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 pid = start (f, "/bin/sh", cases[i].arguments, NULL);
      OpsEnded *end = ended (f, (guint) i);

      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpint (end->pid, ==, pid);
      g_assert_cmpint (end->exit_code, ==, cases[i].exit_code);
      g_assert_cmpint (end->signal, ==, cases[i].signal);
      list (f, pid);
      g_assert_nonnull (strstr (f->payload, "<eTime>"));
      g_assert_null (strstr (f->payload, "<eTime>0<"));
    }
  g_assert_true (tbx_ops_get_busy (f->ops));
}

static void
test_start_errors (OpsFixture *f, gconstpointer data)
{
  start (f, "/nonexistent", NULL, NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  g_assert_cmpint (f->error_number, ==, ENOENT);
  start (f, "nonexistent-program", NULL, NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  start (f, "/etc", NULL, NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_FILE);
  start (f, "/etc/passwd", NULL, NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_GUEST_USER_PERMISSIONS);
  start (f, "/bin/true", NULL, "/etc/passwd");
  g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_DIRECTORY);
  g_assert_cmpint (f->error_number, ==, ENOTDIR);
  start (f, "/bin/true", NULL, "/nonexistent");
  g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_DIRECTORY);
  g_assert_cmpint (f->error_number, ==, ENOENT);
  start (f, "a/b", NULL, NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  start (f, "  ", NULL, NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  g_assert_cmpuint (f->started, ==, 0);
}

/* What the program finds: its own session, no descriptor of ours, the directory, the
 * environment that the request names and nothing else, and a literal path. */
static void
test_surroundings (OpsFixture *f, gconstpointer data)
{
  static const char variables[] = "A=b c\0_X=$HOME";
  g_autofree char *tool = g_build_filename (f->dir, "it's $HOME; `x` \"q\"", NULL);
  g_autofree char *out = g_build_filename (f->dir, "out", NULL);
  g_autofree char *arguments = g_strdup_printf ("> '%s'", out);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  TbxVixRequest request = ops_request (TBX_VIX_START_PROGRAM);

  g_assert_true (g_file_set_contents_full (tool,
                                           "#!/bin/sh\nps -o sid= -p $$ | tr -d ' '\npwd\n"
                                           "echo \"$A|$_X|$HOME\"\necho $(ls /proc/self/fd)\n",
                                           -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  request.start_program.program = tool;
  request.start_program.arguments = arguments;
  request.start_program.working_dir = f->dir;
  request.start_program.environment = (TbxVixStrings) { variables, sizeof variables, 2 };
  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (ended (f, 0)->exit_code, ==, 0);
  g_assert_true (g_file_get_contents (out, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpstr (lines[0], ==, f->payload);   /* the shell leads the session */
  g_assert_cmpstr (lines[1], ==, f->dir);
  g_assert_cmpstr (lines[2], ==, "b c|$HOME|");
  g_assert_cmpstr (lines[3], ==, "0 1 2 3");   /* 3 is the folder being listed */
}

/* Spaces before a path and quotes around it are no part of it. */
static void
test_quoted (OpsFixture *f, gconstpointer data)
{
  static const char *const programs[] = { "\"/bin/true\"", "  \"/bin/true\"", "  /bin/true",
                                          "\"true\"" };

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      TbxVixRequest request = ops_request (TBX_VIX_START_PROGRAM);

      request.start_program.program = programs[i];
      g_assert_cmpint (tbx_vix_request_check (&request), ==, TBX_VIX_OK);
      g_assert_cmpint (start (f, programs[i], "a  b", NULL), >, 0);
      g_assert_cmpint (ended (f, i)->exit_code, ==, 0);
      list (f, ended (f, i)->pid);
      g_assert_true (g_str_has_prefix (f->payload, i < 3
                                       ? "<proc><cmd>true</cmd><name>%22/bin/true%22 a  b</name>"
                                       : "<proc><cmd>true</cmd><name>%22true%22 a  b</name>"));
    }
}

/* What is asked for by pid comes in that order, and once. */
static void
test_list_order (OpsFixture *f, gconstpointer data)
{
  gint64 pid = start (f, "/bin/true", NULL, NULL);
  const gint64 pids[] = { GINT64_TO_LE (1), GINT64_TO_LE (pid), GINT64_TO_LE (getpid ()),
                          GINT64_TO_LE (1), GINT64_TO_LE (pid) };
  TbxVixRequest request = ops_request (TBX_VIX_LIST_PROCESSES_EX);
  g_auto(GStrv) parts = NULL;

  ended (f, 0);
  request.list_processes.pids = (TbxVixPids) { (const guint8 *) pids, G_N_ELEMENTS (pids) };
  ops_fixture_run (f, &request);
  parts = g_strsplit (f->payload, "<pid>", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 4);
  g_assert_cmpint (g_ascii_strtoll (parts[1], NULL, 10), ==, 1);
  g_assert_cmpint (g_ascii_strtoll (parts[2], NULL, 10), ==, pid);
  g_assert_cmpint (g_ascii_strtoll (parts[3], NULL, 10), ==, getpid ());
}

/* Fifty at once: none is lost, none stays a zombie. */
static void
test_many (OpsFixture *f, gconstpointer data)
{
  siginfo_t info = { .si_pid = 0 };

  for (int i = 0; i < 50; i++)
    {
      g_autofree char *arguments = g_strdup_printf ("-c 'exit %d'", i);

      g_assert_cmpint (start (f, "/bin/sh", arguments, NULL), >, 0);
    }
  wait_ended (f, 50);
  for (guint i = 0; i < 50; i++)
    g_assert_cmpint (((OpsEnded *) g_ptr_array_index (f->ended, i))->signal, ==, 0);
  g_assert_cmpint (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}

static void
test_list (OpsFixture *f, gconstpointer data)
{
  g_autofree char *self = g_strdup_printf ("<pid>%d</pid>", getpid ());
  gint64 pid = start (f, "/bin/sleep", "1000", NULL);
  g_autofree char *ours =
    g_strdup_printf ("<proc><cmd>sleep</cmd><name>%%22/bin/sleep%%22 1000</name><pid>%"
                     G_GINT64_FORMAT "</pid>", pid);
  g_autofree char *all = NULL;
  TbxVixRequest kill_request = ops_request (TBX_VIX_TERMINATE_PROCESS);
  TbxVixRequest brief = ops_request (TBX_VIX_LIST_PROCESSES);

  all = list_all (f);
  g_assert_true (g_str_has_prefix (all, ours));
  g_assert_nonnull (strstr (all, self));
  g_assert_nonnull (strstr (all, "<pid>1</pid>"));
  list (f, 1);
  g_assert_null (strstr (f->payload, self));
  g_assert_nonnull (strstr (f->payload, "<pid>1</pid>"));
  list (f, 99999999);
  g_assert_cmpstr (f->payload, ==, "");
  ops_fixture_run (f, &brief);
  g_assert_null (strstr (f->payload, "<eCode>"));
  g_assert_nonnull (strstr (f->payload, "<pid>1</pid>"));

  kill_request.terminate_process.pid = pid;
  ops_fixture_run (f, &kill_request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (ended (f, 0)->signal, ==, SIGTERM);
  ops_fixture_run (f, &kill_request);
  g_assert_cmpint (f->code, ==, TBX_VIX_NO_SUCH_PROCESS);
}

/* More than fits is fetched in slices, of which each is there until the last was. */
static void
test_list_pages (OpsFixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (3000, 'x');
  g_autoptr(GString) all = g_string_new (NULL);
  TbxVixRequest request = ops_request (TBX_VIX_LIST_PROCESSES_EX);
  unsigned key = 0, total = 0, left = 0;
  int n = 0;

  for (guint i = 0; i < 50; i++)
    start (f, "/bin/true", text, NULL);
  wait_ended (f, 50);
  ops_fixture_run (f, &request);
  g_assert_cmpint (sscanf (f->payload,
                           "<key>%u</key><totalSize>%u</totalSize><leftToSend>%u</leftToSend>%n",
                           &key, &total, &left, &n), ==, 3);
  g_assert_cmpuint (f->payload_size, <=, TBX_VIX_PAYLOAD_MAX_BYTES);
  g_string_append (all, f->payload + n);
  while (left > 0)
    {
      request.list_processes.key = key;
      request.list_processes.offset = (guint32) all->len;
      ops_fixture_run (f, &request);
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpint (sscanf (f->payload, "<leftToSend>%u</leftToSend>%n", &left, &n), ==, 1);
      g_string_append (all, f->payload + n);
    }
  g_assert_cmpuint (all->len, ==, total - 1);   /* which counts the NUL at its end */
  g_assert_true (g_str_has_suffix (all->str, "</proc>"));
  n = 0;
  for (const char *at = all->str; (at = strstr (at, " xxx")) != NULL; at++)
    n++;
  g_assert_cmpint (n, >=, 50);
  ops_fixture_run (f, &request);   /* it was fetched */
  g_assert_cmpint (f->code, ==, TBX_VIX_FAIL);
}

static void
test_list_unknown_key (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_LIST_PROCESSES_EX);

  request.list_processes.key = 77;
  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_FAIL);
}

/* One that ignores SIGTERM: answered within about a second, killed later. */
static void
test_terminate_stubborn (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_TERMINATE_PROCESS);
  g_autofree char *mark = g_build_filename (f->dir, "mark", NULL);
  g_autofree char *arguments =
    g_strdup_printf ("-c 'trap \"\" TERM; touch %s; sleep 1000 & wait; wait'", mark);
  gint64 began_us;

  request.terminate_process.pid = start (f, "/bin/sh", arguments, NULL);
  while (!g_file_test (mark, G_FILE_TEST_EXISTS))
    g_main_context_iteration (NULL, FALSE);
  began_us = g_get_monotonic_time ();
  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (f->ended->len, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - began_us, >=, 900 * 1000);
  g_assert_cmpint (ended (f, 0)->signal, ==, SIGKILL);
}

typedef struct
{
  GAsyncQueue *ids;    /* what the thread says */
  GAsyncQueue *ends;   /* what it waits for */
} Talk;

static gpointer
say_thread_id (gpointer data)
{
  Talk *talk = data;

  g_async_queue_push (talk->ids, GINT_TO_POINTER (gettid ()));
  return g_async_queue_pop (talk->ends);
}

/* A thread's number is no process's. */
static void
test_terminate_thread (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_TERMINATE_PROCESS);
  g_autoptr(GAsyncQueue) ids = g_async_queue_new ();
  g_autoptr(GAsyncQueue) ends = g_async_queue_new ();
  Talk talk = { ids, ends };
  GThread *thread = g_thread_new ("test", say_thread_id, &talk);

  request.terminate_process.pid = GPOINTER_TO_INT (g_async_queue_pop (ids));
  ops_fixture_run (f, &request);
  g_async_queue_push (ends, ends);
  g_thread_join (thread);
  g_assert_cmpint (f->code, ==, TBX_VIX_NO_SUCH_PROCESS);
}

/* Whoever has the number of an ended program, which is what the host means. */
static void
test_terminate_ended (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_TERMINATE_PROCESS);
  g_autoptr(GSubprocess) other = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "/bin/sleep",
                                                   "1000", NULL);
  TbxOpsProgram record = { .command = "x", .command_line = "x", .start = 1, .end = 2 };

  record.pid = g_ascii_strtoll (g_subprocess_get_identifier (other), NULL, 10);
  tbx_ops_adopt_program (f->ops, &record);
  request.terminate_process.pid = record.pid;
  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_NO_SUCH_PROCESS);
  g_assert_cmpint (kill ((pid_t) record.pid, 0), ==, 0);
  g_subprocess_force_exit (other);
  g_assert_true (g_subprocess_wait (other, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_term_sig (other), ==, SIGKILL);
}

static void
test_terminate_refused (OpsFixture *f, gconstpointer data)
{
  const pid_t worker = fork ();
  const struct { gint64 pid; TbxVixCode code; } cases[] = {
    { worker, TBX_VIX_GUEST_USER_PERMISSIONS },   /* it is what we are */
    { 0, TBX_VIX_GUEST_USER_PERMISSIONS },
    { -1, TBX_VIX_GUEST_USER_PERMISSIONS },
    { getpid (), TBX_VIX_GUEST_USER_PERMISSIONS },
    { -getpgrp (), TBX_VIX_GUEST_USER_PERMISSIONS },
    { getppid (), TBX_VIX_GUEST_USER_PERMISSIONS },
    { -77777, TBX_VIX_NO_SUCH_PROCESS },
    { G_GINT64_CONSTANT (0x100000001), TBX_VIX_NO_SUCH_PROCESS },
    { 99999999, TBX_VIX_NO_SUCH_PROCESS },
  };

  if (worker == 0)
    for (;;)
      pause ();
  tbx_ops_protect (f->ops, getppid ());
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TbxVixRequest request = ops_request (TBX_VIX_TERMINATE_PROCESS);

      request.terminate_process.pid = cases[i].pid;
      ops_fixture_run (f, &request);
      g_assert_cmpint (f->code, ==, cases[i].code);
    }
  g_assert_cmpint (kill (worker, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (worker, NULL, 0), ==, worker);
}

static void
test_environment (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_READ_ENV);
  TbxVixRequest variable = ops_request (TBX_VIX_READ_VARIABLE);

  ops_fixture_run (f, &request);
  g_assert_cmpstr (f->payload, ==,
                   "<ev>PATH=/usr/bin:/bin</ev><ev>EMPTY=</ev><ev>ODD=a%3Cb%26=c</ev>");
  request.read_env.names = (TbxVixStrings) { "ODD\0NONE\0EMPTY\0PAT", 19, 4 };
  ops_fixture_run (f, &request);
  g_assert_cmpstr (f->payload, ==, "<ev>ODD=a%3Cb%26=c</ev><ev>EMPTY=</ev>");

  variable.variable.type = TBX_VIX_VARIABLE_ENVIRONMENT;
  variable.variable.name = "ODD";
  ops_fixture_run (f, &variable);
  g_assert_cmpstr (f->payload, ==, "a<b&=c");
  variable.variable.name = "NONE";
  ops_fixture_run (f, &variable);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpstr (f->payload, ==, "");
  variable.variable.type = 1;
  ops_fixture_run (f, &variable);
  g_assert_cmpint (f->code, ==, TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST);
}

static void
on_run_done (OpsFixture *f, const char *text, GString *got)
{
  g_string_assign (got, text);
}

/* A script is run by its interpreter, its end reported, its file removed. */
static void
test_script (OpsFixture *f, gconstpointer data)
{
  g_autoptr(GString) done = g_string_new (NULL);
  g_autofree char *out = g_build_filename (f->dir, "script-out", NULL);
  g_autofree char *script = g_strdup_printf ("echo \"$0\" > '%s'; exit 5", out);
  g_autofree char *expected = NULL, *text = NULL;
  TbxVixRequest request = ops_request (TBX_VIX_RUN_SCRIPT);

  g_signal_connect_data (f->ops, "run-program-done", G_CALLBACK (on_run_done), done, NULL, 0);
  request.run_script.interpreter = "";
  request.run_script.script = script;
  request.run_script.properties = "";
  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  while (done->len == 0)
    g_main_context_iteration (NULL, TRUE);
  expected = g_strdup_printf ("Run_Program_Done req 0 0 5 %s", f->payload);
  g_assert_cmpstr (done->str, ==, expected);
  g_assert_true (g_file_get_contents (out, &text, NULL, NULL));
  g_strchomp (text);
  g_assert_true (g_str_has_prefix (text, "/tmp/vixScript"));
  g_assert_false (g_file_test (text, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (f->started, ==, 0);
}

/* Names that a script could get are taken by links of somebody else: none is followed, and
 * what they lead to stays as it is. */
static void
test_script_names_are_taken (OpsFixture *f, gconstpointer data)
{
  g_autoptr(GString) done = g_string_new (NULL);
  g_autoptr(GPtrArray) planted = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *victim = g_build_filename (f->dir, "victim", NULL);
  g_autofree char *free_place = g_build_filename (f->dir, "free", NULL);
  g_autofree char *text = NULL;
  TbxVixRequest request = ops_request (TBX_VIX_RUN_SCRIPT);

  g_assert_true (g_file_set_contents (victim, "mine", -1, NULL));
  for (int i = 0; i < 20; i++)
    {
      g_autofree char *path = g_strdup_printf ("/tmp/vixScript%d", i);

      if (symlink (i % 2 == 0 ? victim : free_place, path) == 0)
        g_ptr_array_add (planted, g_steal_pointer (&path));
    }
  g_signal_connect_data (f->ops, "run-program-done", G_CALLBACK (on_run_done), done, NULL, 0);
  request.run_script.interpreter = "";
  request.run_script.script = "exit 7";
  request.run_script.properties = "";
  ops_fixture_run (f, &request);
  while (f->code == TBX_VIX_OK && done->len == 0)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < planted->len; i++)
    g_assert_no_errno (unlink (g_ptr_array_index (planted, i)));   /* it is there still */
  g_assert_cmpuint (planted->len, >, 10);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_true (g_str_has_prefix (done->str, "Run_Program_Done req 0 0 7 "));
  g_assert_true (g_file_get_contents (victim, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  g_assert_false (g_file_test (free_place, G_FILE_TEST_EXISTS));
}

/* Held back until the gate is opened, and not for ever. */
static void
test_gate (OpsFixture *f, gconstpointer data)
{
  gint64 pid;

  tbx_ops_set_gated (f->ops, TRUE);
  pid = start (f, "/bin/true", NULL, NULL);
  for (int i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (f->ended->len, ==, 0);
  tbx_ops_open_gate (f->ops, pid);
  g_assert_cmpint (ended (f, 0)->exit_code, ==, 0);
  start (f, "/bin/true", NULL, NULL);
  g_assert_cmpint (ended (f, 1)->exit_code, ==, 0);
}

/* What an earlier worker knew stays known; an exit code that nobody can read is -1. */
static void
test_adopt (OpsFixture *f, gconstpointer data)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      pause ();
      _exit (0);
    }
  tbx_ops_adopt_program (f->ops, &(TbxOpsProgram) { .pid = pid, .command = "x",
                                                    .command_line = "x y", .start = 1 });
  tbx_ops_adopt_program (f->ops, &(TbxOpsProgram) { .pid = 99999998, .command = "old",
                                                    .command_line = "old", .start = 1, .end = 2,
                                                    .exit_code = 9 });
  list (f, 99999998);
  g_assert_nonnull (strstr (f->payload, "<eCode>9</eCode><eTime>2</eTime>"));
  kill (pid, SIGKILL);
  g_assert_cmpint (ended (f, 0)->exit_code, ==, -1);
  waitpid (pid, NULL, 0);
}

static void
test_filesystems (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_LIST_FILESYSTEMS);

  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_true (g_str_has_prefix (f->payload, "<filesystem><name>"));
}

#define ADD(path, function) \
  g_test_add (path, OpsFixture, NULL, ops_fixture_set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/process-ops/exit-codes", test_exit_codes);
  ADD ("/process-ops/start-errors", test_start_errors);
  ADD ("/process-ops/surroundings", test_surroundings);
  ADD ("/process-ops/quoted", test_quoted);
  ADD ("/process-ops/list-order", test_list_order);
  ADD ("/process-ops/many", test_many);
  ADD ("/process-ops/list", test_list);
  ADD ("/process-ops/list-pages", test_list_pages);
  ADD ("/process-ops/list-unknown-key", test_list_unknown_key);
  ADD ("/process-ops/terminate-stubborn", test_terminate_stubborn);
  ADD ("/process-ops/terminate-refused", test_terminate_refused);
  ADD ("/process-ops/terminate-thread", test_terminate_thread);
  ADD ("/process-ops/terminate-ended", test_terminate_ended);
  ADD ("/process-ops/environment", test_environment);
  ADD ("/process-ops/script", test_script);
  ADD ("/process-ops/script-names-are-taken", test_script_names_are_taken);
  ADD ("/process-ops/gate", test_gate);
  ADD ("/process-ops/adopt", test_adopt);
  ADD ("/process-ops/filesystems", test_filesystems);
  return g_test_run ();
}
