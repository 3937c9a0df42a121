/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static void
on_started (OpsFixture *f, gpointer record)
{
  f->started++;
}

static void
on_ended (OpsFixture *f, gpointer data)
{
  const TbxOpsProgram *record = data;
  OpsEnded *end = g_new (OpsEnded, 1);

  *end = (OpsEnded) { record->pid, record->exit_code, record->signal };
  g_ptr_array_add (f->ended, end);
}

/* A request with nothing in it yet: an initializer would leave a part of its union as
 * it was. */
TbxVixRequest
ops_request (guint32 opcode)
{
  TbxVixRequest request;

  memset (&request, 0, sizeof request);
  request.opcode = opcode;
  return request;
}

void
ops_fixture_set_up (OpsFixture *f, gconstpointer data)
{
  const char *environment[] = { "PATH=/usr/bin:/bin", "EMPTY=", "ODD=a<b&=c", NULL };
  const TbxOpsUser user = {
    .name = (char *) "tester",
    .uid = getuid (),
    .gid = getgid (),
    .home = (char *) "/",
    .shell = (char *) "/bin/sh",
    .environment = (char **) environment,
  };

  f->ops = tbx_ops_new (&user);
  f->dir = g_dir_make_tmp ("tbx-ops-XXXXXX", NULL);
  f->ended = g_ptr_array_new_with_free_func (g_free);
  g_assert_nonnull (f->dir);
  g_signal_connect_swapped (f->ops, "program-started", G_CALLBACK (on_started), f);
  g_signal_connect_swapped (f->ops, "program-ended", G_CALLBACK (on_ended), f);
}

void
ops_fixture_tear_down (OpsFixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->dir, NULL };

  g_assert_finalize_object (f->ops);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->dir);
  g_ptr_array_unref (f->ended);
}

static void
on_done (TbxOp *op, TbxVixCode code, int error_number, gsize size, gpointer user_data)
{
  OpsFixture *f = user_data;

  g_assert_false (f->answered);
  f->answered = TRUE;
  f->code = code;
  f->error_number = error_number;
  f->payload_size = size;
  f->reply[size] = '\0';
  f->payload = (char *) f->reply;
}

/* Runs one request to its answer. */
void
ops_fixture_run (OpsFixture *f, const TbxVixRequest *request)
{
  ops_fixture_run_flags (f, request, 0);
}

void
ops_fixture_run_flags (OpsFixture *f, const TbxVixRequest *request, guint32 flags)
{
  TbxOp *op = tbx_op_new (request, flags, f->reply, TBX_VIX_PAYLOAD_MAX_BYTES, on_done, NULL, f);

  f->answered = FALSE;
  tbx_op_set_name (op, "req", 3);
  tbx_ops_execute (f->ops, op);
  tbx_op_unref (op);
  while (!f->answered)
    g_main_context_iteration (NULL, TRUE);
}

char *
ops_fixture_path (OpsFixture *f, const char *name)
{
  return name[0] == '/' ? g_strdup (name) : g_strconcat (f->dir, "/", name, NULL);
}

void
ops_fixture_write (OpsFixture *f, const char *name, const char *content)
{
  g_autofree char *path = ops_fixture_path (f, name);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, content, strlen (content)), ==, (gssize) strlen (content));
  close (fd);
}

void
ops_fixture_mkdir (OpsFixture *f, const char *name, mode_t mode)
{
  g_autofree char *path = ops_fixture_path (f, name);

  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (chmod (path, mode));
}

void
ops_fixture_link (OpsFixture *f, const char *target, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);

  g_assert_no_errno (symlink (target, path));
}

void
ops_fixture_mkfifo (OpsFixture *f, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);

  g_assert_no_errno (mkfifo (path, 0600));
}

/* Itself, not where it may lead. */
gboolean
ops_fixture_exists (OpsFixture *f, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  struct stat info;

  return lstat (path, &info) == 0;
}

guint
ops_count_entries (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* The end of a child in which nothing failed: at once, for what its parent holds would
 * look like leaks. */
void
ops_child_done (void)
{
  for (;;)
    raise (SIGKILL);
}

void
ops_fixture_as_user (OpsFixture *f, void (*part) (OpsFixture *f))
{
  int status;
  pid_t pid;

  if (geteuid () == 0)
    g_assert_no_errno (chown (f->dir, NOBODY, NOBODY));
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      if (geteuid () == 0)
        {
          g_assert_no_errno (setgroups (0, NULL));
          g_assert_no_errno (setresgid (NOBODY, NOBODY, NOBODY));
          g_assert_no_errno (setresuid (NOBODY, NOBODY, NOBODY));
        }
      part (f);
      ops_child_done ();
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}
