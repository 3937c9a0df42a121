/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-os-release.h"
#include "tbx-small-file.h"
#include <string.h>

/* A longer value is left out; the host has no room for it. */
#define MAX_VALUE_BYTES 511

static const char *const field_names[TBX_OS_N_FIELDS] = {
  [TBX_OS_PRETTY_NAME] = "PRETTY_NAME", [TBX_OS_NAME] = "NAME",
  [TBX_OS_VERSION_ID] = "VERSION_ID",   [TBX_OS_BUILD_ID] = "BUILD_ID",
  [TBX_OS_VERSION] = "VERSION",         [TBX_OS_CPE_NAME] = "CPE_NAME",
};

static TbxOsField
find_field (const char *line, gsize key_length)
{
  guint i;

  for (i = 0; i < TBX_OS_N_FIELDS; i++)
    if (strlen (field_names[i]) == key_length && strncmp (field_names[i], line, key_length) == 0)
      break;
  return (TbxOsField) i;
}

/* Double quotes go, with what follows the last one; single quotes stay. */
static char *
take_value (const char *start, gsize length)
{
  g_autofree char *value = g_strndup (start, length);
  char *end;

  if (strlen (value) != length || !g_utf8_validate (value, -1, NULL))
    return NULL;
  g_strstrip (value);
  if (value[0] == '"')
    {
      memmove (value, value + 1, strlen (value));
      if ((end = strrchr (value, '"')) != NULL)
        *end = '\0';
    }
  for (const char *c = value; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return NULL;
  length = strlen (value);
  return length == 0 || length > MAX_VALUE_BYTES ? NULL : g_steal_pointer (&value);
}

static void
take_line (TbxOsRelease *self, GString *all, const char *line, gsize length)
{
  const char *equals = memchr (line, '=', length);
  gsize key_length = equals == NULL ? 0 : (gsize) (equals - line);
  TbxOsField field = find_field (line, key_length);
  char *value;

  if (equals == NULL || field == TBX_OS_N_FIELDS || self->fields[field] != NULL)
    return;
  value = take_value (equals + 1, length - key_length - 1);
  if (value == NULL)
    return;
  self->fields[field] = value;
  if (all->len > 0)
    g_string_append_c (all, ' ');
  g_string_append (all, value);
}

/**
 * tbx_os_release_parse:
 * @text: the file; need not end with a newline or a NUL
 * @size: its length in bytes
 *
 * Of a field that stands there twice the first counts; values that are empty, too long
 * or no printable UTF-8 are left out.
 * Source: docs/wire/guestinfo.md, "Operating system names".
 *
 * Returns: (transfer full): what it says
 */
TbxOsRelease *
tbx_os_release_parse (const char *text, gsize size)
{
  TbxOsRelease *self = g_new0 (TbxOsRelease, 1);
  GString *all = g_string_new (NULL);

  while (size > 0)
    {
      const char *newline = memchr (text, '\n', size);
      gsize length = newline == NULL ? size : (gsize) (newline - text);

      take_line (self, all, text, length);
      length += newline != NULL;
      text += length;
      size -= length;
    }
  self->text = g_string_free (all, FALSE);
  return self;
}

/**
 * tbx_os_release_read:
 * @root: the root of the file system, "/", or a folder that stands for it
 *
 * Returns: (transfer full): what /etc/os-release, else /usr/lib/os-release says; nothing
 *   when neither can be read
 */
TbxOsRelease *
tbx_os_release_read (const char *root)
{
  static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *path = g_build_filename (root, paths[i], NULL);
      g_autofree char *text = NULL;
      gsize size;

      text = tbx_small_file_read (path, &size, NULL);
      if (text != NULL)
        return tbx_os_release_parse (text, size);
    }
  g_info ("There is no os-release file");
  return tbx_os_release_parse ("", 0);
}

/**
 * tbx_os_release_free:
 * @self: (transfer full): what an os-release file says
 */
void
tbx_os_release_free (TbxOsRelease *self)
{
  for (guint i = 0; i < TBX_OS_N_FIELDS; i++)
    g_free (self->fields[i]);
  g_free (self->text);
  g_free (self);
}
