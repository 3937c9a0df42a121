/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever way the account files change, a remembered login is not believed after it. */
#include "tbx-account-watch.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char            *dir;     /* of the test */
  char            *etc;     /* in it, like /etc */
  TbxAccountWatch *watch;
} Fixture;

static char *
path_of (Fixture *f, const char *name)
{
  return g_build_filename (f->dir, name, NULL);
}

static void
append (Fixture *f, const char *name, const char *text)
{
  g_autofree char *path = path_of (f, name);
  FILE *file = g_fopen (path, "a");

  g_assert_nonnull (file);
  fputs (text, file);
  fclose (file);
}

static void
make_dir (Fixture *f, const char *name)
{
  g_autofree char *path = path_of (f, name);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
move (Fixture *f, const char *from, const char *to)
{
  g_autofree char *old = path_of (f, from), *new = path_of (f, to);

  g_assert_cmpint (g_rename (old, new), ==, 0);
}

static void
link_to (Fixture *f, const char *target, const char *name)
{
  g_autofree char *path = path_of (f, name);

  g_remove (path);
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
fill (Fixture *f)
{
  static const char *const files[] = { "etc/passwd",  "etc/shadow",        "etc/group",
                                       "etc/gshadow", "etc/nsswitch.conf", "etc/pam.d/toolboxd" };

  make_dir (f, "etc");
  make_dir (f, "etc/pam.d");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    append (f, files[i], "x\n");
}

static void
begin (Fixture *f)
{
  g_autoptr(GError) error = NULL;

  g_clear_pointer (&f->watch, tbx_account_watch_free);
  f->watch = tbx_account_watch_new (f->etc, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (tbx_account_watch_changed (f->watch));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("tbx-watch-XXXXXX", NULL);
  f->etc = path_of (f, "etc");
  fill (f);
  begin (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->dir, NULL };

  g_clear_pointer (&f->watch, tbx_account_watch_free);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->etc);
  g_free (f->dir);
}

/* It changed, and is watched from then on. */
static void
assert_changed (Fixture *f)
{
  g_assert_true (tbx_account_watch_changed (f->watch));
  g_assert_false (tbx_account_watch_changed (f->watch));
}

static void
test_names (Fixture *f, gconstpointer data)
{
  append (f, "etc/resolv.conf", "x\n");
  g_assert_false (tbx_account_watch_changed (f->watch));
  append (f, "etc/gshadow", "x\n");
  assert_changed (f);
  append (f, "etc/pam.d/common-auth", "x\n");
  assert_changed (f);
}

/* The directory itself goes and comes: nothing is believed while it is away, and the new
 * one is watched. */
static void
test_directory (Fixture *f, gconstpointer data)
{
  move (f, "etc", "old");
  for (guint i = 0; i < 3; i++)
    g_assert_true (tbx_account_watch_changed (f->watch));
  append (f, "old/shadow", "x\n");
  fill (f);
  assert_changed (f);
  append (f, "old/shadow", "x\n");
  g_assert_false (tbx_account_watch_changed (f->watch));
  append (f, "etc/shadow", "x\n");
  assert_changed (f);
  move (f, "etc", "older");
  move (f, "old", "etc");
  assert_changed (f);
  append (f, "etc/shadow", "x\n");
  assert_changed (f);
}

static void
test_deleted (Fixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->etc, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  for (guint i = 0; i < 3; i++)
    g_assert_true (tbx_account_watch_changed (f->watch));
  fill (f);
  assert_changed (f);
}

/* More than the kernel keeps for us: something may be lost. */
static void
test_overflow (Fixture *f, gconstpointer data)
{
  g_autofree char *path = path_of (f, "etc/other");
  g_autofree char *text = NULL;
  guint n;

  g_assert_true (g_file_get_contents ("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL));
  n = (guint) atoi (text) / 3 + 1;
  for (guint i = 0; i < n; i++)
    {
      append (f, "etc/other", "");   /* created, closed, deleted */
      g_assert_cmpint (g_remove (path), ==, 0);
    }
  assert_changed (f);
}

/* A name may lead anywhere, by a way of several steps. */
static void
test_symlink (Fixture *f, gconstpointer data)
{
  make_dir (f, "store");
  make_dir (f, "next");
  append (f, "store/shadow", "x\n");
  append (f, "next/shadow", "x\n");
  link_to (f, "store", "static");
  link_to (f, "../static/shadow", "etc/shadow");
  assert_changed (f);
  append (f, "store/shadow", "x\n");
  assert_changed (f);
  append (f, "next/shadow", "x\n");
  g_assert_false (tbx_account_watch_changed (f->watch));
  link_to (f, "next", "static");
  assert_changed (f);
  move (f, "next/shadow", "next/other");   /* leads nowhere now */
  assert_changed (f);
  append (f, "next/shadow", "x\n");
  assert_changed (f);
  append (f, "etc/static", "x\n");   /* may be a part of the way */
  assert_changed (f);
}

static void
test_pam_symlinks (Fixture *f, gconstpointer data)
{
  make_dir (f, "first");
  make_dir (f, "second");
  append (f, "first/toolboxd", "x\n");
  append (f, "second/toolboxd", "x\n");
  link_to (f, "../first", "etc/static");
  g_assert_false (tbx_account_watch_changed (f->watch));
  link_to (f, "../static/toolboxd", "etc/pam.d/toolboxd");
  assert_changed (f);
  link_to (f, "../second", "etc/static");
  assert_changed (f);
  move (f, "etc/pam.d", "pam");
  link_to (f, "../pam", "etc/pam.d");
  assert_changed (f);
  append (f, "pam/toolboxd.new", "x\n");
  assert_changed (f);
}

/* Written under another name, it has no event under this one. */
static void
test_hard_link (Fixture *f, gconstpointer data)
{
  g_autofree char *from = path_of (f, "etc/passwd"), *to = path_of (f, "other");

  g_assert_cmpint (link (from, to), ==, 0);
  begin (f);
  append (f, "other", "x\n");
  assert_changed (f);
}

/* Directories of PAM's files outside have to be there, for else nobody tells when they
 * come. */
static void
test_pam_elsewhere (Fixture *f, gconstpointer data)
{
  g_autofree char *pam = path_of (f, "pam");
  g_autoptr(GError) error = NULL;

  g_assert_null (tbx_account_watch_new (f->etc, pam, &error));
  g_assert_nonnull (error);
  make_dir (f, "pam");
  tbx_account_watch_free (f->watch);
  f->watch = tbx_account_watch_new (f->etc, pam, NULL);
  g_assert_false (tbx_account_watch_changed (f->watch));
  move (f, "pam", "gone");
  for (guint i = 0; i < 3; i++)
    g_assert_true (tbx_account_watch_changed (f->watch));
}

static void
bind_over (Fixture *f, const char *what, const char *where)
{
  g_autofree char *from = path_of (f, what), *to = path_of (f, where);

  g_assert_cmpint (mount (from, to, NULL, MS_BIND, NULL), ==, 0);
}

static void
unmount (Fixture *f, const char *where)
{
  g_autofree char *path = path_of (f, where);

  g_assert_cmpint (umount2 (path, MNT_DETACH), ==, 0);
}

static void
mount_all_over (Fixture *f)
{
  append (f, "mine", "x\n");
  make_dir (f, "empty");
  append (f, "empty/shadow", "x\n");
  begin (f);
  bind_over (f, "empty", "etc/pam.d");
  assert_changed (f);
  unmount (f, "etc/pam.d");
  assert_changed (f);
  bind_over (f, "mine", "etc/pam.d/toolboxd");
  assert_changed (f);
  unmount (f, "etc/pam.d/toolboxd");
  assert_changed (f);
  make_dir (f, "elsewhere");   /* which happens all the time, and is none of ours */
  bind_over (f, "empty", "elsewhere");
  g_assert_false (tbx_account_watch_changed (f->watch));
  unmount (f, "elsewhere");
  g_assert_false (tbx_account_watch_changed (f->watch));
  bind_over (f, "mine", "etc/passwd");
  assert_changed (f);
  append (f, "mine", "x\n");
  assert_changed (f);
  unmount (f, "etc/passwd");
  assert_changed (f);
  bind_over (f, "empty", "etc");
  assert_changed (f);
  append (f, "etc/shadow", "x\n");
  assert_changed (f);
  unmount (f, "etc");
  assert_changed (f);
  append (f, "etc/shadow", "x\n");
  assert_changed (f);
}

/* In a name space of its own. */
static void
test_mounts (Fixture *f, gconstpointer data)
{
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      g_assert_cmpint (unshare (CLONE_NEWNS), ==, 0);
      g_assert_cmpint (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), ==, 0);
      mount_all_over (f);
      _exit (EXIT_SUCCESS);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

#define ADD(name, func) g_test_add ("/account-watch/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("names", test_names);
  ADD ("directory", test_directory);
  ADD ("deleted", test_deleted);
  ADD ("overflow", test_overflow);
  ADD ("symlink", test_symlink);
  ADD ("pam-symlinks", test_pam_symlinks);
  ADD ("hard-link", test_hard_link);
  ADD ("pam-elsewhere", test_pam_elsewhere);
  if (getuid () == 0)   /* others may not mount */
    ADD ("mounts", test_mounts);
  return g_test_run ();
}
