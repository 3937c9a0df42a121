/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-replies.h"
#include "tbx-hgfs-time.h"
#include <errno.h>
#include <string.h>

static void
test_statuses (void)
{
  static const struct { int error_number; TbxHgfsStatus status; } cases[] = {
    { 0, 0 }, { ENOENT, 1 }, { EBADF, 2 }, { EPERM, 3 }, { EACCES, 8 }, { EEXIST, 4 }, { EISDIR, 4 },
    { ENOTDIR, 5 }, { ENOTEMPTY, 6 }, { EPROTO, 7 }, { EINVAL, 15 }, { EILSEQ, 9 }, { ENOSPC, 12 },
    { EDQUOT, 12 }, { EFBIG, 12 }, { EOPNOTSUPP, 13 }, { ENOSYS, 13 }, { ENAMETOOLONG, 14 },
    { EXDEV, 16 }, { ELOOP, 8 }, { EROFS, 8 }, { EBUSY, 11 }, { ETXTBSY, 11 }, { EIO, 10 },
    { ENOMEM, 10 }, { EMFILE, 10 }, { ENFILE, 10 }, { ENETRESET, 10 }, { ECONNREFUSED, 10 },
    { -1, 10 }, { 100000, 10 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (tbx_hgfs_status_from_errno (cases[i].error_number), ==, cases[i].status);
  g_assert_cmpstr (tbx_hgfs_status_get_name (0), ==, "OK");
  g_assert_cmpstr (tbx_hgfs_status_get_name (17), ==, "STALE_SESSION");
  g_assert_cmpstr (tbx_hgfs_status_get_name (19), ==, "TRANSPORT_ERROR");
  g_assert_cmpstr (tbx_hgfs_status_get_name (20), ==, "unknown");
}

static void
test_ops (void)
{
  g_assert_cmpuint (TBX_HGFS_N_OPS, ==, 65);
  g_assert_cmpstr (tbx_hgfs_op_get_name (0), ==, "open");
  g_assert_cmpstr (tbx_hgfs_op_get_name (25), ==, "read-v3");
  g_assert_cmpstr (tbx_hgfs_op_get_name (64), ==, "set-eas-v4");
  g_assert_cmpstr (tbx_hgfs_op_get_name (65), ==, "unknown");
  g_assert_cmpuint (tbx_hgfs_op_get_version (23), ==, 2);
  g_assert_cmpuint (tbx_hgfs_op_get_version (24), ==, 3);
  g_assert_cmpuint (tbx_hgfs_op_get_version (40), ==, 3);
  g_assert_cmpuint (tbx_hgfs_op_get_version (41), ==, 4);
  g_assert_cmpuint (tbx_hgfs_op_get_version (64), ==, 4);
  g_assert_cmpuint (tbx_hgfs_op_get_version (65), ==, 0);
  g_assert_cmpuint (tbx_hgfs_op_get_version (G_MAXUINT32), ==, 0);
}

static void
test_times (void)
{
  static const struct { gint64 seconds; guint32 nanoseconds; guint64 time; } cases[] = {
    { 0, 0, TBX_HGFS_TIME_OF_UNIX_EPOCH },
    { 1000000000, 123456700, G_GUINT64_CONSTANT (126444736001234567) },   /* 2001-09-09T01:46:40 */
    { -11644473600, 0, 0 },   /* 1601 */
    { 1, 199, G_GUINT64_CONSTANT (116444736010000001) },
    { -1, 0, G_GUINT64_CONSTANT (116444735990000000) },
  };
  struct timespec back;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (tbx_hgfs_time_from_unix (cases[i].seconds, cases[i].nanoseconds), ==,
                      cases[i].time);
  back = tbx_hgfs_time_to_unix (G_GUINT64_CONSTANT (126444736001234567));
  g_assert_cmpint (back.tv_sec, ==, 1000000000);
  g_assert_cmpint (back.tv_nsec, ==, 123456700);
  back = tbx_hgfs_time_to_unix (TBX_HGFS_TIME_OF_UNIX_EPOCH - 1);
  g_assert_true (back.tv_sec == 0 && back.tv_nsec == 0);
  back = tbx_hgfs_time_to_unix (G_MAXUINT64);
  g_assert_true (back.tv_sec > 0 && back.tv_nsec < 1000000000);

  /* What no time of HGFS can tell becomes its first or last second. */
  g_assert_cmpuint (tbx_hgfs_time_from_unix (G_MININT64, 0), ==, 0);
  g_assert_cmpuint (tbx_hgfs_time_from_unix (G_MAXINT64, 999999999), <=, G_MAXINT64);
  g_assert_cmpuint (tbx_hgfs_time_from_unix (G_MAXINT64, 0), >,
                    tbx_hgfs_time_from_unix (G_GINT64_CONSTANT (900000000000), 0));
}

#define CP(text) text, sizeof text - 1

static void
test_names (void)
{
  static const struct { const char *cp; gsize size; TbxHgfsStatus status; const char *path; } cases[] = {
    { CP ("root\0etc\0hosts"), TBX_HGFS_OK, "/etc/hosts" },
    { CP ("ROOT\0etc"), TBX_HGFS_OK, "/etc" },
    { CP ("root"), TBX_HGFS_OK, "/" },
    { CP ("root\0"), TBX_HGFS_OK, "/" },
    { CP ("root\0\0\0etc\0\0"), TBX_HGFS_OK, "/etc" },
    { CP ("root\0a..b\0...\0.c\0..d"), TBX_HGFS_OK, "/a..b/.../.c/..d" },
    { CP ("root\0tab\tnew\nline"), TBX_HGFS_OK, "/tab\tnew\nline" },
    { CP ("root\0caf\xc3\xa9"), TBX_HGFS_OK, "/caf\xc3\xa9" },
    { CP ("root\0a!%b]%c"), TBX_HGFS_OK, "/a!%b]%c" },
    { CP ("root\0archive:\0srv?prefix=x"), TBX_HGFS_OK, "/archive:/srv?prefix=x" },
    { CP ("rootx\0etc"), TBX_HGFS_NO_SUCH_FILE, "" },
    { CP ("roo"), TBX_HGFS_NO_SUCH_FILE, "" },
    { CP ("\0root"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("\0"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0."), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0..\0etc"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0etc\0.."), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0a/b"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root/etc"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0\xc3"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0\xc3\0\xa9"), TBX_HGFS_INVALID_NAME, "" },
    { CP ("root\0\xed\xa0\x80"), TBX_HGFS_INVALID_NAME, "" },
    { CP (".."), TBX_HGFS_INVALID_NAME, "" },
  };
  char path[TBX_HGFS_PATH_BYTES];

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *exact = g_memdup2 (cases[i].cp, cases[i].size);
      TbxHgfsName name = { .data = exact, .size = (guint32) cases[i].size };

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      memset (path, 'x', sizeof path);
      g_assert_cmpuint (tbx_hgfs_name_to_path (&name, FALSE, path), ==, cases[i].status);
      g_assert_cmpstr (path, ==, cases[i].path);
      g_assert_cmpuint (tbx_hgfs_name_to_path (&name, TRUE, path), ==, cases[i].status);
    }
}

static void
test_base (void)
{
  TbxHgfsName name = { .data = NULL, .size = 0 };
  char path[TBX_HGFS_PATH_BYTES] = "x";

  g_assert_cmpuint (tbx_hgfs_name_to_path (&name, TRUE, path), ==, TBX_HGFS_OK);
  g_assert_cmpstr (path, ==, "");
  g_assert_cmpuint (tbx_hgfs_name_to_path (&name, FALSE, path), ==, TBX_HGFS_INVALID_NAME);
}

/* A path of @n_components components of @size bytes, each with its separator. */
static GByteArray *
long_name (guint n_components, guint size)
{
  GByteArray *cp = g_byte_array_new ();

  g_byte_array_append (cp, (const guint8 *) "root", 4);
  for (guint i = 0; i < n_components; i++)
    {
      g_autofree char *component = g_strnfill (size, 'a');

      g_byte_array_append (cp, (const guint8 *) "", 1);
      g_byte_array_append (cp, (const guint8 *) component, size);
    }
  return cp;
}

static void
test_long_names (void)
{
  static const struct { guint n; guint size; TbxHgfsStatus status; } cases[] = {
    { 1, 255, TBX_HGFS_OK },
    { 1, 256, TBX_HGFS_NAME_TOO_LONG },
    { 15, 255, TBX_HGFS_OK },
    { 16, 254, TBX_HGFS_OK },              /* 4,080 bytes */
    { 819, 4, TBX_HGFS_OK },               /* 4,095 */
    { 16, 255, TBX_HGFS_NAME_TOO_LONG },   /* 4,096 */
    { 2048, 1, TBX_HGFS_NAME_TOO_LONG },   /* 4,096 */
    { 30000, 1, TBX_HGFS_NAME_TOO_LONG },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GByteArray) cp = long_name (cases[i].n, cases[i].size);
      TbxHgfsName name = { .data = (const char *) cp->data, .size = cp->len };
      char path[TBX_HGFS_PATH_BYTES];

      g_assert_cmpuint (tbx_hgfs_name_to_path (&name, FALSE, path), ==, cases[i].status);
      if (cases[i].status == TBX_HGFS_OK)
        g_assert_cmpuint (strlen (path), ==, cases[i].n * (cases[i].size + 1));
    }
}

/* What a host makes of a path comes out as that path. */
static void
test_name_init (void)
{
  static const struct { const char *path; const char *cp; gsize size; const char *back; } cases[] = {
    { "/etc/hosts", CP ("root\0etc\0hosts"), "/etc/hosts" },
    { "//etc///hosts/", CP ("root\0etc\0hosts"), "/etc/hosts" },
    { "etc", CP ("root\0etc"), "/etc" },
    { "/", CP ("root"), "/" },
    { "", CP ("root"), "/" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GByteArray) storage = g_byte_array_new ();
      char path[TBX_HGFS_PATH_BYTES];
      TbxHgfsName name;

      tbx_hgfs_name_init (&name, cases[i].path, storage);
      g_assert_cmpmem (name.data, name.size, cases[i].cp, cases[i].size);
      g_assert_cmpuint (tbx_hgfs_name_to_path (&name, FALSE, path), ==, TBX_HGFS_OK);
      g_assert_cmpstr (path, ==, cases[i].back);
    }
}

static void
test_targets (void)
{
  static const struct { const char *text; const char *lite; gsize size; } cases[] = {
    { "../a", CP ("..\0a") },
    { "/etc/x", CP ("\0etc\0x") },
    { "a//b/", CP ("a\0\0b\0") },
    { "file", CP ("file") },
  };
  g_autofree char *longest = g_strnfill (TBX_HGFS_PATH_BYTES, 'a');
  TbxHgfsName target = { .data = longest, .size = TBX_HGFS_PATH_BYTES - 1 };
  char text[TBX_HGFS_PATH_BYTES];

  g_assert_cmpuint (tbx_hgfs_target_to_text (&target, text), ==, TBX_HGFS_OK);
  g_assert_cmpuint (strlen (text), ==, TBX_HGFS_PATH_BYTES - 1);
  target.size++;
  g_assert_cmpuint (tbx_hgfs_target_to_text (&target, text), ==, TBX_HGFS_NAME_TOO_LONG);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char lite[16];

      target = (TbxHgfsName) { .data = cases[i].lite, .size = (guint32) cases[i].size };
      g_assert_cmpuint (tbx_hgfs_target_to_text (&target, text), ==, TBX_HGFS_OK);
      g_assert_cmpstr (text, ==, cases[i].text);
      memcpy (lite, text, cases[i].size);
      tbx_hgfs_target_init (&target, lite, cases[i].size);
      g_assert_cmpmem (target.data, target.size, cases[i].lite, cases[i].size);
    }
  target = (TbxHgfsName) { .data = "", .size = 0 };
  g_assert_cmpuint (tbx_hgfs_target_to_text (&target, text), ==, TBX_HGFS_INVALID_NAME);
  target = (TbxHgfsName) { .data = "a/b", .size = 3 };
  g_assert_cmpuint (tbx_hgfs_target_to_text (&target, text), ==, TBX_HGFS_INVALID_NAME);
  target = (TbxHgfsName) { .data = "a\xff", .size = 2 };
  g_assert_cmpuint (tbx_hgfs_target_to_text (&target, text), ==, TBX_HGFS_INVALID_NAME);
  g_assert_cmpstr (text, ==, "");
}

static TbxHgfsStatus
check (TbxHgfsRequest request)
{
  return tbx_hgfs_request_check (&request, 65379);
}

#define NEEDED (TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS | TBX_HGFS_OPEN_HAS_NAME)
#define BY_HANDLE { .by_handle = TRUE, .flags = 1 }

static void
test_rules (void)
{
  const guint64 last = G_MAXINT64;
  const struct { TbxHgfsRequest request; TbxHgfsStatus status; } cases[] = {
    { { TBX_HGFS_OPEN_V3, .open = { .mask = NEEDED, .mode = 6, .flags = 4 } }, 0 },
    { { TBX_HGFS_OPEN_V3, .open = { .mask = NEEDED, .mode = 7 } }, 7 },
    { { TBX_HGFS_OPEN_V2, .open = { .mask = NEEDED, .flags = 5 } }, 7 },
    { { TBX_HGFS_OPEN_V2, .open = { .mask = NEEDED & ~TBX_HGFS_OPEN_HAS_NAME } }, 7 },
    { { TBX_HGFS_OPEN, .open = { .mask = NEEDED, .flags = G_MAXUINT32 } }, 7 },
    { { TBX_HGFS_OPEN_V3, .open = { .mask = NEEDED, .name = BY_HANDLE } }, 15 },
    { { TBX_HGFS_READ_V3, .read = { .size = 65379, .offset = last } }, 0 },
    { { TBX_HGFS_READ_V3, .read = { .size = 65380 } }, 15 },
    { { TBX_HGFS_READ, .read = { .offset = last + 1 } }, 15 },
    { { TBX_HGFS_WRITE_V3, .write = { .offset = last, .data = { NULL, 0 } } }, 0 },
    { { TBX_HGFS_WRITE_V3, .write = { .offset = last, .data = { NULL, 1 } } }, 15 },
    { { TBX_HGFS_WRITE, .write = { .offset = G_MAXUINT64, .data = { NULL, 1 } } }, 15 },
    { { TBX_HGFS_WRITE_V3, .write = { .flags = 1, .offset = G_MAXUINT64, .data = { NULL, 1 } } }, 0 },
    { { TBX_HGFS_SEARCH_OPEN_V3, .named = { .name = BY_HANDLE } }, 15 },
    { { TBX_HGFS_QUERY_VOLUME_V3, .named = { .name = BY_HANDLE } }, 15 },
    { { TBX_HGFS_GETATTR_V3, .getattr = { .name = BY_HANDLE } }, 0 },
    { { TBX_HGFS_RENAME_V3, .rename = { .new_name = BY_HANDLE } }, 0 },
    { { TBX_HGFS_SETATTR_V2, .setattr = { .attr = { .mask = 2, .size = last } } }, 0 },
    { { TBX_HGFS_SETATTR_V2, .setattr = { .attr = { .mask = 2, .size = last + 1 } } }, 15 },
    { { TBX_HGFS_SETATTR_V3, .setattr = { .attr = { .mask = 1, .size = last + 1 } } }, 0 },
    { { TBX_HGFS_CREATE_DIR_V2, .create_dir = { .mask = 0x10 } }, 0 },
    { { TBX_HGFS_CREATE_DIR_V2, .create_dir = { .mask = 0x0f } }, 7 },
    { { TBX_HGFS_CREATE_DIR_V3, .create_dir = { .mask = 0x10, .name = BY_HANDLE } }, 15 },
    { { TBX_HGFS_CREATE_SYMLINK_V3, .create_symlink = { .name = BY_HANDLE } }, 15 },
    { { TBX_HGFS_CREATE_SYMLINK_V3, .create_symlink = { .target = BY_HANDLE } }, 15 },
    { { TBX_HGFS_CREATE_SESSION_V4, .create_session = { .max_packet_bytes = 0 } }, 0 },
    { { TBX_HGFS_CREATE_SESSION_V4, .create_session = { .max_packet_bytes = 1 } }, 15 },
    { { TBX_HGFS_CREATE_SESSION_V4, .create_session = { .max_packet_bytes = 1023 } }, 15 },
    { { TBX_HGFS_CREATE_SESSION_V4, .create_session = { .max_packet_bytes = 1024 } }, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpuint (check (cases[i].request), ==, cases[i].status);
    }
}

static void
test_capabilities (void)
{
  guint8 storage[TBX_HGFS_N_OPS * TBX_HGFS_CAPABILITY_BYTES];
  guint32 flags[TBX_HGFS_N_OPS] = { [TBX_HGFS_OPEN] = 1, [TBX_HGFS_SET_EAS_V4] = 0x10003 };
  TbxHgfsCapabilities capabilities;
  guint32 op;

  tbx_hgfs_capabilities_init (&capabilities, flags, storage);
  g_assert_cmpuint (capabilities.count, ==, 65);
  g_assert_cmpuint (tbx_hgfs_capabilities_get (&capabilities, 0, &op), ==, 1);
  g_assert_cmpuint (op, ==, 0);
  g_assert_cmpuint (tbx_hgfs_capabilities_get (&capabilities, 1, &op), ==, 0);
  g_assert_cmpuint (op, ==, 1);
  g_assert_cmphex (tbx_hgfs_capabilities_get (&capabilities, 64, &op), ==, 0x10003);
  g_assert_cmpuint (op, ==, 64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/hgfs/values/statuses", test_statuses);
  g_test_add_func ("/wire/hgfs/values/ops", test_ops);
  g_test_add_func ("/wire/hgfs/values/times", test_times);
  g_test_add_func ("/wire/hgfs/values/names", test_names);
  g_test_add_func ("/wire/hgfs/values/base", test_base);
  g_test_add_func ("/wire/hgfs/values/long-names", test_long_names);
  g_test_add_func ("/wire/hgfs/values/name-init", test_name_init);
  g_test_add_func ("/wire/hgfs/values/targets", test_targets);
  g_test_add_func ("/wire/hgfs/values/rules", test_rules);
  g_test_add_func ("/wire/hgfs/values/capabilities", test_capabilities);
  return g_test_run ();
}
