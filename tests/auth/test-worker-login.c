/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom PAM lets in, and for how long that is remembered. */
#include "tbx-login-fixture.h"
#include <string.h>

static void
test_refused (LoginFixture *f, gconstpointer data)
{
  g_autofree char *long_password = g_strnfill (5000, 'x');

  login_fixture_assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_assert_refused (f, alice, "", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_assert_refused (f, "tbx-nobody-knows", LOGIN_PASSWORD,
                                TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_assert_refused (f, bob, long_password, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_assert_refused (f, "-", "x", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
}

/* Each refusal waits longer; the right password never waits, and ends that. */
static void
test_delays (LoginFixture *f, gconstpointer data)
{
  static const gint64 waits_ms[] = { 250, 500, 1000 };
  gint64 start_us;

  for (gsize i = 0; i < G_N_ELEMENTS (waits_ms); i++)
    {
      start_us = g_get_monotonic_time ();
      login_fixture_assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
      g_assert_cmpint (g_get_monotonic_time () - start_us, >=, waits_ms[i] * 1000);
      g_assert_cmpint (g_get_monotonic_time () - start_us, <, (waits_ms[i] + 900) * 1000);
    }
  start_us = g_get_monotonic_time ();
  login_fixture_log_in (f, alice);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 900 * 1000);
  start_us = g_get_monotonic_time ();
  login_fixture_assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 900 * 1000);
}

static void
test_locked (LoginFixture *f, gconstpointer data)
{
  login_fixture_log_in (f, alice);
  login_fixture_run ("usermod -L %s", alice);
  login_fixture_assert_refused (f, alice, LOGIN_PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_run ("usermod -U %s", alice);
  login_fixture_log_in (f, alice);
}

static void
test_expired (LoginFixture *f, gconstpointer data)
{
  login_fixture_log_in (f, alice);
  login_fixture_run ("chage -E 1 %s", alice);
  login_fixture_assert_refused (f, alice, LOGIN_PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_run ("chage -E -1 %s", alice);
  login_fixture_log_in (f, alice);
}

/* The shell is PAM's affair. */
static void
test_shell (LoginFixture *f, gconstpointer data)
{
  auth_fixture_watch (&f->auth, f->dir);   /* others may change accounts meanwhile */
  login_fixture_log_in (f, alice);   /* it is nologin */
  login_fixture_set_stack (f, "account required pam_shells.so", "");
  auth_fixture_login (&f->auth, alice, LOGIN_PASSWORD);   /* remembered */
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  login_fixture_assert_refused (f, bob, LOGIN_PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
}

/* PAM's no is a no at each step; its failure is a failure. */
static void
test_steps (LoginFixture *f, gconstpointer data)
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
      login_fixture_set_stack (f, rows[i].before, rows[i].after);
      login_fixture_assert_refused (f, i % 2 == 0 ? alice : bob, LOGIN_PASSWORD, rows[i].code);
    }
}

typedef struct
{
  gboolean   done;
  TbxVixCode code;
  char      *name;   /* of the account (owned), or NULL */
} Known;

static void
on_known (const TbxLoginVerdict *verdict, TbxAccount *account, TbxWorker *worker,
          gpointer user_data)
{
  Known *known = user_data;

  known->done = TRUE;
  known->code = verdict->code;
  known->name = account == NULL ? NULL : g_strdup (account->name);
}

static void
assert_known (LoginFixture *f, const char *name, TbxVixCode code)
{
  Known known = { FALSE };

  tbx_worker_pool_login (f->auth.pool, name, TBX_WORKER_PROOF_NAMED, NULL, NULL, on_known, &known);
  while (!known.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (known.code, ==, code);
  g_assert_cmpstr (known.name, ==, code == TBX_VIX_OK ? name : NULL);
  g_free (known.name);
}

/* Whom the administrator names needs no password, but may not be root, and PAM says
 * whether the account may be used.  Nobody else gets in by that. */
static void
test_without_password (LoginFixture *f, gconstpointer data)
{
  login_fixture_set_stack (f, "auth requisite pam_debug.so auth=auth_err", "");
  assert_known (f, alice, TBX_VIX_OK);
  assert_known (f, "root", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_assert_refused (f, alice, LOGIN_PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_assert_refused (f, alice, "", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_set_stack (f, "account requisite pam_deny.so", "");
  assert_known (f, alice, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  assert_known (f, bob, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
}

static void
test_remembered (LoginFixture *f, gconstpointer data)
{
  g_autofree char *auth = g_strconcat ("auth ", alice, NULL);
  g_autofree char *opened = g_strconcat ("open_session ", alice, NULL);

  /* Others may change accounts meanwhile, as this test does elsewhere. */
  auth_fixture_watch (&f->auth, f->dir);
  login_fixture_count_steps (f);
  for (guint i = 0; i < 1000; i++)
    {
      login_fixture_log_in (f, alice);
      g_assert_cmpstr (auth_fixture_run (&f->auth, "/echo/x"), ==, "x");
    }
  g_assert_cmpuint (login_fixture_count (f, auth), ==, 1);
  g_assert_cmpuint (login_fixture_count (f, opened), ==, 1);

  /* A failure of that user has PAM asked again, but needs no other worker. */
  login_fixture_assert_refused (f, alice, "wrong", TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  login_fixture_log_in (f, alice);
  login_fixture_log_in (f, alice);
  g_assert_cmpuint (login_fixture_count (f, auth), ==, 3);
  g_assert_cmpuint (login_fixture_count (f, opened), ==, 1);
}

static void
test_password_changed (LoginFixture *f, gconstpointer data)
{
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  login_fixture_run ("echo '%s:New-one' | chpasswd", alice);
  login_fixture_assert_refused (f, alice, LOGIN_PASSWORD, TBX_VIX_INVALID_LOGIN_CREDENTIALS);
  auth_fixture_login (&f->auth, alice, "New-one");
  g_assert_cmpint (f->auth.code, ==, TBX_VIX_OK);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), ==, pid);
  login_fixture_run ("echo '%s:%s' | chpasswd", alice, LOGIN_PASSWORD);
  login_fixture_log_in (f, alice);
}

/* A group that was taken away is not kept by a worker that had it. */
static void
test_group_changed (LoginFixture *f, gconstpointer data)
{
  int pid;

  login_fixture_log_in (f, alice);
  pid = auth_fixture_get_pid (&f->auth);
  login_fixture_run ("gpasswd -d %s %s", alice, group);
  login_fixture_log_in (f, alice);
  g_assert_cmpint (auth_fixture_get_pid (&f->auth), !=, pid);
  g_assert_false (g_strv_contains (f->auth.account->groups, group));
  login_fixture_run ("gpasswd -a %s %s", alice, group);
}

/* A module that never answers does not hold the host up for ever. */
static void
test_login_hangs (LoginFixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 1000, 5000, 500, 60000 };

  tbx_worker_pool_set_limits (f->auth.pool, &deadlines, 300);
  login_fixture_set_stack (f, "auth required pam_exec.so quiet /bin/sleep 3", "");
  login_fixture_assert_refused (f, alice, LOGIN_PASSWORD, TBX_VIX_FILE_ERROR);
  g_assert_cmpint (f->auth.error_number, !=, 0);
}

#define ADD(name, func) login_fixture_add ("/worker-login/" name, func)

int
main (int argc, char **argv)
{
  if (!login_fixture_init (&argc, &argv))
    return g_test_run ();
  ADD ("refused", test_refused);
  ADD ("delays", test_delays);
  ADD ("locked", test_locked);
  ADD ("expired", test_expired);
  ADD ("shell", test_shell);
  ADD ("steps", test_steps);
  ADD ("without-password", test_without_password);
  ADD ("remembered", test_remembered);
  ADD ("password-changed", test_password_changed);
  ADD ("group-changed", test_group_changed);
  ADD ("login-hangs", test_login_hangs);
  return login_fixture_test_run ();
}
