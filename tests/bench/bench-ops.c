/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What guest operations cost, through tbx_ops_execute(), without channel and worker:
 * medians, to compare with the budgets of docs/design.md.  Never fails. */

#include "tbx-ops-fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_ROUNDS    41
#define N_FILES     5000
#define PAGE_SIZE   250
#define N_PROCESSES 100

static void
make_files (OpsFixture *f)
{
  for (guint i = 0; i < N_FILES; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/file-%05u.txt", f->dir, i);
      int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      if (fd >= 0)
        close (fd);
    }
}

static void
list_files (OpsFixture *f)
{
  TbxVixRequest request = ops_request (TBX_VIX_LIST_FILES);

  request.list_files.path = f->dir;
  request.list_files.max_results = PAGE_SIZE;
  for (request.list_files.index = 0; request.list_files.index < N_FILES + 2;
       request.list_files.index += PAGE_SIZE)
    ops_fixture_run (f, &request);
}

static void
list_files_pattern (OpsFixture *f)
{
  TbxVixRequest request = ops_request (TBX_VIX_LIST_FILES);

  request.list_files.path = f->dir;
  request.list_files.pattern = "0[0-9]*9\\.txt$";
  request.list_files.max_results = PAGE_SIZE;
  ops_fixture_run (f, &request);
}

static void
list_processes (OpsFixture *f)
{
  const TbxVixRequest request = ops_request (TBX_VIX_LIST_PROCESSES_EX);

  ops_fixture_run (f, &request);
}

static void
start_and_wait (OpsFixture *f)
{
  TbxVixRequest request = ops_request (TBX_VIX_START_PROGRAM);
  guint n_ended = f->ended->len;

  request.start_program.program = "/bin/true";
  ops_fixture_run (f, &request);
  while (f->code == TBX_VIX_OK && f->ended->len == n_ended)
    g_main_context_iteration (NULL, TRUE);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static void
measure (OpsFixture *f, const char *what, double budget_ms, void (*run) (OpsFixture *f))
{
  gint64 times_us[N_ROUNDS];

  run (f);   /* warm */
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      gint64 began_us = g_get_monotonic_time ();

      run (f);
      times_us[i] = g_get_monotonic_time () - began_us;
    }
  qsort (times_us, N_ROUNDS, sizeof times_us[0], compare_times);
  printf ("%-44s %8.2f ms", what, (double) times_us[N_ROUNDS / 2] / 1000);
  if (budget_ms > 0)
    printf ("   (budget %.0f ms)", budget_ms);
  printf ("\n");
}

/* Until there are as many as the budget is for. */
static GArray *
start_idle (void)
{
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  g_autoptr(GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint n = 0;

  while (proc != NULL && (name = g_dir_read_name (proc)) != NULL)
    n += g_ascii_isdigit (name[0]) ? 1 : 0;
  for (; n < N_PROCESSES; n++)
    {
      pid_t pid = fork ();

      if (pid == 0)
        {
          pause ();
          _exit (0);
        }
      if (pid > 0)
        g_array_append_val (pids, pid);
    }
  printf ("%u processes in all\n", n);
  fflush (stdout);
  return pids;
}

static void
end_idle (GArray *pids)
{
  for (guint i = 0; i < pids->len; i++)
    kill (g_array_index (pids, pid_t, i), SIGKILL);
  for (guint i = 0; i < pids->len; i++)
    waitpid (g_array_index (pids, pid_t, i), NULL, 0);
  g_array_unref (pids);
}

int
main (void)
{
  OpsFixture *f = g_new0 (OpsFixture, 1);
  GArray *idle;

  ops_fixture_set_up (f, NULL);
  make_files (f);
  measure (f, "list 5,000 files, 250 a page", 15, list_files);
  measure (f, "one page of 5,000 files, with a pattern", 0, list_files_pattern);
  idle = start_idle ();
  measure (f, "list all processes", 2, list_processes);
  end_idle (idle);
  measure (f, "start /bin/true and see its end", 5, start_and_wait);
  ops_fixture_tear_down (f, NULL);
  g_free (f);
  return 0;
}
