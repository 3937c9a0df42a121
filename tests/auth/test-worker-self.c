/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-auth-fixture.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *worker_path;
static const char *own_name;

typedef struct
{
  AuthFixture auth;
  GString    *started;     /* pids, as the daemon was told (owned) */
  guint       n_ended;
  int         exit_code;   /* of the last that ended */
  char       *done;
} Fixture;

static void
on_started (Fixture *f, TbxWorker *worker, const TbxWorkerProgram *program)
{
  g_string_append_printf (f->started, "%d ", (int) program->pid);
}

static void
on_ended (Fixture *f, TbxWorker *worker, const TbxWorkerProgram *program)
{
  f->n_ended++;
  f->exit_code = program->exit_code;
}

static void
on_done (Fixture *f, const char *request)
{
  g_free (f->done);
  f->done = g_strdup (request);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 300, 1000, 15000, 60000 };

  auth_fixture_set_up (&f->auth, worker_path, &deadlines, 1);
  tbx_worker_starter_set_self (f->auth.starter, TRUE);
  f->started = g_string_new (NULL);
  g_signal_connect_swapped (f->auth.pool, "program-started", G_CALLBACK (on_started), f);
  g_signal_connect_swapped (f->auth.pool, "program-ended", G_CALLBACK (on_ended), f);
  g_signal_connect_swapped (f->auth.pool, "run-done", G_CALLBACK (on_done), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  auth_fixture_tear_down (&f->auth);
  g_string_free (f->started, TRUE);
  g_free (f->done);
}

static void
log_in (Fixture *f)
{
  auth_fixture_login (&f->auth, own_name, "any");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
}

static void
test_login (Fixture *f, gconstpointer data)
{
  g_autofree char *uids = NULL;
  g_autofree char *expected = g_strdup_printf ("%u %u %u %u", getuid (), getuid (), getuid (),
                                               getuid ());
  g_autofree char *name = g_strdup_printf ("\nUSER=%s\n", own_name);
  int pid;

  log_in (f);
  g_assert_cmpstr (f->auth.account->name, ==, own_name);
  g_assert_cmpuint (f->auth.account->uid, ==, getuid ());
  pid = auth_fixture_get_pid (&f->auth);
  uids = auth_fixture_status (pid, "Uid");
  g_assert_cmpstr (uids, ==, expected);
  g_assert_nonnull (strstr (auth_fixture_run (&f->auth, "/env"), name));

  auth_fixture_login (&f->auth, own_name, "any other");   /* the same worker */
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
}

static void
test_other_name (Fixture *f, gconstpointer data)
{
  gint64 start_us = g_get_monotonic_time ();

  auth_fixture_login (&f->auth, "root", "any");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 250 * 1000);
}

static void
test_orders (Fixture *f, gconstpointer data)
{
  log_in (f);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/echo/hello"), ==, "hello");
  g_assert_null (auth_fixture_run (&f->auth, "/errno/13"));
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->auth.error_number, ==, 13);
  g_assert_null (auth_fixture_run (&f->auth, "relative"));   /* the body is checked there */
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_INVALID_ARG);
}

static void
test_done (Fixture *f, gconstpointer data)
{
  log_in (f);
  auth_fixture_run (&f->auth, "/done/Run_Program_Done ");
  tbx_test_until (f->done != NULL);
  g_assert_cmpstr (f->done, ==, "Run_Program_Done req 0 0 0 1");
}

/* A user's process that wants the daemon to say something else to the host is ended. */
static void
test_done_forged (Fixture *f, gconstpointer data)
{
  log_in (f);
  auth_fixture_run (&f->auth, "/done/info-set guestinfo.x ");
  g_assert_null (f->done);
  g_assert_cmpint (tbx_worker_get_stage (f->auth.worker), ==, TBX_WORKER_GONE);
}

static void
test_killed (Fixture *f, gconstpointer data)
{
  int pid;

  log_in (f);
  pid = auth_fixture_get_pid (&f->auth);
  auth_fixture_ask (&f->auth, f->auth.worker, "/sleep/200");
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  tbx_test_until (f->auth.replied);
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FAIL);
  log_in (f);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
}

static void
test_dies (Fixture *f, gconstpointer data)
{
  log_in (f);
  g_assert_null (auth_fixture_run (&f->auth, "/die"));
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FAIL);
  log_in (f);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/echo/again"), ==, "again");
}

/* One that hangs is answered in time and replaced; when it is back, it is of no use any
 * more and leaves. */
static void
test_hang (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxWorker) hung = NULL;
  gint64 start_us, took_us;
  int pid;

  log_in (f);
  hung = g_object_ref (f->auth.worker);
  pid = auth_fixture_get_pid (&f->auth);
  g_assert_cmpint (kill (pid, SIGSTOP), ==, 0);
  start_us = g_get_monotonic_time ();
  g_assert_null (auth_fixture_run (&f->auth, "/echo/x"));
  took_us = g_get_monotonic_time () - start_us;
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->auth.error_number, ==, ETIMEDOUT);
  g_assert_cmpint (took_us, >=, 300 * 1000);
  g_assert_cmpint (took_us, <, 500 * 1000);
  log_in (f);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  g_assert_cmpint (kill (pid, SIGCONT), ==, 0);
  tbx_test_until (tbx_worker_get_stage (hung) == TBX_WORKER_GONE);
}

/* One that is back before anybody else logged in goes on. */
static void
test_hang_and_back (Fixture *f, gconstpointer data)
{
  int pid;

  log_in (f);
  pid = auth_fixture_get_pid (&f->auth);
  g_assert_null (auth_fixture_run (&f->auth, "/sleep/500"));
  g_assert_cmpint (f->auth.error_number, ==, ETIMEDOUT);
  tbx_test_until (tbx_worker_get_stage (f->auth.worker) == TBX_WORKER_SERVING);
  log_in (f);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  g_autoptr(TbxWorker) first = NULL;

  log_in (f);
  first = g_object_ref (f->auth.worker);
  auth_fixture_run (&f->auth, "/start/77");
  tbx_test_until (tbx_worker_get_busy (first));
  for (gint64 end_us = g_get_monotonic_time () + 1500 * 1000; g_get_monotonic_time () < end_us;
       g_usleep (10000))
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (tbx_worker_get_stage (first), ==, TBX_WORKER_SERVING);
  auth_fixture_run (&f->auth, "/idle");
  tbx_test_until (tbx_worker_get_stage (first) == TBX_WORKER_GONE);
  log_in (f);
  g_assert_true (f->auth.worker != first);
}

/* What one worker started, the next one lists. */
static void
test_programs (Fixture *f, gconstpointer data)
{
  log_in (f);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/start/77"), ==, "free");
  auth_fixture_run (&f->auth, "/start/78");
  auth_fixture_run (&f->auth, "/end/77");
  tbx_test_until (f->n_ended == 1);
  g_assert_cmpint (f->exit_code, ==, 42);
  auth_fixture_run (&f->auth, "/die");
  g_assert_cmpuint (f->n_ended, ==, 2);   /* nobody can tell how 78 ends */
  g_assert_cmpint (f->exit_code, ==, -1);
  g_string_truncate (f->started, 0);
  log_in (f);
  auth_fixture_run (&f->auth, "/adopted");
  g_assert_nonnull (strstr (f->auth.payload, "77 42 ended\n"));
  g_assert_nonnull (strstr (f->auth.payload, "78 0 runs\n"));
  g_assert_cmpstr (f->started->str, ==, "78 ");   /* 77 ended, and does not run again */
  g_assert_cmpuint (f->n_ended, ==, 3);
  g_assert_cmpint (f->exit_code, ==, 42);
}

/* Told before the first request, and anew while it serves. */
static void
test_settings (Fixture *f, gconstpointer data)
{
  TbxWorkerSettings settings = { 4 * 1024 * 1024, FALSE, TRUE, 60 };

  tbx_worker_pool_set_settings (f->auth.pool, &settings);
  log_in (f);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/settings"), ==, "4194304 0 1 60");
  settings = (TbxWorkerSettings) { 65536, TRUE, FALSE, 86400 };
  tbx_worker_pool_set_settings (f->auth.pool, &settings);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/settings"), ==, "65536 1 0 86400");
}

static guint
count (const char *text, const char *what)
{
  guint n = 0;

  for (const char *at = strstr (text, what); at != NULL; at = strstr (at + 1, what))
    n++;
  return n;
}

/* More than the socket holds at once, in both directions. */
static void
test_many_programs (Fixture *f, gconstpointer data)
{
  log_in (f);
  auth_fixture_run (&f->auth, "/many/1024");
  tbx_test_until (f->n_ended == 512);
  auth_fixture_run (&f->auth, "/die");
  g_assert_cmpuint (f->n_ended, ==, 1024);
  g_string_truncate (f->started, 0);
  log_in (f);
  auth_fixture_run (&f->auth, "/adopted");
  g_assert_cmpuint (count (f->auth.payload, " 42 ended\n"), ==, 512);
  g_assert_cmpuint (count (f->auth.payload, " 0 runs\n"), ==, 512);
  g_assert_cmpuint (count (f->started->str, " "), ==, 512);
}

/* A worker that ends before it heard of its user's programs loses none of them. */
static void
test_many_programs_and_die (Fixture *f, gconstpointer data)
{
  log_in (f);
  auth_fixture_run (&f->auth, "/many/1024");
  auth_fixture_run (&f->auth, "/die");
  log_in (f);
  tbx_worker_kill (f->auth.worker);
  log_in (f);
  auth_fixture_run (&f->auth, "/adopted");
  g_assert_cmpuint (count (f->auth.payload, "\n"), ==, 1024);
}

/* A file that is read anew counts for the workers that serve already. */
static void
test_deadlines (Fixture *f, gconstpointer data)
{
  TbxWorkerDeadlines deadlines = { 5000, 10000, 15000, 60000 };
  gint64 start_us;

  log_in (f);
  tbx_worker_pool_set_limits (f->auth.pool, &deadlines, 300);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/sleep/600"), ==, "slept");
  deadlines.request_ms = 50;
  tbx_worker_pool_set_limits (f->auth.pool, &deadlines, 300);
  start_us = g_get_monotonic_time ();
  g_assert_null (auth_fixture_run (&f->auth, "/sleep/250"));
  g_assert_cmpint (f->auth.error_number, ==, ETIMEDOUT);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 240 * 1000);
}

/* Of those that hang a few are kept, in case that they come back; no more of them, and
 * never at the cost of a login. */
static void
test_many_hang (Fixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 50, 10000, 15000, 60000 };
  TbxWorker *hung[10];
  guint n_left = 0;

  tbx_worker_pool_set_limits (f->auth.pool, &deadlines, 300);
  for (gsize i = 0; i < G_N_ELEMENTS (hung); i++)
    {
      log_in (f);
      hung[i] = g_object_ref (f->auth.worker);
      g_assert_null (auth_fixture_run (&f->auth, "/hang"));
      g_assert_cmpint (f->auth.error_number, ==, ETIMEDOUT);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (hung); i++)
    {
      n_left += tbx_worker_get_stage (hung[i]) == TBX_WORKER_ABANDONED;
      tbx_worker_kill (hung[i]);
      g_object_unref (hung[i]);
    }
  g_assert_cmpuint (n_left, ==, 4);
}

static void
test_gates (Fixture *f, gconstpointer data)
{
  tbx_worker_pool_set_gated (f->auth.pool, TRUE);
  log_in (f);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/start/77"), ==, "gated");
  tbx_worker_open_gate (f->auth.worker, 77);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/gates"), ==, "77 ");
}

/* What the policy refuses, gets no worker; and again, from memory. */
static void
test_not_admitted (Fixture *f, gconstpointer data)
{
  f->auth.admit = TBX_VIX_OPERATION_DISABLED;
  for (guint i = 1; i <= 2; i++)
    {
      auth_fixture_login (&f->auth, own_name, "any");
      g_assert_cmpint (f->auth.code, ==, TBX_VIX_OPERATION_DISABLED);
      g_assert_cmpuint (f->auth.n_admits, ==, i);
      g_assert_null (f->auth.worker);
      g_assert_nonnull (f->auth.account);
      g_assert_null (tbx_worker_pool_find (f->auth.pool, f->auth.account));
    }
  f->auth.admit = TBX_VIX_OK;
  log_in (f);
}

static void
test_no_program (void)
{
  const TbxWorkerDeadlines deadlines = TBX_WORKER_DEADLINES_DEFAULT;
  AuthFixture f = { 0 };

  auth_fixture_set_up (&f, "/nonexistent/toolboxd-worker", &deadlines, 1);
  tbx_worker_starter_set_self (f.starter, TRUE);
  auth_fixture_login (&f, own_name, "any");
  g_assert_cmpint (f.code, ==, TBX_VIX_FAIL);
  auth_fixture_tear_down (&f);
}

#define ADD(name, func) g_test_add ("/worker-self/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  worker_path = auth_fixture_drop_root ();
  own_name = g_strdup (getpwuid (getuid ())->pw_name);
  ADD ("login", test_login);
  ADD ("other-name", test_other_name);
  ADD ("orders", test_orders);
  ADD ("done", test_done);
  ADD ("done-forged", test_done_forged);
  ADD ("killed", test_killed);
  ADD ("dies", test_dies);
  ADD ("hang", test_hang);
  ADD ("hang-and-back", test_hang_and_back);
  ADD ("idle", test_idle);
  ADD ("programs", test_programs);
  ADD ("many-programs", test_many_programs);
  ADD ("many-programs-and-die", test_many_programs_and_die);
  ADD ("deadlines", test_deadlines);
  ADD ("many-hang", test_many_hang);
  ADD ("gates", test_gates);
  ADD ("settings", test_settings);
  ADD ("not-admitted", test_not_admitted);
  g_test_add_func ("/worker-self/no-program", test_no_program);
  status = g_test_run ();
  auth_fixture_remove_copy (worker_path);
  return status;
}
