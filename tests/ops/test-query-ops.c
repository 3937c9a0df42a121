/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include "tbx-vix-codec.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
make_some (OpsFixture *f)
{
  ops_fixture_mkdir (f, "d", 0755);
  ops_fixture_write (f, "d/b<", "12345");
  ops_fixture_mkdir (f, "d/sub", 0700);
  ops_fixture_link (f, "b<", "d/link");
  ops_fixture_link (f, "sub", "d/link-dir");
  ops_fixture_link (f, "nowhere", "d/link-none");
  ops_fixture_mkfifo (f, "d/fifo");
}

/* Makes the times of all that make_some() made the same. */
static void
set_times (OpsFixture *f)
{
  static const char *const names[] = { "d/b<", "d/sub", "d/link", "d/link-dir", "d/link-none",
                                       "d/fifo" };
  const struct timespec times[] = { { 5, 0 }, { 77, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = ops_fixture_path (f, names[i]);

      g_assert_no_errno (utimensat (AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
    }
}

static void
path_request (OpsFixture *f, guint32 opcode, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (opcode);

  request.file.path = path;
  ops_fixture_run (f, &request);
}

static void
list_directory (OpsFixture *f, const char *name, gint64 offset, guint32 flags)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_LIST_DIRECTORY);

  request.list_directory.path = path;
  request.list_directory.options = offset < 0 ? 0 : TBX_VIX_LIST_DIRECTORY_HAS_OFFSET;
  request.list_directory.offset = MAX (offset, 0);
  ops_fixture_run_flags (f, &request, flags);
}

#define ENTRY(name, flags, size) \
  "<FileInfo><Name>" name "</Name><FileFlags>" #flags "</FileFlags><FileSize>" #size \
  "</FileSize><ModTime>77</ModTime></FileInfo>"

static void
test_list_directory (OpsFixture *f, gconstpointer data)
{
  static const char rest[] = ENTRY ("fifo", 0, 0) ENTRY ("link", 2, 5) ENTRY ("link-dir", 1, 0)
                             ENTRY ("link-none", 2, 0) ENTRY ("sub", 1, 0);
  g_autofree char *plain = g_strconcat (ENTRY ("b<", 0, 5), rest, NULL);
  g_autofree char *escaped = g_strconcat ("<escaped/>", ENTRY ("b%3C", 0, 5), rest, NULL);
  g_autofree char *paged = g_strconcat ("0 ", rest, NULL);
  static const char *const names[] = { "d", "d/", "alias", "alias/" };

  make_some (f);
  set_times (f);
  ops_fixture_link (f, "d", "alias");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)   /* a link to a folder is followed */
    {
      list_directory (f, names[i], -1, 0);
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpstr (f->payload, ==, plain);
    }
  list_directory (f, "d", -1, TBX_VIX_REQUEST_ESCAPE_XML_DATA);
  g_assert_cmpstr (f->payload, ==, escaped);
  list_directory (f, "d", 1, 0);
  g_assert_cmpstr (f->payload, ==, paged);
  list_directory (f, "d", 6, TBX_VIX_REQUEST_ESCAPE_XML_DATA);
  g_assert_cmpstr (f->payload, ==, "0 <escaped/>");
  list_directory (f, "d", G_MAXINT64, 0);
  g_assert_cmpstr (f->payload, ==, "0 ");
}

static void
test_list_directory_errors (OpsFixture *f, gconstpointer data)
{
  static const char *const none[] = { "d/b<", "d/fifo", "d/link" };

  make_some (f);
  for (gsize i = 0; i < G_N_ELEMENTS (none); i++)
    {
      list_directory (f, none[i], -1, 0);
      g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_DIRECTORY);
    }
  list_directory (f, "missing", -1, 0);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  list_directory (f, "d/link-none", -1, 0);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
}

/* More than fits: cut after a whole entry; with an offset it says so, and goes on. */
static void
test_list_directory_cut (OpsFixture *f, gconstpointer data)
{
  g_autofree char *tail = g_strnfill (240, 'x');
  guint n_entries = 0, n_pages = 0;

  ops_fixture_mkdir (f, "many", 0700);
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *name = g_strdup_printf ("many/%04u%s", i, tail);

      ops_fixture_write (f, name, "");
    }
  do
    {
      list_directory (f, "many", n_entries, 0);
      g_assert_cmpuint (f->payload_size, <=, TBX_VIX_PAYLOAD_MAX_BYTES);
      for (const char *at = f->payload; (at = strstr (at, "<Name>")) != NULL; at++)
        g_assert_cmpint (g_ascii_strtoll (at + 6, NULL, 10), ==, n_entries++);
      n_pages++;
    }
  while (f->payload[0] == '1');
  g_assert_cmpuint (n_entries, ==, 500);
  g_assert_cmpuint (n_pages, >, 2);
  list_directory (f, "many", -1, 0);
  g_assert_true (g_str_has_prefix (f->payload, "<FileInfo>"));
  g_assert_true (g_str_has_suffix (f->payload, "</FileInfo>"));
}

static void
test_file_info (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *name, *payload; } cases[] = {
    { "d/b<", ENTRY ("", 0, 5) },
    { "d/sub", ENTRY ("", 1, 0) },
    { "d/link", ENTRY ("", 2, 5) },
    { "d/link-dir", ENTRY ("", 1, 0) },
    { "d/fifo", ENTRY ("", 0, 0) },
  };
  static const char *const missing[] = { "missing", "d/link-none", "d/b</x" };

  make_some (f);
  set_times (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      path_request (f, TBX_VIX_GET_FILE_INFO, cases[i].name);
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpstr (f->payload, ==, cases[i].payload);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (missing); i++)
    {
      path_request (f, TBX_VIX_GET_FILE_INFO, missing[i]);
      g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
    }
}

static void
test_exists (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *name, *file, *directory; } cases[] = {
    { "d", "0", "1" },           { "d/b<", "1", "0" },      { "d/link", "1", "0" },
    { "d/link-dir", "0", "1" },  { "d/link-none", "0", "0" }, { "d/fifo", "0", "0" },
    { "missing", "0", "0" },     { "/", "0", "1" },
  };

  make_some (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      path_request (f, TBX_VIX_FILE_EXISTS, cases[i].name);
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpstr (f->payload, ==, cases[i].file);
      path_request (f, TBX_VIX_DIRECTORY_EXISTS, cases[i].name);
      g_assert_cmpint (f->code, ==, TBX_VIX_OK);
      g_assert_cmpstr (f->payload, ==, cases[i].directory);
    }
}

static void
transfer_from (OpsFixture *f, const char *name)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_TRANSFER_FROM_GUEST);

  request.list_files.path = path;
  ops_fixture_run (f, &request);
}

static void
transfer_to (OpsFixture *f, const char *name, gboolean overwrite)
{
  g_autofree char *path = ops_fixture_path (f, name);
  TbxVixRequest request = ops_request (TBX_VIX_TRANSFER_TO_GUEST);

  request.transfer_to_guest.path = path;
  request.transfer_to_guest.overwrite = overwrite;
  ops_fixture_run (f, &request);
}

static void
forbid_archives (OpsFixture *f)
{
  TbxWorkerSettings settings = TBX_WORKER_SETTINGS_DEFAULT;

  settings.archive_transfers = FALSE;
  tbx_ops_set_settings (f->ops, &settings);
}

static void
test_transfer_from (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *name; TbxVixCode code; } cases[] = {
    { "d", TBX_VIX_NOT_A_FILE },
    { "d/link", TBX_VIX_INVALID_ARG },
    { "d/link-dir", TBX_VIX_INVALID_ARG },
    { "d/link-none", TBX_VIX_INVALID_ARG },
    { "d/fifo", TBX_VIX_NOT_A_FILE },      /* nobody waits for a writer */
    { "/dev/zero", TBX_VIX_NOT_A_FILE },
    { "missing", TBX_VIX_FILE_NOT_FOUND },
    { "d/b</x", TBX_VIX_NOT_A_DIRECTORY },
  };
  g_autofree char *start = NULL;

  make_some (f);
  forbid_archives (f);
  transfer_from (f, "d/b<");
  start = g_strdup_printf ("<fxi><Name>%s/d/b%%3C</Name><ft>0</ft><fs>5</fs>", f->dir);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  g_assert_true (g_str_has_prefix (f->payload, start));
  g_assert_true (g_str_has_suffix (f->payload, "<slt></slt></fxi>"));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].name);
      transfer_from (f, cases[i].name);
      g_assert_cmpint (f->code, ==, cases[i].code);
      g_assert_cmpuint (f->payload_size, ==, 0);
    }
}

static void
test_transfer_to (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *name; gboolean overwrite; TbxVixCode code; } cases[] = {
    { "new", FALSE, TBX_VIX_OK },
    { "d/new", TRUE, TBX_VIX_OK },
    { "d/link-dir/new", TRUE, TBX_VIX_OK },
    { "d/b<", FALSE, TBX_VIX_FILE_ALREADY_EXISTS },
    { "d/b<", TRUE, TBX_VIX_OK },
    { "d", TRUE, TBX_VIX_NOT_A_FILE },
    { "d", FALSE, TBX_VIX_NOT_A_FILE },
    { "d/link", TRUE, TBX_VIX_INVALID_ARG },
    { "d/link-dir", TRUE, TBX_VIX_INVALID_ARG },
    { "d/link-none", FALSE, TBX_VIX_INVALID_ARG },
    { "d/fifo", TRUE, TBX_VIX_NOT_A_FILE },     /* nobody waits for a reader */
    { "/dev/null", TRUE, TBX_VIX_NOT_A_FILE },
    { "missing/new", TRUE, TBX_VIX_FILE_NAME_INVALID },
    { "d/b</new", TRUE, TBX_VIX_FILE_NAME_INVALID },
    { "d/link-none/new", TRUE, TBX_VIX_FILE_NAME_INVALID },
    { "d/new/", TRUE, TBX_VIX_FILE_NAME_INVALID },
  };
  g_autofree char *too_long = g_strnfill (256, 'n');

  make_some (f);
  forbid_archives (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].name);
      transfer_to (f, cases[i].name, cases[i].overwrite);
      g_assert_cmpint (f->code, ==, cases[i].code);
      g_assert_cmpuint (f->payload_size, ==, 0);
    }
  transfer_to (f, too_long, TRUE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NAME_TOO_LONG);
  transfer_to (f, "d/b</new", TRUE);
  g_assert_cmpint (f->error_number, ==, ENOTDIR);
  transfer_to (f, "missing/new", TRUE);
  g_assert_cmpint (f->error_number, ==, ENOENT);
  g_assert_false (ops_fixture_exists (f, "new"));   /* nothing is made */
  g_assert_false (ops_fixture_exists (f, "d/new"));
}

/* A folder is a file of some size: that of a tar where it is cheap to know. */
static void
test_transfer_folder (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *name; const char *size; } from[] = {
    { "d", "2051" }, { "d?format=tar&trailer=0", "2048" }, { "d?format=tgz", "9223372036854775807" },
  };
  static const struct { const char *name; gboolean overwrite; TbxVixCode code; } to[] = {
    { "d", FALSE, TBX_VIX_FILE_ALREADY_EXISTS },
    { "d", TRUE, TBX_VIX_OK },
    { "d?skip=stuff", TRUE, TBX_VIX_OK },
    { "d?format=zip", TRUE, TBX_VIX_INVALID_ARG },
  };

  ops_fixture_mkdir (f, "d", 0755);
  ops_fixture_write (f, "d/file", "content");
  for (gsize i = 0; i < G_N_ELEMENTS (from); i++)
    {
      g_autofree char *part = g_strdup_printf ("</Name><ft>0</ft><fs>%s</fs>", from[i].size);

      /* What is cheap is a matter of time, of which a slow machine may have too little. */
      for (guint tries = 0; tries < 50; tries++)
        {
          transfer_from (f, from[i].name);
          g_assert_cmpint (f->code, ==, TBX_VIX_OK);
          if (strstr (f->payload, part) != NULL)
            break;
        }
      g_assert_nonnull (strstr (f->payload, part));
    }
  transfer_from (f, "d?format=zip");
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  transfer_from (f, "/archive:/nowhere/at/all");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_NOT_FOUND);
  transfer_from (f, "/archive:/a/../b");
  g_assert_cmpint (f->code, ==, TBX_VIX_INVALID_ARG);
  transfer_to (f, "/archive:/tmp/new/folder", FALSE);
  g_assert_cmpint (f->code, ==, TBX_VIX_OK);
  for (gsize i = 0; i < G_N_ELEMENTS (to); i++)
    {
      transfer_to (f, to[i].name, to[i].overwrite);
      g_assert_cmpint (f->code, ==, to[i].code);
    }
  forbid_archives (f);
  for (gsize i = 0; i < 2; i++)
    {
      transfer_from (f, "d");
      g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_FILE);
      transfer_to (f, "d", (gboolean) i);
      g_assert_cmpint (f->code, ==, TBX_VIX_NOT_A_FILE);
    }
}

static void
transfer_as_user (OpsFixture *f)
{
  transfer_from (f, "closed/file");
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  g_assert_cmpint (f->error_number, ==, EACCES);
  transfer_to (f, "closed/file", TRUE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  transfer_to (f, "closed/new", TRUE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
  transfer_to (f, "closed/hidden/new", TRUE);
  g_assert_cmpint (f->code, ==, TBX_VIX_FILE_ACCESS_ERROR);
}

static void
test_transfer_forbidden (OpsFixture *f, gconstpointer data)
{
  g_autofree char *closed = ops_fixture_path (f, "closed");
  g_autofree char *file = ops_fixture_path (f, "closed/file");
  g_autofree char *hidden = ops_fixture_path (f, "closed/hidden");

  ops_fixture_mkdir (f, "closed", 0700);
  ops_fixture_write (f, "closed/file", "f");
  ops_fixture_mkdir (f, "closed/hidden", 0700);
  g_assert_no_errno (chmod (file, 0));
  g_assert_no_errno (chmod (hidden, 0));
  g_assert_no_errno (chmod (closed, 0555));
  ops_fixture_as_user (f, transfer_as_user);
  g_assert_no_errno (chmod (closed, 0700));
  g_assert_no_errno (chmod (hidden, 0700));
}

#define ADD(path, function) \
  g_test_add (path, OpsFixture, NULL, ops_fixture_set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/query-ops/list-directory", test_list_directory);
  ADD ("/query-ops/list-directory-errors", test_list_directory_errors);
  ADD ("/query-ops/list-directory-cut", test_list_directory_cut);
  ADD ("/query-ops/file-info", test_file_info);
  ADD ("/query-ops/exists", test_exists);
  ADD ("/query-ops/transfer-from", test_transfer_from);
  ADD ("/query-ops/transfer-to", test_transfer_to);
  ADD ("/query-ops/transfer-folder", test_transfer_folder);
  ADD ("/query-ops/transfer-forbidden", test_transfer_forbidden);
  return g_test_run ();
}
