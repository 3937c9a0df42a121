/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-name.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEME "/archive:"

/* Undoes %XX, and "+" in a query.  NULL: a malformed escape. */
static char *
decode (const char *text, gsize size, gboolean query, gboolean *has_nul)
{
  g_autoptr(GString) out = g_string_sized_new (size);

  for (gsize i = 0; i < size; i++)
    {
      char c = text[i];

      if (c == '%')
        {
          if (size - i < 3 || !g_ascii_isxdigit (text[i + 1]) || !g_ascii_isxdigit (text[i + 2]))
            return NULL;
          c = (char) (g_ascii_xdigit_value (text[i + 1]) << 4 | g_ascii_xdigit_value (text[i + 2]));
          i += 2;
        }
      else if (c == '+' && query)
        c = ' ';
      *has_nul |= c == '\0';
      g_string_append_c (out, c);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
has_dot_dot (const char *path)
{
  g_auto(GStrv) components = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) components, "..");
}

/* What the query says; the first of several values counts. */
typedef struct
{
  const char *format, *prefix, *trailer, *links, *set_id, *owner;
} Query;

static const struct
{
  const char *key;
  gsize       offset;   /* of the value in a Query */
} keys[] = {
  { "format", G_STRUCT_OFFSET (Query, format) },
  { "prefix", G_STRUCT_OFFSET (Query, prefix) },
  { "trailer", G_STRUCT_OFFSET (Query, trailer) },
  { "links", G_STRUCT_OFFSET (Query, links) },
  { "setid", G_STRUCT_OFFSET (Query, set_id) },
  { "owner", G_STRUCT_OFFSET (Query, owner) },
};

static void
query_set (Query *query, const char *key, const char *value)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char **member = &G_STRUCT_MEMBER (const char *, query, keys[i].offset);

      if (g_str_equal (key, keys[i].key) && *member == NULL)
        *member = value;
    }
}

static int
query_apply (const Query *query, TbxArchiveName *parsed)
{
  if (query->format != NULL && !g_str_equal (query->format, "tgz")
      && !g_str_equal (query->format, "tar") && !g_str_equal (query->format, ""))
    return EINVAL;
  parsed->gzip = g_strcmp0 (query->format, "tgz") == 0;
  parsed->prefix = g_strdup (query->prefix != NULL ? query->prefix : "");
  parsed->trailer = g_strcmp0 (query->trailer, "0") != 0;
  parsed->all_links = g_strcmp0 (query->links, "all") == 0;
  parsed->set_id = g_strcmp0 (query->set_id, "1") == 0;
  parsed->owner = g_strcmp0 (query->owner, "1") == 0;
  return 0;
}

static int
parse_query (const char *text, TbxArchiveName *parsed)
{
  g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  Query query = { NULL };
  gboolean has_nul = FALSE;

  while (*text != '\0')
    {
      gsize size = strcspn (text, "&");
      const char *equals = memchr (text, '=', size);
      gsize key_size = equals != NULL ? (gsize) (equals - text) : size;
      const char *value_text = equals != NULL ? equals + 1 : text + size;
      char *key = decode (text, key_size, TRUE, &has_nul);
      char *value = decode (value_text, size - (gsize) (value_text - text), TRUE, &has_nul);

      g_ptr_array_add (owned, key);
      g_ptr_array_add (owned, value);
      if (key == NULL || value == NULL)
        return TBX_ARCHIVE_NAME_OTHER;
      query_set (&query, key, value);
      text += size;
      text += *text == '&';
    }
  return has_nul ? EILSEQ : query_apply (&query, parsed);
}

/* No slashes at the end, but for the root. */
static void
trim_slashes (char *path)
{
  gsize length = strlen (path);

  while (length > 1 && path[length - 1] == '/')
    path[--length] = '\0';
}

static int
parse_path (const char *text, gsize size, TbxArchiveName *parsed)
{
  gboolean has_nul = FALSE;

  parsed->path = decode (text, size, FALSE, &has_nul);
  if (parsed->path == NULL)
    return TBX_ARCHIVE_NAME_OTHER;
  if (has_nul || parsed->path[0] != '/' || has_dot_dot (parsed->path))
    return EILSEQ;
  trim_slashes (parsed->path);
  return 0;
}

/* @parsed: has its path then also where the query is at fault. */
static int
parse (const char *name, gboolean with_scheme, TbxArchiveName *parsed)
{
  const char *path = name;
  gsize size;
  int result, query_result = 0;

  if (with_scheme)
    {
      if (!g_str_has_prefix (name, SCHEME "/"))
        return TBX_ARCHIVE_NAME_OTHER;
      path = name + strlen (SCHEME);
    }
  size = strcspn (path, "?");
  if (!with_scheme && path[size] == '\0')
    return TBX_ARCHIVE_NAME_OTHER;
  if (strlen (name) > TBX_ARCHIVE_NAME_MAX_BYTES)
    return ENAMETOOLONG;
  parsed->by_scheme = with_scheme;
  result = parse_path (path, size, parsed);
  if (result != TBX_ARCHIVE_NAME_OTHER)
    query_result = parse_query (path[size] == '?' ? path + size + 1 : "", parsed);
  return result == 0 || query_result == TBX_ARCHIVE_NAME_OTHER ? query_result : result;
}

/**
 * tbx_archive_name_parse:
 * @name: a name of the host
 * @with_scheme: whether it must begin with `/archive:`; else what is before its `?` is
 *   a path
 * @parsed: (out): what it says; written on success only
 *
 * Looks at no file.  Unknown keys of the query are ignored.
 * Source: docs/wire/archives.md, "Names".
 *
 * Returns: 0; %TBX_ARCHIVE_NAME_OTHER if it has no such form or a malformed escape;
 *   `EILSEQ` for a path with `..` or NUL, `ENAMETOOLONG`, `EINVAL` for a bad format
 */
int
tbx_archive_name_parse (const char *name, gboolean with_scheme, TbxArchiveName *parsed)
{
  g_auto(TbxArchiveName) found = { 0 };
  int result = parse (name, with_scheme, &found);

  if (result == 0)
    {
      *parsed = found;
      memset (&found, 0, sizeof found);
    }
  return result;
}

static gboolean
is_folder (const char *path)
{
  struct stat info;

  return path != NULL && stat (path, &info) == 0 && S_ISDIR (info.st_mode);
}

/* "/folder?query", by its decoded path, else by its literal one. */
static int
find_by_query (const char *name, TbxArchiveName *parsed)
{
  g_autofree char *literal = g_strndup (name, strcspn (name, "?"));
  g_auto(TbxArchiveName) found = { 0 };
  int result = parse (name, FALSE, &found);

  if (result == TBX_ARCHIVE_NAME_OTHER || result == EILSEQ)
    return TBX_ARCHIVE_NAME_OTHER;
  if (!is_folder (found.path))
    {
      if (!is_folder (literal))
        return TBX_ARCHIVE_NAME_OTHER;
      g_free (found.path);
      found.path = g_steal_pointer (&literal);
    }
  if (result == 0)
    {
      *parsed = found;
      memset (&found, 0, sizeof found);
    }
  return result;
}

/**
 * tbx_archive_name_find:
 * @name: an absolute path, as the host gave it
 * @parsed: (out): what it says; written on success only
 *
 * What is there by that very name comes first: a folder is an archive, all else is
 * not.  Then the forms of tbx_archive_name_parse(), of which the one without a scheme
 * must name a folder.
 * Source: docs/wire/archives.md, "Names".
 *
 * Returns: as tbx_archive_name_parse()
 */
int
tbx_archive_name_find (const char *name, TbxArchiveName *parsed)
{
  struct stat info;

  if (name[0] != '/')
    return TBX_ARCHIVE_NAME_OTHER;
  if (lstat (name, &info) == 0)
    {
      if (!S_ISDIR (info.st_mode))
        return TBX_ARCHIVE_NAME_OTHER;
      *parsed = (TbxArchiveName) {
        .path = g_strdup (name),
        .prefix = g_strdup (""),
        .trailer = TRUE,
      };
      return 0;
    }
  if (g_str_has_prefix (name, SCHEME "/"))
    return tbx_archive_name_parse (name, TRUE, parsed);
  return find_by_query (name, parsed);
}

void
tbx_archive_name_clear (TbxArchiveName *parsed)
{
  g_clear_pointer (&parsed->path, g_free);
  g_clear_pointer (&parsed->prefix, g_free);
}
