/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-message.h"
#include "tbx-error.h"
#include <string.h>

#define MAX_DEPTH 32   /* of a description of the host: 7 */

static gboolean
malformed (GError **error, const char *name, const char *what)
{
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: %s", name, what);
  return FALSE;
}

/* The parser recurses, so a line of brackets would use up its stack. */
static gboolean
is_shallow (const char *line, gsize size)
{
  gboolean quoted = FALSE;
  int depth = 0;

  for (gsize i = 0; i < size && depth <= MAX_DEPTH; i++)
    {
      if (quoted && line[i] == '\\')
        i++;
      else if (line[i] == '"')
        quoted = !quoted;
      else if (!quoted && (line[i] == '[' || line[i] == '{'))
        depth++;
      else if (!quoted && (line[i] == ']' || line[i] == '}'))
        depth--;
    }
  return depth <= MAX_DEPTH;
}

/**
 * tbx_sim_message_parse:
 * @line: a line, without its end
 * @size: its length in bytes
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`.
 *
 * Returns: (transfer full) (nullable): a node that holds an object
 */
JsonNode *
tbx_sim_message_parse (const char *line, gsize size, GError **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) local = NULL;
  JsonNode *root;

  if (!g_utf8_validate_len (line, size, NULL) || !is_shallow (line, size))
    {
      malformed (error, "message", "not UTF-8, or nested too deep");
      return NULL;
    }
  if (!json_parser_load_from_data (parser, line, (gssize) size, &local))
    {
      malformed (error, "message", local->message);
      return NULL;
    }
  root = json_parser_steal_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    return root;
  g_clear_pointer (&root, json_node_unref);
  malformed (error, "message", "not a JSON object");
  return NULL;
}

/* Returns (transfer full): @message as a line, with its end. */
GBytes *
tbx_sim_message_line (JsonNode *message)
{
  g_autofree char *text = json_to_string (message, FALSE);
  char *line = g_strconcat (text, "\n", NULL);

  return g_bytes_new_take (line, strlen (line));
}

/**
 * tbx_sim_message_text:
 * @message: a message
 * @name: a member
 * @error: (nullable): return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` when it is missing or no text.
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
tbx_sim_message_text (JsonObject *message, const char *name, GError **error)
{
  JsonNode *node = json_object_get_member (message, name);

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  malformed (error, name, node == NULL ? "missing" : "not a text");
  return NULL;
}

/* The same for bytes, in Base64. */
GBytes *
tbx_sim_message_bytes (JsonObject *message, const char *name, GError **error)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *text = tbx_sim_message_text (message, name, error);
  guchar *data;
  gsize digits;
  gsize size;

  if (text == NULL)
    return NULL;
  digits = strspn (text, alphabet);
  size = digits + strspn (text + digits, "=");
  if (text[size] != '\0' || size % 4 != 0 || size - digits > 2)
    {
      malformed (error, name, "not Base64");
      return NULL;
    }
  data = g_base64_decode (text, &size);
  return g_bytes_new_take (data, size);
}

/**
 * tbx_sim_message_uint:
 * @message: a message
 * @name: a member
 * @value: (inout): set when the member is there
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` for what is no number from 0 to 2^31 - 1.
 */
gboolean
tbx_sim_message_uint (JsonObject *message, const char *name, guint *value, GError **error)
{
  JsonNode *node = json_object_get_member (message, name);

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64
      || json_node_get_int (node) < 0 || json_node_get_int (node) > G_MAXINT)
    return malformed (error, name, "not a number in its range");
  *value = (guint) json_node_get_int (node);
  return TRUE;
}

/* Returns whether the member is there and true. */
gboolean
tbx_sim_message_flag (JsonObject *message, const char *name)
{
  JsonNode *node = json_object_get_member (message, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
         && json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

/* Adds bytes, as Base64, to the object that is open in @b. */
void
tbx_sim_message_add (JsonBuilder *b, const char *name, GBytes *bytes)
{
  gsize size;
  const guchar *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_base64_encode (data, size);

  json_builder_set_member_name (b, name);
  json_builder_add_string_value (b, text);
}
