/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-error.h"
#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/* How the agents and requests take values apart, and put them together. */

/* Returns: (transfer floating): an array of bytes; NULL is an empty one */
static inline GVariant *
tbx_variant_of_bytes (GBytes *bytes)
{
  if (bytes == NULL)
    return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, NULL, 0, TRUE, NULL, NULL);
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

/* Returns: (transfer full): what is in an array of bytes */
static inline GBytes *
tbx_variant_to_bytes (GVariant *array)
{
  return g_variant_get_data_as_bytes (array);
}

/* Returns: the text at @key of a dictionary, or "" */
static inline const char *
tbx_variant_find_text (GVariant *dictionary, const char *key)
{
  const char *text = NULL;

  return g_variant_lookup (dictionary, key, "&s", &text) ? text : "";
}

/* Returns: a copy of the descriptor of a message that @index names, or -1 */
static inline int
tbx_variant_take_fd (gint32 index, GUnixFDList *fds, GError **error)
{
  if (fds != NULL && index >= 0 && index < g_unix_fd_list_get_length (fds))
    return g_unix_fd_list_get (fds, index, error);
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "A descriptor is missing");
  return -1;
}

G_END_DECLS
