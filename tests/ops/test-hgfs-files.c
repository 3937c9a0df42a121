/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-fixture.h"
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What an open of each kind of thing gives, for each mode and each flag. */
typedef struct
{
  const char *name;
  guint8      status[3][5];   /* [mode][flags] */
} OpenCase;

#define NO_FILE 1
#define EXISTS  4
#define DENIED  8

static const OpenCase open_cases[] = {
  { "file", { { 0, 0, 0, EXISTS, 0 }, { 0, 0, 0, EXISTS, 0 }, { 0, 0, 0, EXISTS, 0 } } },
  { "missing", { { NO_FILE, NO_FILE, NO_FILE, NO_FILE, NO_FILE }, { NO_FILE, NO_FILE, 0, 0, 0 },
                 { NO_FILE, NO_FILE, 0, 0, 0 } } },
  { "dir", { { 0, 0, 0, EXISTS, 0 }, { EXISTS, EXISTS, EXISTS, EXISTS, EXISTS },
             { EXISTS, EXISTS, EXISTS, EXISTS, EXISTS } } },
  { "fifo", { { DENIED, DENIED, DENIED, EXISTS, DENIED }, { DENIED, DENIED, DENIED, EXISTS, DENIED },
              { DENIED, DENIED, DENIED, EXISTS, DENIED } } },
  { "link", { { DENIED, DENIED, DENIED, EXISTS, DENIED }, { DENIED, DENIED, DENIED, EXISTS, DENIED },
              { DENIED, DENIED, DENIED, EXISTS, DENIED } } },
  { "none/x", { { NO_FILE, NO_FILE, NO_FILE, NO_FILE, NO_FILE },
                { NO_FILE, NO_FILE, NO_FILE, NO_FILE, NO_FILE },
                { NO_FILE, NO_FILE, NO_FILE, NO_FILE, NO_FILE } } },
  { "file/x", { { 5, 5, 5, 5, 5 }, { 5, 5, 5, 5, 5 }, { 5, 5, 5, 5, 5 } } },
};

static void
test_open_table (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *missing = hgfs_path (f, "missing");

  ops_fixture_mkdir (&f->ops, "dir", 0755);
  ops_fixture_mkfifo (&f->ops, "fifo");
  ops_fixture_link (&f->ops, "file", "link");
  for (gsize i = 0; i < G_N_ELEMENTS (open_cases); i++)
    for (guint32 mode = 0; mode < 3; mode++)
      for (guint32 flags = 0; flags < 5; flags++)
        {
          const char *name = open_cases[i].name;
          guint32 handle = 0;
          guint status;

          ops_fixture_write (&f->ops, "file", "content");
          unlink (missing);
          status = hgfs_open (f, name, mode, flags, &handle);
          g_test_message ("%s, mode %u, flags %u: %u", name, mode, flags, status);
          /* That there is something comes before what it is. */
          g_assert_cmpuint (status, ==, open_cases[i].status[mode][flags]);
          if (mode == TBX_HGFS_MODE_READ)
            {
              hgfs_assert_content (f, "file", "content");
              g_assert_false (ops_fixture_exists (&f->ops, "missing"));
            }
          if (status == TBX_HGFS_OK)
            g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
          if (status == TBX_HGFS_OK && mode != TBX_HGFS_MODE_READ && strcmp (name, "file") == 0)
            hgfs_assert_content (f, "file", flags == 1 || flags == 4 ? "" : "content");
          if (status == TBX_HGFS_OK && strcmp (name, "missing") == 0)
            g_assert_cmpuint (hgfs_stat (f, "missing").st_mode, ==, S_IFREG | 0644);
        }
}

static void
try_read_only (HgfsFixture *f)
{
  guint32 handle = 0;

  for (guint32 flags = 0; flags < 5; flags++)
    {
      if (flags == TBX_HGFS_OPEN_CREATE_NEW)
        continue;
      g_assert_cmpuint (hgfs_open (f, "read-only", 0, flags, &handle), ==, TBX_HGFS_OK);
      g_assert_cmpuint (hgfs_open (f, "read-only", 1, flags, &handle), ==, DENIED);
      g_assert_cmpuint (hgfs_open (f, "read-only", 2, flags, &handle), ==, DENIED);
      g_assert_cmpuint (hgfs_open (f, "secret", 0, flags, &handle), ==, DENIED);
    }
  hgfs_assert_content (f, "read-only", "content");
}

static void
test_open_read_only (HgfsFixture *f, gconstpointer data)
{
  g_autofree char *path = hgfs_path (f, "read-only"), *secret = hgfs_path (f, "secret");

  ops_fixture_write (&f->ops, "read-only", "content");
  ops_fixture_write (&f->ops, "secret", "content");
  g_assert_no_errno (chmod (path, 0444));
  g_assert_no_errno (chmod (secret, 0));
  hgfs_as_user (f, try_read_only);
}

/* The forms of each version: mode of a new file, defaults of what is not meant. */
static void
test_open_forms (HgfsFixture *f, gconstpointer data)
{
  static const struct { guint32 op; guint64 mask; TbxHgfsPerms perms; mode_t mode; } cases[] = {
    { TBX_HGFS_OPEN, 0, { 0, 7, 0, 0 }, 0755 },
    { TBX_HGFS_OPEN_V2, 0, { 0, 7, 7, 7 }, 0644 },
    { TBX_HGFS_OPEN_V2, TBX_HGFS_OPEN_HAS_OWNER_PERMS, { 0, 6, 0, 0 }, 0644 },
    { TBX_HGFS_OPEN_V3, TBX_HGFS_OPEN_HAS_OWNER_PERMS | TBX_HGFS_OPEN_HAS_GROUP_PERMS
                        | TBX_HGFS_OPEN_HAS_OTHER_PERMS, { 0, 6, 4, 0 }, 0640 },
    { TBX_HGFS_OPEN_V3, TBX_HGFS_OPEN_HAS_SPECIAL_PERMS | TBX_HGFS_OPEN_HAS_OWNER_PERMS,
      { 4, 7, 0, 0 }, 04755 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint32 flags = TBX_HGFS_OPEN_CREATE; flags <= TBX_HGFS_OPEN_CREATE_OR_TRUNCATE; flags++)
      {
        TbxHgfsRequest request = hgfs_request (cases[i].op);
        g_autofree char *name = g_strdup_printf ("f%" G_GSIZE_FORMAT ".%u", i, flags);
        guint32 handle;

        request.open.mask = cases[i].mask | TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS
                            | TBX_HGFS_OPEN_HAS_NAME;
        request.open.mode = TBX_HGFS_MODE_WRITE;
        request.open.flags = flags;
        request.open.perms = cases[i].perms;
        hgfs_name (f, &request.open.name, name);
        g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
        handle = f->reply.opened.handle;
        g_assert_cmpuint (f->reply.opened.lock, ==, 0);
        /* Nobody else reads it until it is complete; the host is told what it will be. */
        if (ops_fixture_exists (&f->ops, name))
          g_assert_cmpuint (hgfs_stat (f, name).st_mode & 0077, ==, 0);
        g_assert_cmpuint (hgfs_getattr (f, name), ==, TBX_HGFS_OK);
        g_assert_cmpuint (f->reply.attributes.attr.perms.group, ==, cases[i].mode >> 3 & 7);
        g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
        g_assert_cmpuint (hgfs_stat (f, name).st_mode & 07777, ==, cases[i].mode);
      }
}

static void
test_allocation (HgfsFixture *f, gconstpointer data)
{
  TbxHgfsRequest request = hgfs_request (TBX_HGFS_OPEN_V3);
  struct stat info;
  guint32 handle;

  request.open.mask = TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS | TBX_HGFS_OPEN_HAS_NAME
                      | TBX_HGFS_OPEN_HAS_ALLOCATION_SIZE;
  request.open.mode = TBX_HGFS_MODE_WRITE;
  request.open.flags = TBX_HGFS_OPEN_CREATE;
  request.open.allocation_size = 1024 * 1024;
  hgfs_name (f, &request.open.name, "f");
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.opened.flags, ==, TBX_HGFS_OPEN_SPACE_ALLOCATED);
  handle = f->reply.opened.handle;
  info = hgfs_stat (f, "f");
  g_assert_cmpint (info.st_size, ==, 0);
  g_assert_cmpint (info.st_blocks, >=, 2048);
  g_assert_cmpuint (hgfs_write (f, handle, 0, 0, "short"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  info = hgfs_stat (f, "f");
  g_assert_cmpint (info.st_size, ==, 5);
  g_assert_cmpint (info.st_blocks, <, 2048);
  /* More than there can be: the hint is not taken, the file is opened. */
  request.open.allocation_size = G_MAXUINT64;
  g_assert_cmpuint (hgfs_call (f, &request), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.opened.flags, ==, 0);
}

static void
test_offsets (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ_WRITE, TBX_HGFS_OPEN_CREATE);

  g_assert_cmpuint (hgfs_write (f, handle, 0, 6, "world"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.moved.data.size, ==, 5);
  g_assert_cmpuint (hgfs_write (f, handle, 0, 0, "hello "), ==, TBX_HGFS_OK);
  /* At the end, whatever the offset says; then where it says again. */
  g_assert_cmpuint (hgfs_write (f, handle, TBX_HGFS_WRITE_APPEND, 0, "!"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_write (f, handle, TBX_HGFS_WRITE_APPEND, 3, "?"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_write (f, handle, 0, 0, "H"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_read (f, handle, 0, 100), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "Hello world!?");
  g_assert_cmpuint (hgfs_read (f, handle, 6, 5), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "world");
  g_assert_cmpuint (hgfs_read (f, handle, 13, 5), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "");
  g_assert_cmpuint (hgfs_read (f, handle, 1000, 5), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "");
  g_assert_cmpuint (hgfs_write (f, handle, 0, 0, ""), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_read (f, handle, 1ULL << 63, 5), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_write (f, handle, 0, 1ULL << 63, "x"), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_write (f, handle, 0, G_MAXINT64, "xx"), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_INVALID_HANDLE);
}

static void
test_directions (HgfsFixture *f, gconstpointer data)
{
  guint32 read, write, dir;

  ops_fixture_write (&f->ops, "f", "content");
  read = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ, 0);
  write = hgfs_must_open (f, "f", TBX_HGFS_MODE_WRITE, 0);
  dir = hgfs_must_open (f, f->ops.dir, TBX_HGFS_MODE_READ, 0);
  g_assert_cmpuint (hgfs_write (f, read, 0, 0, "x"), ==, TBX_HGFS_INVALID_HANDLE);
  g_assert_cmpuint (hgfs_read (f, write, 0, 1), ==, TBX_HGFS_INVALID_HANDLE);
  g_assert_cmpuint (hgfs_read (f, dir, 0, 1), ==, TBX_HGFS_FILE_EXISTS);
  g_assert_cmpuint (hgfs_read (f, 4711, 0, 1), ==, TBX_HGFS_INVALID_HANDLE);
  g_assert_cmpuint (hgfs_read (f, G_MAXUINT32, 0, 1), ==, TBX_HGFS_INVALID_HANDLE);
}

/* A reply is full unless the file ends, and never larger than its carrier. */
static void
test_sizes (HgfsFixture *f, gconstpointer data)
{
  static const guint32 sizes[] = { 1, 61439, 61440, 61441, 63487, 63488, 63489, 65379 };
  g_autofree char *content = g_malloc (65379 + 10);
  g_autofree char *path = hgfs_path (f, "f");
  guint32 handle;

  for (gsize i = 0; i < 65379 + 10; i++)
    content[i] = (char) (i * 7 % 251);
  g_assert_true (g_file_set_contents (path, content, 65379 + 10, NULL));
  handle = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_assert_cmpuint (hgfs_read (f, handle, 7, sizes[i]), ==, TBX_HGFS_OK);
      g_assert_cmpmem (f->reply.moved.data.data, f->reply.moved.data.size, content + 7, sizes[i]);
      /* One NUL behind the data. */
      g_assert_cmpuint (f->packet_size, ==, 52 + 12 + sizes[i] + 1);
      g_assert_cmpuint (f->packet[f->packet_size - 1], ==, 0);
    }
  g_assert_cmpuint (hgfs_read (f, handle, 0, 65380), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_read (f, handle, 0, G_MAXUINT32), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_cmpuint (hgfs_read (f, 4711, 0, G_MAXUINT32), ==, TBX_HGFS_INVALID_PARAMETER);
  g_assert_no_errno (truncate (path, 10));
  g_assert_cmpuint (hgfs_read (f, handle, 7, 61440), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.moved.data.size, ==, 3);
}

#define FIVE_GB (G_GINT64_CONSTANT (5) * 1024 * 1024 * 1024)

static void
test_large (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ_WRITE, TBX_HGFS_OPEN_CREATE);

  g_assert_cmpuint (hgfs_write (f, handle, 0, FIVE_GB, "end"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_write (f, handle, 0, FIVE_GB / 2, "middle"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_read (f, handle, FIVE_GB, 100), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "end");
  g_assert_cmpuint (hgfs_read (f, handle, FIVE_GB / 2, 6), ==, TBX_HGFS_OK);
  hgfs_assert_data (f, "middle");
  g_assert_cmpuint (hgfs_getattr (f, "f"), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.attributes.attr.size, ==, FIVE_GB + 3);
  g_assert_cmpuint (f->reply.attributes.attr.allocation_size, <, 1024 * 1024);
}

/* A device goes on by itself, and keeps nobody waiting. */
static void
test_devices (HgfsFixture *f, gconstpointer data)
{
  guint32 handle = hgfs_must_open (f, "/dev/zero", TBX_HGFS_MODE_READ, 0);

  g_assert_cmpuint (hgfs_read (f, handle, 0, 61440), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.moved.data.size, ==, 61440);
  g_assert_cmpuint (hgfs_open (f, "/dev/null", TBX_HGFS_MODE_WRITE, 0, &handle), ==, DENIED);
  handle = hgfs_must_open (f, "/proc/self/status", TBX_HGFS_MODE_READ, 0);
  g_assert_cmpuint (hgfs_read (f, handle, 0, 61440), ==, TBX_HGFS_OK);
  g_assert_cmpuint (f->reply.moved.data.size, >, 100);
  g_assert_cmpmem (f->reply.moved.data.data, 5, "Name:", 5);
}

static void
test_many_handles (HgfsFixture *f, gconstpointer data)
{
  struct rlimit limit, more;
  guint32 handle = 0;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  more = limit;
  more.rlim_cur = MIN (limit.rlim_max, 4096);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &more));
  ops_fixture_write (&f->ops, "f", "content");
  for (guint i = 0; i < 2048; i++)
    handle = hgfs_must_open (f, "f", TBX_HGFS_MODE_READ, 0);
  /* The one that is too many leaves no trace. */
  g_assert_cmpuint (hgfs_open (f, "new", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_NEW, &handle), ==,
                    TBX_HGFS_GENERIC_ERROR);
  g_assert_false (ops_fixture_exists (&f->ops, "new"));
  g_assert_cmpuint (hgfs_read (f, handle, 0, 10), ==, TBX_HGFS_OK);
  g_assert_cmpuint (hgfs_close (f, handle), ==, TBX_HGFS_OK);
  hgfs_must_open (f, "new", TBX_HGFS_MODE_WRITE, TBX_HGFS_OPEN_CREATE_NEW);
  hgfs_end_session (f, f->session);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  HGFS_TEST ("/hgfs/open/table", test_open_table);
  HGFS_TEST ("/hgfs/open/read-only", test_open_read_only);
  HGFS_TEST ("/hgfs/open/forms", test_open_forms);
  HGFS_TEST ("/hgfs/open/allocation", test_allocation);
  HGFS_TEST ("/hgfs/open/many", test_many_handles);
  HGFS_TEST ("/hgfs/io/offsets", test_offsets);
  HGFS_TEST ("/hgfs/io/directions", test_directions);
  HGFS_TEST ("/hgfs/io/sizes", test_sizes);
  HGFS_TEST ("/hgfs/io/large", test_large);
  HGFS_TEST ("/hgfs/io/devices", test_devices);
  return g_test_run ();
}
