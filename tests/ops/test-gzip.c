/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-gzip.h"
#include <string.h>
#include <zlib.h>

static gboolean
on_bytes (const guint8 *data, gsize size, gpointer user_data)
{
  g_assert_cmpuint (size, >, 0);
  g_byte_array_append (user_data, data, (guint) size);
  return TRUE;
}

static gboolean
on_unwanted (const guint8 *data, gsize size, gpointer user_data)
{
  return FALSE;
}

/* Of text, of noise, and of one byte: what compresses well, not at all, and best. */
static GByteArray *
make_content (gsize size, guint kind)
{
  GByteArray *content = g_byte_array_sized_new ((guint) size);

  g_byte_array_set_size (content, (guint) size);
  for (gsize i = 0; i < size; i++)
    content->data[i] = kind == 0   ? (guint8) "the quick brown fox "[(i + i / 77) % 20]
                       : kind == 1 ? (guint8) g_random_int ()
                                   : 'x';
  return content;
}

static void
assert_is_gzip_of (GByteArray *packed, GByteArray *content)
{
  g_autofree guint8 *out = g_malloc (content->len + 1);
  z_stream stream = { .next_in = packed->data, .avail_in = packed->len,
                      .next_out = out, .avail_out = content->len + 1 };

  g_assert_cmpint (inflateInit2 (&stream, 15 + 16), ==, Z_OK);
  g_assert_cmpint (inflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  g_assert_cmpuint (stream.avail_in, ==, 0);   /* one member, and nothing else */
  g_assert_cmpmem (out, stream.total_out, content->data, content->len);
  inflateEnd (&stream);
}

static void
pack (const TbxGzipFuncs *funcs, GByteArray *content, gsize piece, GByteArray *packed)
{
  gpointer stream = funcs->begin (on_bytes, packed);
  gsize done = 0;

  g_assert_nonnull (stream);
  while (done < content->len)
    {
      gsize size = MIN (piece, content->len - done);

      g_assert_true (funcs->write (stream, content->data + done, size, FALSE));
      done += size;
    }
  g_assert_true (funcs->write (stream, NULL, 0, TRUE));
  funcs->free (stream);
}

static void
test_members (gconstpointer data)
{
  const TbxGzipFuncs *funcs = data;
  const gsize sizes[] = { 0, 1, 3, 65535, 65536, 65537, 1000003 };
  const gsize pieces[] = { 1, 512, 65536, 131072, 5000000 };

  for (guint kind = 0; kind < 3; kind++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint j = sizes[i] > 100000; j < G_N_ELEMENTS (pieces); j++)
        {
          g_autoptr(GByteArray) content = make_content (sizes[i], kind);
          g_autoptr(GByteArray) packed = g_byte_array_new ();

          pack (funcs, content, pieces[j], packed);
          assert_is_gzip_of (packed, content);
          if (kind != 1 && sizes[i] > 60000)
            g_assert_cmpuint (packed->len, <, content->len / 10);
          else
            g_assert_cmpuint (packed->len, <=, content->len + content->len / 1000 + 64);
        }
}

/* A sink that wants no more ends it. */
static void
test_unwanted (gconstpointer data)
{
  const TbxGzipFuncs *funcs = data;
  g_autoptr(GByteArray) content = make_content (1000000, 1);
  gpointer stream = funcs->begin (on_unwanted, NULL);

  g_assert_false (funcs->write (stream, content->data, content->len, FALSE));
  funcs->free (stream);
}

/* What is built in is used. */
static void
test_choice (void)
{
  g_autoptr(GByteArray) content = make_content (100000, 0);
  g_autoptr(GByteArray) packed = g_byte_array_new ();
  g_autoptr(TbxGzip) gzip = tbx_gzip_new (on_bytes, packed);

#ifdef TBX_HAVE_ISAL
  g_assert_cmpstr (tbx_gzip_get_name (gzip), ==, "ISA-L");
#else
  g_assert_cmpstr (tbx_gzip_get_name (gzip), ==, "zlib");
#endif
  g_assert_true (tbx_gzip_write (gzip, content->data, content->len, TRUE));
  assert_is_gzip_of (packed, content);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/gzip/zlib/members", &tbx_gzip_zlib, test_members);
  g_test_add_data_func ("/gzip/zlib/unwanted", &tbx_gzip_zlib, test_unwanted);
#ifdef TBX_HAVE_ISAL
  g_test_add_data_func ("/gzip/isal/members", &tbx_gzip_isal, test_members);
  g_test_add_data_func ("/gzip/isal/unwanted", &tbx_gzip_isal, test_unwanted);
#endif
  g_test_add_func ("/gzip/choice", test_choice);
  return g_test_run ();
}
