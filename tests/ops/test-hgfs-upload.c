/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-fixture.h"
#include "tbx-upload.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NOBODY 65534

static guint32
begin (HgfsFixture *f, const char *name)
{
  return hgfs_must_open (f, name, TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_OR_TRUNCATE);
}

static void
append (HgfsFixture *f, guint32 handle, const char *text)
{
  g_assert_cmpuint (hgfs_write (f, handle, TBX_HGFS_WRITE_APPEND, 0, text), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.moved.data.size, ==, strlen (text));
}

static void
upload (HgfsFixture *f, const char *name, const char *text)
{
  guint32 handle = begin (f, name);

  append (f, handle, text);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, name, text);
}

static void
test_new (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = begin (f, "f");

  append (f, handle, "first ");
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 0);
  append (f, handle, "second");
  g_assert_cmpuint (hgfs_getattr (f, "f"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, 12);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, "f", "first second");
  g_assert_cmpuint (hgfs_stat (f, "f").st_mode, ==, S_IFREG | 0644);
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 1);
}

/* The old file is there, and whole, until the new one is. */
static void
test_replace (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "f");
  struct stat before;
  guint32 handle;

  ops_fixture_write (&f->ops, "f", "old content");
  g_assert_no_errno (chmod (path, 0750));
  g_assert_no_errno (setxattr (path, "user.mark", "kept", 4, 0));
  before = hgfs_stat (f, "f");
  handle = begin (f, "f");
  append (f, handle, "new");
  hgfs_assert_content (f, "f", "old content");
  /* Told is what it will be. */
  g_assert_cmpuint (hgfs_getattr (f, "f"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, 3);
  g_assert_cmpuint (f->reply.attributes.attr.perms.owner, ==, 7);
  g_assert_cmpuint (f->reply.attributes.attr.perms.group, ==, 5);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, "f", "new");
  g_assert_cmpuint (hgfs_stat (f, "f").st_mode, ==, S_IFREG | 0750);
  g_assert_cmpuint (hgfs_stat (f, "f").st_ino, !=, before.st_ino);
  g_assert_cmpint (getxattr (path, "user.mark", NULL, 0), ==, 4);
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 1);
}

/* As setfacl -m u:NOBODY:r would: version 2; owner, user, group, mask, others. */
static const guint8 acl[] = {
  2, 0, 0, 0,
  1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
  2, 0, 4, 0, 0xfe, 0xff, 0, 0,
  4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
  16, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
  32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

#define ACCESS_ACL  "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

static void
test_acl (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "f"), *plain = hgfs_path (f, "plain");
  guint8 present[sizeof acl];

  ops_fixture_write (&f->ops, "f", "old");
  ops_fixture_write (&f->ops, "plain", "old");
  if (setxattr (path, ACCESS_ACL, acl, sizeof acl, 0) < 0)
    {
      g_assert_cmpint (errno, ==, EOPNOTSUPP);   /* this file system has none to lose */
      return;
    }
  upload (f, "f", "new");
  g_assert_cmpint (getxattr (path, ACCESS_ACL, present, sizeof present), ==, sizeof acl);
  g_assert_cmpmem (present, sizeof present, acl, sizeof acl);
  /* What new files of the folder get is not given to one that is replaced. */
  g_assert_no_errno (setxattr (f->ops.dir, DEFAULT_ACL, acl, sizeof acl, 0));
  upload (f, "plain", "new");
  g_assert_cmpint (getxattr (plain, ACCESS_ACL, NULL, 0), <, 0);
  g_assert_cmpuint (hgfs_stat (f, "plain").st_mode, ==, S_IFREG | 0644);
}

static void
test_hard_link (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "f"), *other = hgfs_path (f, "other");
  struct stat before;

  ops_fixture_write (&f->ops, "f", "old content that is longer");
  g_assert_no_errno (link (path, other));
  before = hgfs_stat (f, "f");
  upload (f, "f", "new");
  hgfs_assert_content (f, "other", "new");
  g_assert_cmpuint (hgfs_stat (f, "f").st_ino, ==, before.st_ino);
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 2);
}

/* Where the new file has a hole, nothing of the old one shows through. */
static void
test_hole_over_content (HgfsFixture *f, gconstpointer data)
{
  const gsize size = 3 * 1024 * 1024;
  g_autofree char *path = hgfs_path (f, "f"), *other = hgfs_path (f, "other");
  g_autofree char *old = g_strnfill (size, 'o');
  g_autofree char *content = NULL;
  guint32 handle;
  gsize n;

  g_assert_true (g_file_set_contents (path, old, (gssize) size, NULL));
  g_assert_no_errno (link (path, other));
  handle = begin (f, "f");
  g_assert_cmpuint (hgfs_write (f, handle, 0, 1024 * 1024, "middle"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_write (f, handle, 0, size, "end"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  g_assert_true (g_file_get_contents (other, &content, &n, NULL));
  g_assert_cmpuint (n, ==, size + 3);
  g_assert_cmpmem (content + 1024 * 1024, 6, "middle", 6);
  g_assert_cmpmem (content + size, 3, "end", 3);
  for (gsize i = 0; i < size; i++)
    if (i < 1024 * 1024 || i >= 1024 * 1024 + 6)
      g_assert_cmpint (content[i], ==, 0);
}

static void
upload_to_others_file (HgfsFixture *f)
{
  g_autofree char *path = hgfs_path (f, "others");
  struct stat before = hgfs_stat (f, "others");

  upload (f, "others", "new");
  g_assert_cmpuint (hgfs_stat (f, "others").st_ino, ==, before.st_ino);
  g_assert_cmpuint (hgfs_stat (f, "others").st_uid, ==, before.st_uid);
  g_assert_cmpuint (hgfs_stat (f, "others").st_mode, ==, S_IFREG | 0666);
}

static void
test_other_owner (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "others");

  ops_fixture_write (&f->ops, "others", "old content");
  g_assert_no_errno (chmod (path, 0666));
  hgfs_as_user (f, upload_to_others_file);
}

static void
upload_into_closed_folder (HgfsFixture *f)
{
  guint32 handle;

  g_assert_no_errno (chmod (f->ops.dir, 0555));
  upload (f, "f", "new");
  g_assert_cmpuint (hgfs_open (f, "new", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_OR_TRUNCATE,
                               &handle), ==, TBX_HGFS_ACCESS_DENIED);
  g_assert_no_errno (chmod (f->ops.dir, 0755));
}

static void
test_closed_folder (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "f");

  ops_fixture_write (&f->ops, "f", "old content");
  g_assert_no_errno (chmod (path, 0666));
  hgfs_as_user (f, upload_into_closed_folder);
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 1);
}

static void
test_running_program (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "sleep");
  const char *copy[] = { "cp", "/bin/sleep", path, NULL };
  const char *argv[] = { path, "30", NULL };
  GPid pid;

  g_assert_true (g_spawn_sync (NULL, (char **) copy, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
  g_assert_true (g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                &pid, NULL));
  upload (f, "sleep", "#!/bin/sh\n");
  g_assert_cmpuint (hgfs_stat (f, "sleep").st_mode, ==, S_IFREG | 0755);
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

/* Somebody makes, or removes, the target while the upload is under way. */
static void
test_meanwhile (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "f"), *gone = hgfs_path (f, "gone");
  guint32 handle = begin (f, "f");

  append (f, handle, "mine");
  ops_fixture_write (&f->ops, "f", "theirs");
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, "f", "mine");
  ops_fixture_write (&f->ops, "gone", "old");
  handle = begin (f, "gone");
  append (f, handle, "new");
  g_assert_no_errno (unlink (gone));
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, "gone", "new");
  /* A link in its place is no target. */
  handle = begin (f, "f");
  append (f, handle, "elsewhere");
  g_assert_no_errno (unlink (path));
  ops_fixture_link (&f->ops, "gone", "f");
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_ACCESS_DENIED);
  hgfs_assert_content (f, "gone", "new");
}

/* A worker that dies takes the upload with it. */
static void
test_death (HgfsFixture *f, gconstpointer data)
{
  pid_t pid;

  ops_fixture_write (&f->ops, "f", "old");
  pid = fork ();
  if (pid == 0)
    {
      append (f, begin (f, "f"), "half");
      append (f, begin (f, "new"), "half");
      raise (SIGKILL);
    }
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  hgfs_assert_content (f, "f", "old");
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 1);
}

static void
fill (HgfsFixture *f, guint32 handle, guint *status)
{
  g_autofree char *chunk = g_strnfill (60000, 'x');

  do
    *status = hgfs_write (f, handle, TBX_HGFS_WRITE_APPEND, 0, chunk);
  while (*status == TBX_HGFS_OK);
}

static void
test_full (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "m"), *old = NULL, *present = NULL;
  g_autofree char *big = hgfs_path (f, "m/big"), *other = hgfs_path (f, "m/other");
  guint32 handle;
  guint status;

  ops_fixture_mkdir (&f->ops, "m", 0755);
  g_assert_no_errno (unshare (CLONE_NEWNS));
  g_assert_no_errno (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  g_assert_no_errno (mount ("tbx-test", path, "tmpfs", 0, "size=1m"));
  old = g_strnfill (300 * 1024, 'o');
  g_assert_true (g_file_set_contents (big, old, -1, NULL));
  handle = begin (f, "m/big");
  fill (f, handle, &status);
  g_assert_cmpuint (status, ==, TBX_HGFS_NO_SPACE);
  hgfs_end_session (f, f->session);
  f->session = hgfs_new_session (f);
  g_assert_true (g_file_get_contents (big, &present, NULL, NULL));
  g_assert_true (strcmp (old, present) == 0);
  /* Into the inode that is there: room for both is needed, and it is missed in time. */
  g_assert_no_errno (link (big, other));
  handle = begin (f, "m/big");
  for (guint i = 0; i < 10; i++)
    append (f, handle, old + 240 * 1024);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_NO_SPACE);
  g_clear_pointer (&present, g_free);
  g_assert_true (g_file_get_contents (big, &present, NULL, NULL));
  g_assert_true (strcmp (old, present) == 0);
  g_assert_no_errno (umount2 (path, MNT_DETACH));
}

/* Where no file can be without a name, it has one until it is complete. */
static void
test_named (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "f"), *new = hgfs_path (f, "new");
  const char *const targets[] = { path, new, new };
  const mode_t mode = 0640;

  ops_fixture_write (&f->ops, "f", "old");
  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      int error_number;
      TbxUpload *upload = tbx_upload_new (targets[i], TBX_UPLOAD_CREATE | TBX_UPLOAD_NAMED,
                                          &error_number);

      g_assert_nonnull (upload);
      g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, i == 0 ? 2 : i + 1);
      g_assert_cmpint (write (tbx_upload_get_fd (upload), "text", 4), ==, 4);
      g_assert_cmpint (tbx_upload_complete (upload, &mode, NULL), ==, 0);
      tbx_upload_free (upload);
      g_assert_true (g_str_has_suffix (targets[i], i == 0 ? "/f" : "/new"));
      hgfs_assert_content (f, targets[i], "text");
      g_assert_cmpuint (hgfs_stat (f, targets[i]).st_mode, ==, S_IFREG | 0640);
    }
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 2);
  {
    int error_number;
    TbxUpload *upload = tbx_upload_new (path, TBX_UPLOAD_NAMED, &error_number);

    g_assert_cmpint (write (tbx_upload_get_fd (upload), "half", 4), ==, 4);
    tbx_upload_free (upload);
  }
  hgfs_assert_content (f, "f", "text");
  g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 2);
}

static void
set_attributes (HgfsFixture *f, const char *name, guint64 mask, TbxHgfsPerms perms, guint64 time)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_SETATTR_V2);

  request.setattr.hints = TBX_HGFS_SETATTR_GIVEN_WRITE_TIME;
  request.setattr.attr.mask = mask;
  request.setattr.attr.perms = perms;
  request.setattr.attr.write_time = time;
  hgfs_name (f, &request.setattr.name, name);
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
}

#define TIME_2001 G_GUINT64_CONSTANT (126444736001234567)

/* The host may set attributes at any moment: before, between and after the writes, and
 * when it is closed; of a new file, of one that is replaced, of one that is written over. */
static void
test_setattr_orders (HgfsFixture *f, gconstpointer data)
{
  static const char *const names[] = { "new", "replaced", "linked", "in-place" };
  g_autofree char *linked = hgfs_path (f, "linked"), *second = hgfs_path (f, "second");
  const TbxHgfsPerms perms = { 0, 7, 1, 0 };

  for (guint when = 0; when < 4; when++)
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
      {
        const gboolean in_place = strcmp (names[i], "in-place") == 0;
        g_autofree char *path = hgfs_path (f, names[i]);
        struct stat info;
        guint32 handle;

        unlink (path);
        unlink (second);
        if (i == 1 || i == 2)
          ops_fixture_write (&f->ops, names[i], "old content");
        if (i == 2)
          g_assert_no_errno (link (linked, second));
        handle = hgfs_must_open (f, names[i], TBX_HGFS_MODE_WRITE,
                                 in_place ? TBX_HGFS_OPEN_CREATE_NEW
                                          : TBX_HGFS_OPEN_CREATE_OR_TRUNCATE);
        for (guint step = 0; step < 4; step++)
          {
            if (step == when)
              {
                /* The others of the file stay as they are: two steps. */
                set_attributes (f, names[i], TBX_HGFS_ATTR_OWNER_PERMS | TBX_HGFS_ATTR_WRITE_TIME,
                                perms, TIME_2001);
                set_attributes (f, names[i], TBX_HGFS_ATTR_GROUP_PERMS, perms, 0);
                set_attributes (f, names[i], 0, perms, 0);
              }
            if (step == 0 || step == 1)
              append (f, handle, "part ");
            else if (step == 2)
              g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
          }
        hgfs_assert_content (f, names[i], "part part ");
        info = hgfs_stat (f, names[i]);
        g_test_message ("%s, attributes at step %u: mode %o", names[i], when, info.st_mode);
        g_assert_cmpuint (info.st_mode & 07777, ==, 0714);
        g_assert_cmpint (info.st_mtim.tv_sec, ==, 1000000000);
        g_assert_cmpint (info.st_mtim.tv_nsec, ==, 123456700 % 1000000000);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  HGFS_TEST ("/hgfs/upload/new", test_new);
  HGFS_TEST ("/hgfs/upload/replace", test_replace);
  HGFS_TEST ("/hgfs/upload/acl", test_acl);
  HGFS_TEST ("/hgfs/upload/hard-link", test_hard_link);
  HGFS_TEST ("/hgfs/upload/hole-over-content", test_hole_over_content);
  HGFS_TEST ("/hgfs/upload/running-program", test_running_program);
  HGFS_TEST ("/hgfs/upload/meanwhile", test_meanwhile);
  HGFS_TEST ("/hgfs/upload/death", test_death);
  HGFS_TEST ("/hgfs/upload/named", test_named);
  HGFS_TEST ("/hgfs/upload/setattr-orders", test_setattr_orders);
  if (geteuid () == 0)   /* who else has two users, or may mount */
    {
      HGFS_TEST ("/hgfs/upload/other-owner", test_other_owner);
      HGFS_TEST ("/hgfs/upload/closed-folder", test_closed_folder);
      HGFS_TEST ("/hgfs/upload/full", test_full);
    }
  return g_test_run ();
}
