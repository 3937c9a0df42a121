/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-launch.h"
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* We may open as many files as the kernel lets us; programs have what we had. */
static void
test_limits (void)
{
  const char *environment[] = { "PATH=/usr/bin:/bin", NULL };
  TbxLaunch launch = { "ulimit -Sn; ulimit -Hn", "/", environment, -1, -1, -1, -1 };
  g_autofree char *expected = NULL;
  char text[100] = "";
  struct rlimit limit;
  int ends[2], pidfd, error_number, status;
  pid_t pid;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  limit.rlim_cur = 100;
  limit.rlim_max = MIN (limit.rlim_max, 3000);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
  expected = g_strdup_printf ("100\n%u\n", (guint) limit.rlim_max);
  tbx_launch_raise_limits ();
  tbx_launch_raise_limits ();   /* once is enough */
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  g_assert_cmpuint (limit.rlim_cur, ==, limit.rlim_max);
  g_assert_no_errno (pipe (ends));
  launch.stdout_fd = ends[1];
  g_assert_true (tbx_launch (&launch, &pid, &pidfd, &error_number));
  close (ends[1]);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (read (ends[0], text, sizeof text - 1), >, 0);
  g_assert_cmpstr (text, ==, expected);
  close (ends[0]);
  close (pidfd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/launch/limits", test_limits);
  return g_test_run ();
}
