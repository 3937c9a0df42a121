/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-fixture.h"
#include "tbx-hgfs-time.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static guint
getattr_by (HgfsFixture *f, guint32 op, const char *path, guint32 handle)
{
  TbxHgfsRequest request = hgfs_request (op);

  if (path != NULL)
    hgfs_name (f, &request.getattr.name, path);
  else
    {
      request.getattr.hints = TBX_HGFS_ATTR_BY_HANDLE;
      request.getattr.name.by_handle = TRUE;
      request.getattr.name.flags = TBX_HGFS_NAME_BY_HANDLE;
      request.getattr.name.handle = handle;
    }
  return hgfs_call (f, &request);
}

static void
test_getattr (HgfsFixture *f, gconstpointer data)
{
  static const guint32 ops[] = { TBX_HGFS_GETATTR, TBX_HGFS_GETATTR_V2, TBX_HGFS_GETATTR_V3 };
  static const struct timespec times[] = { { 1, 200 }, { 1000000000, 123456700 } };
  static const struct { const char *name; guint32 type, type_v1; guint64 mask, flags; } kinds[] = {
    { "file", 0, 0, 0x2fbff, 0 }, { "dir", 1, 1, 0x2fbff, 0 }, { "link", 2, 0, 0x0fbff, 0 },
    { ".hidden", 0, 0, 0x2ffff, 0x9 }, { "fifo", 0, 0, 0x2ffff, 0x800 },
  };
  g_autofree char *path = hgfs_path (f, "file");

  ops_fixture_write (&f->ops, "file", "content");
  ops_fixture_write (&f->ops, ".hidden", "");
  ops_fixture_mkdir (&f->ops, "dir", 0755);
  ops_fixture_link (&f->ops, "some/where", "link");
  ops_fixture_mkfifo (&f->ops, "fifo");
  g_assert_no_errno (chmod (path, 04751));
  g_assert_no_errno (utimensat (AT_FDCWD, path, times, 0));
  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
      {
        const TbxHgfsAttr *attr = &f->reply.attributes.attr;

        g_assert_cmpuint (getattr_by (f, ops[i], kinds[k].name, 0), ==, TBX_HGFS_OK);
        g_assert_cmpuint (attr->type, ==, i == 0 ? kinds[k].type_v1 : kinds[k].type);
        if (i == 0)
          continue;
        g_assert_cmphex (attr->mask, ==, kinds[k].mask);
        g_assert_cmphex (attr->flags, ==, kinds[k].flags);
        g_assert_cmpuint (f->reply.attributes.target.size, ==, kinds[k].type == 2 ? 10 : 0);
        if (k > 0)
          continue;
        g_assert_cmpuint (attr->write_time, ==, G_GUINT64_CONSTANT (126444736001234567));
        g_assert_cmpuint (attr->creation_time, ==, attr->write_time);
        g_assert_cmpuint (attr->access_time, ==, G_GUINT64_CONSTANT (116444736010000002));
        g_assert_cmpuint (attr->perms.special, ==, 4);
        g_assert_cmpuint (attr->perms.owner, ==, 7);
        g_assert_cmpuint (attr->perms.group, ==, 5);
        g_assert_cmpuint (attr->perms.other, ==, 1);
        g_assert_cmpuint (attr->effective_perms, ==, 7);
        g_assert_cmpuint (attr->file_id, ==, hgfs_stat (f, "file").st_ino);
        g_assert_cmpuint (attr->user_id, ==, getuid ());
      }
  g_assert_cmpuint (hgfs_getattr (f, "missing"), ==, TBX_HGFS_NO_SUCH_FILE);
  g_assert_cmpuint (hgfs_getattr (f, "file/x"), ==, TBX_HGFS_NOT_DIRECTORY);
}

static void
test_getattr_by_handle (HgfsFixture *f, gconstpointer data)
{
  static const guint32 ops[] = { TBX_HGFS_GETATTR_V2, TBX_HGFS_GETATTR_V3 };
  guint32 handle;

  ops_fixture_write (&f->ops, ".f", "content");
  handle = hgfs_must_open (f, ".f", TBX_HGFS_MODE_READ, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      g_assert_cmpuint (getattr_by (f, ops[i], NULL, handle), ==, TBX_HGFS_OK);
      g_assert_cmphex (f->reply.attributes.attr.mask, ==, 0x0fbff);
      g_assert_cmpuint (f->reply.attributes.attr.size, ==, 7);
      g_assert_cmpuint (getattr_by (f, ops[i], NULL, 4711), ==, TBX_HGFS_INVALID_HANDLE);
    }
}

static void
test_getattr_base (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_GETATTR_V2);

  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_cmphex (f->reply.attributes.attr.mask, ==, 0x3ff);
  g_assert_cmpuint (f->reply.attributes.attr.type, ==, TBX_HGFS_TYPE_DIRECTORY);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, 4192);
  g_assert_cmpuint (f->reply.attributes.attr.perms.owner, ==, 5);
}

static TbxHgfsRequest
setattr (HgfsFixture *f, guint32 op, const char *path)
{
  TbxHgfsRequest request = hgfs_request (op);

  hgfs_name (f, &request.setattr.name, path);
  return request;
}

static void
test_setattr (HgfsFixture *f, gconstpointer data)
{
  static const guint32 ops[] = { TBX_HGFS_SETATTR, TBX_HGFS_SETATTR_V2, TBX_HGFS_SETATTR_V3 };
  g_autofree char *path = hgfs_path (f, "f");

  for (gsize i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      TbxHgfsRequest request = setattr (f, ops[i], "f");
      TbxHgfsAttr *attr = &request.setattr.attr;
      struct stat info;

      ops_fixture_write (&f->ops, "f", "content");
      g_assert_no_errno (chmod (path, 0644));
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      attr->mask = TBX_HGFS_ATTR_OWNER_PERMS | TBX_HGFS_ATTR_SIZE | TBX_HGFS_ATTR_ACCESS_TIME
                   | TBX_HGFS_ATTR_WRITE_TIME;
      attr->perms.owner = 7;
      attr->size = 3;
      attr->access_time = 1;   /* before 1970 */
      attr->write_time = tbx_hgfs_time_from_unix (1234567890, 987654300);
      request.setattr.hints = TBX_HGFS_SETATTR_GIVEN_ACCESS_TIME | TBX_HGFS_SETATTR_GIVEN_WRITE_TIME;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      info = hgfs_stat (f, "f");
      g_assert_cmpuint (info.st_mode & 07777, ==, 0744);
      g_assert_cmpint (info.st_size, ==, 3);
      g_assert_cmpint (info.st_atim.tv_sec, ==, 0);
      g_assert_cmpint (info.st_mtim.tv_sec, ==, 1234567890);
      g_assert_cmpint (info.st_mtim.tv_nsec, ==, 987654300);
      /* One time only, and that is now. */
      request.setattr.hints = 0;
      attr->mask = TBX_HGFS_ATTR_ACCESS_TIME;
      g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
      info = hgfs_stat (f, "f");
      g_assert_cmpint (info.st_atim.tv_sec, >, 1700000000);
      g_assert_cmpint (info.st_mtim.tv_sec, ==, 1234567890);
    }
}

static void
test_setattr_failures (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = setattr (f, TBX_HGFS_SETATTR_V2, "link");
  guint32 handle;

  ops_fixture_write (&f->ops, "f", "content");
  ops_fixture_link (&f->ops, "f", "link");
  request.setattr.attr.mask = TBX_HGFS_ATTR_SIZE;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_NAME);
  hgfs_assert_content (f, "f", "content");
  request = setattr (f, TBX_HGFS_SETATTR_V2, "missing");
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_NO_SUCH_FILE);
  request = setattr (f, TBX_HGFS_SETATTR_V2, "f");
  request.setattr.attr.mask = TBX_HGFS_ATTR_SIZE | TBX_HGFS_ATTR_OTHER_PERMS
                              | TBX_HGFS_ATTR_WRITE_TIME;
  request.setattr.attr.size = 1ULL << 63;
  request.setattr.attr.perms.other = 0;
  request.setattr.attr.write_time = tbx_hgfs_time_from_unix (1000, 0);
  request.setattr.hints = TBX_HGFS_SETATTR_GIVEN_WRITE_TIME;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_stat (f, "f").st_mode & 0777, ==, 0644);   /* no packet in order */
  handle = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ, 0);
  request.setattr.hints = TBX_HGFS_ATTR_BY_HANDLE;
  request.setattr.name = (TbxHgfsName) { .by_handle = TRUE, .handle = handle };
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_PARAMETER);
  request.setattr.attr.size = 0;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_HANDLE);
  hgfs_assert_content (f, "f", "content");
  request.setattr.name.handle = 4711;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_INVALID_HANDLE);
}

/* Everything is tried, and the first failure told. */
static void
set_owner_as_user (HgfsFixture *f)
{
  TbxHgfsRequest own = setattr (f, TBX_HGFS_SETATTR_V2, "own");
  TbxHgfsRequest request = setattr (f, TBX_HGFS_SETATTR_V2, "others");

  request.setattr.attr.mask = TBX_HGFS_ATTR_USER_ID;
  request.setattr.attr.user_id = getuid ();
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_NOT_PERMITTED);
  request.setattr.attr.mask = TBX_HGFS_ATTR_OWNER_PERMS;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_NOT_PERMITTED);
  ops_fixture_write (&f->ops, "own", "content");
  own.setattr.attr.mask = TBX_HGFS_ATTR_USER_ID | TBX_HGFS_ATTR_OTHER_PERMS | TBX_HGFS_ATTR_SIZE;
  own.setattr.attr.size = 3;
  g_assert_cmpuint (hgfs_call (f, &own), ==, TBX_HGFS_NOT_PERMITTED);
  g_assert_cmpuint (hgfs_stat (f, "own").st_mode & 0777, ==, 0640);
  hgfs_assert_content (f, "own", "con");
}

static void
test_owner (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = setattr (f, TBX_HGFS_SETATTR_V2, "f");
  g_autofree char *path = hgfs_path (f, "f");

  ops_fixture_write (&f->ops, "f", "content");
  ops_fixture_write (&f->ops, "others", "content");
  request.setattr.attr.mask = TBX_HGFS_ATTR_USER_ID | TBX_HGFS_ATTR_SPECIAL_PERMS;
  request.setattr.attr.user_id = 4711;
  request.setattr.attr.perms.special = 4;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_stat (f, "f").st_uid, ==, 4711);
  g_assert_cmpuint (hgfs_stat (f, "f").st_gid, ==, getgid ());
  g_assert_cmpuint (hgfs_stat (f, "f").st_mode & 07777, ==, 04644);
  hgfs_as_user (f, set_owner_as_user);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  HGFS_TEST ("/hgfs/getattr/forms", test_getattr);
  HGFS_TEST ("/hgfs/getattr/handle", test_getattr_by_handle);
  HGFS_TEST ("/hgfs/getattr/base", test_getattr_base);
  HGFS_TEST ("/hgfs/setattr/forms", test_setattr);
  HGFS_TEST ("/hgfs/setattr/failures", test_setattr_failures);
  if (geteuid () == 0)
    HGFS_TEST ("/hgfs/setattr/owner", test_owner);
  return g_test_run ();
}
