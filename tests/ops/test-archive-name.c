/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-name.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  gboolean    with_scheme;
  int         result;
  const char *path, *prefix;
  gboolean    gzip, no_trailer, all_links, set_id, owner;
} Case;

static const Case cases[] = {
  { "/archive:/a/b", TRUE, 0, "/a/b", "" },
  { "/archive:/", TRUE, 0, "/", "" },
  { "/archive:/a//b///", TRUE, 0, "/a//b", "" },
  { "/archive:/a%20b+c%3f", TRUE, 0, "/a b+c?", "" },
  { "/archive:/a#b", TRUE, 0, "/a#b", "" },
  { "/archive:/a..b/..c/d../...", TRUE, 0, "/a..b/..c/d../...", "" },
  { "/archive:/a?format=tgz", TRUE, 0, "/a", "", TRUE },
  { "/archive:/a?format=tar&prefix=x+y%2b", TRUE, 0, "/a", "x y+" },
  { "/archive:/a?format=", TRUE, 0, "/a", "" },
  { "/archive:/a?format", TRUE, 0, "/a", "" },
  { "/archive:/a?", TRUE, 0, "/a", "" },
  { "/archive:/a?&&=&=x&format=tgz&", TRUE, 0, "/a", "", TRUE },
  { "/archive:/a?prefix=p/q/&format=tgz", TRUE, 0, "/a", "p/q/", TRUE },
  { "/archive:/a?prefix=1&prefix=2", TRUE, 0, "/a", "1" },
  { "/archive:/a?prefix=a=b?c", TRUE, 0, "/a", "a=b?c" },
  { "/archive:/a?skip=stuff&Format=zip", TRUE, 0, "/a", "" },
  { "/archive:/a?%66ormat=t%67z", TRUE, 0, "/a", "", TRUE },
  { "/archive:/a?trailer=0", TRUE, 0, "/a", "", FALSE, TRUE },
  { "/archive:/a?trailer=1&links=some&setid=0&owner=", TRUE, 0, "/a", "" },
  { "/archive:/a?links=all&setid=1&owner=1", TRUE, 0, "/a", "", FALSE, FALSE, TRUE, TRUE, TRUE },
  { "/archive:/a?format=zip", TRUE, EINVAL },
  { "/archive:/a?format=TGZ", TRUE, EINVAL },
  { "/archive:/a?format=tar&format=zip", TRUE, 0, "/a", "" },
  { "/archive:/..", TRUE, EILSEQ },
  { "/archive:/a/../b", TRUE, EILSEQ },
  { "/archive:/a/%2e%2E/b?format=tgz", TRUE, EILSEQ },
  { "/archive:/a/..%2fb", TRUE, EILSEQ },
  { "/archive:/a%00b", TRUE, EILSEQ },
  { "/archive:/a?prefix=%00", TRUE, EILSEQ },
  { "/archive:/a%", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:/a%4", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:/a%zz", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:/../a%g1", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:/..?x=%", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:/a?prefix=%4", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:/a?%=1", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive:a", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/archive/a", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/Archive:/a", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/tgz:/a", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "archive:/a", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "", TRUE, TBX_ARCHIVE_NAME_OTHER },
  { "/a?format=tgz", FALSE, 0, "/a", "", TRUE },
  { "/a/?format=tgz", FALSE, 0, "/a", "", TRUE },
  { "/%41?", FALSE, 0, "/A", "" },
  { "/?format=tgz", FALSE, 0, "/", "", TRUE },
  { "/a", FALSE, TBX_ARCHIVE_NAME_OTHER },
  { "/a%3fformat=tgz", FALSE, TBX_ARCHIVE_NAME_OTHER },
  { "?format=tgz", FALSE, EILSEQ },
  { "a?format=tgz", FALSE, EILSEQ },
};

static void
test_parse (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Case *expected = &cases[i];
      g_auto(TbxArchiveName) name = { .path = NULL };
      int result = tbx_archive_name_parse (expected->name, expected->with_scheme, &name);

      g_test_message ("%s", expected->name);
      g_assert_cmpint (result, ==, expected->result);
      g_assert_cmpstr (name.path, ==, expected->path);
      if (result != 0)
        continue;
      g_assert_cmpstr (name.prefix, ==, expected->prefix);
      g_assert_cmpint (name.by_scheme, ==, expected->with_scheme);
      g_assert_cmpint (name.gzip, ==, expected->gzip);
      g_assert_cmpint (name.trailer, ==, !expected->no_trailer);
      g_assert_cmpint (name.all_links, ==, expected->all_links);
      g_assert_cmpint (name.set_id, ==, expected->set_id);
      g_assert_cmpint (name.owner, ==, expected->owner);
    }
}

/* No prefix of a name is read past its end, and none is too long to be refused. */
static void
test_lengths (void)
{
  const char *whole = "/archive:/a%20b/c?format=t%67z&prefix=%41+&links=all";
  g_autofree char *padding = g_strnfill (TBX_ARCHIVE_NAME_MAX_BYTES, 'x');

  for (gsize n = 0; n <= strlen (whole); n++)
    {
      g_autofree char *part = g_strndup (whole, n);
      g_auto(TbxArchiveName) name = { .path = NULL };
      int result = tbx_archive_name_parse (part, TRUE, &name);

      g_assert_true (result == 0 || result == TBX_ARCHIVE_NAME_OTHER || result == EINVAL);
    }
  for (int n = -1; n <= 1; n++)
    {
      g_autofree char *name = g_strdup_printf ("/archive:/%.*s",
                                               (int) (TBX_ARCHIVE_NAME_MAX_BYTES + n
                                                      - strlen ("/archive:/")), padding);
      g_auto(TbxArchiveName) parsed = { .path = NULL };

      g_assert_cmpint (tbx_archive_name_parse (name, TRUE, &parsed), ==,
                       n <= 0 ? 0 : ENAMETOOLONG);
    }
}

static void
assert_found (const char *dir, const char *rest, int result, const char *path)
{
  g_autofree char *name = g_strconcat (dir, rest, NULL);
  g_autofree char *expected = path != NULL ? g_strconcat (dir, path, NULL) : NULL;
  g_auto(TbxArchiveName) parsed = { .path = NULL };

  g_test_message ("%s", rest);
  g_assert_cmpint (tbx_archive_name_find (name, &parsed), ==, result);
  g_assert_cmpstr (parsed.path, ==, expected);
}

static void
make (const char *dir, const char *name, gboolean folder)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  if (folder)
    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  else
    g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

/* What is there by the very name comes first. */
static void
test_find (void)
{
  g_autofree char *dir = g_dir_make_tmp ("tbx-name-XXXXXX", NULL);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *by_scheme = g_strconcat ("/archive:", dir, "/missing", NULL);
  const char *argv[] = { "rm", "-rf", "--", dir, NULL };
  const int other = TBX_ARCHIVE_NAME_OTHER;

  make (dir, "folder", TRUE);
  make (dir, "a b", TRUE);
  make (dir, "a+b", TRUE);
  make (dir, "what?format=tgz", TRUE);
  make (dir, "100%", TRUE);
  make (dir, "p%41", TRUE);
  make (dir, "pA", TRUE);
  make (dir, "q%41", TRUE);
  make (dir, "file", FALSE);
  make (dir, "folder?x", FALSE);
  g_assert_cmpint (symlink ("folder", link), ==, 0);

  assert_found (dir, "/folder", 0, "/folder");
  assert_found (dir, "/folder?format=tgz", 0, "/folder");
  assert_found (dir, "/folder/?prefix=a/&format=tgz", 0, "/folder");
  assert_found (dir, "/what?format=tgz", 0, "/what?format=tgz");
  assert_found (dir, "/folder?x", other, NULL);
  assert_found (dir, "/file", other, NULL);
  assert_found (dir, "/file?format=tgz", other, NULL);
  assert_found (dir, "/missing", other, NULL);
  assert_found (dir, "/missing?format=tgz", other, NULL);
  assert_found (dir, "/a%20b", other, NULL);
  assert_found (dir, "/a%20b?", 0, "/a b");
  assert_found (dir, "/a+b?", 0, "/a+b");
  assert_found (dir, "/100%?format=tgz", other, NULL);
  assert_found (dir, "/p%41?", 0, "/pA");
  assert_found (dir, "/q%41?", 0, "/q%41");
  assert_found (dir, "/link", other, NULL);
  assert_found (dir, "/link?format=tgz", 0, "/link");
  assert_found (dir, "/folder?format=zip", EINVAL, NULL);
  assert_found (dir, "/missing?format=zip", other, NULL);
  assert_found (dir, "/a%20b?format=zip", EINVAL, NULL);
  assert_found (dir, "/folder/%2e%2e/folder?", other, NULL);
  assert_found ("", "folder", other, NULL);
  assert_found ("", "", other, NULL);
  assert_found ("", by_scheme, 0, by_scheme + strlen ("/archive:"));
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/archive-name/parse", test_parse);
  g_test_add_func ("/archive-name/lengths", test_lengths);
  g_test_add_func ("/archive-name/find", test_find);
  return g_test_run ();
}
