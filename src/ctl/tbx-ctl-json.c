/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ctl-json.h"
#include "tbx-ctl-text.h"
#include <stdio.h>
#include <string.h>

/**
 * tbx_json_properties:
 * @proxy: a proxy that has its properties
 *
 * Returns: (transfer full): an object with all properties, under their D-Bus names
 */
JsonNode *
tbx_json_properties (GDBusProxy *proxy)
{
  g_autoptr(JsonObject) object = json_object_new ();
  g_auto(GStrv) names = g_dbus_proxy_get_cached_property_names (proxy);
  JsonNode *node;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autoptr(GVariant) value = g_dbus_proxy_get_cached_property (proxy, names[i]);

      if (value != NULL)
        json_object_set_member (object, names[i], json_gvariant_serialize (value));
    }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, object);
  return node;
}

/**
 * tbx_json_records:
 * @tuples: an array of tuples
 * @names: (array zero-terminated=1): a name for each field of a tuple
 *
 * Returns: (transfer full): an array of objects
 */
JsonNode *
tbx_json_records (GVariant *tuples, const char *const *names)
{
  g_autoptr(JsonArray) array = json_array_new ();
  JsonNode *node;
  GVariantIter iter;
  GVariant *tuple;

  g_variant_iter_init (&iter, tuples);
  while ((tuple = g_variant_iter_next_value (&iter)) != NULL)
    {
      JsonObject *object = json_object_new ();

      for (gsize i = 0; names[i] != NULL && i < g_variant_n_children (tuple); i++)
        {
          g_autoptr(GVariant) field = g_variant_get_child_value (tuple, i);

          json_object_set_member (object, names[i], json_gvariant_serialize (field));
        }
      json_array_add_object_element (array, object);
      g_variant_unref (tuple);
    }
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_set_array (node, array);
  return node;
}

/**
 * tbx_json_add_bytes:
 * @object: where to
 * @name: name of the member
 * @value: bytes from the host
 *
 * Adds @value as a string; if it is not UTF-8 text, in base 64 as "NAME-base64".
 */
void
tbx_json_add_bytes (JsonObject *object, const char *name, GBytes *value)
{
  gsize size;
  const char *data = g_bytes_get_data (value, &size);

  if (size == 0)
    json_object_set_string_member (object, name, "");
  else if (g_utf8_validate_len (data, size, NULL))
    {
      g_autofree char *text = g_strndup (data, size);

      json_object_set_string_member (object, name, text);
    }
  else
    {
      g_autofree char *base64 = g_base64_encode ((const guchar *) data, size);
      g_autofree char *longer = g_strconcat (name, "-base64", NULL);

      json_object_set_string_member (object, longer, base64);
    }
}

/* json-glib leaves everything above ASCII as it is, C1 controls too. */
static void
print_node (JsonNode *node, gboolean pretty)
{
  g_autofree char *text = json_to_string (node, pretty);
  g_autoptr(GString) safe = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c < 0x7f || !tbx_text_char_is_harmful (c))
        g_string_append_unichar (safe, c);
      else if (c < 0x10000)
        g_string_append_printf (safe, "\\u%04x", c);
      else
        g_string_append_printf (safe, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
    }
  g_string_append_c (safe, '\n');
  fputs (safe->str, stdout);
  fflush (stdout);
}

static void
print_object (JsonObject *object, gboolean pretty)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  print_node (node, pretty);
}

/**
 * tbx_json_print:
 * @node: what to print, over several lines
 */
void
tbx_json_print (JsonNode *node)
{
  print_node (node, TRUE);
}

/**
 * tbx_json_print_object:
 * @object: what to print, over several lines
 */
void
tbx_json_print_object (JsonObject *object)
{
  print_object (object, TRUE);
}

/**
 * tbx_json_print_line:
 * @object: what to print, as one line
 */
void
tbx_json_print_line (JsonObject *object)
{
  print_object (object, FALSE);
}

/**
 * tbx_json_print_error:
 * @message: why
 * @status: the exit status that follows
 */
void
tbx_json_print_error (const char *message, int status)
{
  g_autoptr(JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "error", message);
  json_object_set_int_member (object, "status", status);
  tbx_json_print_object (object);
}
