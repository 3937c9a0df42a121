/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vix-vectors.h"

/* All of them; freed by json_array_unref(). */
JsonArray *
vix_vectors_load (void)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "vectors", "vix.json", NULL);

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_array_ref (json_node_get_array (json_parser_get_root (parser)));
}

gboolean
vix_vector_is (JsonObject *vector, const char *kind)
{
  return g_str_equal (json_object_get_string_member (vector, "kind"), kind);
}

const char *
vix_vector_name (JsonObject *vector)
{
  return json_object_get_string_member (vector, "name");
}

/* In a block of exactly that size, so that ASan sees one byte too many. */
guint8 *
vix_hex_bytes (const char *hex, gsize *size)
{
  guint8 *bytes;

  *size = strlen (hex) / 2;
  bytes = g_malloc (MAX (*size, 1));
  for (gsize i = 0; i < *size; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return bytes;
}

guint8 *
vix_vector_bytes (JsonObject *vector, const char *member, gsize *size)
{
  return vix_hex_bytes (json_object_get_string_member (vector, member), size);
}
