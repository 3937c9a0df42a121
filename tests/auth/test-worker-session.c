/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process of a login is: both halves, what they hold, and how they end. */
#include "tbx-login-fixture.h"
#include "tbx-test-loop.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

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
test_identity (LoginFixture *f, gconstpointer data)
{
  g_autofree char *uid = ids_of (alice, "-u"), *gid = ids_of (alice, "-g");
  g_autofree char *groups = ids_of (alice, "-G"), *found = NULL, *parent = NULL;
  g_autofree char *uids = four_times (uid), *gids = four_times (gid);
  g_autofree char *sorted = sort_words (groups), *sorted_found = NULL;
  g_autofree char *proc = NULL, *parent_proc = NULL;
  struct stat status;
  int pid;

  login_fixture_log_in (f, alice);
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

/* PAM may give a session more groups than the name service knows. */
static void
set_group_stack (LoginFixture *f)
{
  g_autofree char *line = g_strdup_printf ("auth optional %s %s",
                                           g_getenv ("TBX_TEST_PAM_MODULE"), group);

  login_fixture_set_stack (f, line, "");
}

/* Who asks for the groups is told those that the process has, and it is found again, by
 * memory and by another login. */
static void
test_groups_of_pam (LoginFixture *f, gconstpointer data)
{
  g_autofree char *found = NULL;
  g_auto(GStrv) groups = NULL;
  int pid;

  set_group_stack (f);
  login_fixture_log_in (f, bob);
  g_assert_true (g_strv_contains (f->auth.account->groups, group));
  g_assert_true (g_strv_contains (f->auth.account->groups, bob));
  g_assert_cmpuint (f->auth.n_admits, ==, 2);
  pid = auth_fixture_get_pid (&f->auth);
  found = auth_fixture_status (pid, "Groups");
  groups = g_strsplit (found, " ", -1);
  g_assert_cmpuint (g_strv_length (groups), ==, g_strv_length ((char **) f->auth.account->groups));
  login_fixture_log_in (f, bob);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
  auth_fixture_watch (&f->auth, "/etc");   /* forgets */
  login_fixture_log_in (f, bob);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
}

/* A rule for such a group holds: the first request is refused, and the session ends. */
static void
test_groups_of_pam_denied (LoginFixture *f, gconstpointer data)
{
  set_group_stack (f);
  auth_fixture_watch (&f->auth, f->dir);   /* others may change accounts meanwhile */
  f->auth.denied_group = group;
  for (guint i = 0; i < 2; i++)
    {
      auth_fixture_login (&f->auth, bob, LOGIN_PASSWORD);
      g_assert_cmpint (f->auth.code, ==, TBX_VIX_OPERATION_DISABLED);
      g_assert_null (f->auth.worker);
      g_assert_true (g_strv_contains (f->auth.account->groups, group));
    }
  g_assert_cmpuint (f->auth.n_admits, ==, 3);   /* known from memory, the second time */
  tbx_test_until (!auth_fixture_has_children ());
}

static void
test_root (LoginFixture *f, gconstpointer data)
{
  int pid;

  /* Root's real password is none of ours: PAM is told to let it pass. */
  login_fixture_set_stack (f, "auth sufficient pam_permit.so", "");
  auth_fixture_login (&f->auth, "root", "any");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  pid = auth_fixture_get_pid (&f->auth);
  assert_status (pid, "Uid", "0 0 0 0");
}

static void
test_environment (LoginFixture *f, gconstpointer data)
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
  login_fixture_set_stack (f, "", line);
  login_fixture_log_in (f, alice);
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
test_descriptors (LoginFixture *f, gconstpointer data)
{
  g_auto(GStrv) lines = NULL;
  int leak = open ("/etc/shadow", O_RDONLY);   /* not even what forgot close-on-exec */

  g_assert_cmpint (leak, >=, 0);
  login_fixture_log_in (f, alice);
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

/* Which of the words is in memory that the process may write: heap, stack, statics. */
static const char *
memory_find (int pid, const char *const *words)
{
  g_autofree char *maps_path = g_strdup_printf ("/proc/%d/maps", pid);
  g_autofree char *mem_path = g_strdup_printf ("/proc/%d/mem", pid);
  g_autofree char *maps = NULL;
  g_auto(GStrv) lines = NULL;
  int mem = open (mem_path, O_RDONLY | O_CLOEXEC);
  const char *found = NULL;

  g_assert_cmpint (mem, >=, 0);
  g_assert_true (g_file_get_contents (maps_path, &maps, NULL, NULL));
  lines = g_strsplit (maps, "\n", -1);
  for (char **line = lines; *line != NULL && found == NULL; line++)
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
      for (const char *const *word = words; n > 0 && *word != NULL; word++)
        if (memmem (bytes, (gsize) n, *word, strlen (*word)) != NULL)
          found = *word;
    }
  close (mem);
  return found;
}

static gboolean
memory_holds (int pid, const char *word)
{
  return memory_find (pid, (const char *const[]) { word, NULL }) != NULL;
}

/* Neither half keeps what the password was. */
static void
test_password_wiped (LoginFixture *f, gconstpointer data)
{
  g_autofree char *parent = NULL;
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  auth_fixture_run (&f->auth, "/echo/Looked-for-and-found");
  g_assert_true (memory_holds (pid, "Looked-for-and-found"));
  parent = auth_fixture_status (pid, "PPid");
  g_assert_false (memory_holds (pid, LOGIN_PASSWORD));
  g_assert_false (memory_holds (atoi (parent), LOGIN_PASSWORD));
}

/* Of each account that has a password, the end of its hash. */
static GPtrArray *
hashes (void)
{
  g_autofree char *shadow = NULL;
  g_auto(GStrv) lines = NULL;
  GPtrArray *all = g_ptr_array_new_with_free_func (g_free);

  g_assert_true (g_file_get_contents ("/etc/shadow", &shadow, NULL, NULL));
  lines = g_strsplit (shadow, "\n", -1);
  for (char **line = lines; *line != NULL && **line != '\0'; line++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ":", 3);
      gsize size = strlen (fields[1]);

      if (size >= 40)
        g_ptr_array_add (all, g_strdup (fields[1] + size - 30));
    }
  g_assert_cmpuint (all->len, >=, 2);
  g_ptr_array_add (all, NULL);
  return all;
}

/* What was read as root is nowhere in the memory that the user can read: not even what a
 * module of PAM keeps for ever, in memory, or open. */
static void
test_memory_of_root (LoginFixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) all = hashes ();
  g_autofree char *maps_path = NULL;
  g_autofree char *maps = NULL;
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  g_assert_cmpstr (memory_find (pid, (const char *const *) all->pdata), ==, NULL);
  maps_path = g_strdup_printf ("/proc/%d/maps", pid);
  g_assert_true (g_file_get_contents (maps_path, &maps, NULL, NULL));
  g_assert_null (strstr (maps, "pam_unix"));
}

/* The user's half is executed anew also where the user may not do that, nor read it. */
static void
test_program_of_root (LoginFixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 1000, 5000, 15000, 60000 };
  g_autofree char *dir = g_dir_make_tmp ("tbx-worker-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "worker", NULL);
  g_autofree char *uid = ids_of (alice, "-u"), *uids = four_times (uid);
  const mode_t modes[] = { 0700, 0711, 0755 };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *proc = NULL;
      struct stat status;
      int pid;

      login_fixture_run ("install -m %o '%s' '%s'", modes[i], auth_fixture_worker (), path);
      auth_fixture_tear_down (&f->auth);
      f->auth = (AuthFixture) { 0 };
      auth_fixture_set_up (&f->auth, path, &deadlines, 300);
      tbx_worker_starter_set_pam_dir (f->auth.starter, f->dir);
      login_fixture_log_in (f, alice);
      pid = auth_fixture_get_pid (&f->auth);
      assert_status (pid, "Uid", uids);
      assert_status (pid, "Name", "toolboxd-worker");
      proc = g_strdup_printf ("/proc/%d/environ", pid);
      g_assert_cmpint (stat (proc, &status), ==, 0);
      g_assert_cmpuint (status.st_uid, ==, (guint) atoi (uid));
    }
  login_fixture_run ("rm -r '%s'", dir);
}

static void
test_two_users (LoginFixture *f, gconstpointer data)
{
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  login_fixture_log_in (f, bob);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  login_fixture_log_in (f, alice);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
}

/* PAM's session ends with the worker, however that ends. */
static void
test_session_ends (LoginFixture *f, gconstpointer data)
{
  g_autofree char *closed = g_strconcat ("close_session ", alice, NULL);

  login_fixture_count_steps (f);
  login_fixture_log_in (f, alice);
  g_assert_cmpint (kill (auth_fixture_get_pid (&f->auth), SIGKILL), ==, 0);
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_cmpuint (login_fixture_count (f, closed), ==, 1);
  login_fixture_log_in (f, alice);
  tbx_worker_quit (f->auth.worker);
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_cmpuint (login_fixture_count (f, closed), ==, 2);
  login_fixture_log_in (f, alice);
  tbx_worker_kill (f->auth.worker);   /* ours: one that hangs */
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_cmpuint (login_fixture_count (f, closed), ==, 3);
}

/* Without root's half nobody could end the session: the other ends with it. */
static void
test_root_half_killed (LoginFixture *f, gconstpointer data)
{
  g_autofree char *parent = NULL;
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  parent = auth_fixture_status (pid, "PPid");
  g_assert_cmpint (kill (atoi (parent), SIGKILL), ==, 0);
  tbx_test_until (tbx_worker_get_stage (f->auth.worker) == TBX_WORKER_GONE);
}

static void
test_hang (LoginFixture *f, gconstpointer data)
{
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  g_assert_null (auth_fixture_run (&f->auth, "/hang"));
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FILE_ERROR);
  login_fixture_log_in (f, alice);   /* PAM is asked, for only it opens a session */
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
}

/* Has PAM's end of a session wait until the test lets it go. */
static void
set_endless_stack (LoginFixture *f)
{
  g_autofree char *script = g_build_filename (f->dir, "wait.sh", NULL);
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\n[ $PAM_TYPE = close_session ] || exit 0\n"
                                           "while [ ! -e %s/go ]; do sleep 0.05; done\n", f->dir);
  g_autofree char *session = g_strdup_printf ("session optional pam_exec.so quiet %s", script);

  g_assert_true (g_file_set_contents_full (script, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  login_fixture_set_stack (f, "", session);
}

/* Processes that do not end count for their user, and for nobody else. */
static void
test_remains (LoginFixture *f, gconstpointer data)
{
  g_autofree char *go = g_build_filename (f->dir, "go", NULL);
  guint n = 0;

  set_endless_stack (f);
  for (; n < 20; n++)
    {
      auth_fixture_login (&f->auth, alice, LOGIN_PASSWORD);
      if (f->auth.code != TBX_VIX_OK)
        break;
      tbx_worker_kill (f->auth.worker);
    }
  g_assert_cmpuint (n, ==, 8);
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OBJECT_IS_BUSY);
  g_assert_cmpint (f->auth.error_number, ==, EAGAIN);
  login_fixture_log_in (f, bob);
  g_assert_true (g_file_set_contents (go, "", 0, NULL));
  do
    auth_fixture_login (&f->auth, alice, LOGIN_PASSWORD);
  while (f->auth.code == TBX_VIX_OBJECT_IS_BUSY);
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
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
  LoginFixture *f = user_data;
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
test_started_by_systemd (LoginFixture *f, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path = g_build_filename (f->dir, "socket", NULL);
  int listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_autofree char *parent = NULL;
  guint id;

  tbx_worker_starter_set_socket_path (f->auth.starter, path);
  login_fixture_assert_refused (f, alice, LOGIN_PASSWORD, TBX_VIX_FAIL);   /* nobody listens */
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 5), ==, 0);
  id = g_unix_fd_add (listener, G_IO_IN, on_connection, f);
  login_fixture_log_in (f, alice);
  parent = auth_fixture_status (auth_fixture_get_pid (&f->auth), "PPid");
  assert_status (atoi (parent), "Uid", "0 0 0 0");
  tbx_worker_kill (f->auth.worker);   /* by the pid that it told */
  tbx_test_until (!auth_fixture_has_children ());
  g_source_remove (id);
  close (listener);
}

/* --self is for development: not for who could do harm with it. */
static void
test_self_as_root (LoginFixture *f, gconstpointer data)
{
  tbx_worker_starter_set_self (f->auth.starter, TRUE);
  login_fixture_assert_refused (f, "root", "any", TBX_VIX_FAIL);
}

static void
assert_not_started (char **argv, const GSpawnChildSetupFunc setup)
{
  g_autofree char *output = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_LEAVE_DESCRIPTORS_OPEN, setup, NULL, NULL,
                               &output, &status, NULL));
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 2);
  g_assert_nonnull (strstr (output, "started by toolboxd only"));
}

/* A socket as the daemon's would be, with nothing behind it; and who is at it, is the
 * user himself. */
static void
give_socket (gpointer data)
{
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0)
    dup2 (pair[0], 3);
  for (int fd = 4; fd < 10; fd++)
    close (fd);
}

/* As before, but with memory where it would be: of the wrong kind. */
static void
give_memory (gpointer data)
{
  int fd = memfd_create ("mine", 0);

  give_socket (NULL);
  dup2 (fd, 4);
  dup2 (fd, 5);
}

/* Nobody but the daemon starts it, and nobody but it the image that serves. */
static void
test_started_by_hand (void)
{
  char *first[] = { (char *) auth_fixture_worker (), NULL };
  char *second[] = { (char *) auth_fixture_worker (), (char *) "--serve", NULL };

  assert_not_started (first, NULL);
  assert_not_started (second, NULL);
  assert_not_started (second, give_socket);
  assert_not_started (second, give_memory);
}

#define ADD(name, func) login_fixture_add ("/worker-session/" name, func)

int
main (int argc, char **argv)
{
  gboolean accounts = login_fixture_init (&argc, &argv);

  g_test_add_func ("/worker-session/started-by-hand", test_started_by_hand);
  if (!accounts)
    return g_test_run ();
  ADD ("identity", test_identity);
  ADD ("groups-of-pam", test_groups_of_pam);
  ADD ("groups-of-pam-denied", test_groups_of_pam_denied);
  ADD ("root", test_root);
  ADD ("environment", test_environment);
  ADD ("descriptors", test_descriptors);
  ADD ("password-wiped", test_password_wiped);
  ADD ("memory-of-root", test_memory_of_root);
  ADD ("program-of-root", test_program_of_root);
  ADD ("two-users", test_two_users);
  ADD ("session-ends", test_session_ends);
  ADD ("root-half-killed", test_root_half_killed);
  ADD ("hang", test_hang);
  ADD ("remains", test_remains);
  ADD ("started-by-systemd", test_started_by_systemd);
  ADD ("self-as-root", test_self_as_root);
  return login_fixture_test_run ();
}
