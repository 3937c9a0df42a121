/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-auth-fixture.h"
#include "tbx-test-loop.h"
#include "tbx-vix-requests.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program under test, as the build made it. */
const char *
auth_fixture_worker (void)
{
  const char *path = g_getenv ("TBX_TEST_WORKER");

  g_assert_nonnull (path);
  return path;
}

void
auth_fixture_set_up (AuthFixture              *f,
                     const char               *worker,
                     const TbxWorkerDeadlines *deadlines,
                     guint                     idle_s)
{
  f->starter = tbx_worker_starter_new (worker);
  f->pool = tbx_worker_pool_new (f->starter, deadlines, idle_s);
  auth_fixture_watch (f, "/etc");
}

/* Begins without a memory, and watches another directory for changes of accounts. */
void
auth_fixture_watch (AuthFixture *f, const char *directory)
{
  g_autoptr(GError) error = NULL;
  TbxAccountWatch *watch = tbx_account_watch_new (directory, NULL, &error);

  g_assert_no_error (error);
  g_clear_object (&f->login);
  f->login = tbx_login_new (f->pool, tbx_login_cache_new (watch, g_get_monotonic_time));
}

static void
forget_login (AuthFixture *f)
{
  g_clear_pointer (&f->account, tbx_account_unref);
  g_clear_object (&f->worker);
}

/* Nothing of a worker is left when the daemon is gone. */
void
auth_fixture_tear_down (AuthFixture *f)
{
  forget_login (f);
  g_free (f->payload);
  g_assert_finalize_object (f->login);
  g_assert_finalize_object (f->pool);
  g_assert_finalize_object (f->starter);
  tbx_test_until (!auth_fixture_has_children ());
}

static TbxVixCode
on_admit (TbxAccount *account, gpointer user_data)
{
  AuthFixture *f = user_data;

  f->n_admits++;
  if (f->denied_group != NULL && g_strv_contains (account->groups, f->denied_group))
    return TBX_VIX_OPERATION_DISABLED;
  return f->admit;
}

static void
on_login (TbxVixCode code, int error_number, TbxAccount *account, TbxWorker *worker, gpointer user_data)
{
  AuthFixture *f = user_data;

  g_assert_false (f->answered);
  f->answered = TRUE;
  f->code = code;
  f->error_number = error_number;
  f->account = account == NULL ? NULL : tbx_account_ref (account);
  f->worker = worker == NULL ? NULL : g_object_ref (worker);
}

void
auth_fixture_login (AuthFixture *f, const char *name, const char *password)
{
  const TbxVixCredentials credentials = { (char *) name, password, 0 };

  forget_login (f);
  f->answered = FALSE;
  tbx_login_verify (f->login, &credentials, on_admit, on_login, f);
  tbx_test_until (f->answered);
}

static void
on_replied (guint32 code, int error_number, GBytes *reply, gpointer user_data)
{
  AuthFixture *f = user_data;

  f->replied = TRUE;
  f->code = code;
  f->error_number = error_number;
  if (reply != NULL)
    {
      const char *text = g_bytes_get_data (reply, NULL);

      g_assert_true (g_str_has_prefix (text, "OK 0 0 "));
      f->payload = g_strdup (text + strlen ("OK 0 0 "));
    }
}

/* Asks, and does not wait. */
void
auth_fixture_ask (AuthFixture *f, TbxWorker *worker, const char *order)
{
  const TbxVixRequest request = { .opcode = TBX_VIX_DELETE_FILE_EX, .file = { 0, order } };
  TbxWorkerRequest asked = { .opcode = TBX_VIX_DELETE_FILE_EX, .name_size = 3,
                             .name = (const guint8 *) "req" };
  g_auto(TbxWriter) w = { 0 };

  tbx_writer_init (&w, 10000);
  tbx_vix_request_encode (&request, &w);
  asked.body_size = w.out->len;
  f->replied = FALSE;
  g_clear_pointer (&f->payload, g_free);
  tbx_worker_request (worker, &asked, w.out->data, FALSE, on_replied, f);
}

/* Has the worker of the last login execute an order. */
const char *
auth_fixture_run (AuthFixture *f, const char *order)
{
  g_assert_nonnull (f->worker);
  auth_fixture_ask (f, f->worker, order);
  tbx_test_until (f->replied);
  return f->payload;
}

int
auth_fixture_get_pid (AuthFixture *f)
{
  return atoi (auth_fixture_run (f, "/pid"));
}

/* The words after a key of /proc/PID/status, with single spaces; NULL when the process
 * is not there. */
char *
auth_fixture_status (int pid, const char *key)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, key) && (*line)[strlen (key)] == ':')
      return g_strstrip (g_strdelimit (g_strdup (*line + strlen (key) + 1), "\t", ' '));
  return NULL;
}

gboolean
auth_fixture_has_children (void)
{
  siginfo_t info;

  return waitid (P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) == 0 || errno != ECHILD;
}

static char *
copy_worker (void)
{
  g_autofree char *text = NULL;
  g_autofree char *dir = g_dir_make_tmp ("tbx-worker-XXXXXX", NULL);
  char *path = g_build_filename (dir, "worker", NULL);
  gsize size;

  g_assert_true (g_file_get_contents (auth_fixture_worker (), &text, &size, NULL));
  g_assert_true (g_file_set_contents_full (path, text, (gssize) size, G_FILE_SET_CONTENTS_NONE,
                                           0755, NULL));
  g_assert_cmpint (chown (dir, 65534, 65534), ==, 0);
  g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
  return path;
}

static void
become_nobody (void)
{
  const struct passwd *entry = getpwnam ("nobody");

  g_assert_nonnull (entry);
  g_assert_cmpint (setgroups (0, NULL), ==, 0);
  g_assert_cmpint (setgid (entry->pw_gid), ==, 0);
  g_assert_cmpint (setuid (entry->pw_uid), ==, 0);
}

/* Where the test is root's, goes on as nobody, with a copy of the worker that nobody can
 * reach.  Gives the path of the worker. */
char *
auth_fixture_drop_root (void)
{
  char *path;

  if (getuid () != 0)
    return g_strdup (auth_fixture_worker ());
  path = copy_worker ();
  become_nobody ();
  return path;
}

void
auth_fixture_remove_copy (const char *path)
{
  g_autofree char *dir = g_path_get_dirname (path);

  if (strcmp (path, auth_fixture_worker ()) == 0)
    return;
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}
