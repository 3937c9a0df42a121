/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-config.h"
#include "tbx-error.h"
#include "tbx-transport.h"
#include <string.h>

#define MAX_FILE_BYTES  (1024 * 1024)
#define MAX_VALUE_BYTES 4096

/* One row a key.  A check returns FALSE, with an error, for a value it refuses. */
typedef struct
{
  const char *group;
  const char *key;
  const char *fallback;
  gsize       offset;     /* of the char * in TbxConfig */
  gboolean  (*check) (const char *value, GError **error);
} Key;

static gboolean
check_transport (const char *value, GError **error)
{
  g_autoptr(TbxTransport) transport = tbx_transport_new (value, error);

  return transport != NULL;
}

static gboolean
check_globs (const char *value, GError **error)
{
  if (strlen (value) <= MAX_VALUE_BYTES)
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "longer than %d bytes", MAX_VALUE_BYTES);
  return FALSE;
}

static const Key keys[] = {
  { "toolboxd", "transport", "auto", G_STRUCT_OFFSET (TbxConfig, transport), check_transport },
  { "guestinfo", "primary-nics", "", G_STRUCT_OFFSET (TbxConfig, primary_nics), check_globs },
  { "guestinfo", "low-priority-nics", "", G_STRUCT_OFFSET (TbxConfig, low_priority_nics),
    check_globs },
  { "guestinfo", "exclude-nics", "docker*,veth*,virbr*,antrea-*,cali*",
    G_STRUCT_OFFSET (TbxConfig, exclude_nics), check_globs },
};

static char **
config_field (TbxConfig *self, const Key *key)
{
  return (char **) ((guint8 *) self + key->offset);
}

static const Key *
find_key (const char *group, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].group, group) == 0 && strcmp (keys[i].key, name) == 0)
      return &keys[i];
  return NULL;
}

static gboolean
is_known_group (const char *group)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].group, group) == 0)
      return TRUE;
  return FALSE;
}

/* Finds the line on which a group, or a key in it, stands last: what GKeyFile takes
 * the value from, but does not tell. */
static guint
find_line (const char *text, const char *group, const char *key)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean inside = FALSE;
  guint found = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strlen (line);

      if (line[0] == '[' && line[length - 1] == ']')
        {
          line[length - 1] = '\0';
          inside = strcmp (line + 1, group) == 0;
          if (inside && key == NULL)
            found = i + 1;
        }
      else if (inside && key != NULL && g_str_has_prefix (line, key))
        {
          line = g_strchug (line + strlen (key));
          if (line[0] == '=')
            found = i + 1;
        }
    }
  return found;
}

/* The first line that is neither a group, a pair, a comment nor blank. */
static guint
find_bad_line (const char *text)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean grouped = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strlen (line);
      gboolean group = line[0] == '[' && line[length - 1] == ']' && length > 2;

      grouped |= group;
      if (line[0] == '\0' || line[0] == '#' || group)
        continue;
      if (!grouped || line[0] == '=' || strchr (line, '=') == NULL
          || !g_utf8_validate (line, (gssize) length, NULL))
        return i + 1;
    }
  return 0;
}

static void
complain (GPtrArray *problems, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
complain (GPtrArray *problems, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  valid = g_utf8_make_valid (text, -1);
  g_ptr_array_add (problems, g_steal_pointer (&valid));
}

static void
take_value (TbxConfig  *self,
            const char *name,
            const char *text,
            GKeyFile   *file,
            const char *group,
            const char *key_name,
            GPtrArray  *problems)
{
  const Key *key = find_key (group, key_name);
  g_autoptr(GError) error = NULL;
  g_autofree char *value = NULL;

  if (key == NULL)
    {
      complain (problems, "%s:%u: [%s] %s: unknown key", name, find_line (text, group, key_name),
                group, key_name);
      return;
    }
  value = g_key_file_get_string (file, group, key_name, &error);
  if (error != NULL || !key->check (value, &error))
    {
      complain (problems, "%s:%u: [%s] %s: %s", name, find_line (text, group, key_name), group,
                key_name, error->message);
      return;
    }
  g_free (*config_field (self, key));
  *config_field (self, key) = g_steal_pointer (&value);
}

static TbxConfig *
config_new (void)
{
  TbxConfig *self = g_new0 (TbxConfig, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    *config_field (self, &keys[i]) = g_strdup (keys[i].fallback);
  return self;
}

/**
 * tbx_config_parse:
 * @name: of the file, for messages
 * @text: its content
 * @size: its length in bytes
 * @problems: (element-type utf8): gets a line for each thing wrong, with file, line,
 *   group and key
 *
 * A key whose value is refused keeps its default; where the text is no key file, all
 * do.
 *
 * Returns: (transfer full): never %NULL
 */
TbxConfig *
tbx_config_parse (const char *name, const char *text, gsize size, GPtrArray *problems)
{
  g_autoptr(GKeyFile) file = g_key_file_new ();
  g_autoptr(TbxConfig) self = config_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *terminated = g_strndup (text, size);
  g_auto(GStrv) groups = NULL;

  if (size > MAX_FILE_BYTES)
    {
      complain (problems, "%s: larger than %d bytes", name, MAX_FILE_BYTES);
      return g_steal_pointer (&self);
    }
  if (strlen (terminated) != size
      || !g_key_file_load_from_data (file, terminated, size, G_KEY_FILE_NONE, &error))
    {
      complain (problems, "%s:%u: %s", name, find_bad_line (terminated),
                error == NULL ? "there is a NUL byte in it" : error->message);
      return g_steal_pointer (&self);
    }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_auto(GStrv) names = g_key_file_get_keys (file, groups[i], NULL, NULL);

      if (!is_known_group (groups[i]))
        complain (problems, "%s:%u: [%s]: unknown group", name,
                  find_line (terminated, groups[i], NULL), groups[i]);
      else
        for (guint j = 0; names != NULL && names[j] != NULL; j++)
          take_value (self, name, terminated, file, groups[i], names[j], problems);
    }
  return g_steal_pointer (&self);
}

/**
 * tbx_config_load:
 * @path: (type filename): the file
 * @required: whether it is a problem that it does not exist
 * @problems: (element-type utf8): as with tbx_config_parse()
 *
 * Returns: (transfer full): never %NULL
 */
TbxConfig *
tbx_config_load (const char *path, gboolean required, GPtrArray *problems)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gsize size;

  if (g_file_get_contents (path, &text, &size, &error))
    return tbx_config_parse (path, text, size, problems);
  if (required || !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    complain (problems, "%s", error->message);
  return config_new ();
}

void
tbx_config_free (TbxConfig *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_free (*config_field (self, &keys[i]));
  g_free (self);
}
