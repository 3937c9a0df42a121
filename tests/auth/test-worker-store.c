/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-auth-fixture.h"
#include "tbx-test-loop.h"
#include "tbx-worker-store.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3   /* where systemd leaves what it kept */

static char *worker_path;
static const char *own_name;

/* A daemon under a systemd that is the test: its notification socket. */
typedef struct
{
  AuthFixture auth;
  char       *dir;
  int         notify;
  char       *state;     /* of the last notification (owned) */
  int         fds[2];    /* that came with it (owned), or -1 */
} Fixture;

static const TbxWorkerDeadlines deadlines = { 1000, 5000, 15000, 60000 };

static void
start_daemon (Fixture *f)
{
  f->auth = (AuthFixture) { 0 };
  auth_fixture_set_up (&f->auth, worker_path, &deadlines, 300);
  tbx_worker_starter_set_self (f->auth.starter, TRUE);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path = NULL;

  f->dir = g_dir_make_tmp ("tbx-notify-XXXXXX", NULL);
  path = g_build_filename (f->dir, "notify", NULL);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  f->notify = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpint (bind (f->notify, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_setenv ("NOTIFY_SOCKET", path, TRUE);
  f->fds[0] = f->fds[1] = -1;
  start_daemon (f);
}

static void
forget_notification (Fixture *f)
{
  g_clear_pointer (&f->state, g_free);
  for (guint i = 0; i < 2; i++)
    if (f->fds[i] >= 0)
      {
        close (f->fds[i]);
        f->fds[i] = -1;
      }
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->dir, "notify", NULL);

  forget_notification (f);
  auth_fixture_tear_down (&f->auth);
  g_unsetenv ("NOTIFY_SOCKET");
  close (f->notify);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (f->dir), ==, 0);
  g_free (f->dir);
}

/* Takes the next notification; gives FALSE when there is none. */
static gboolean
receive (Fixture *f)
{
  char text[1024] = "";
  union
  {
    struct cmsghdr header;
    char           room[CMSG_SPACE (2 * sizeof (int)) + CMSG_SPACE (sizeof (struct ucred))];
  } control;
  struct iovec vector = { text, sizeof text - 1 };
  struct msghdr header = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control };

  forget_notification (f);
  if (recvmsg (f->notify, &header, MSG_CMSG_CLOEXEC) < 0)
    return FALSE;
  f->state = g_strdup (text);
  for (struct cmsghdr *c = CMSG_FIRSTHDR (&header); c != NULL; c = CMSG_NXTHDR (&header, c))
    if (c->cmsg_type == SCM_RIGHTS)
      memcpy (f->fds, CMSG_DATA (c), MIN (sizeof f->fds, c->cmsg_len - CMSG_LEN (0)));
  return TRUE;
}

static void
log_in (Fixture *f)
{
  auth_fixture_login (&f->auth, own_name, "any");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
}

/* What systemd hands to a daemon that it starts again. */
static void
hand_over (Fixture *f, const char *names, int first, int second)
{
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());

  g_assert_cmpint (dup2 (first, FIRST_FD), ==, FIRST_FD);
  g_assert_cmpint (dup2 (second, FIRST_FD + 1), ==, FIRST_FD + 1);
  g_setenv ("LISTEN_PID", pid, TRUE);
  g_setenv ("LISTEN_FDS", "2", TRUE);
  g_setenv ("LISTEN_FDNAMES", names, TRUE);
}

static void
reserve_fds (void)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  dup3 (null, FIRST_FD, O_CLOEXEC);
  dup3 (null, FIRST_FD + 1, O_CLOEXEC);
  if (null > FIRST_FD + 1)
    close (null);
}

/* A worker outlives the daemon, with what it holds, and serves the next one. */
static void
test_restart (Fixture *f, gconstpointer data)
{
  g_autofree char *names = NULL;
  g_autofree char *prefix = g_strdup_printf ("FDSTORE=1\nFDNAME=worker-%u-", getuid ());
  const char *name;
  struct stat status;
  int pid;

  log_in (f);
  pid = auth_fixture_get_pid (&f->auth);
  auth_fixture_run (&f->auth, "/start/77");
  auth_fixture_run (&f->auth, "/many/1024");
  g_assert_true (receive (f));
  g_assert_true (g_str_has_prefix (f->state, prefix));
  name = f->state + strlen ("FDSTORE=1\nFDNAME=");
  g_assert_nonnull (strstr (name, f->auth.account->id));
  g_assert_true (g_str_has_suffix (name, own_name));
  g_assert_null (strchr (name, ':'));
  g_assert_cmpint (fstat (f->fds[0], &status), ==, 0);
  g_assert_true (S_ISSOCK (status.st_mode));
  /* Valgrind knows no pidfd_open(); a worker ends with its socket, too. */
  if (f->fds[1] < 0)
    f->fds[1] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  names = g_strdup_printf ("%s:%s", name, name);

  g_clear_pointer (&f->auth.account, tbx_account_unref);
  g_clear_object (&f->auth.worker);
  g_clear_pointer (&f->auth.payload, g_free);
  g_assert_finalize_object (f->auth.login);
  g_assert_finalize_object (f->auth.pool);
  g_assert_finalize_object (f->auth.starter);
  hand_over (f, names, f->fds[0], f->fds[1]);
  forget_notification (f);

  start_daemon (f);
  tbx_worker_pool_restore (f->auth.pool);
  g_assert_null (g_getenv ("LISTEN_FDS"));
  log_in (f);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
  tbx_test_until (tbx_worker_get_busy (f->auth.worker));
  {
    g_autoptr(GList) programs = tbx_worker_get_programs (f->auth.worker);

    g_assert_cmpuint (g_list_length (programs), ==, 1025);
  }
  auth_fixture_run (&f->auth, "/idle");
  tbx_worker_kill (f->auth.worker);   /* by the descriptor that systemd kept */
  tbx_test_until (!auth_fixture_has_children ());
  g_assert_true (receive (f));
  g_assert_true (g_str_has_prefix (f->state, "FDSTOREREMOVE=1\nFDNAME=worker-"));
  reserve_fds ();
}

/* What is no worker is closed, and what is dead is nobody's. */
static void
test_rubbish (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "other:stored", "worker-:worker-x-y-z",
                                       "worker-4294967295-a-b:worker-1--b", "worker-1-a-b:worker-1-a-b" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GPtrArray) stored = NULL;
      int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

      hand_over (f, names[i], null, null);
      close (null);
      stored = tbx_worker_store_take ();
      g_assert_cmpuint (stored->len, ==, 0);
      g_assert_cmpint (fcntl (FIRST_FD, F_GETFD), <, 0);
      g_assert_cmpint (fcntl (FIRST_FD + 1, F_GETFD), <, 0);
      reserve_fds ();
    }
}

/* Without systemd nothing is kept, and nothing fails. */
static void
test_no_systemd (Fixture *f, gconstpointer data)
{
  g_unsetenv ("NOTIFY_SOCKET");
  log_in (f);
  g_assert_cmpstr (auth_fixture_run (&f->auth, "/echo/x"), ==, "x");
  g_assert_false (receive (f));
  tbx_worker_pool_restore (f->auth.pool);
}

/* Passwords go to who is root, not to who sits at the path first. */
static void
test_foreign_listener (Fixture *f, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path = g_build_filename (f->dir, "socket", NULL);
  int listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int connection;
  char byte;

  g_assert_cmpuint (getuid (), !=, 0);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 5), ==, 0);
  tbx_worker_starter_set_socket_path (f->auth.starter, path);
  auth_fixture_login (&f->auth, own_name, "any");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_FAIL);
  connection = accept (listener, NULL, NULL);
  g_assert_cmpint (recv (connection, &byte, 1, 0), ==, 0);
  close (connection);
  close (listener);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

#define ADD(name, func) g_test_add ("/worker-store/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  int status;

  reserve_fds ();
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  worker_path = auth_fixture_drop_root ();
  own_name = g_strdup (getpwuid (getuid ())->pw_name);
  ADD ("restart", test_restart);
  ADD ("rubbish", test_rubbish);
  ADD ("no-systemd", test_no_systemd);
  ADD ("foreign-listener", test_foreign_listener);
  status = g_test_run ();
  auth_fixture_remove_copy (worker_path);
  return status;
}
