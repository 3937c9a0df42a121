/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One request that names a file or folder, and what must come of it. */
typedef struct
{
  const char *name;
  TbxVixCode  code;
  int         error_number;
  gboolean    stays;   /* what is there afterwards */
} Case;

static void
delete_file (OpsFixture *f, guint32 opcode, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (opcode);

  request.file.path = path;
  ops_fixture_run (f, &request);
}

static void
delete_directory (OpsFixture *f, const char *name, gboolean recursive)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_DELETE_DIRECTORY_EX);

  request.delete_directory.path = path;
  request.delete_directory.recursive = recursive;
  ops_fixture_run (f, &request);
}

static void
make_directory (OpsFixture *f, const char *name, gboolean parents)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_CREATE_DIRECTORY_EX);

  request.create_directory.path = path;
  request.create_directory.parents = parents;
  ops_fixture_run (f, &request);
}

static struct stat
stat_of (OpsFixture *f, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  struct stat info;

  g_assert_no_errno (lstat (path, &info));
  return info;
}

static void
test_delete_file (OpsFixture *f, gconstpointer data)
{
  static const Case cases[] = {
    { "file", TBX_VIX_OK, 0, FALSE },
    { "link", TBX_VIX_OK, 0, FALSE },
    { "dangling", TBX_VIX_OK, 0, FALSE },
    { "link-to-dir", TBX_VIX_OK, 0, FALSE },
    { "dir", TBX_VIX_NOT_A_FILE, EISDIR, TRUE },
    { "fifo", TBX_VIX_NOT_A_FILE, EINVAL, TRUE },
    { "missing", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE },
    { "kept/below", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, FALSE },
    { "kept/", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, FALSE },
  };
  static const guint32 opcodes[] = { TBX_VIX_DELETE_FILE_EX, TBX_VIX_DELETE_FILE };

  ops_fixture_write (f, "kept", "k");
  ops_fixture_mkdir (f, "dir", 0700);
  ops_fixture_mkfifo (f, "fifo");
  for (gsize o = 0; o < G_N_ELEMENTS (opcodes); o++)
    {
      ops_fixture_write (f, "file", "f");
      ops_fixture_link (f, "kept", "link");
      ops_fixture_link (f, "nowhere", "dangling");
      ops_fixture_link (f, "dir", "link-to-dir");
      for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        {
          delete_file (f, opcodes[o], cases[i].name);
          g_assert_cmpint (f->code, ==, cases[i].code);
          g_assert_cmpint (f->error_number, ==, cases[i].error_number);
          g_assert_cmpuint (f->payload_size, ==, 0);
          g_assert_cmpint (ops_fixture_exists (f, cases[i].name), ==, cases[i].stays);
        }
      g_assert_true (ops_fixture_exists (f, "kept"));
    }
}

static void
delete_as_user (OpsFixture *f)
{
  delete_file (f, TBX_VIX_DELETE_FILE_EX, "closed/file");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->error_number, ==, EACCES);
  delete_directory (f, "closed/dir", FALSE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  delete_directory (f, "closed/dir", TRUE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  make_directory (f, "closed/new", FALSE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  make_directory (f, "closed/new/er", TRUE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
}

/* In a folder that may not be written to, nothing is deleted and nothing made. */
static void
test_no_permission (OpsFixture *f, gconstpointer data)
{
  g_autofree char *closed = ops_fixture_path (f, "closed");

  ops_fixture_mkdir (f, "closed", 0700);
  ops_fixture_write (f, "closed/file", "f");
  ops_fixture_mkdir (f, "closed/dir", 0755);
  g_assert_no_errno (chmod (closed, 0555));
  ops_fixture_as_user (f, delete_as_user);
  g_assert_true (ops_fixture_exists (f, "closed/file"));
  g_assert_true (ops_fixture_exists (f, "closed/dir"));
  g_assert_no_errno (chmod (closed, 0700));
}

static void
test_delete_directory (OpsFixture *f, gconstpointer data)
{
  static const struct { Case c; gboolean recursive; } cases[] = {
    { { "empty", TBX_VIX_OK, 0, FALSE }, FALSE },
    { { "slashes///", TBX_VIX_OK, 0, FALSE }, FALSE },
    { { "full", TBX_VIX_DIRECTORY_NOT_EMPTY, ENOTEMPTY, TRUE }, FALSE },
    { { "full/.", TBX_VIX_INVALID_ARG, EINVAL, TRUE }, TRUE },
    { { "full/..", TBX_VIX_DIRECTORY_NOT_EMPTY, ENOTEMPTY, TRUE }, TRUE },
    { { "link", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, FALSE },
    { { "link", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, TRUE },
    { { "link/", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, TRUE },
    { { "link//", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, FALSE },
    { { "dangling", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, TRUE },
    { { "file", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, FALSE },
    { { "file", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, TRUE },
    { { "fifo", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, TRUE }, TRUE },
    { { "missing", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE }, FALSE },
    { { "missing/dir", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE }, TRUE },
    { { "/", TBX_VIX_OBJECT_IS_BUSY, EBUSY, TRUE }, FALSE },
    { { "full", TBX_VIX_OK, 0, FALSE }, TRUE },
    { { "full2/", TBX_VIX_OK, 0, FALSE }, TRUE },
  };

  ops_fixture_mkdir (f, "empty", 0700);
  ops_fixture_mkdir (f, "slashes", 0700);
  ops_fixture_mkdir (f, "full", 0700);
  ops_fixture_mkdir (f, "full/sub", 0700);
  ops_fixture_write (f, "full/sub/file", "f");
  ops_fixture_mkdir (f, "full2", 0700);
  ops_fixture_write (f, "full2/file", "f");
  ops_fixture_mkdir (f, "target", 0700);
  ops_fixture_write (f, "target/canary", "c");
  ops_fixture_link (f, "target", "link");
  ops_fixture_link (f, "nowhere", "dangling");
  ops_fixture_write (f, "file", "f");
  ops_fixture_mkfifo (f, "fifo");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Case *c = &cases[i].c;

      g_test_message ("%s", c->name);
      delete_directory (f, c->name, cases[i].recursive);
      g_assert_cmpint (f->code, ==, c->code);
      g_assert_cmpint (f->error_number, ==, c->error_number);
      g_assert_cmpint (ops_fixture_exists (f, c->name), ==, c->stays);
      g_assert_true (ops_fixture_exists (f, "target/canary"));
      g_assert_true (i >= 16 || ops_fixture_exists (f, "full/sub/file"));
    }
}

static void
test_make_directory (OpsFixture *f, gconstpointer data)
{
  static const struct { Case c; gboolean parents; } cases[] = {
    { { "one", TBX_VIX_OK, 0, TRUE }, FALSE },
    { { "one", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, TRUE }, FALSE },
    { { "one", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, TRUE }, TRUE },
    { { "one/", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, TRUE }, TRUE },
    { { "one/two/", TBX_VIX_OK, 0, TRUE }, FALSE },
    { { "one/three//", TBX_VIX_OK, 0, TRUE }, TRUE },
    { { "a/b/c", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE }, FALSE },
    { { "a/b/c", TBX_VIX_OK, 0, TRUE }, TRUE },
    { { "a//b///d//e///", TBX_VIX_OK, 0, TRUE }, TRUE },
    { { "link/x/y", TBX_VIX_OK, 0, TRUE }, TRUE },
    { { "file", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, TRUE }, TRUE },
    { { "file/x", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, FALSE }, FALSE },
    { { "file/x", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, FALSE }, TRUE },
    { { "file/x/y", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, FALSE }, TRUE },
    { { "fifo/x/y", TBX_VIX_NOT_A_DIRECTORY, ENOTDIR, FALSE }, TRUE },
    { { "dangling", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, TRUE }, FALSE },
    { { "dangling/", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, FALSE }, TRUE },
    { { "dangling/x", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE }, TRUE },
    { { "/", TBX_VIX_FILE_ALREADY_EXISTS, EEXIST, TRUE }, TRUE },
  };

  ops_fixture_write (f, "file", "f");
  ops_fixture_mkfifo (f, "fifo");
  ops_fixture_mkdir (f, "real", 0700);
  ops_fixture_link (f, "real", "link");
  ops_fixture_link (f, "nowhere", "dangling");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Case *c = &cases[i].c;

      g_test_message ("%s", c->name);
      make_directory (f, c->name, cases[i].parents);
      g_assert_cmpint (f->code, ==, c->code);
      g_assert_cmpint (f->error_number, ==, c->error_number);
      g_assert_cmpint (ops_fixture_exists (f, c->name), ==, c->stays);
    }
  g_assert_true (ops_fixture_exists (f, "real/x/y"));
}

/* 0700 less the umask, for the parents too; the legacy request always makes them. */
static void
test_make_directory_mode (OpsFixture *f, gconstpointer data)
{
  g_autofree char *path = ops_fixture_path (f, "q/r");
  TbxVixRequest request = ops_request (TBX_VIX_CREATE_DIRECTORY);
  mode_t old = umask (0);

  make_directory (f, "p/q", TRUE);
  g_assert_cmpint (stat_of (f, "p").st_mode, ==, S_IFDIR | 0700);
  g_assert_cmpint (stat_of (f, "p/q").st_mode, ==, S_IFDIR | 0700);
  umask (0277);
  make_directory (f, "s", FALSE);
  g_assert_cmpint (stat_of (f, "s").st_mode, ==, S_IFDIR | 0500);
  umask (old);
  request.create_directory.path = path;
  request.create_directory.parents = TRUE;
  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_true (ops_fixture_exists (f, "q/r"));
}

static void
set_attributes (OpsFixture *f, const char *name, const TbxVixSetFileAttributes *wanted)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_SET_FILE_ATTRIBUTES);

  request.set_file_attributes = *wanted;
  request.set_file_attributes.path = path;
  ops_fixture_run (f, &request);
}

/* Each bit changes what it names and nothing else. */
static void
test_times (OpsFixture *f, gconstpointer data)
{
  const TbxVixSetFileAttributes both = { TBX_VIX_ATTRIBUTE_ACCESS_TIME
                                         | TBX_VIX_ATTRIBUTE_MODIFICATION_TIME, 1000, 2000 };
  const TbxVixSetFileAttributes access = { TBX_VIX_ATTRIBUTE_ACCESS_TIME, -5, 77 };
  const TbxVixSetFileAttributes modification = { TBX_VIX_ATTRIBUTE_MODIFICATION_TIME, 99,
                                                 -86400 * 365 };
  const TbxVixSetFileAttributes none = { 0, 1, 2, 3, 4, 0777 };
  struct stat before, after;

  ops_fixture_write (f, "file", "f");
  ops_fixture_link (f, "file", "link");
  set_attributes (f, "file", &both);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (stat_of (f, "file").st_atime, ==, 1000);
  g_assert_cmpint (stat_of (f, "file").st_mtime, ==, 2000);
  set_attributes (f, "link", &access);
  g_assert_cmpint (stat_of (f, "file").st_atime, ==, -5);
  g_assert_cmpint (stat_of (f, "file").st_mtime, ==, 2000);
  set_attributes (f, "link", &modification);
  before = stat_of (f, "file");
  g_assert_cmpint (before.st_atime, ==, -5);
  g_assert_cmpint (before.st_mtime, ==, -86400 * 365);
  set_attributes (f, "file", &none);
  after = stat_of (f, "file");
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (after.st_mode, ==, before.st_mode);
  g_assert_cmpint (after.st_uid, ==, before.st_uid);
  g_assert_cmpint (after.st_mtime, ==, before.st_mtime);
}

static void
test_permissions (OpsFixture *f, gconstpointer data)
{
  static const gint32 modes[] = { 0, 0644, 0777, 01777, 02755, 04755, 07777, 0100640 };

  ops_fixture_write (f, "file", "f");
  ops_fixture_mkfifo (f, "fifo");
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      const TbxVixSetFileAttributes wanted = { .options = TBX_VIX_ATTRIBUTE_PERMISSIONS,
                                               .permissions = modes[i] };

      set_attributes (f, "file", &wanted);
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpint (stat_of (f, "file").st_mode, ==, S_IFREG | (modes[i] & 07777));
      set_attributes (f, "fifo", &wanted);   /* neither opened nor waited for */
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpint (stat_of (f, "fifo").st_mode, ==, S_IFIFO | (modes[i] & 07777));
    }
}

static void
test_attributes_missing (OpsFixture *f, gconstpointer data)
{
  const TbxVixSetFileAttributes none = { 0 };
  const TbxVixSetFileAttributes mode = { .options = TBX_VIX_ATTRIBUTE_PERMISSIONS };

  ops_fixture_link (f, "nowhere", "dangling");
  set_attributes (f, "missing", &none);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  g_assert_cmpint (f->error_number, ==, ENOENT);
  set_attributes (f, "missing", &mode);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  set_attributes (f, "dangling", &mode);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
}

static void
give_away_as_user (OpsFixture *f)
{
  const int all = TBX_VIX_ATTRIBUTE_MODIFICATION_TIME | TBX_VIX_ATTRIBUTE_OWNER
                  | TBX_VIX_ATTRIBUTE_PERMISSIONS;
  const TbxVixSetFileAttributes owner = { all, .modification_time = 3000, .owner_id = 1,
                                          .permissions = 0777 };
  const TbxVixSetFileAttributes group = { .options = TBX_VIX_ATTRIBUTE_GROUP, .group_id = 1 };

  ops_fixture_write (f, "mine", "m");
  set_attributes (f, "mine", &owner);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->error_number, ==, EPERM);
  /* What came before the failure stays, what would have come after it does not. */
  g_assert_cmpint (stat_of (f, "mine").st_mtime, ==, 3000);
  g_assert_cmpint (stat_of (f, "mine").st_mode & 0777, !=, 0777);
  set_attributes (f, "mine", &group);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  set_attributes (f, "/etc/passwd", &(TbxVixSetFileAttributes) {
    .options = TBX_VIX_ATTRIBUTE_PERMISSIONS, .permissions = 0777 });
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
}

static void
test_owner (OpsFixture *f, gconstpointer data)
{
  const TbxVixSetFileAttributes suid = { .options = TBX_VIX_ATTRIBUTE_PERMISSIONS
                                                    | TBX_VIX_ATTRIBUTE_OWNER,
                                         .owner_id = (gint32) geteuid (), .permissions = 04755 };

  ops_fixture_write (f, "file", "f");
  set_attributes (f, "file", &suid);   /* chown() would clear the bit, so the mode is last */
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpint (stat_of (f, "file").st_mode & 07777, ==, 04755);
  if (geteuid () == 0)
    {
      set_attributes (f, "file", &(TbxVixSetFileAttributes) {
        .options = TBX_VIX_ATTRIBUTE_OWNER, .owner_id = 12, .group_id = 13 });
      g_assert_cmpint (stat_of (f, "file").st_uid, ==, 12);
      g_assert_cmpint (stat_of (f, "file").st_gid, ==, getegid ());
      set_attributes (f, "file", &(TbxVixSetFileAttributes) {
        .options = TBX_VIX_ATTRIBUTE_GROUP, .owner_id = 14, .group_id = 15 });
      g_assert_cmpint (stat_of (f, "file").st_uid, ==, 12);
      g_assert_cmpint (stat_of (f, "file").st_gid, ==, 15);
    }
  ops_fixture_as_user (f, give_away_as_user);
}

static void
make_temporary (OpsFixture *f, guint32 opcode, const char *prefix, const char *suffix,
                const char *directory)
{
  g_autofree char *path = directory[0] == '\0' ? g_strdup ("") : ops_fixture_path (f, directory);
  TbxVixRequest request = ops_request (opcode);

  request.create_temp = (TbxVixCreateTemp) { .prefix = prefix, .suffix = suffix,
                                             .directory = path };
  ops_fixture_run (f, &request);
}

static void
test_temporary (OpsFixture *f, gconstpointer data)
{
  static const struct { guint32 opcode; mode_t mode; } kinds[] = {
    { TBX_VIX_CREATE_TEMP_FILE_EX, S_IFREG | 0600 },
    { TBX_VIX_CREATE_TEMP_DIRECTORY, S_IFDIR | 0700 },
  };
  mode_t old = umask (0);

  ops_fixture_mkdir (f, "d", 0700);
  ops_fixture_write (f, "file", "f");
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *start = g_strdup_printf ("%s/d/p&<vmware", f->dir);

      make_temporary (f, kinds[i].opcode, "p&<", "x%.t", "d");
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_true (g_str_has_prefix (f->payload, start));   /* not escaped */
      g_assert_true (g_str_has_suffix (f->payload, "x%.t"));
      g_assert_true (g_ascii_isdigit (f->payload[strlen (start)]));
      g_assert_cmpint (stat_of (f, f->payload).st_mode, ==, kinds[i].mode);
      make_temporary (f, kinds[i].opcode, "p&<", "", "d//");
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_true (ops_fixture_exists (f, f->payload));
      make_temporary (f, kinds[i].opcode, "", "", "missing");
      g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
      make_temporary (f, kinds[i].opcode, "", "", "file");
      g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_DIRECTORY);
      make_temporary (f, kinds[i].opcode, "", "", "");
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_true (g_str_has_prefix (f->payload, "/tmp/vmware"));
      g_assert_no_errno (remove (f->payload));
    }
  umask (old);
}

static void
test_temporary_legacy (OpsFixture *f, gconstpointer data)
{
  TbxVixRequest request = ops_request (TBX_VIX_CREATE_TEMP_FILE);

  ops_fixture_run (f, &request);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_true (g_str_has_prefix (f->payload, "/tmp/vmware"));
  g_assert_cmpint (stat_of (f, f->payload).st_mode, ==, S_IFREG | 0600);
  g_assert_no_errno (unlink (f->payload));
}

static void
test_temporary_many (OpsFixture *f, gconstpointer data)
{
  g_autofree char *name = g_strnfill (250, 'n');

  ops_fixture_mkdir (f, "many", 0700);
  for (guint i = 0; i < 1000; i++)
    {
      make_temporary (f, TBX_VIX_CREATE_TEMP_FILE_EX, "a", "z", "many");
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
    }
  g_assert_cmpuint (ops_count_entries (f->dir), ==, 1);
  {
    g_autofree char *path = ops_fixture_path (f, "many");

    g_assert_cmpuint (ops_count_entries (path), ==, 1000);
  }
  make_temporary (f, TBX_VIX_CREATE_TEMP_FILE_EX, name, "z", "many");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NAME_TOO_LONG);
}

#define ADD(path, function) \
  g_test_add (path, OpsFixture, NULL, ops_fixture_set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/file-ops/delete-file", test_delete_file);
  ADD ("/file-ops/no-permission", test_no_permission);
  ADD ("/file-ops/delete-directory", test_delete_directory);
  ADD ("/file-ops/make-directory", test_make_directory);
  ADD ("/file-ops/make-directory-mode", test_make_directory_mode);
  ADD ("/file-ops/times", test_times);
  ADD ("/file-ops/permissions", test_permissions);
  ADD ("/file-ops/attributes-missing", test_attributes_missing);
  ADD ("/file-ops/owner", test_owner);
  ADD ("/file-ops/temporary", test_temporary);
  ADD ("/file-ops/temporary-legacy", test_temporary_legacy);
  ADD ("/file-ops/temporary-many", test_temporary_many);
  return g_test_run ();
}
