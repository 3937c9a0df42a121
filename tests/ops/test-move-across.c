/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Moves from the folder of the fixture to another file system. */

#define HOLE_BYTES (8 * 1024 * 1024)

typedef struct
{
  OpsFixture base;
  char      *far;   /* a folder on the other file system */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  char far[] = "/dev/shm/tbx-ops-XXXXXX";
  struct stat near, other;

  ops_fixture_set_up (&f->base, data);
  g_assert_nonnull (mkdtemp (far));
  f->far = g_strdup (far);
  g_assert_no_errno (stat (f->base.dir, &near));
  g_assert_no_errno (stat (f->far, &other));
  g_assert_cmpuint (near.st_dev, !=, other.st_dev);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", "--", f->far, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_free (f->far);
  ops_fixture_tear_down (&f->base, data);
}

static char *
far_path (Fixture *f, const char *name)
{
  return g_build_filename (f->far, name, NULL);
}

static TbxVixCode
move (Fixture *f, guint32 opcode, const char *from, const char *to, gboolean overwrite)
{
  g_autofree char *old_path = ops_fixture_path (&f->base, from);
  g_autofree char *new_path = to[0] == '/' ? g_strdup (to) : far_path (f, to);
  TbxVixRequest request = ops_request (opcode);

  request.move.old_path = old_path;
  request.move.new_path = new_path;
  request.move.overwrite = overwrite;
  ops_fixture_run (&f->base, &request);
  return f->base.code;
}

/* All that a move must keep, of a file or a whole tree; empty if there is none. */
static char *
snapshot (const char *path)
{
  const char *argv[] = { "sh", "-c",
    "find \"$1\" -type d -printf '%P|d|%m|%U|%G|%T@\\n'"
    " -o -printf '%P|%y|%m|%s|%n|%l|%U|%G|%T@\\n' | sort;"
    "find \"$1\" -type f -exec cksum '{}' + | sort | cut -d' ' -f1-2", "sh", path, NULL };
  char *text = NULL;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &text,
                               NULL, NULL, NULL));
  return text;
}

static void
make_tree (OpsFixture *f)
{
  static const char *const aged[] = { "tree/sub/deep/one", "tree/sub/link", "tree/sub/fifo",
                                      "tree/sub/deep", "tree/sub", "tree" };
  g_autofree char *one = NULL, *two = NULL, *three = NULL, *link_twin = NULL, *link_path = NULL;

  ops_fixture_mkdir (f, "tree", 0751);
  ops_fixture_mkdir (f, "tree/sub", 02750);
  ops_fixture_mkdir (f, "tree/sub/deep", 0700);
  ops_fixture_mkdir (f, "tree/none", 0555);
  ops_fixture_write (f, "tree/sub/deep/one", "same file");
  ops_fixture_write (f, "tree/plain", "plain");
  ops_fixture_link (f, "../../outside", "tree/sub/link");
  ops_fixture_link (f, "nowhere", "tree/dangling");
  ops_fixture_mkfifo (f, "tree/sub/fifo");
  one = ops_fixture_path (f, "tree/sub/deep/one");
  two = ops_fixture_path (f, "tree/two");
  three = ops_fixture_path (f, "tree/sub/three");
  link_path = ops_fixture_path (f, "tree/sub/link");
  link_twin = ops_fixture_path (f, "tree/link-twin");
  g_assert_no_errno (link (one, two));
  g_assert_no_errno (link (one, three));
  g_assert_no_errno (link (link_path, link_twin));
  g_assert_no_errno (chmod (one, 04711));
  for (gsize i = 0; i < G_N_ELEMENTS (aged); i++)
    {
      const struct timespec times[] = { { 1000, 1 }, { 123456789 + (time_t) i, 987654321 } };
      g_autofree char *path = ops_fixture_path (f, aged[i]);

      g_assert_no_errno (utimensat (AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
    }
}

/* Nothing was moved, and nothing is left of the try. */
static void
assert_untouched (Fixture *f, const char *name, const char *before, guint n_near, guint n_far)
{
  g_autofree char *path = ops_fixture_path (&f->base, name);
  g_autofree char *after = snapshot (path);

  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (ops_count_entries (f->base.dir), ==, n_near);
  g_assert_cmpuint (ops_count_entries (f->far), ==, n_far);
}

static void
test_file (Fixture *f, gconstpointer data)
{
  const struct timespec times[] = { { 5, 6 }, { -7, 8 } };
  g_autofree char *path = ops_fixture_path (&f->base, "file");
  g_autofree char *new_path = far_path (f, "new");
  g_autofree char *before = NULL, *after = NULL;
  gboolean has_xattrs;
  char value[16] = "";
  struct stat info;
  int fd;

  ops_fixture_write (&f->base, "file", "start");
  fd = open (path, O_WRONLY | O_CLOEXEC);
  g_assert_cmpint (pwrite (fd, "middle", 6, HOLE_BYTES), ==, 6);
  g_assert_no_errno (ftruncate (fd, 2 * HOLE_BYTES));
  close (fd);
  if (geteuid () == 0)
    g_assert_no_errno (chown (path, 12, 13));
  g_assert_no_errno (chmod (path, 06741));
  has_xattrs = setxattr (path, "user.tbx", "kept", 4, 0) == 0
               && setxattr (f->far, "user.tbx", "any", 3, 0) == 0;
  g_assert_no_errno (utimensat (AT_FDCWD, path, times, 0));
  before = snapshot (path);

  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "file", "new", FALSE), ==, TBX_VIX_OK);
  after = snapshot (new_path);
  g_assert_cmpstr (after, ==, before);
  g_assert_no_errno (stat (new_path, &info));
  g_assert_cmpint (info.st_blocks, <, HOLE_BYTES / 512);   /* the holes are none no more */
  if (has_xattrs)
    {
      g_assert_cmpint (getxattr (new_path, "user.tbx", value, sizeof value), ==, 4);
      g_assert_cmpstr (value, ==, "kept");
    }
  g_assert_cmpuint (ops_count_entries (f->base.dir), ==, 0);
  g_assert_cmpuint (ops_count_entries (f->far), ==, 1);
}

static void
test_tree (Fixture *f, gconstpointer data)
{
  const struct sockaddr_un address = { AF_UNIX, "tree/none/socket" };
  guint n_open = ops_count_entries ("/proc/self/fd");
  g_autofree char *path = ops_fixture_path (&f->base, "tree");
  g_autofree char *new_path = far_path (f, "new");
  g_autofree char *before = NULL, *after = NULL;
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  make_tree (&f->base);
  g_assert_no_errno (chdir (f->base.dir));
  if (geteuid () == 0)   /* else nothing could be made, or deleted, in there */
    g_assert_no_errno (bind (fd, (const struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (chdir ("/"));
  close (fd);
  before = snapshot (path);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_DIRECTORY, "tree/", "new/", FALSE), ==, TBX_VIX_OK);
  after = snapshot (new_path);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (ops_count_entries (f->base.dir), ==, 0);
  g_assert_cmpuint (ops_count_entries (f->far), ==, 1);
  g_assert_cmpuint (ops_count_entries ("/proc/self/fd"), ==, n_open);
}

/* The rules are those of a move within one file system. */
static void
test_rules (Fixture *f, gconstpointer data)
{
  g_autofree char *there = far_path (f, "there"), *link_path = far_path (f, "link");
  g_autofree char *folder = far_path (f, "folder"), *text = NULL;

  ops_fixture_write (&f->base, "file", "new text");
  ops_fixture_write (&f->base, there, "old");
  ops_fixture_link (&f->base, there, link_path);
  ops_fixture_mkdir (&f->base, folder, 0700);
  make_tree (&f->base);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "file", "there", FALSE), ==,
                   TBX_VIX_FILE_ALREADY_EXISTS);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "file", "folder", TRUE), ==,
                   TBX_VIX_FILE_ALREADY_EXISTS);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE, "file", "folder", TRUE), ==, TBX_VIX_ALREADY_EXISTS);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "tree", "x", TRUE), ==, TBX_VIX_NOT_A_FILE);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_DIRECTORY, "tree", "there", TRUE), ==,
                   TBX_VIX_FILE_ALREADY_EXISTS);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_DIRECTORY, "file", "x", TRUE), ==,
                   TBX_VIX_NOT_A_DIRECTORY);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE, "tree", "there", TRUE), ==, TBX_VIX_NOT_A_DIRECTORY);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "file", "missing/x", TRUE), ==,
                   TBX_VIX_FILE_NOT_FOUND);
  g_assert_cmpuint (ops_count_entries (f->far), ==, 3);
  g_assert_cmpuint (ops_count_entries (f->base.dir), ==, 2);

  /* A link is replaced, not followed; a link is moved, not what it leads to. */
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "file", "link", TRUE), ==, TBX_VIX_OK);
  g_assert_true (g_file_get_contents (there, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "old");
  g_clear_pointer (&text, g_free);
  g_assert_true (g_file_get_contents (link_path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "new text");
  ops_fixture_link (&f->base, there, "to-there");
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "to-there", "link", TRUE), ==, TBX_VIX_OK);
  g_assert_true (g_file_test (link_path, G_FILE_TEST_IS_SYMLINK));
  ops_fixture_mkfifo (&f->base, "fifo");
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE, "fifo", "link", TRUE), ==, TBX_VIX_OK);
  g_assert_false (g_file_test (link_path, G_FILE_TEST_IS_SYMLINK));
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE, "tree", "y", TRUE), ==, TBX_VIX_OK);
  g_assert_cmpuint (ops_count_entries (f->far), ==, 4);
  g_assert_cmpuint (ops_count_entries (f->base.dir), ==, 0);
}

/* Makes a tree whose last part can't be written: by a limit on the size of files. */
static void
test_too_big (Fixture *f, gconstpointer data)
{
  g_autofree char *path = ops_fixture_path (&f->base, "tree");
  g_autofree char *big = ops_fixture_path (&f->base, "tree/sub/big");
  g_autofree char *text = g_strnfill (1024 * 1024, 'x'), *before = NULL;
  struct rlimit old, limit;
  gpointer handler = signal (SIGXFSZ, SIG_IGN);

  make_tree (&f->base);
  ops_fixture_write (&f->base, "tree/sub/big", text);
  before = snapshot (path);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &old));
  limit = (struct rlimit) { 512 * 1024, old.rlim_max };
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  g_assert_cmpint (move (f, TBX_VIX_MOVE_DIRECTORY, "tree", "new", FALSE), ==,
                   TBX_VIX_FILE_TOO_BIG);
  g_assert_cmpint (move (f, TBX_VIX_MOVE_FILE_EX, "tree/sub/big", "new", FALSE), ==,
                   TBX_VIX_FILE_TOO_BIG);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &old));
  signal (SIGXFSZ, handler);
  assert_untouched (f, "tree", before, 1, 0);
  g_assert_true (g_file_test (big, G_FILE_TEST_EXISTS));
}

/* The worker is killed while it copies: nothing of that is left. */
static void
test_killed (Fixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (1024 * 1024, 'x'), *before = NULL, *path = NULL;
  const struct rlimit limit = { 512 * 1024, 512 * 1024 };
  pid_t child;
  int status;

  ops_fixture_write (&f->base, "big", text);
  path = ops_fixture_path (&f->base, "big");
  before = snapshot (path);
  child = fork ();
  if (child == 0)
    {
      signal (SIGXFSZ, SIG_DFL);
      setrlimit (RLIMIT_FSIZE, &limit);
      move (f, TBX_VIX_MOVE_FILE_EX, "big", "new", FALSE);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGXFSZ);
  assert_untouched (f, "big", before, 1, 0);
}

static Fixture *present;   /* of the parts that run in a child */

/* Each move must be refused with the code, and leave everything as it is. */
static void
assert_stays (guint32 opcode, const char *name, TbxVixCode code)
{
  g_autofree char *path = ops_fixture_path (&present->base, name);
  g_autofree char *before = snapshot (path);
  guint n_near = ops_count_entries (present->base.dir), n_far = ops_count_entries (present->far);

  g_test_message ("%s", name);
  g_assert_cmpint (move (present, opcode, name, "new", FALSE), ==, code);
  assert_untouched (present, name, before, n_near, n_far);
}

static void
stay_as_user (OpsFixture *f)
{
  assert_stays (TBX_VIX_MOVE_DIRECTORY, "unreadable", TBX_VIX_FILE_ACCESS_ERROR);
  assert_stays (TBX_VIX_MOVE_DIRECTORY, "no-list", TBX_VIX_FILE_ACCESS_ERROR);
  assert_stays (TBX_VIX_MOVE_DIRECTORY, "not-deletable", TBX_VIX_FILE_ACCESS_ERROR);
  assert_stays (TBX_VIX_MOVE_FILE_EX, "closed/file", TBX_VIX_FILE_ACCESS_ERROR);
  assert_stays (TBX_VIX_MOVE_DIRECTORY, "closed/folder", TBX_VIX_FILE_ACCESS_ERROR);
  if (f->dir[0] != '\0' && ops_fixture_exists (f, "sticky"))
    {
      assert_stays (TBX_VIX_MOVE_FILE_EX, "sticky/file", TBX_VIX_FILE_ACCESS_ERROR);
      /* Not ours, but ours to move: who copies it does not run it as somebody else. */
      g_assert_cmpint (move (present, TBX_VIX_MOVE_FILE_EX, "suid", "suid", FALSE), ==, TBX_VIX_OK);
    }
}

/* What cannot be copied, or could not be deleted afterwards, stays whole. */
static void
test_not_allowed (Fixture *f, gconstpointer data)
{
  static const struct { const char *name; mode_t mode; } modes[] = {
    { "unreadable/sub/secret", 0 }, { "no-list/closed", 0333 }, { "not-deletable/closed", 0555 },
    { "closed", 0555 }, { "closed/folder", 0755 }, { "sticky", 01777 }, { "suid", 06755 },
  };
  static const char *const folders[] = { "unreadable", "unreadable/sub", "no-list",
                                         "no-list/closed", "not-deletable", "not-deletable/closed",
                                         "closed", "closed/folder" };
  static const char *const files[] = { "unreadable/a", "unreadable/sub/secret", "unreadable/z",
                                       "no-list/closed/file", "not-deletable/closed/file",
                                       "not-deletable/a", "closed/file", "closed/folder/file" };
  const char *const own[] = { "chown", "-R", "65534:65534", f->base.dir, f->far, NULL };
  gboolean is_root = geteuid () == 0;
  struct stat info;

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    ops_fixture_mkdir (&f->base, folders[i], 0755);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    ops_fixture_write (&f->base, files[i], "text");
  if (is_root)
    {
      g_assert_true (g_spawn_sync (NULL, (char **) own, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                                   NULL, NULL, NULL));
      ops_fixture_mkdir (&f->base, "sticky", 0755);
      ops_fixture_write (&f->base, "sticky/file", "text");
      ops_fixture_write (&f->base, "suid", "text");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *path = ops_fixture_path (&f->base, modes[i].name);

      g_assert_true (chmod (path, modes[i].mode) == 0 || !is_root);
    }
  present = f;
  ops_fixture_as_user (&f->base, stay_as_user);
  if (is_root)
    {
      g_autofree char *path = far_path (f, "suid");

      g_assert_no_errno (stat (path, &info));
      g_assert_cmpint (info.st_mode, ==, S_IFREG | 0755);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *path = ops_fixture_path (&f->base, modes[i].name);

      g_assert_true (chmod (path, 0755) == 0 || !ops_fixture_exists (&f->base, modes[i].name));
    }
}

/* Needs mounts of its own: a small file system, one within the source, and the same
 * folder at two places. */
static void
move_among_mounts (Fixture *f)
{
  g_autofree char *text = g_strnfill (512 * 1024, 'x'), *second = NULL;
  g_autofree char *inner = ops_fixture_path (&f->base, "holder/inner");

  make_tree (&f->base);
  ops_fixture_write (&f->base, "tree/sub/big", text);
  ops_fixture_write (&f->base, "tree/sub/big2", text);
  g_assert_no_errno (mount ("tmpfs", f->far, "tmpfs", 0, "size=900k,mode=0777"));
  assert_stays (TBX_VIX_MOVE_DIRECTORY, "tree", TBX_VIX_DISK_FULL);

  ops_fixture_mkdir (&f->base, "holder", 0755);
  ops_fixture_write (&f->base, "holder/file", "f");
  ops_fixture_mkdir (&f->base, "holder/inner", 0755);
  g_assert_no_errno (mount ("tmpfs", inner, "tmpfs", 0, "size=900k"));
  ops_fixture_write (&f->base, "holder/inner/file", "i");
  assert_stays (TBX_VIX_MOVE_DIRECTORY, "holder", TBX_VIX_OBJECT_IS_BUSY);
  g_assert_no_errno (umount (inner));

  g_assert_no_errno (mount (f->base.dir, f->far, "none", MS_BIND, NULL));
  second = far_path (f, "holder/inner/copy");
  g_assert_cmpint (move (f, TBX_VIX_MOVE_DIRECTORY, "holder", second, FALSE), ==,
                   TBX_VIX_INVALID_ARG);
  g_assert_cmpuint (ops_count_entries (inner), ==, 0);
}

static void
write_map (const char *path, guint id)
{
  g_autofree char *map = g_strdup_printf ("0 %u 1", id);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (write (fd, map, strlen (map)), ==, (gssize) strlen (map));
  close (fd);
}

/* An ordinary user is root in a namespace of users. */
static void
enter_namespace (void)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();

  g_assert_no_errno (unshare (CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)));
  if (uid != 0)
    {
      g_assert_true (g_file_set_contents_full ("/proc/self/setgroups", "deny", -1,
                                               G_FILE_SET_CONTENTS_NONE, 0, NULL));
      write_map ("/proc/self/uid_map", uid);
      write_map ("/proc/self/gid_map", gid);
    }
  g_assert_no_errno (mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL));
}

static void
test_mounts (Fixture *f, gconstpointer data)
{
  int status;
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      enter_namespace ();
      present = f;
      move_among_mounts (f);
      ops_child_done ();
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

#define ADD(path, function) \
  g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/move-across/file", test_file);
  ADD ("/move-across/tree", test_tree);
  ADD ("/move-across/rules", test_rules);
  ADD ("/move-across/too-big", test_too_big);
  ADD ("/move-across/killed", test_killed);
  ADD ("/move-across/not-allowed", test_not_allowed);
  ADD ("/move-across/mounts", test_mounts);
  return g_test_run ();
}
