/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The three requests that move. */
enum { MOVE_FILE, MOVE_FILE_OVER, MOVE_DIRECTORY, MOVE_LEGACY, N_KINDS };

static void
move (OpsFixture *f, int kind, const char *from, const char *to)
{
  static const guint32 opcodes[N_KINDS] = { TBX_VIX_MOVE_FILE_EX, TBX_VIX_MOVE_FILE_EX,
                                            TBX_VIX_MOVE_DIRECTORY, TBX_VIX_MOVE_FILE };
  g_autofree char *old_path = ops_fixture_path (f, from);
  g_autofree char *new_path = ops_fixture_path (f, to);
  TbxVixRequest request = ops_request (opcodes[kind]);

  request.move.old_path = old_path;
  request.move.new_path = new_path;
  request.move.overwrite = kind == MOVE_FILE_OVER || kind == MOVE_LEGACY;
  ops_fixture_run (f, &request);
}

/* The same things before each case. */
static void
make_some (OpsFixture *f)
{
  const char *argv[] = { "find", f->dir, "-mindepth", "1", "-delete", NULL };
  g_autofree char *file = ops_fixture_path (f, "file"), *twin = ops_fixture_path (f, "twin");

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  ops_fixture_write (f, "file", "file");
  ops_fixture_write (f, "other", "other");
  g_assert_no_errno (link (file, twin));
  ops_fixture_mkdir (f, "dir", 0700);
  ops_fixture_write (f, "dir/in", "in");
  ops_fixture_mkdir (f, "empty", 0700);
  ops_fixture_link (f, "file", "link");
  ops_fixture_link (f, "dir", "link-dir");
  ops_fixture_link (f, "nowhere", "dangling");
  ops_fixture_mkfifo (f, "fifo");
}

static ino_t
inode (OpsFixture *f, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  struct stat info;

  return lstat (path, &info) == 0 ? info.st_ino : 0;
}

#define OK        TBX_VIX_OK
#define MISSING   TBX_VIX_FILE_NOT_FOUND
#define EXISTS    TBX_VIX_FILE_ALREADY_EXISTS
#define EXISTS_76 TBX_VIX_ALREADY_EXISTS
#define NO_FILE   TBX_VIX_NOT_A_FILE
#define NO_DIR    TBX_VIX_NOT_A_DIRECTORY
#define INVALID   TBX_VIX_INVALID_ARG

/* Each row of docs/wire/vix.md, 4.9: the answers in the order of the requests above, and
 * whether the source is gone to the destination when the answer is OK. */
static const struct
{
  const char *from, *to;
  TbxVixCode  codes[N_KINDS];
  gboolean    moves;
} cases[] = {
  { "file", "new", { OK, OK, NO_DIR, OK }, TRUE },
  { "link", "new", { OK, OK, NO_DIR, OK }, TRUE },
  { "fifo", "new", { OK, OK, NO_DIR, OK }, TRUE },
  { "link-dir", "new", { OK, OK, NO_DIR, OK }, TRUE },
  { "dir", "new", { NO_FILE, NO_FILE, OK, OK }, TRUE },
  { "missing", "new", { MISSING, MISSING, MISSING, MISSING }, FALSE },
  { "dangling", "new", { MISSING, MISSING, MISSING, MISSING }, FALSE },
  { "file/x", "new", { NO_DIR, NO_DIR, NO_DIR, NO_DIR }, FALSE },
  { "file", "file", { OK, OK, OK, OK }, FALSE },           /* the same object */
  { "dir", "dir", { OK, OK, OK, OK }, FALSE },
  { "file", "./file", { OK, OK, OK, OK }, FALSE },
  { "file", "twin", { OK, OK, OK, OK }, FALSE },
  { "file", "link", { OK, OK, OK, OK }, FALSE },
  { "link", "file", { OK, OK, OK, OK }, FALSE },
  { "dir", "link-dir", { OK, OK, OK, OK }, FALSE },
  { "file", "dir", { EXISTS, EXISTS, EXISTS, EXISTS_76 }, FALSE },
  { "empty", "dir", { EXISTS, EXISTS, EXISTS, EXISTS_76 }, FALSE },
  { "dir", "empty", { EXISTS, EXISTS, EXISTS, EXISTS_76 }, FALSE },
  { "file", "link-dir", { EXISTS, OK, NO_DIR, EXISTS_76 }, TRUE },
  { "empty", "link-dir", { NO_FILE, NO_FILE, EXISTS, EXISTS_76 }, FALSE },
  { "file", "other", { EXISTS, OK, NO_DIR, OK }, TRUE },
  { "file", "dangling", { EXISTS, OK, NO_DIR, OK }, TRUE },
  { "file", "fifo", { EXISTS, OK, NO_DIR, OK }, TRUE },
  { "dir", "other", { NO_FILE, NO_FILE, EXISTS, NO_DIR }, FALSE },
  { "dir", "dangling", { NO_FILE, NO_FILE, EXISTS, NO_DIR }, FALSE },
  { "file", "missing/new", { MISSING, MISSING, NO_DIR, MISSING }, FALSE },
  { "file", "other/new", { NO_DIR, NO_DIR, NO_DIR, NO_DIR }, FALSE },
  { "file", "new/", { NO_DIR, NO_DIR, NO_DIR, NO_DIR }, FALSE },
  { "dir", "new//", { NO_FILE, NO_FILE, OK, OK }, TRUE },
  { "dir", "dir/in/new", { NO_FILE, NO_FILE, NO_DIR, NO_DIR }, FALSE },
  { "dir", "dir/new", { NO_FILE, NO_FILE, INVALID, INVALID }, FALSE },
  { "file", "dir/new", { OK, OK, NO_DIR, OK }, TRUE },
  { "link-dir/", "new", { NO_FILE, NO_FILE, NO_DIR, NO_DIR }, FALSE },
};

static void
test_table (OpsFixture *f, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int kind = 0; kind < N_KINDS; kind++)
      {
        ino_t source, destination;

        g_test_message ("%d: %s to %s", kind, cases[i].from, cases[i].to);
        make_some (f);
        source = inode (f, cases[i].from);
        destination = inode (f, cases[i].to);
        move (f, kind, cases[i].from, cases[i].to);
        g_assert_cmpint (f->code, ==, cases[i].codes[kind]);
        g_assert_cmpint (f->error_number == 0, ==, f->code == TBX_VIX_OK);
        g_assert_cmpuint (f->payload_size, ==, 0);
        if (f->code == TBX_VIX_OK && cases[i].moves)
          {
            g_assert_cmpuint (inode (f, cases[i].from), ==, 0);
            g_assert_cmpuint (inode (f, cases[i].to), ==, source);
          }
        else
          {
            g_assert_cmpuint (inode (f, cases[i].from), ==, source);
            g_assert_cmpuint (inode (f, cases[i].to), ==, destination);
          }
        g_assert_cmpuint (ops_count_entries (f->dir), <=, 10);   /* nothing beside */
      }
}

static void
move_as_user (OpsFixture *f)
{
  move (f, MOVE_FILE, "closed/file", "new");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->error_number, ==, EACCES);
  ops_fixture_write (f, "mine", "m");
  move (f, MOVE_FILE, "mine", "closed/new");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  move (f, MOVE_FILE_OVER, "mine", "closed/file");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_true (ops_fixture_exists (f, "mine"));
}

static void
test_forbidden (OpsFixture *f, gconstpointer data)
{
  g_autofree char *closed = ops_fixture_path (f, "closed");

  ops_fixture_mkdir (f, "closed", 0700);
  ops_fixture_write (f, "closed/file", "f");
  g_assert_no_errno (chmod (closed, 0555));
  ops_fixture_as_user (f, move_as_user);
  g_assert_true (ops_fixture_exists (f, "closed/file"));
  g_assert_no_errno (chmod (closed, 0700));
}

#define ADD(path, function) \
  g_test_add (path, OpsFixture, NULL, ops_fixture_set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/move-ops/table", test_table);
  ADD ("/move-ops/forbidden", test_forbidden);
  return g_test_run ();
}
