/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Recursive deletes. */

#define DEPTH     5000
#define N_FILES   20000

/* A journal makes many files slow. */
#define N_FILES_ON_DISK 1500

/* Rounds of the race: some at least, more while there is time. */
#define MIN_ROUNDS 10
#define RACE_US    (2 * G_USEC_PER_SEC)
#define N_FOLDERS  16

/* The folder in memory. */
static void
memory_set_up (OpsFixture *f, gconstpointer data)
{
  char dir[] = "/dev/shm/tbx-ops-XXXXXX";

  ops_fixture_set_up (f, data);
  g_assert_no_errno (rmdir (f->dir));
  g_assert_nonnull (mkdtemp (dir));
  g_free (f->dir);
  f->dir = g_strdup (dir);
}

static TbxVixCode
delete_tree (OpsFixture *f, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_DELETE_DIRECTORY_EX);

  request.delete_directory.path = path;
  request.delete_directory.recursive = TRUE;
  ops_fixture_run (f, &request);
  return f->code;
}

/* Deeper than any path, and than there are descriptors; a file on every tenth level. */
static void
test_deep (OpsFixture *f, gconstpointer data)
{
  guint n_open = ops_count_entries ("/proc/self/fd");
  int fd = open (f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; i <= DEPTH; i++)
    {
      int below;

      g_assert_no_errno (mkdirat (fd, "level", 0700));
      below = openat (fd, "level", O_PATH | O_DIRECTORY | O_CLOEXEC);
      g_assert_cmpint (below, >=, 0);
      close (fd);
      fd = below;
      if (i % 10 == 0)
        g_assert_no_errno (mknodat (fd, "file", S_IFREG | 0600, 0));
    }
  close (fd);
  g_assert_cmpint (delete_tree (f, "level"), ==, TBX_VIX_OK);
  g_assert_cmpuint (ops_count_entries (f->dir), ==, 0);
  g_assert_cmpuint (ops_count_entries ("/proc/self/fd"), ==, n_open);
}

static void
test_wide (OpsFixture *f, gconstpointer data)
{
  guint n_files = GPOINTER_TO_UINT (data);

  ops_fixture_mkdir (f, "wide", 0700);
  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/wide/%05u", f->dir, i);

      g_assert_no_errno (mknod (path, S_IFREG | 0600, 0));
    }
  g_assert_cmpint (delete_tree (f, "wide"), ==, TBX_VIX_OK);
  g_assert_cmpuint (ops_count_entries (f->dir), ==, 0);
}

/* Files of every kind go; what links lead to stays. */
static void
test_links (OpsFixture *f, gconstpointer data)
{
  g_autofree char *outside = ops_fixture_path (f, "outside");

  ops_fixture_mkdir (f, "outside", 0700);
  ops_fixture_write (f, "outside/canary", "c");
  ops_fixture_mkdir (f, "tree", 0700);
  ops_fixture_mkdir (f, "tree/sub", 0700);
  ops_fixture_link (f, outside, "tree/sub/absolute");
  ops_fixture_link (f, "../../outside", "tree/sub/relative");
  ops_fixture_link (f, "../outside/canary", "tree/to-file");
  ops_fixture_link (f, "nowhere", "tree/dangling");
  ops_fixture_link (f, "loop", "tree/loop");
  ops_fixture_link (f, "..", "tree/sub/up");
  ops_fixture_mkfifo (f, "tree/sub/fifo");
  ops_fixture_write (f, "tree/sub/\xff\n<", "odd");
  g_assert_cmpint (delete_tree (f, "tree"), ==, TBX_VIX_OK);
  g_assert_false (ops_fixture_exists (f, "tree"));
  g_assert_true (ops_fixture_exists (f, "outside/canary"));
  g_assert_cmpuint (ops_count_entries (f->dir), ==, 1);
}

static void
delete_as_user (OpsFixture *f)
{
  static const char *const stays[] = { "tree", "tree/closed", "tree/closed/a", "tree/closed/sub",
                                       "tree/unreadable", "tree/unreadable/file" };
  static const char *const goes[] = { "tree/a", "tree/z", "tree/open", "tree/empty-unreadable",
                                      "tree/closed/sub/x" };

  g_assert_cmpint (delete_tree (f, "tree"), ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->error_number, ==, EACCES);
  for (gsize i = 0; i < G_N_ELEMENTS (goes); i++)
    {
      g_test_message ("%s", goes[i]);
      g_assert_false (ops_fixture_exists (f, goes[i]));
    }
  g_assert_no_errno (chdir (f->dir));
  for (gsize i = 0; i < G_N_ELEMENTS (stays); i++)
    {
      struct stat info;

      g_test_message ("%s", stays[i]);
      g_assert_true (lstat (stays[i], &info) == 0 || errno == EACCES);
    }
  g_assert_cmpint (delete_tree (f, "empty-unreadable"), ==, TBX_VIX_OK);
  g_assert_false (ops_fixture_exists (f, "empty-unreadable"));
}

/* What cannot be deleted is told, and does not save the rest. */
static void
test_not_all (OpsFixture *f, gconstpointer data)
{
  static const char *const folders[] = { "tree", "tree/closed", "tree/closed/sub",
                                         "tree/unreadable", "tree/open", "tree/open/sub",
                                         "tree/empty-unreadable", "empty-unreadable" };
  static const char *const files[] = { "tree/a", "tree/z", "tree/closed/a", "tree/closed/sub/x",
                                       "tree/unreadable/file", "tree/open/sub/file" };
  static const struct { const char *name; mode_t mode; } modes[] = {
    { "tree/closed", 0555 }, { "tree/unreadable", 0 }, { "tree/empty-unreadable", 0 },
    { "empty-unreadable", 0 },
  };
  const char *const own[] = { "chown", "-R", "65534:65534", f->dir, NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    ops_fixture_mkdir (f, folders[i], 0755);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    ops_fixture_write (f, files[i], "text");
  if (geteuid () == 0)
    {
      g_assert_true (g_spawn_sync (NULL, (char **) own, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                                   NULL, NULL, NULL));
      /* A whole folder of somebody else's in there: it stays with what it holds. */
      ops_fixture_mkdir (f, "tree/foreign", 0755);
      ops_fixture_write (f, "tree/foreign/file", "text");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *path = ops_fixture_path (f, modes[i].name);

      g_assert_no_errno (chmod (path, modes[i].mode));
    }
  ops_fixture_as_user (f, delete_as_user);
  g_assert_true (geteuid () != 0 || ops_fixture_exists (f, "tree/foreign/file"));
  for (gsize i = 0; i < 2; i++)
    {
      g_autofree char *path = ops_fixture_path (f, modes[i].name);

      g_assert_no_errno (chmod (path, 0755));
    }
  g_assert_true (ops_fixture_exists (f, "tree/closed/a"));
  g_assert_true (ops_fixture_exists (f, "tree/unreadable/file"));
}

/* Puts links to the canaries in the place of folders and back, until it is killed. */
static void G_GNUC_NORETURN
swap_for_ever (const char *root, const char *outside)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  g_assert_no_errno (chdir (root));
  for (guint i = 0;; i = (i + 1) % N_FOLDERS)
    {
      char name[32], aside[32], below[64];

      g_snprintf (name, sizeof name, "tree/d%u", i);
      g_snprintf (aside, sizeof aside, "aside%u", i);
      g_snprintf (below, sizeof below, "aside%u/sub/deep", i);
      if (rename (name, aside) == 0 && symlink (outside, name) == 0)
        {
          /* Entered already, it is moved away from under the walk. */
          if (rename (below, "moved") == 0)
            rename ("moved", below);
          unlink (name);
        }
      rename (aside, name);
    }
}

static void
make_canaries (OpsFixture *f)
{
  static const char *const folders[] = { "outside", "outside/sub", "outside/sub/deep" };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *file = g_strconcat (folders[i], "/f", NULL);
      g_autofree char *empty = g_strconcat (folders[i], "/e", NULL);

      ops_fixture_mkdir (f, folders[i], 0700);
      ops_fixture_write (f, file, "canary");
      ops_fixture_mkdir (f, empty, 0700);
    }
}

/* The same names as in the canaries, so that a walk that went astray would find them. */
static void
make_victims (OpsFixture *f)
{
  if (!ops_fixture_exists (f, "tree"))
    ops_fixture_mkdir (f, "tree", 0700);
  for (guint i = 0; i < N_FOLDERS; i++)
    {
      static const char *const parts[] = { "", "/e", "/sub", "/sub/e", "/sub/deep",
                                           "/sub/deep/e" };

      for (gsize p = 0; p < G_N_ELEMENTS (parts); p++)
        {
          g_autofree char *path = g_strdup_printf ("%s/tree/d%u%s", f->dir, i, parts[p]);
          g_autofree char *file = g_strconcat (path, "/f", NULL);
          int fd;

          mkdir (path, 0700);   /* these race with the swaps, and may fail */
          fd = open (file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
          if (fd >= 0)
            close (fd);
        }
    }
}

static void
assert_canaries (OpsFixture *f)
{
  static const char *const names[] = { "outside/f", "outside/e", "outside/sub/f", "outside/sub/e",
                                       "outside/sub/deep/f", "outside/sub/deep/e" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (ops_fixture_exists (f, names[i]));
}

/* Somebody swaps folders for links all the time: the walk never leaves the tree. */
static void
test_swapped (OpsFixture *f, gconstpointer data)
{
  guint n_open = ops_count_entries ("/proc/self/fd"), n_whole = 0, n_rounds = 0;
  gint64 began_us = g_get_monotonic_time ();
  g_autofree char *outside = ops_fixture_path (f, "outside");
  pid_t pid;

  make_canaries (f);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    swap_for_ever (f->dir, outside);
  while (n_rounds < MIN_ROUNDS || g_get_monotonic_time () - began_us < RACE_US)
    {
      n_rounds++;
      make_victims (f);
      n_whole += delete_tree (f, "tree") == TBX_VIX_OK;
      assert_canaries (f);
    }
  g_assert_no_errno (kill (pid, SIGKILL));
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_test_message ("%u of %u were deleted whole", n_whole, n_rounds);
  make_victims (f);
  g_assert_cmpint (delete_tree (f, "tree"), ==, TBX_VIX_OK);
  assert_canaries (f);
  g_assert_cmpuint (ops_count_entries ("/proc/self/fd"), ==, n_open);
}

#define ADD(path, data, set_up, function) \
  g_test_add (path, OpsFixture, data, set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/tree/deep", NULL, memory_set_up, test_deep);
  ADD ("/tree/wide", GUINT_TO_POINTER (N_FILES), memory_set_up, test_wide);
  ADD ("/tree/wide-on-disk", GUINT_TO_POINTER (N_FILES_ON_DISK), ops_fixture_set_up, test_wide);
  ADD ("/tree/links", NULL, ops_fixture_set_up, test_links);
  ADD ("/tree/not-all", NULL, ops_fixture_set_up, test_not_all);
  ADD ("/tree/swapped", NULL, memory_set_up, test_swapped);
  return g_test_run ();
}
