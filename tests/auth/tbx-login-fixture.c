/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-login-fixture.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *alice, *bob, *group;

/* Others may hold the lock of the account files for a moment. */
void
login_fixture_run (const char *format, ...)
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
void
login_fixture_set_stack (LoginFixture *f, const char *before, const char *after)
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
void
login_fixture_count_steps (LoginFixture *f)
{
  g_autofree char *script = g_build_filename (f->dir, "log.sh", NULL);
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\necho \"$PAM_TYPE $PAM_USER\" >>%s/log\n",
                                           f->dir);
  g_autofree char *auth = g_strdup_printf ("auth optional pam_exec.so quiet seteuid %s", script);
  g_autofree char *session = g_strdup_printf ("session optional pam_exec.so quiet seteuid %s",
                                              script);

  g_assert_true (g_file_set_contents_full (script, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  login_fixture_set_stack (f, auth, session);
}

guint
login_fixture_count (LoginFixture *f, const char *line)
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
set_up (LoginFixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 1000, 5000, 15000, 60000 };

  auth_fixture_set_up (&f->auth, auth_fixture_worker (), &deadlines, 300);
  f->dir = g_dir_make_tmp ("tbx-pam-XXXXXX", NULL);
  login_fixture_set_stack (f, "", "");
  tbx_worker_starter_set_pam_dir (f->auth.starter, f->dir);
}

static void
tear_down (LoginFixture *f, gconstpointer data)
{
  auth_fixture_tear_down (&f->auth);
  login_fixture_run ("rm -rf -- '%s'", f->dir);
  g_free (f->dir);
}

void
login_fixture_log_in (LoginFixture *f, const char *name)
{
  auth_fixture_login (&f->auth, name, LOGIN_PASSWORD);
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
}

void
login_fixture_assert_refused (LoginFixture *f, const char *name, const char *password,
                              TbxVixCode code)
{
  auth_fixture_login (&f->auth, name, password);
  g_assert_cmpint (f->auth.code, ==, code);
  g_assert_null (f->auth.worker);
}

static void
make_accounts (void)
{
  login_fixture_run ("groupadd %s", group);
  login_fixture_run ("useradd -M -U -G %s -s /usr/sbin/nologin %s", group, alice);
  login_fixture_run ("useradd -M -U -s /usr/sbin/nologin %s", bob);
  login_fixture_run ("printf '%%s\\n' '%s:%s' '%s:%s' | chpasswd", alice, LOGIN_PASSWORD, bob,
                     LOGIN_PASSWORD);
}

static void
remove_accounts (void)
{
  login_fixture_run ("userdel %s", alice);
  login_fixture_run ("userdel %s", bob);
  login_fixture_run ("groupdel %s", group);
}

/* FALSE without the right to make accounts: what needs none, test-worker-self shows. */
gboolean
login_fixture_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_unsetenv ("MALLOC_PERTURB_");   /* Meson sets it; systemd does not */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  alice = g_strdup_printf ("tbxa%d", getpid ());
  bob = g_strdup_printf ("tbxb%d", getpid ());
  group = g_strdup_printf ("tbxg%d", getpid ());
  return getuid () == 0;
}

void
login_fixture_add (const char *path, LoginFixtureFunc func)
{
  g_test_add (path, LoginFixture, NULL, set_up, func, tear_down);
}

/* The accounts go also when a test fails. */
int
login_fixture_test_run (void)
{
  int status = 0;
  pid_t child;

  make_accounts ();
  child = fork ();
  if (child == 0)
    exit (g_test_run ());
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  remove_accounts ();
  return WIFEXITED (status) ? WEXITSTATUS (status) : EXIT_FAILURE;
}
