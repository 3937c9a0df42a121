/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-name.h"
#include <string.h>

static gboolean
is_share (const char *text, gsize size)
{
  return size == strlen (TBX_HGFS_SHARE) && g_ascii_strncasecmp (text, TBX_HGFS_SHARE, size) == 0;
}

static gboolean
is_dots (const char *text, gsize size)
{
  return (size == 1 || size == 2) && memcmp (text, "..", size) == 0;
}

/* The component at *@at, which it moves behind it and its separators. */
static const char *
next_component (const char **at, const char *end, gsize *size)
{
  const char *start = *at;
  const char *nul = memchr (start, 0, (gsize) (end - start));

  *size = (gsize) ((nul == NULL ? end : nul) - start);
  for (*at = start + *size; *at < end && **at == 0;)
    (*at)++;
  return start;
}

/* Whether the bytes are components that a name may have.  That one is too long, is
 * told only if nothing else is wrong with any. */
static TbxHgfsStatus
components_check (const char *data, const char *end)
{
  gsize total = 0, size;
  gboolean too_long = FALSE;

  for (const char *at = data; at < end;)
    {
      const char *component = next_component (&at, end, &size);

      if (is_dots (component, size) || memchr (component, '/', size) != NULL
          || !g_utf8_validate_len (component, size, NULL))
        return TBX_HGFS_INVALID_NAME;
      if (component == data)
        continue;   /* the share */
      total += size + 1;
      too_long = too_long || size > TBX_HGFS_COMPONENT_BYTES || total >= TBX_HGFS_PATH_BYTES;
    }
  return too_long ? TBX_HGFS_NAME_TOO_LONG : TBX_HGFS_OK;
}

/**
 * tbx_hgfs_name_to_path:
 * @name: a name of a request, not a handle
 * @may_be_base: whether the operation takes the empty name, which is the list of shares:
 *   GETATTR, SEARCH_OPEN and QUERY_VOLUME do
 * @path: (out): the path: "/" for the share itself, empty for the list of shares
 *
 * Nothing in the guest is looked at.  What is no UTF-8 or has a component that is
 * "." or ".." or has a slash in it is no name.
 * Source: docs/wire/hgfs.md, "Conversion".
 *
 * Returns: `TBX_HGFS_OK`, `TBX_HGFS_INVALID_NAME`, `TBX_HGFS_NAME_TOO_LONG`, or
 *   `TBX_HGFS_NO_SUCH_FILE` for an unknown share
 */
TbxHgfsStatus
tbx_hgfs_name_to_path (const TbxHgfsName *name, gboolean may_be_base,
                       char path[TBX_HGFS_PATH_BYTES])
{
  const char *at = name->data, *end;
  char *to = path;
  TbxHgfsStatus status;
  gsize size;

  g_return_val_if_fail (!name->by_handle, TBX_HGFS_INVALID_PARAMETER);
  path[0] = 0;
  if (name->size == 0)
    return may_be_base ? TBX_HGFS_OK : TBX_HGFS_INVALID_NAME;
  if (at[0] == 0)
    return TBX_HGFS_INVALID_NAME;
  end = at + name->size;
  status = components_check (at, end);
  if (status != TBX_HGFS_OK)
    return status;
  next_component (&at, end, &size);
  if (!is_share (name->data, size))
    return TBX_HGFS_NO_SUCH_FILE;
  while (at < end)
    {
      const char *component = next_component (&at, end, &size);

      *to++ = '/';
      memcpy (to, component, size);
      to += size;
    }
  if (to == path)
    *to++ = '/';
  *to = 0;
  return TBX_HGFS_OK;
}

/**
 * tbx_hgfs_name_init:
 * @name: (out): what a request holds
 * @path: an absolute path; slashes that are more than separators are lost, as they
 *   are with VMware's hosts
 * @storage: empty; gets the bytes, and must outlive @name unchanged
 *
 * The host's side.
 * Source: docs/wire/hgfs.md, "Names on the wire".
 */
void
tbx_hgfs_name_init (TbxHgfsName *name, const char *path, GByteArray *storage)
{
  g_byte_array_append (storage, (const guint8 *) TBX_HGFS_SHARE, strlen (TBX_HGFS_SHARE));
  for (path += strspn (path, "/"); *path != 0; path += strspn (path, "/"))
    {
      gsize size = strcspn (path, "/");

      g_byte_array_append (storage, (const guint8 *) "", 1);
      g_byte_array_append (storage, (const guint8 *) path, (guint) size);
      path += size;
    }
  *name = (TbxHgfsName) { .data = (const char *) storage->data, .size = storage->len };
}

/**
 * tbx_hgfs_target_to_text:
 * @target: the target of a link, in lite form, not a handle
 * @text: (out): the same as a path, absolute or relative
 *
 * It may lead anywhere.  Nothing in the guest is looked at.
 * Source: docs/wire/hgfs.md, "Lite form".
 *
 * Returns: `TBX_HGFS_OK`; `TBX_HGFS_NAME_TOO_LONG`; `TBX_HGFS_INVALID_NAME` for what
 *   is empty, no UTF-8, or has slashes
 */
TbxHgfsStatus
tbx_hgfs_target_to_text (const TbxHgfsName *target, char text[TBX_HGFS_PATH_BYTES])
{
  g_return_val_if_fail (!target->by_handle, TBX_HGFS_INVALID_PARAMETER);
  text[0] = 0;
  if (target->size >= TBX_HGFS_PATH_BYTES)
    return TBX_HGFS_NAME_TOO_LONG;
  if (target->size == 0 || memchr (target->data, '/', target->size) != NULL)
    return TBX_HGFS_INVALID_NAME;
  for (guint32 i = 0; i < target->size; i++)
    text[i] = target->data[i] == 0 ? '/' : target->data[i];
  text[target->size] = 0;
  if (g_utf8_validate_len (text, target->size, NULL))
    return TBX_HGFS_OK;
  text[0] = 0;
  return TBX_HGFS_INVALID_NAME;
}

/**
 * tbx_hgfs_target_init:
 * @target: (out): the target of a link, in lite form
 * @text: (array length=size): the same as a path, without NUL; changed in place, and
 *   must outlive @target
 * @size: its length in bytes
 *
 * Source: docs/wire/hgfs.md, "Lite form".
 */
void
tbx_hgfs_target_init (TbxHgfsName *target, char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (text[i] == '/')
      text[i] = 0;
  *target = (TbxHgfsName) { .data = text, .size = (guint32) size };
}
