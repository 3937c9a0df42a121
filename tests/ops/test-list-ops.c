/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define N_MANY    5000
#define PAGE_SIZE 250

static void
list_page (OpsFixture *f, const char *name, const char *pattern, gint32 index, gint32 max_results,
           guint64 offset)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_LIST_FILES);

  request.list_files.path = path;
  request.list_files.pattern = pattern;
  request.list_files.index = index;
  request.list_files.max_results = max_results;
  request.list_files.offset = offset;
  g_assert_cmpint (tbx_vix_request_check (&request), ==, TBX_VIX_OK);
  ops_fixture_run (f, &request);
}

static void
list (OpsFixture *f, const char *name, const char *pattern)
{
  list_page (f, name, pattern, 0, G_MAXINT32, 0);
}

/* What stands in the element @tag of each record, joined with "|". */
static char *
column (const char *payload, const char *tag)
{
  g_autofree char *open = g_strdup_printf ("<%s>", tag), *close = g_strdup_printf ("</%s>", tag);
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  const char *at = payload;

  while ((at = strstr (at, open)) != NULL)
    {
      const char *end;

      at += strlen (open);
      end = strstr (at, close);
      g_assert_nonnull (end);
      g_ptr_array_add (found, g_strndup (at, (gsize) (end - at)));
    }
  g_ptr_array_add (found, NULL);
  return g_strjoinv ("|", (char **) found->pdata);
}

static void
assert_column (OpsFixture *f, const char *tag, const char *expected)
{
  g_autofree char *found = column (f->payload, tag);

  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_cmpstr (found, ==, expected);
}

/* The truncation flag, and how many entries are left. */
static void
assert_header (OpsFixture *f, gboolean truncated, guint left)
{
  g_autofree char *expected = g_strdup_printf ("%d <rem>%u</rem>", truncated, left);

  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_true (g_str_has_prefix (f->payload, expected));
}

static void
make_some (OpsFixture *f)
{
  ops_fixture_mkdir (f, "d", 0700);
  ops_fixture_write (f, "d/b", "12345");
  ops_fixture_write (f, "d/B", "");
  ops_fixture_mkdir (f, "d/sub", 0751);
  ops_fixture_link (f, "b", "d/link");
  ops_fixture_link (f, "sub", "d/link-dir");
  ops_fixture_link (f, "no<where>", "d/link-none");
  ops_fixture_mkfifo (f, "d/fifo");
}

static void
test_records (OpsFixture *f, gconstpointer data)
{
  g_autofree char *file = ops_fixture_path (f, "d/b");
  g_autofree char *expected = NULL;
  struct stat info;

  make_some (f);
  g_assert_no_errno (chmod (file, 04640));
  list (f, "d", NULL);
  assert_header (f, FALSE, 0);
  assert_column (f, "Name", ".|..|B|b|fifo|link|link-dir|link-none|sub");
  assert_column (f, "ft", "1|1|0|0|0|2|2|2|1");
  assert_column (f, "fs", "0|0|0|5|0|0|0|0|0");
  assert_column (f, "slt", "|||||b|sub|no%3Cwhere%3E|");
  g_assert_no_errno (stat (file, &info));
  expected = g_strdup_printf ("<fxi><Name>b</Name><ft>0</ft><fs>5</fs><mt>%" G_GINT64_FORMAT
                              "</mt><at>%" G_GINT64_FORMAT "</at><uid>%d</uid><gid>%d</gid>"
                              "<perm>%u</perm><slt></slt></fxi>", (gint64) info.st_mtime,
                              (gint64) info.st_atime, info.st_uid, info.st_gid, info.st_mode);
  g_assert_cmpint (info.st_mode, ==, 0104640);
  g_assert_nonnull (strstr (f->payload, expected));
}

/* A link has its target's times, owner and mode; one that leads nowhere has its own. */
static void
test_links (OpsFixture *f, gconstpointer data)
{
  const struct timespec old[] = { { -100, 0 }, { -200, 0 } };
  g_autofree char *file = NULL, *dangling = NULL;

  make_some (f);
  file = ops_fixture_path (f, "d/b");
  dangling = ops_fixture_path (f, "d/link-none");
  g_assert_no_errno (chmod (file, 0604));
  g_assert_no_errno (utimensat (AT_FDCWD, file, old, 0));
  g_assert_no_errno (utimensat (AT_FDCWD, dangling, (struct timespec[]) { { 7, 0 }, { 8, 0 } },
                                AT_SYMLINK_NOFOLLOW));
  list (f, "d", "^(link|link-none|b)$");
  assert_column (f, "Name", "b|link|link-none");
  assert_column (f, "at", "-100|-100|7");
  assert_column (f, "mt", "-200|-200|8");
  assert_column (f, "perm", "33156|33156|41471");
}

/* Anything but a folder is a list of one, named as it was asked for. */
static void
test_single (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *name, *ft, *fs, *slt; } cases[] = {
    { "d/b", "0", "5", "" },
    { "d/../d//b", "0", "5", "" },
    { "d/fifo", "0", "0", "" },
    { "d/link", "2", "0", "b" },
    { "d/link-dir", "2", "0", "sub" },
    { "d/link-none", "2", "0", "no%3Cwhere%3E" },
    { "/dev/null", "0", "0", "" },
  };
  g_autofree char *pattern = NULL;

  make_some (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = ops_fixture_path (f, cases[i].name);

      list (f, cases[i].name, NULL);
      assert_header (f, FALSE, 0);
      assert_column (f, "Name", path);
      assert_column (f, "ft", cases[i].ft);
      assert_column (f, "fs", cases[i].fs);
      assert_column (f, "slt", cases[i].slt);
    }
  pattern = g_strdup_printf ("^%s/d/b$", f->dir);   /* the whole path is matched */
  list (f, "d/b", pattern);
  assert_header (f, FALSE, 0);
  g_assert_nonnull (strstr (f->payload, "<fxi>"));
  list (f, "d/b", "^b$");
  g_assert_cmpstr (f->payload, ==, "0 <rem>0</rem>");
  list_page (f, "d/b", NULL, 0, 0, 0);
  g_assert_cmpstr (f->payload, ==, "0 <rem>1</rem>");
  list_page (f, "d/b", NULL, 1, 5, 0);
  g_assert_cmpstr (f->payload, ==, "0 <rem>0</rem>");
  list (f, "d/b", "[");
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
}

static void
test_errors (OpsFixture *f, gconstpointer data)
{
  make_some (f);
  list (f, "missing", NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  g_assert_cmpint (f->error_number, ==, ENOENT);
  list (f, "d/b/c", NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_DIRECTORY);
  list (f, "missing", "[");   /* wrong in itself, wherever the path leads */
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  list (f, "d", "[");
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  list (f, "d", "a{2,1}");
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  list (f, "d", "b");   /* and a good one after it works */
  assert_column (f, "Name", "b|sub");
}

static void
test_patterns (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *pattern, *names; } cases[] = {
    { "", ".|..|B|b|fifo|link|link-dir|link-none|sub" },
    { "b", "b|sub" },                       /* not anchored */
    { "^b$", "b" },
    { "(?i)^b$", "B|b" },
    { "^link(?!-)", "link" },
    { "^\\.", ".|.." },                     /* applied to these two as well */
    { "^(?:f|l)\\w+$", "fifo|link" },
    { "x", "" },
  };

  make_some (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].pattern);
      list (f, "d", cases[i].pattern);
      assert_header (f, FALSE, 0);
      assert_column (f, "Name", cases[i].names);
    }
  list_page (f, "d", "b", 1, 1, 0);         /* before the index */
  assert_column (f, "Name", "sub");
}

/* A pattern that would take for ever is refused, soon. */
static void
test_endless_pattern (OpsFixture *f, gconstpointer data)
{
  static const char *const patterns[] = { "^(a+)+$", "^(a|a)*$", "(a*)*\\1c", "^(.*)*(.*)*x$" };
  g_autofree char *name = g_strdup_printf ("d/%s!", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

  ops_fixture_mkdir (f, "d", 0700);
  ops_fixture_write (f, name, "");
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *other = g_strdup_printf ("d/aaaaaaaaaaaaaaaaaaaaa%u", i);

      ops_fixture_write (f, other, "");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      gint64 began_us = g_get_monotonic_time ();

      list (f, "d", patterns[i]);
      if (f->code == TBX_VIX_OK)
        g_assert_cmpstr (f->payload, ==, "0 <rem>0</rem>");
      else
        g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
      g_assert_cmpint (g_get_monotonic_time () - began_us, <, 4 * G_USEC_PER_SEC);
    }
  list (f, "d", "^(a+)+$");
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
}

static void
test_index (OpsFixture *f, gconstpointer data)
{
  static const struct
  {
    gint32      index, max_results;
    guint64     offset;
    guint       left;
    const char *names;
  } cases[] = {   /* of 9 entries */
    { 0, 0, 0, 9, "" },
    { 4, 0, 0, 5, "" },
    { 20, 0, 0, 0, "" },
    { 0, 2, 0, 7, ".|.." },
    { 2, 3, 0, 4, "B|b|fifo" },
    { 2, 3, 1, 4, "b|fifo" },
    { 2, 3, 2, 4, "fifo" },
    { 7, 5, 0, 0, "link-none|sub" },
    { 7, 2, 0, 0, "link-none|sub" },
    { 7, 5, 1, 0, "sub" },
    { 8, G_MAXINT32, 0, 0, "sub" },
    { 9, 5, 0, 0, "" },
    { 5, 10, 6, 0, "" },
    { G_MAXINT32, 5, 0, 0, "" },
  };

  make_some (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %" G_GSIZE_FORMAT, i);
      list_page (f, "d", NULL, cases[i].index, cases[i].max_results, cases[i].offset);
      assert_header (f, FALSE, cases[i].left);
      assert_column (f, "Name", cases[i].names);
    }
}

/* Counts what is in the payload, each a name that was not there before. */
static guint
take_names (OpsFixture *f, GHashTable *seen)
{
  g_autofree char *found = column (f->payload, "Name");
  g_auto(GStrv) names = g_strsplit (found, "|", -1);
  guint n = 0;

  for (; names[n] != NULL; n++)
    g_assert_true (g_hash_table_add (seen, g_strdup (names[n])));
  return n;
}

static void
make_many (OpsFixture *f, const char *format, guint n)
{
  ops_fixture_mkdir (f, "many", 0700);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/many/file-%05u%s", f->dir, i, format);
      int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      g_assert_cmpint (fd, >=, 0);
      close (fd);
    }
}

/* Every entry once, over all pages; and the folder is let go of after the last. */
static void
test_pages (OpsFixture *f, gconstpointer data)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_open = ops_count_entries ("/proc/self/fd");

  make_many (f, "", N_MANY);
  for (gint32 index = 0; index < N_MANY + 2; index += PAGE_SIZE)
    {
      guint left = (guint) MAX (0, N_MANY + 2 - index - PAGE_SIZE);

      list_page (f, "many", NULL, index, PAGE_SIZE, 0);
      assert_header (f, FALSE, left);
      g_assert_cmpuint (take_names (f, seen), ==, MIN (PAGE_SIZE, N_MANY + 2 - index));
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, N_MANY + 2);
  g_assert_cmpuint (ops_count_entries ("/proc/self/fd"), ==, n_open);
}

/* The buffer is full before the page is: the host goes on at the offset that it has. */
static void
test_truncated (OpsFixture *f, gconstpointer data)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *tail = g_strnfill (200, '<');   /* three bytes each when escaped */
  guint n_truncated = 0, n;
  guint64 offset = 0;

  make_many (f, tail, 500);
  do
    {
      list_page (f, "many", NULL, 3, 400, offset);
      g_assert_cmpuint (f->payload_size, <=, TBX_VIX_PAYLOAD_MAX_BYTES);
      n = take_names (f, seen);
      g_assert_cmpuint (n, >, 0);
      offset += n;
      n_truncated += f->payload[0] == '1';
      assert_header (f, f->payload[0] == '1', 502 - 3 - (guint) offset);
    }
  while (f->payload[0] == '1');
  g_assert_cmpuint (n_truncated, >, 3);
  g_assert_cmpuint (offset, ==, 400);
  g_assert_cmpuint (g_hash_table_size (seen), ==, 400);
}

/* What changes between two pages is seen in the second. */
static void
test_changed (OpsFixture *f, gconstpointer data)
{
  g_autofree char *gone = NULL;

  make_many (f, "", 10);
  list_page (f, "many", NULL, 0, 6, 0);
  assert_header (f, FALSE, 6);
  g_usleep (20 * 1000);   /* more than a tick of the clock that marks changes */
  gone = ops_fixture_path (f, "many/file-00009");
  g_assert_no_errno (unlink (gone));
  ops_fixture_write (f, "many/file-00010", "");
  ops_fixture_write (f, "many/file-00011", "");
  list_page (f, "many", NULL, 6, 50, 0);
  assert_header (f, FALSE, 0);
  assert_column (f, "Name", "file-00004|file-00005|file-00006|file-00007|file-00008|file-00010|"
                            "file-00011");
  /* Another folder, and another pattern, are never taken from what is remembered. */
  ops_fixture_mkdir (f, "other", 0700);
  list_page (f, "many", NULL, 0, 2, 0);
  list_page (f, "other", NULL, 1, 5, 0);
  assert_column (f, "Name", "..");
  list_page (f, "many", NULL, 0, 2, 0);
  list_page (f, "many", "9$|8$", 1, 5, 0);
  assert_header (f, FALSE, 0);
  g_assert_null (strstr (f->payload, "<fxi>"));
}

static void
test_names (OpsFixture *f, gconstpointer data)
{
  ops_fixture_mkdir (f, "d", 0700);
  ops_fixture_write (f, "d/a&<>%\"'z", "");
  ops_fixture_write (f, "d/b\xff\xc3", "");
  ops_fixture_write (f, "d/b\xff\xc4", "");
  ops_fixture_write (f, "d/c\n\t", "");
  ops_fixture_write (f, "d/\xc3\xa4", "");
  ops_fixture_link (f, "\xfe&", "d/l");
  list (f, "d", NULL);
  assert_column (f, "Name", ".|..|a%26%3C%3E%25%22%27z|b\xef\xbf\xbd\xef\xbf\xbd|"
                            "b\xef\xbf\xbd\xef\xbf\xbd|c\n\t|l|\xc3\xa4");
  assert_column (f, "slt", "||||||\xef\xbf\xbd%26|");
  list (f, "d", "^b..$");   /* a character for each bad byte */
  assert_column (f, "Name", "b\xef\xbf\xbd\xef\xbf\xbd|b\xef\xbf\xbd\xef\xbf\xbd");
  g_assert_true (g_utf8_validate (f->payload, (gssize) f->payload_size, NULL));
}

static void
list_as_user (OpsFixture *f)
{
  list (f, "d", NULL);
  assert_column (f, "Name", ".|..|closed|secret");
  assert_column (f, "fs", "0|0|0|3");
  list (f, "d/closed", NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->error_number, ==, EACCES);
  list (f, "d/closed/below", NULL);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  list (f, "names-only", NULL);   /* what may not be looked at is listed all the same */
  assert_column (f, "Name", ".|..|file");
}

static void
test_unreadable (OpsFixture *f, gconstpointer data)
{
  g_autofree char *secret = ops_fixture_path (f, "d/secret");
  g_autofree char *names = ops_fixture_path (f, "names-only");
  g_autofree char *closed = ops_fixture_path (f, "d/closed");

  ops_fixture_mkdir (f, "d", 0755);
  ops_fixture_write (f, "d/secret", "sss");
  ops_fixture_mkdir (f, "names-only", 0755);
  ops_fixture_write (f, "names-only/file", "f");
  ops_fixture_mkdir (f, "d/closed", 0755);
  g_assert_no_errno (chmod (secret, 0));
  g_assert_no_errno (chmod (names, 0444));
  g_assert_no_errno (chmod (closed, 0));
  ops_fixture_as_user (f, list_as_user);
  g_assert_no_errno (chmod (names, 0755));
  g_assert_no_errno (chmod (closed, 0755));
}

/* No path costs a descriptor for good, whatever comes of it. */
static void
test_no_leak (OpsFixture *f, gconstpointer data)
{
  static const char *const names[] = { "d", "d/b", "d/link", "d/fifo", "missing" };
  guint n_open = ops_count_entries ("/proc/self/fd");

  make_some (f);
  for (guint i = 0; i < 100; i++)
    {
      list (f, names[i % G_N_ELEMENTS (names)], i % 3 == 0 ? "[" : i % 3 == 1 ? "b" : NULL);
      list_page (f, "d", NULL, 0, 2, 0);
    }
  g_assert_cmpuint (ops_count_entries ("/proc/self/fd"), <=, n_open + 1);
  list (f, "d", NULL);
  g_assert_cmpuint (ops_count_entries ("/proc/self/fd"), ==, n_open);
}

#define ADD(path, function) \
  g_test_add (path, OpsFixture, NULL, ops_fixture_set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/list-ops/records", test_records);
  ADD ("/list-ops/links", test_links);
  ADD ("/list-ops/single", test_single);
  ADD ("/list-ops/errors", test_errors);
  ADD ("/list-ops/patterns", test_patterns);
  ADD ("/list-ops/endless-pattern", test_endless_pattern);
  ADD ("/list-ops/index", test_index);
  ADD ("/list-ops/pages", test_pages);
  ADD ("/list-ops/truncated", test_truncated);
  ADD ("/list-ops/changed", test_changed);
  ADD ("/list-ops/names", test_names);
  ADD ("/list-ops/unreadable", test_unreadable);
  ADD ("/list-ops/no-leak", test_no_leak);
  return g_test_run ();
}
