/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-fixture.h"
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static guint
create_dir (HgfsFixture *f, guint32 op, const char *path, guint64 mask, TbxHgfsPerms perms)
{
  TbxHgfsRequest request = hgfs_request (op);

  request.create_dir.mask = mask | TBX_HGFS_CREATE_DIR_HAS_NAME;
  request.create_dir.perms = perms;
  hgfs_name (f, &request.create_dir.name, path);
  return hgfs_call (f, &request);
}

static guint
delete (HgfsFixture *f, guint32 op, const char *path)
{
  TbxHgfsRequest request = hgfs_request (op);

  hgfs_name (f, &request.delete_.name, path);
  return hgfs_call (f, &request);
}

static guint
rename_to (HgfsFixture *f, guint32 op, guint64 hints, const char *from, const char *to)
{
  TbxHgfsRequest request = hgfs_request (op);

  request.rename.hints = hints;
  hgfs_name (f, &request.rename.old_name, from);
  hgfs_name (f, &request.rename.new_name, to);
  return hgfs_call (f, &request);
}

static void
test_create_dir (HgfsFixture *f, gconstpointer data)
{
  const TbxHgfsPerms perms = { 1, 7, 5, 1 };

  g_assert_cmpuint (create_dir (f, TBX_HGFS_CREATE_DIR, "a", 0, perms), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_stat (f, "a").st_mode, ==, S_IFDIR | 0755);
  g_assert_cmpuint (create_dir (f, TBX_HGFS_CREATE_DIR_V2, "b",
                                TBX_HGFS_CREATE_DIR_HAS_OTHER_PERMS, perms), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_stat (f, "b").st_mode, ==, S_IFDIR | 0751);
  g_assert_cmpuint (create_dir (f, TBX_HGFS_CREATE_DIR_V3, "c",
                                TBX_HGFS_CREATE_DIR_HAS_SPECIAL_PERMS, perms), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_stat (f, "c").st_mode, ==, S_IFDIR | 01755);
  g_assert_cmpuint (create_dir (f, TBX_HGFS_CREATE_DIR_V3, "c", 0, perms), ==, TBX_HGFS_FILE_EXISTS);
  g_assert_cmpuint (create_dir (f, TBX_HGFS_CREATE_DIR_V3, "/", 0, perms), ==, TBX_HGFS_FILE_EXISTS);
  g_assert_cmpuint (create_dir (f, TBX_HGFS_CREATE_DIR_V3, "x/y", 0, perms), ==,
                    TBX_HGFS_NO_SUCH_FILE);
}

static void
test_delete (HgfsFixture *f, gconstpointer data)
{
  static const guint32 files[] = { TBX_HGFS_DELETE_FILE, TBX_HGFS_DELETE_FILE_V2,
                                   TBX_HGFS_DELETE_FILE_V3 };
  static const guint32 dirs[] = { TBX_HGFS_DELETE_DIR, TBX_HGFS_DELETE_DIR_V2,
                                  TBX_HGFS_DELETE_DIR_V3 };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      ops_fixture_mkdir (&f->ops, "d", 0755);
      ops_fixture_write (&f->ops, "d/f", "");
      ops_fixture_link (&f->ops, "d", "link");
      g_assert_cmpuint (delete (f, files[i], "missing"), ==, TBX_HGFS_NO_SUCH_FILE);
      g_assert_cmpuint (delete (f, dirs[i], "missing"), ==, TBX_HGFS_NO_SUCH_FILE);
      g_assert_cmpuint (delete (f, files[i], "d"), ==, TBX_HGFS_FILE_EXISTS);
      g_assert_cmpuint (delete (f, dirs[i], "d/f"), ==, TBX_HGFS_NOT_DIRECTORY);
      g_assert_cmpuint (delete (f, dirs[i], "link"), ==, TBX_HGFS_NOT_DIRECTORY);
      g_assert_cmpuint (delete (f, dirs[i], "d"), ==, TBX_HGFS_DIR_NOT_EMPTY);
      g_assert_cmpuint (delete (f, files[i], "/"), ==, TBX_HGFS_ACCESS_DENIED);
      g_assert_cmpuint (delete (f, dirs[i], "/"), ==, TBX_HGFS_ACCESS_DENIED);
      g_assert_cmpuint (delete (f, files[i], "d/f"), ==, TBX_HGFS_OK);
      g_assert_cmpuint (delete (f, files[i], "link"), ==, TBX_HGFS_OK);
      g_assert_cmpuint (delete (f, dirs[i], "d"), ==, TBX_HGFS_OK);
      g_assert_cmpuint (ops_count_entries (f->ops.dir), ==, 0);
    }
}

/* What a handle stands for is the file, not whatever has its name by now. */
static void
test_delete_by_handle (HgfsFixture *f, gconstpointer data)
{
  static const guint32 ops[] = { TBX_HGFS_DELETE_FILE_V2, TBX_HGFS_DELETE_FILE_V3 };

  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      TbxHgfsRequest request = hgfs_request (ops[i]);
      guint32 handle;

      ops_fixture_write (&f->ops, "f", "content");
      handle = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ, 0);
      g_assert_cmpuint (rename_to (f, TBX_HGFS_RENAME_V3, 0, "f", "g"), ==, TBX_HGFS_OK);
      ops_fixture_write (&f->ops, "f", "another");
      request.delete_.hints = TBX_HGFS_DELETE_BY_HANDLE;
      request.delete_.name.by_handle = TRUE;
      request.delete_.name.flags = TBX_HGFS_NAME_BY_HANDLE;
      request.delete_.name.handle = handle;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      g_assert_false (ops_fixture_exists (&f->ops, "g"));
      hgfs_assert_content (f, "f", "another");
      g_assert_cmpuint (hgfs_read (f, handle, 0, 10), ==, TBX_HGFS_OK);
      hgfs_assert_data (f, "content");
      ops_fixture_write (&f->ops, "g", "a third");
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_NO_SUCH_FILE);
      g_assert_true (ops_fixture_exists (&f->ops, "g"));
      request.delete_.name.handle = 4711;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_HANDLE);
    }
}

static void
test_rename (HgfsFixture *f, gconstpointer data)
{
  static const guint32 ops[] = { TBX_HGFS_RENAME, TBX_HGFS_RENAME_V2, TBX_HGFS_RENAME_V3 };

  ops_fixture_mkdir (&f->ops, "d", 0755);
  ops_fixture_mkdir (&f->ops, "full", 0755);
  ops_fixture_write (&f->ops, "full/f", "");
  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      ops_fixture_write (&f->ops, "a", "a");
      ops_fixture_write (&f->ops, "b", "b");
      g_assert_cmpuint (rename_to (f, ops[i], 0, "a", "b"), ==, TBX_HGFS_OK);
      hgfs_assert_content (f, "b", "a");
      g_assert_false (ops_fixture_exists (&f->ops, "a"));
      g_assert_cmpuint (rename_to (f, ops[i], 0, "a", "b"), ==, TBX_HGFS_NO_SUCH_FILE);
      g_assert_cmpuint (rename_to (f, ops[i], 0, "b", "d"), ==, TBX_HGFS_FILE_EXISTS);
      g_assert_cmpuint (rename_to (f, ops[i], 0, "d", "full"), ==, TBX_HGFS_DIR_NOT_EMPTY);
      g_assert_cmpuint (rename_to (f, ops[i], 0, "d", "d/d"), ==, TBX_HGFS_INVALID_PARAMETER);
      g_assert_cmpuint (rename_to (f, ops[i], 0, "b", "/"), ==, TBX_HGFS_ACCESS_DENIED);
      g_assert_cmpuint (rename_to (f, ops[i], 0, "/", "b"), ==, TBX_HGFS_ACCESS_DENIED);
      g_assert_cmpuint (rename_to (f, ops[i], 0, "b", "/dev/shm/tbx-no"), ==,
                        TBX_HGFS_NOT_SAME_DEVICE);
    }
  ops_fixture_write (&f->ops, "a", "a");
  g_assert_cmpuint (rename_to (f, TBX_HGFS_RENAME_V3, TBX_HGFS_RENAME_NO_REPLACE, "a", "b"), ==,
                    TBX_HGFS_FILE_EXISTS);
  hgfs_assert_content (f, "b", "a");
  g_assert_cmpuint (rename_to (f, TBX_HGFS_RENAME_V2, TBX_HGFS_RENAME_NO_REPLACE, "a", "c"), ==,
                    TBX_HGFS_OK);
  g_assert_cmpuint (rename_to (f, TBX_HGFS_RENAME_V2, TBX_HGFS_RENAME_NO_REPLACE, "d", "e"), ==,
                    TBX_HGFS_OK);
}

/* Names of open files follow their folder; an upload keeps the name it was begun for. */
static void
test_rename_open (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_DELETE_FILE_V3);
  guint32 handle, upload;

  ops_fixture_mkdir (&f->ops, "d", 0755);
  ops_fixture_write (&f->ops, "d/f", "content");
  ops_fixture_write (&f->ops, "target", "old");
  handle = hgfs_must_open (f, "d/f", TBX_HGFS_MODE_READ, 0);
  upload = hgfs_must_open (f, "target", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_OR_TRUNCATE);
  g_assert_cmpuint (rename_to (f, TBX_HGFS_RENAME_V3, 0, "d", "e"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (rename_to (f, TBX_HGFS_RENAME_V3, 0, "target", "kept"), ==, TBX_HGFS_OK);
  request.delete_.hints = TBX_HGFS_DELETE_BY_HANDLE;
  request.delete_.name.flags = TBX_HGFS_NAME_BY_HANDLE;
  request.delete_.name.by_handle = TRUE;
  request.delete_.name.handle = handle;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_false (ops_fixture_exists (&f->ops, "e/f"));
  g_assert_cmpuint (hgfs_write (f, upload, 1, 0, "new"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_getattr (f, "kept"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_close (f, upload), ==, TBX_HGFS_OK);
  hgfs_assert_content (f, "target", "new");
  hgfs_assert_content (f, "kept", "old");
}

static guint
symlink_to (HgfsFixture *f, guint32 op, const char *path, const char *target)
{
  TbxHgfsRequest request = hgfs_request (op);
  g_autofree char *text = g_strdup (target);

  hgfs_name (f, &request.create_symlink.name, path);
  tbx_hgfs_target_init (&request.create_symlink.target, text, strlen (text));
  return hgfs_call (f, &request);
}

static void
test_symlink (HgfsFixture *f, gconstpointer data)
{
  static const char *const targets[] = { "../a/b", "/etc/x", "plain" };
  g_autofree char *long_target = g_strnfill (4096, 'x');
  g_autofree char *path = hgfs_path (f, "link");

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      char text[100] = "";

      g_assert_cmpuint (symlink_to (f, i == 0 ? TBX_HGFS_CREATE_SYMLINK
                                              : TBX_HGFS_CREATE_SYMLINK_V3, "link", targets[i]),
                        ==, TBX_HGFS_OK);
      g_assert_cmpint (readlink (path, text, sizeof text - 1), >, 0);
      g_assert_cmpstr (text, ==, targets[i]);
      g_assert_cmpuint (hgfs_getattr (f, "link"), ==, TBX_HGFS_OK);
      g_assert_cmpuint (f->reply.attributes.target.size, ==, strlen (targets[i]));
      g_assert_cmpuint (symlink_to (f, TBX_HGFS_CREATE_SYMLINK, "link", "x"), ==,
                        TBX_HGFS_FILE_EXISTS);
      g_assert_no_errno (unlink (path));
    }
  g_assert_cmpuint (symlink_to (f, TBX_HGFS_CREATE_SYMLINK_V3, "link", ""), ==,
                    TBX_HGFS_INVALID_NAME);
  g_assert_cmpuint (symlink_to (f, TBX_HGFS_CREATE_SYMLINK_V3, "link", long_target), ==,
                    TBX_HGFS_NAME_TOO_LONG);
  long_target[4095] = '\0';
  g_assert_cmpuint (symlink_to (f, TBX_HGFS_CREATE_SYMLINK_V3, "link", long_target), ==, TBX_HGFS_OK);
}

static guint
getattr_in_any_case (HgfsFixture *f, const char *path)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_GETATTR_V3);

  hgfs_name (f, &request.getattr.name, path);
  request.getattr.name.case_type = TBX_HGFS_CASE_INSENSITIVE;
  return hgfs_call (f, &request);
}

static void
test_case (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_OPEN_V3);

  ops_fixture_mkdir (&f->ops, "Folder", 0755);
  ops_fixture_write (&f->ops, "Folder/Änderung.txt", "1");
  ops_fixture_write (&f->ops, "Folder/README", "12");
  ops_fixture_write (&f->ops, "Folder/ReadMe", "123");
  g_assert_cmpuint (hgfs_getattr (f, "folder/readme"), ==, TBX_HGFS_NO_SUCH_FILE);
  /* The exact one first, then the first by its bytes. */
  g_assert_cmpuint (getattr_in_any_case (f, "Folder/ReadMe"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, 3);
  g_assert_cmpuint (getattr_in_any_case (f, "folder/readme"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, 2);
  g_assert_cmpuint (getattr_in_any_case (f, "FOLDER/äNDERUNG.TXT"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, 1);
  g_assert_cmpuint (getattr_in_any_case (f, "folder/none"), ==, TBX_HGFS_NO_SUCH_FILE);
  /* What is not there is made where the rest was found. */
  request.open.mask = TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS | TBX_HGFS_OPEN_HAS_NAME;
  request.open.mode = TBX_HGFS_MODE_WRITE;
  request.open.flags = TBX_HGFS_OPEN_CREATE_NEW;
  hgfs_name (f, &request.open.name, "FOLDER/New");
  request.open.name.case_type = TBX_HGFS_CASE_INSENSITIVE;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_true (ops_fixture_exists (&f->ops, "Folder/New"));
  request = hgfs_request (TBX_HGFS_RENAME_V3);
  hgfs_name (f, &request.rename.old_name, "Folder/New");
  hgfs_name (f, &request.rename.new_name, "Folder/NEW");
  request.rename.new_name.case_type = TBX_HGFS_CASE_INSENSITIVE;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_true (ops_fixture_exists (&f->ops, "Folder/NEW"));
}

static void
test_volume (HgfsFixture *f, gconstpointer data)
{
  static const guint32 ops[] = { TBX_HGFS_QUERY_VOLUME, TBX_HGFS_QUERY_VOLUME_V3 };
  struct statvfs info;

  g_assert_no_errno (statvfs (f->ops.dir, &info));
  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      TbxHgfsRequest request = hgfs_request (ops[i]);

      hgfs_name (f, &request.named.name, f->ops.dir);
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      g_assert_cmpuint (f->reply.volume.total_bytes, ==, (guint64) info.f_blocks * info.f_frsize);
      g_assert_cmpuint (f->reply.volume.free_bytes, <=, f->reply.volume.total_bytes);
      request.named.name.size = 0;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      g_assert_cmpuint (f->reply.volume.total_bytes, >, 0);
      hgfs_name (f, &request.named.name, "missing");
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_NO_SUCH_FILE);
    }
}

static guint
search_open (HgfsFixture *f, guint32 op, const char *path, guint32 *handle)
{
  TbxHgfsRequest request = hgfs_request (op);
  guint status;

  if (path != NULL)
    hgfs_name (f, &request.named.name, path);
  status = hgfs_call (f, &request);
  *handle = f->reply.opened.handle;
  return status;
}

/* All names there, joined; checks that each page has its place. */
static char *
search_all (HgfsFixture *f, guint32 op, guint32 handle)
{
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint32 i = 0; i < 100; i++)
    {
      TbxHgfsRequest request = hgfs_request (op);

      request.search_read.handle = handle;
      request.search_read.index = i;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      if (f->reply.entry.name.size == 0)
        return g_string_free (g_steal_pointer (&names), FALSE);
      g_string_append_len (names, f->reply.entry.name.data, f->reply.entry.name.size);
      g_string_append_printf (names, ":%u ", f->reply.entry.attr.type);
    }
  g_assert_not_reached ();
}

static void
test_search (HgfsFixture *f, gconstpointer data)
{
  static const struct { guint32 open, read, close; const char *link; } forms[] = {
    { TBX_HGFS_SEARCH_OPEN, TBX_HGFS_SEARCH_READ, TBX_HGFS_SEARCH_CLOSE, "0" },
    { TBX_HGFS_SEARCH_OPEN, TBX_HGFS_SEARCH_READ_V2, TBX_HGFS_SEARCH_CLOSE, "2" },
    { TBX_HGFS_SEARCH_OPEN_V3, TBX_HGFS_SEARCH_READ_V3, TBX_HGFS_SEARCH_CLOSE_V3, "2" },
  };
  g_autofree char *gone = hgfs_path (f, "gone");
  guint32 handle;

  ops_fixture_mkdir (&f->ops, "d", 0755);
  ops_fixture_write (&f->ops, "a", "");
  ops_fixture_write (&f->ops, "bad\xff", "");
  ops_fixture_link (&f->ops, "a", "l");
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autofree char *expected = g_strdup_printf (".:1 ..:1 a:0 d:1 gone:0 l:%s ", forms[i].link);
      g_autofree char *names = NULL;
      TbxHgfsRequest request = hgfs_request (forms[i].close);

      ops_fixture_mkdir (&f->ops, "gone", 0755);
      g_assert_cmpuint (search_open (f, forms[i].open, f->ops.dir, &handle), ==, TBX_HGFS_OK);
      g_assert_no_errno (rmdir (gone));   /* told as a plain file of which nothing is known */
      names = search_all (f, forms[i].read, handle);
      g_assert_cmpstr (names, ==, expected);
      g_assert_cmpuint (hgfs_read (f, handle, 0, 1), ==, TBX_HGFS_INVALID_HANDLE);
      g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_INVALID_HANDLE);
      request.close.handle = handle;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_HANDLE);
    }
  g_assert_cmpuint (search_open (f, TBX_HGFS_SEARCH_OPEN_V3, "a", &handle), ==,
                    TBX_HGFS_NOT_DIRECTORY);
  g_assert_cmpuint (search_open (f, TBX_HGFS_SEARCH_OPEN_V3, "l", &handle), ==,
                    TBX_HGFS_NOT_DIRECTORY);
  g_assert_cmpuint (search_open (f, TBX_HGFS_SEARCH_OPEN_V3, "none", &handle), ==,
                    TBX_HGFS_NO_SUCH_FILE);
}

/* The base of all names has the one share. */
static void
test_search_base (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *names = NULL;
  guint32 handle;

  g_assert_cmpuint (search_open (f, TBX_HGFS_SEARCH_OPEN_V3, NULL, &handle), ==, TBX_HGFS_OK);
  names = search_all (f, TBX_HGFS_SEARCH_READ_V3, handle);
  g_assert_cmpstr (names, ==, ".:1 ..:1 root:1 ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  HGFS_TEST ("/hgfs/names/create-dir", test_create_dir);
  HGFS_TEST ("/hgfs/names/delete", test_delete);
  HGFS_TEST ("/hgfs/names/delete-by-handle", test_delete_by_handle);
  HGFS_TEST ("/hgfs/names/rename", test_rename);
  HGFS_TEST ("/hgfs/names/rename-open", test_rename_open);
  HGFS_TEST ("/hgfs/names/symlink", test_symlink);
  HGFS_TEST ("/hgfs/names/case", test_case);
  HGFS_TEST ("/hgfs/names/volume", test_volume);
  HGFS_TEST ("/hgfs/search/forms", test_search);
  HGFS_TEST ("/hgfs/search/base", test_search_base);
  return g_test_run ();
}
