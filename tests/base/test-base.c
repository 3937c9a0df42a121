/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-clip.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include "tbx-reader.h"
#include "tbx-writer.h"
#include <string.h>

/* What the writer wrote, the reader reads: every kind, once. */
static void
test_round_trip (void)
{
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;
  TbxReader r;
  gsize pos;

  tbx_writer_init (&w, 100);
  tbx_writer_u8 (&w, 0xfe);
  tbx_writer_u16le (&w, 0x1234);
  pos = tbx_writer_size (&w);
  tbx_writer_u32le (&w, 0);
  tbx_writer_u64le (&w, G_GUINT64_CONSTANT (0x0102030405060708));
  tbx_writer_u32be (&w, 0x0a0b0c0d);
  tbx_writer_printf (&w, "n%dme", 4);
  tbx_writer_zeros (&w, 2);
  tbx_writer_patch_u32le (&w, pos, 0xdeadbeef);
  bytes = tbx_writer_end (&w, "record", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 1 + 2 + 4 + 8 + 4 + 4 + 2);

  tbx_reader_init (&r, bytes);
  g_assert_cmpuint (tbx_reader_u8 (&r), ==, 0xfe);
  g_assert_cmpuint (tbx_reader_u16le (&r), ==, 0x1234);
  g_assert_cmpuint (tbx_reader_u32le (&r), ==, 0xdeadbeef);
  g_assert_cmpuint (tbx_reader_u64le (&r), ==, G_GUINT64_CONSTANT (0x0102030405060708));
  g_assert_cmpuint (tbx_reader_u32be (&r), ==, 0x0a0b0c0d);
  name = tbx_reader_utf8 (&r, 4);
  g_assert_cmpstr (name, ==, "n4me");
  g_assert_false (tbx_reader_end (&r, "record", &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_clear_error (&error);
  g_assert_cmpuint (tbx_reader_u16le (&r), ==, 0);
  g_assert_true (tbx_reader_end (&r, "record", &error));
}

/* A read past the end fails once and for all, and moves nothing. */
static void
test_reader_short (void)
{
  const guint8 data[] = { 1, 2, 3 };
  g_autofree guint8 *exact = g_memdup2 (data, sizeof data);
  g_autoptr(GError) error = NULL;
  TbxReader r;

  tbx_reader_init_data (&r, exact, sizeof data);
  g_assert_cmpuint (tbx_reader_u32le (&r), ==, 0);
  g_assert_cmpuint (tbx_reader_u8 (&r), ==, 0);
  g_assert_cmpuint (tbx_reader_left (&r), ==, 0);
  g_assert_false (tbx_reader_ok (&r, "three", &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_assert_cmpstr (error->message, ==, "three: too short at byte 0 of 3");

  tbx_reader_init_data (&r, exact, sizeof data);
  tbx_reader_u8 (&r);
  g_assert_null (tbx_reader_bytes (&r, G_MAXSIZE));
  g_assert_nonnull (r.bad);
}

static void
test_reader_text (void)
{
  g_autoptr(GError) error = NULL;
  TbxReader r;

  tbx_reader_init_data (&r, "a\0b", 3);
  g_assert_null (tbx_reader_utf8 (&r, 3));
  g_assert_false (tbx_reader_ok (&r, "text", &error));

  tbx_reader_init_data (&r, "\xc3", 1);
  g_assert_null (tbx_reader_utf8 (&r, 1));
  g_assert_nonnull (r.bad);

  tbx_reader_init_data (&r, NULL, 0);
  g_autofree char *empty = tbx_reader_utf8 (&r, 0);
  g_assert_cmpstr (empty, ==, "");
  g_assert_true (tbx_reader_end (&r, "nothing", NULL));
}

static void
test_reader_count (void)
{
  guint8 data[16] = { 0 };
  TbxReader r;

  tbx_reader_init_data (&r, data, sizeof data);
  g_assert_cmpuint (tbx_reader_count (&r, 4, 10, 4), ==, 4);
  g_assert_cmpuint (tbx_reader_count (&r, 5, 10, 4), ==, 0);
  g_assert_cmpstr (r.bad, ==, "too short for its count");

  tbx_reader_init_data (&r, data, sizeof data);
  g_assert_cmpuint (tbx_reader_count (&r, 11, 10, 1), ==, 0);
  g_assert_cmpstr (r.bad, ==, "count above its limit");
}

/* The limit holds to the byte, and nothing is written past it. */
static void
test_writer_limit (void)
{
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  tbx_writer_init (&w, 4);
  tbx_writer_u32be (&w, 7);
  bytes = tbx_writer_end (&w, "word", &error);
  g_assert_nonnull (bytes);

  tbx_writer_init (&w, 4);
  tbx_writer_u8 (&w, 7);
  tbx_writer_u32be (&w, 7);
  tbx_writer_u8 (&w, 7);
  g_assert_cmpuint (tbx_writer_size (&w), ==, 1);
  g_assert_null (tbx_writer_end (&w, "word", &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
}

/* Every code has a name on the bus, and the way back. */
static void
test_error_names (void)
{
  for (int code = 0; code < TBX_N_ERRORS; code++)
    {
      g_autoptr(GError) error = g_error_new (TBX_ERROR, code, "x");
      g_autofree char *name = g_dbus_error_encode_gerror (error);
      g_autoptr(GError) back = g_dbus_error_new_for_dbus_error (name, "x");

      g_assert_true (g_str_has_prefix (name, TBX_DBUS_ERROR_PREFIX));
      g_assert_error (back, TBX_ERROR, code);
    }
}

static void
test_clip (void)
{
  static const struct
  {
    const char *text;
    gsize       max_bytes;
    const char *expected;
  } cases[] = {
    { "", 0, "" },           { "abc", 3, "abc" },   { "abc", 2, "ab" },
    { "a\nb\tc", 9, "a b c" }, { "a\xc2\x85z", 9, "a z" }, { "\xc3\xa4\xc3\xa4", 3, "\xc3\xa4" },
    { "\xf0\x9f\x99\x82", 3, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clipped = tbx_clip_text (cases[i].text, cases[i].max_bytes);

      g_assert_cmpstr (clipped, ==, cases[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/round-trip", test_round_trip);
  g_test_add_func ("/base/reader/short", test_reader_short);
  g_test_add_func ("/base/reader/text", test_reader_text);
  g_test_add_func ("/base/reader/count", test_reader_count);
  g_test_add_func ("/base/writer/limit", test_writer_limit);
  g_test_add_func ("/base/clip", test_clip);
  g_test_add_func ("/base/error/names", test_error_names);
  return g_test_run ();
}
