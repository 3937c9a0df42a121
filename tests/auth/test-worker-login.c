/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-auth-fixture.h"
#include "tbx-test-loop.h"
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWORD "Right-battery-4711"

/* Two accounts of the test's own, and what they have in common. */
static char *alice, *bob, *group;

/* Logs in by PAM, with files of the test that build on those of the system. */
typedef struct
{
  AuthFixture auth;
  char       *dir;   /* PAM's files, and the log of a PAM module */
} Fixture;

static void
run (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Others may hold the lock of the account files for a moment. */
static void
run (const char *format, ...)
{
  g_autofree char *command = NULL;
  va_list args;
  int status = -1;

  va_start (args, format);
  command = g_strdup_vprintf (format, args);
  va_end (args);
  for (guint i = 0; i < 20 && status != 0; i++)
    {
      const char *argv[] = { "/bin/sh", "-c", command, NULL };
      g_autofree char *output = NULL;

      if (i > 0)
        g_usleep (250 * 1000);
      g_assert_true (g_spawn_sync ("/", (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                                   NULL, &output, &status, NULL));
      if (status != 0)
        g_test_message ("%s: %s", command, output);
    }
  g_assert_cmpint (status, ==, 0);
}

/* Adds lines to the service's file as it is installed. */
static void
set_stack (Fixture *f, const char *before, const char *after)
{
  g_autofree char *installed = g_build_filename (g_getenv ("TBX_TEST_PAM"), "toolboxd", NULL);
  g_autofree char *path = g_build_filename (f->dir, "toolboxd", NULL);
  g_autofree char *text = NULL;
  g_autofree char *all = NULL;

  g_assert_true (g_file_get_contents (installed, &text, NULL, NULL));
  all = g_strconcat (before, "\n", text, "\n", after, "\n", NULL);
  g_assert_true (g_file_set_contents (path, all, -1, NULL));
}

/* Has PAM log each step it takes. */
static void
set_counting_stack (Fixture *f)
{
  g_autofree char *script = g_build_filename (f->dir, "log.sh", NULL);
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\necho \"$PAM_TYPE $PAM_USER\" >>%s/log\n",
                                           f->dir);
  g_autofree char *auth = g_strdup_printf ("auth optional pam_exec.so quiet seteuid %s", script);
  g_autofree char *session = g_strdup_printf ("session optional pam_exec.so quiet seteuid %s",
                                              script);

  g_assert_true (g_file_set_contents_full (script, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  set_stack (f, auth, session);
}

static guint
count_logged (Fixture *f, const char *line)
{
  g_autofree char *path = g_build_filename (f->dir, "log", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  guint n = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  lines = g_strsplit (text, "\n", -1);
  for (char **each = lines; *each != NULL; each++)
    n += strcmp (*each, line) == 0;
  return n;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 1000, 5000, 15000, 60000 };

  auth_fixture_set_up (&f->auth, auth_fixture_worker (), &deadlines, 300);
  f->dir = g_dir_make_tmp ("tbx-pam-XXXXXX", NULL);
  set_stack (f, "", "");
  tbx_worker_starter_set_pam_dir (f->auth.starter, f->dir);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  auth_fixture_tear_down (&f->auth);
  run ("rm -rf -- '%s'", f->dir);
  g_free (f->dir);
}

static void
log_in (Fixture *f, const char *name)
{
  auth_fixture_login (&f->auth, name, PASSWORD);
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
}

static void
assert_refused (Fixture *f, const char *name, const char *password, TbxVixCode code)
{
  auth_fixture_login (&f->auth, name, password);
  g_assert_cmpint (f->auth.code, ==, code);
  g_assert_null (f->auth.worker);
}

static void
assert_status (int pid, const char *key, const char *expected)
{
  g_autofree char *found = auth_fixture_status (pid, key);

  g_assert_cmpstr (found, ==, expected);
}

/* The words that id(1) prints. */
static char *
ids_of (const char *name, const char *option)
{
  g_autofree char *command = g_strdup_printf ("id %s %s", option, name);
  g_autofree char *output = NULL;

  g_assert_true (g_spawn_command_line_sync (command, &output, NULL, NULL, NULL));
  return g_strdup (g_strstrip (output));
}

static char *
four_times (const char *id)
{
  return g_strdup_printf ("%s %s %s %s", id, id, id, id);
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static char *
sort_words (const char *text)
{
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  qsort (words, g_strv_length (words), sizeof *words, compare_words);
  return g_strjoinv (" ", words);
}

/* All ids, all groups, no power; beside it root's half, which is out of reach. */
static void
test_identity (Fixture *f, gconstpointer data)
{
  g_autofree char *uid = ids_of (alice, "-u"), *gid = ids_of (alice, "-g");
  g_autofree char *groups = ids_of (alice, "-G"), *found = NULL, *parent = NULL;
  g_autofree char *uids = four_times (uid), *gids = four_times (gid);
  g_autofree char *sorted = sort_words (groups), *sorted_found = NULL;
  g_autofree char *proc = NULL, *parent_proc = NULL;
  struct stat status;
  int pid;

  log_in (f, alice);
  g_assert_cmpstr (f->auth.account->name, ==, alice);
  g_assert_true (g_strv_contains (f->auth.account->groups, group));
  g_assert_true (g_strv_contains (f->auth.account->groups, alice));
  g_assert_cmpuint (g_strv_length ((char **) f->auth.account->groups), ==, 2);
  pid = auth_fixture_get_pid (&f->auth);
  assert_status (pid, "Uid", uids);
  assert_status (pid, "Gid", gids);
  found = auth_fixture_status (pid, "Groups");
  sorted_found = sort_words (found);
  g_assert_cmpstr (sorted_found, ==, sorted);
  assert_status (pid, "CapEff", "0000000000000000");
  assert_status (pid, "CapPrm", "0000000000000000");
  assert_status (pid, "SigBlk", "0000000000000000");
  proc = g_strdup_printf ("/proc/%d/environ", pid);
  g_assert_cmpint (stat (proc, &status), ==, 0);
  g_assert_cmpuint (status.st_uid, ==, (guint) atoi (uid));   /* its own user may look at it */

  parent = auth_fixture_status (pid, "PPid");
  assert_status (atoi (parent), "Uid", "0 0 0 0");
  parent_proc = g_strdup_printf ("/proc/%s/environ", parent);
  g_assert_cmpint (stat (parent_proc, &status), ==, 0);
  g_assert_cmpuint (status.st_uid, ==, 0);
}

static void
test_root (Fixture *f, gconstpointer data)
{
  int pid;

  /* Root's real password is none of ours: PAM is told to let it pass. */
  set_stack (f, "auth sufficient pam_permit.so", "");
  auth_fixture_login (&f->auth, "root", "any");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  pid = auth_fixture_get_pid (&f->auth);
  assert_status (pid, "Uid", "0 0 0 0");
}

static void
test_environment (Fixture *f, gconstpointer data)
{
  g_autofree char *home = g_strdup_printf ("HOME=/home/%s", alice);
  g_autofree char *user = g_strdup_printf ("USER=%s", alice);
  g_autofree char *logname = g_strdup_printf ("LOGNAME=%s", alice);
  g_autofree char *line = g_strdup_printf ("session required pam_env.so conffile=%s/env", f->dir);
  g_autofree char *conf = g_build_filename (f->dir, "env", NULL);
  g_auto(GStrv) environment = NULL;
  const char *const *all;

  g_assert_true (g_file_set_contents (conf, "FROM_PAM DEFAULT=yes\nLANG DEFAULT=de_DE.UTF-8\n", -1,
                                      NULL));
  g_setenv ("OF_THE_DAEMON", "secret", TRUE);
  set_stack (f, "", line);
  log_in (f, alice);
  environment = g_strsplit (auth_fixture_run (&f->auth, "/env"), "\n", -1);
  all = (const char *const *) environment;
  g_assert_true (g_strv_contains (all, home));
  g_assert_true (g_strv_contains (all, user));
  g_assert_true (g_strv_contains (all, logname));
  g_assert_true (g_strv_contains (all, "SHELL=/usr/sbin/nologin"));
  g_assert_true (g_strv_contains (all, "PATH=/usr/local/bin:/usr/bin:/bin"));
  g_assert_true (g_strv_contains (all, "LANG=de_DE.UTF-8"));
  g_assert_true (g_strv_contains (all, "FROM_PAM=yes"));
  g_assert_null (strstr (f->auth.payload, "OF_THE_DAEMON"));
}

/* Nothing of root's or the daemon's is open in it: null, null, the log, the socket, the
 * buffer, and what the main loop and this very question need. */
static void
test_descriptors (Fixture *f, gconstpointer data)
{
  g_auto(GStrv) lines = NULL;
  int leak = open ("/etc/shadow", O_RDONLY);   /* not even what forgot close-on-exec */

  g_assert_cmpint (leak, >=, 0);
  log_in (f, alice);
  lines = g_strsplit (g_strchomp ((char *) auth_fixture_run (&f->auth, "/fds")), "\n", -1);
  close (leak);
  for (char **line = lines; *line != NULL; line++)
    {
      const char *target = strchr (*line, ' ') + 1;
      int fd = atoi (*line);

      g_test_message ("%s", *line);
      if (fd <= 1)
        g_assert_cmpstr (target, ==, "/dev/null");
      else if (fd != 2)
        g_assert_true (g_str_has_prefix (target, "socket:")
                       || g_str_has_prefix (target, "/memfd:toolboxd-worker")
                       || g_str_has_prefix (target, "anon_inode:[eventfd]")
                       || g_str_has_prefix (target, "/proc/"));
    }
  g_assert_cmpuint (g_strv_length (lines), <=, 7);
}

static gboolean
memory_holds (int pid, const char *needle)
{
  g_autofree char *maps_path = g_strdup_printf ("/proc/%d/maps", pid);
  g_autofree char *mem_path = g_strdup_printf ("/proc/%d/mem", pid);
  g_autofree char *maps = NULL;
  g_auto(GStrv) lines = NULL;
  int mem = open (mem_path, O_RDONLY | O_CLOEXEC);
  gboolean found = FALSE;

  g_assert_cmpint (mem, >=, 0);
  g_assert_true (g_file_get_contents (maps_path, &maps, NULL, NULL));
  lines = g_strsplit (maps, "\n", -1);
  for (char **line = lines; *line != NULL && !found; line++)
    {
      unsigned long start = 0, end = 0;
      char writable = '-';
      g_autofree char *bytes = NULL;
      gssize n;

      if (sscanf (*line, "%lx-%lx r%c", &start, &end, &writable) != 3 || writable != 'w'
          || end - start > 64 * 1024 * 1024)
        continue;
      bytes = g_malloc (end - start);
      n = pread (mem, bytes, end - start, (off_t) start);
      found = n > 0 && memmem (bytes, (gsize) n, needle, strlen (needle)) != NULL;
    }
  close (mem);
  return found;
}

/* Neither half keeps what the password was. */
static void
test_password_wiped (Fixture *f, gconstpointer data)
{
  g_autofree char *parent = NULL;
  int pid;

  log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  auth_fixture_run (&f->auth, "/echo/Looked-for-and-found");
  g_assert_true (memory_holds (pid, "Looked-for-and-found"));
  parent = auth_fixture_status (pid, "PPid");
  g_assert_false (memory_holds (pid, PASSWORD));
  g_assert_false (memory_holds (atoi (parent), PASSWORD));
}

/* What was read as root is not left in the memory that the user can read. */
G_GNUC_UNUSED static void
test_shadow_wiped (Fixture *f, gconstpointer data)
{
  g_autofree char *shadow = NULL;
  g_auto(GStrv) lines = NULL;
  guint n = 0;

  log_in (f, alice);
  g_assert_true (g_file_get_contents ("/etc/shadow", &shadow, NULL, NULL));
  lines = g_strsplit (shadow, "\n", -1);
  for (char **line = lines; *line != NULL && **line != '\0'; line++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ":", 3);
      gsize size = strlen (fields[1]);

      if (size < 40)
        continue;   /* no password */
      g_test_message ("%s", fields[0]);
      g_assert_false (memory_holds (auth_fixture_get_pid (&f->auth), fields[1] + size - 30));
      n++;
    }
  g_assert_cmpuint (n, >=, 2);
}

static void
test_two_users (Fixture *f, gconstpointer data)
{
  int pid;

  log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  log_in (f, bob);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  log_in (f, alice);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *long_password = g_strnfill (5000, 'x');

  assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  assert_refused (f, alice, "", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  assert_refused (f, "tbx-nobody-knows", PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  assert_refused (f, bob, long_password, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  assert_refused (f, "-", "x", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
}

/* Each refusal waits longer; the right password never waits, and ends that. */
static void
test_delays (Fixture *f, gconstpointer data)
{
  static const gint64 waits_ms[] = { 250, 500, 1000 };
  gint64 start_us;

  for (gsize i = 0; i < G_N_ELEMENTS (waits_ms); i++)
    {
      start_us = g_get_monotonic_time ();
      assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
      g_assert_cmpint (g_get_monotonic_time () - start_us, >=, waits_ms[i] * 1000);
      g_assert_cmpint (g_get_monotonic_time () - start_us, <, (waits_ms[i] + 900) * 1000);
    }
  start_us = g_get_monotonic_time ();
  log_in (f, alice);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 900 * 1000);
  start_us = g_get_monotonic_time ();
  assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 900 * 1000);
}

static void
test_locked (Fixture *f, gconstpointer data)
{
  log_in (f, alice);
  run ("usermod -L %s", alice);
  assert_refused (f, alice, PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  run ("usermod -U %s", alice);
  log_in (f, alice);
}

static void
test_expired (Fixture *f, gconstpointer data)
{
  log_in (f, alice);
  run ("chage -E 1 %s", alice);
  assert_refused (f, alice, PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  run ("chage -E -1 %s", alice);
  log_in (f, alice);
}

/* The shell is PAM's affair. */
static void
test_shell (Fixture *f, gconstpointer data)
{
  log_in (f, alice);   /* it is nologin */
  set_stack (f, "account required pam_shells.so", "");
  auth_fixture_login (&f->auth, alice, PASSWORD);   /* remembered: other files than /etc/pam.d */
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  assert_refused (f, bob, PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
}

/* PAM's no is a no at each step; its failure is a failure. */
static void
test_steps (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *before, *after;
    TbxVixCode  code;
  } rows[] = {
    { "auth requisite pam_debug.so auth=auth_err", "", TBX_VIX_INVALID_LOGIN_CREDENTIALS },
    { "auth requisite pam_debug.so auth=user_unknown", "", TBX_VIX_INVALID_LOGIN_CREDENTIALS },
    { "auth requisite pam_debug.so auth=system_err", "", TBX_VIX_FAIL },
    { "auth requisite pam_debug.so auth=service_err", "", TBX_VIX_FAIL },
    { "account requisite pam_debug.so acct=acct_expired", "", TBX_VIX_INVALID_LOGIN_CREDENTIALS },
    { "account requisite pam_debug.so acct=new_authtok_reqd", "",
      TBX_VIX_INVALID_LOGIN_CREDENTIALS },
    { "account requisite pam_debug.so acct=buf_err", "", TBX_VIX_FAIL },
    { "auth required pam_debug.so cred=cred_err", "", TBX_VIX_INVALID_LOGIN_CREDENTIALS },
    { "", "session required pam_debug.so open_session=session_err",
      TBX_VIX_INVALID_LOGIN_CREDENTIALS },
    { "", "session required pam_debug.so open_session=system_err", TBX_VIX_FAIL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s %s", rows[i].before, rows[i].after);
      set_stack (f, rows[i].before, rows[i].after);
      assert_refused (f, i % 2 == 0 ? alice : bob, PASSWORD, rows[i].code);
    }
}

static void
test_remembered (Fixture *f, gconstpointer data)
{
  g_autofree char *auth = g_strconcat ("auth ", alice, NULL);
  g_autofree char *opened = g_strconcat ("open_session ", alice, NULL);

  /* Others may change accounts meanwhile, as this test does elsewhere. */
  auth_fixture_watch (&f->auth, f->dir);
  set_counting_stack (f);
  for (guint i = 0; i < 1000; i++)
    {
      log_in (f, alice);
      g_assert_cmpstr (auth_fixture_run (&f->auth, "/echo/x"), ==, "x");
    }
  g_assert_cmpuint (count_logged (f, auth), ==, 1);
  g_assert_cmpuint (count_logged (f, opened), ==, 1);

  /* A failure of that user has PAM asked again, but needs no other worker. */
  assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  log_in (f, alice);
  log_in (f, alice);
  g_assert_cmpuint (count_logged (f, auth), ==, 3);
  g_assert_cmpuint (count_logged (f, opened), ==, 1);
}

static void
test_password_changed (Fixture *f, gconstpointer data)
{
  int pid;

  log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  run ("echo '%s:New-one' | chpasswd", alice);
  assert_refused (f, alice, PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  auth_fixture_login (&f->auth, alice, "New-one");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
  run ("echo '%s:%s' | chpasswd", alice, PASSWORD);
  log_in (f, alice);
}

/* A group that was taken away is not kept by a worker that had it. */
static void
test_group_changed (Fixture *f, gconstpointer data)
{
  int pid;

  log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  run ("gpasswd -d %s %s", alice, group);
  log_in (f, alice);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  g_assert_false (g_strv_contains (f->auth.account->groups, group));
  run ("gpasswd -a %s %s", alice, group);
}

/* PAM's session ends with the worker, however that ends. */
static void
test_session_ends (Fixture *f, gconstpointer data)
{
  g_autofree char *closed = g_strconcat ("close_session ", alice, NULL);

  set_counting_stack (f);
  log_in (f, alice);
  g_assert_cmpint (kill (auth_fixture_get_pid (&f->auth), SIGKILL), ==, 0);
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_cmpuint (count_logged (f, closed), ==, 1);
  log_in (f, alice);
  tbx_worker_quit (f->auth.worker);
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_cmpuint (count_logged (f, closed), ==, 2);
  log_in (f, alice);
  tbx_worker_kill (f->auth.worker);   /* ours: one that hangs */
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_cmpuint (count_logged (f, closed), ==, 3);
}

/* Without root's half nobody could end the session: the other ends with it. */
static void
test_root_half_killed (Fixture *f, gconstpointer data)
{
  g_autofree char *parent = NULL;
  int pid;

  log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  parent = auth_fixture_status (pid, "PPid");
  g_assert_cmpint (kill (atoi (parent), SIGKILL), ==, 0);
  tbx_test_until (tbx_worker_get_stage (f->auth.worker) == TBX_WORKER_GONE);
}

static void
test_hang (Fixture *f, gconstpointer data)
{
  int pid;

  log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  g_assert_null (auth_fixture_run (&f->auth, "/hang"));
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FILE_ERROR);
  log_in (f, alice);   /* PAM is asked, for only it opens a session */
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
}

/* A module that never answers does not hold the host up for ever. */
static void
test_login_hangs (Fixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 1000, 5000, 500, 60000 };

  tbx_worker_pool_set_limits (f->auth.pool, &deadlines, 300);
  set_stack (f, "auth required pam_exec.so quiet /bin/sleep 3", "");
  assert_refused (f, alice, PASSWORD, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->auth.error_number, !=, 0);
}

static void
on_child_ended (GPid child, gint status, gpointer user_data)
{
  g_spawn_close_pid (child);
}

/* Stands for PID 1: starts a worker for each connection. */
static gboolean
on_connection (gint fd, GIOCondition condition, gpointer user_data)
{
  Fixture *f = user_data;
  const char *argv[] = { auth_fixture_worker (), "--pam-directory", f->dir, NULL };
  int connection = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  const int target = 3;
  GPid child;

  g_assert_cmpint (connection, >=, 0);
  g_assert_true (g_spawn_async_with_pipes_and_fds ("/", argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                                   NULL, -1, -1, -1, &connection, &target, 1, &child,
                                                   NULL, NULL, NULL, NULL));
  g_child_watch_add (child, on_child_ended, NULL);
  close (connection);
  return G_SOURCE_CONTINUE;
}

static void
test_started_by_systemd (Fixture *f, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path = g_build_filename (f->dir, "socket", NULL);
  int listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_autofree char *parent = NULL;
  guint id;

  tbx_worker_starter_set_socket_path (f->auth.starter, path);
  assert_refused (f, alice, PASSWORD, TBX_VIX_FAIL);   /* nobody listens */
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 5), ==, 0);
  id = g_unix_fd_add (listener, G_IO_IN, on_connection, f);
  log_in (f, alice);
  parent = auth_fixture_status (auth_fixture_get_pid (&f->auth), "PPid");
  assert_status (atoi (parent), "Uid", "0 0 0 0");
  tbx_worker_kill (f->auth.worker);   /* by the pid that it told */
  tbx_test_until (!auth_fixture_has_children ());
  g_source_remove (id);
  close (listener);
}

/* --self is for development: not for who could do harm with it. */
static void
test_self_as_root (Fixture *f, gconstpointer data)
{
  tbx_worker_starter_set_self (f->auth.starter, TRUE);
  assert_refused (f, "root", "any", TBX_VIX_FAIL);
}

/* Nobody but the daemon starts it. */
static void
test_started_by_hand (void)
{
  const char *argv[] = { auth_fixture_worker (), NULL };
  g_autofree char *output = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, NULL, &output, &status,
                               NULL));
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 2);
  g_assert_nonnull (strstr (output, "started by toolboxd only"));
}

static void
make_accounts (void)
{
  alice = g_strdup_printf ("tbxa%d", getpid ());
  bob = g_strdup_printf ("tbxb%d", getpid ());
  group = g_strdup_printf ("tbxg%d", getpid ());
  run ("groupadd %s", group);
  run ("useradd -M -U -G %s -s /usr/sbin/nologin %s", group, alice);
  run ("useradd -M -U -s /usr/sbin/nologin %s", bob);
  run ("printf '%%s\\n' '%s:%s' '%s:%s' | chpasswd", alice, PASSWORD, bob, PASSWORD);
}

static void
remove_accounts (void)
{
  run ("userdel %s", alice);
  run ("userdel %s", bob);
  run ("groupdel %s", group);
}

#define ADD(name, func) g_test_add ("/worker-login/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  int status = 0;
  pid_t child;

  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("MALLOC_PERTURB_");   /* Meson sets it; systemd does not */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/worker-login/started-by-hand", test_started_by_hand);
  /* Accounts can only be made by root; what needs none, test-worker-self shows. */
  if (getuid () != 0)
    return g_test_run ();
  ADD ("identity", test_identity);
  ADD ("root", test_root);
  ADD ("environment", test_environment);
  ADD ("descriptors", test_descriptors);
  ADD ("password-wiped", test_password_wiped);
#ifndef __SANITIZE_ADDRESS__   /* its heap knows nothing of M_PERTURB */
  ADD ("shadow-wiped", test_shadow_wiped);
#endif
  ADD ("two-users", test_two_users);
  ADD ("refused", test_refused);
  ADD ("delays", test_delays);
  ADD ("locked", test_locked);
  ADD ("expired", test_expired);
  ADD ("shell", test_shell);
  ADD ("steps", test_steps);
  ADD ("remembered", test_remembered);
  ADD ("password-changed", test_password_changed);
  ADD ("group-changed", test_group_changed);
  ADD ("session-ends", test_session_ends);
  ADD ("root-half-killed", test_root_half_killed);
  ADD ("hang", test_hang);
  ADD ("login-hangs", test_login_hangs);
  ADD ("started-by-systemd", test_started_by_systemd);
  ADD ("self-as-root", test_self_as_root);
  make_accounts ();
  /* The accounts go also when a test fails. */
  child = fork ();
  if (child == 0)
    return g_test_run ();
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  remove_accounts ();
  return WIFEXITED (status) ? WEXITSTATUS (status) : EXIT_FAILURE;
}
