/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-opcodes.h"
#include "tbx-vix-properties.h"
#include "vix-vectors.h"
#include <string.h>

static void
assert_property (const TbxVixProperty *property, JsonObject *expected)
{
  g_autofree guint8 *blob = NULL;
  gsize size;

  g_assert_cmpuint (property->id, ==, json_object_get_int_member (expected, "id"));
  g_assert_cmpuint (property->type, ==, json_object_get_int_member (expected, "type"));
  switch (property->type)
    {
    case TBX_VIX_PROPERTY_INT32:
      g_assert_cmpint (property->int32, ==, json_object_get_int_member (expected, "value"));
      break;
    case TBX_VIX_PROPERTY_STRING:
      g_assert_cmpstr (property->string, ==, json_object_get_string_member (expected, "value"));
      break;
    case TBX_VIX_PROPERTY_BOOL:
      g_assert_cmpint (property->boolean, ==, json_object_get_boolean_member (expected, "value"));
      break;
    case TBX_VIX_PROPERTY_INT64:
      g_assert_cmpint (property->int64, ==, json_object_get_int_member (expected, "value"));
      break;
    case TBX_VIX_PROPERTY_BLOB:
      blob = vix_hex_bytes (json_object_get_string_member (expected, "value_hex"), &size);
      g_assert_cmpmem (property->blob.data, property->blob.size, blob, size);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Every list says what the vector says, goes out as it came in, and is refused or
 * shorter at each of its prefixes. */
static void
test_vectors (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n_lists = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      g_autofree char *text = NULL;
      g_autoptr(GArray) list = NULL;
      g_autoptr(GBytes) encoded = NULL;
      JsonArray *expected;
      TbxWriter w;
      gsize size;

      if (!vix_vector_is (vector, "property-list"))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      n_lists++;
      expected = json_object_get_array_member (json_object_get_object_member (vector, "decoded"),
                                               "properties");
      bytes = vix_vector_bytes (vector, "data_hex", &size);
      text = g_base64_encode (bytes, size);
      g_assert_cmpstr (text, ==, json_object_get_string_member (vector, "data_base64"));
      g_assert_cmpuint (tbx_vix_properties_decode (bytes, size, &list), ==, TBX_VIX_OK);
      g_assert_cmpuint (list->len, ==, json_array_get_length (expected));
      for (guint p = 0; p < list->len; p++)
        assert_property (&g_array_index (list, TbxVixProperty, p),
                         json_array_get_object_element (expected, p));
      tbx_writer_init (&w, size);
      tbx_vix_properties_encode ((const TbxVixProperty *) (gpointer) list->data, list->len, &w);
      encoded = tbx_writer_end (&w, "list", NULL);
      g_assert_nonnull (encoded);
      g_assert_cmpmem (g_bytes_get_data (encoded, NULL), g_bytes_get_size (encoded), bytes, size);
      for (gsize n = 0; n < size; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (bytes, n);
          g_autoptr(GArray) part = NULL;

          if (tbx_vix_properties_decode (exact, n, &part) == TBX_VIX_OK)
            g_assert_cmpuint (part->len, <, list->len);
        }
    }
  g_assert_cmpuint (n_lists, ==, 14);
}

static void
test_repeated (void)
{
  const TbxVixProperty twice[] = {
    { 7, TBX_VIX_PROPERTY_INT32, .int32 = 1 },
    { 8, TBX_VIX_PROPERTY_STRING, .string = "x" },
    { 7, TBX_VIX_PROPERTY_INT32, .int32 = 2 },
  };
  g_autoptr(GArray) list = NULL;
  g_autoptr(GBytes) bytes = NULL;
  TbxWriter w;

  tbx_writer_init (&w, 100);
  tbx_vix_properties_encode (twice, G_N_ELEMENTS (twice), &w);
  bytes = tbx_writer_end (&w, "list", NULL);
  g_assert_cmpuint (tbx_vix_properties_decode (g_bytes_get_data (bytes, NULL),
                                               g_bytes_get_size (bytes), &list), ==, TBX_VIX_OK);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpint (tbx_vix_properties_lookup (list, 7)->int32, ==, 2);
  g_assert_cmpstr (tbx_vix_properties_lookup (list, 8)->string, ==, "x");
  g_assert_null (tbx_vix_properties_lookup (list, 9));
}

static void
test_limits (void)
{
  g_autofree TbxVixProperty *many = g_new0 (TbxVixProperty, TBX_VIX_PROPERTIES_MAX + 1);
  const TbxVixProperty unserializable[] = {
    { 1, TBX_VIX_PROPERTY_HANDLE }, { 1, TBX_VIX_PROPERTY_POINTER },
    { 1, TBX_VIX_PROPERTY_BLOB, .blob = { NULL, 0 } }, { 1, (TbxVixPropertyType) 99 },
  };
  g_autoptr(GByteArray) all = g_byte_array_new ();
  GArray *list = NULL;
  TbxWriter w;

  for (guint i = 0; i <= TBX_VIX_PROPERTIES_MAX; i++)
    {
      g_autoptr(GBytes) one = NULL;

      many[i] = (TbxVixProperty) { i, TBX_VIX_PROPERTY_BOOL, .boolean = TRUE };
      tbx_writer_init (&w, 100);
      tbx_vix_properties_encode (&many[i], 1, &w);
      one = tbx_writer_end (&w, "property", NULL);
      g_byte_array_append (all, g_bytes_get_data (one, NULL), (guint) g_bytes_get_size (one));
    }
  g_assert_cmpuint (tbx_vix_properties_decode (all->data, all->len, &list), ==,
                    TBX_VIX_INVALID_SERIALIZED_DATA);
  g_assert_null (list);
  g_assert_cmpuint (tbx_vix_properties_decode (all->data, all->len - 13, &list), ==, TBX_VIX_OK);
  g_assert_cmpuint (list->len, ==, TBX_VIX_PROPERTIES_MAX);
  g_array_unref (list);

  tbx_writer_init (&w, G_MAXUINT);
  tbx_vix_properties_encode (many, TBX_VIX_PROPERTIES_MAX + 1, &w);
  g_assert_null (tbx_writer_end (&w, "too many", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (unserializable); i++)
    {
      tbx_writer_init (&w, 100);
      tbx_vix_properties_encode (&unserializable[i], 1, &w);
      g_assert_null (tbx_writer_end (&w, "unserializable", NULL));
    }
}

/* The opcodes are in order, for the search; the 29 methods are there, each once,
 * under the ids that the host looks for. */
static void
test_opcodes (void)
{
  g_autoptr(GHashTable) methods = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) ids = g_hash_table_new (NULL, NULL);
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  const TbxVixOpcodeInfo *all;
  guint n;

  all = tbx_vix_opcode_list (&n);
  for (guint i = 0; i < n; i++)
    {
      g_assert_true (tbx_vix_opcode_lookup (all[i].opcode) == &all[i]);
      g_assert_true (i == 0 || all[i - 1].opcode < all[i].opcode);
      g_assert_true (g_hash_table_add (names, (gpointer) all[i].name));
      if (all[i].property == 0)
        continue;
      g_assert_cmpuint (all[i].property, >=, 4540);
      g_assert_cmpuint (all[i].property, <=, 4568);
      g_assert_true (g_hash_table_add (methods, (gpointer) all[i].method));
      g_assert_true (g_hash_table_add (ids, GUINT_TO_POINTER (all[i].property)));
      g_assert_true (tbx_vix_method_is_known (all[i].method));
      g_assert_cmpstr (tbx_vix_property_get_name (all[i].property), ==, all[i].method);
    }
  g_assert_cmpuint (g_hash_table_size (methods), ==, 29);
  for (guint i = 0; i < n; i++)
    g_assert_true (all[i].method == NULL || tbx_vix_method_is_known (all[i].method));
  g_assert_false (tbx_vix_method_is_known ("StartProgram"));
  g_assert_null (tbx_vix_opcode_lookup (998));
  g_assert_null (tbx_vix_opcode_lookup (G_MAXUINT32));
  g_assert_cmpstr (tbx_vix_opcode_get_name (998), ==, "unknown");
  g_assert_cmpstr (tbx_vix_opcode_get_name (185), ==, "start-program");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/vix/properties/vectors", test_vectors);
  g_test_add_func ("/wire/vix/properties/repeated", test_repeated);
  g_test_add_func ("/wire/vix/properties/limits", test_limits);
  g_test_add_func ("/wire/vix/opcodes", test_opcodes);
  return g_test_run ();
}
