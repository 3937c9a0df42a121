/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-reader.h"
#include "tbx-error.h"
#include <string.h>

/**
 * tbx_reader_init:
 * @r: the reader
 * @bytes: what is read; must outlive @r
 */
void
tbx_reader_init (TbxReader *r, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  tbx_reader_init_data (r, data, size);
}

/**
 * tbx_reader_init_data:
 * @r: the reader
 * @data: (nullable): what is read; must outlive @r
 * @size: its length in bytes
 */
void
tbx_reader_init_data (TbxReader *r, gconstpointer data, gsize size)
{
  *r = (TbxReader) { .data = data, .size = size };
}

/**
 * tbx_reader_left:
 * @r: the reader
 *
 * Returns: bytes not yet taken; 0 after a failure
 */
gsize
tbx_reader_left (const TbxReader *r)
{
  return r->bad != NULL ? 0 : r->size - r->pos;
}

/**
 * tbx_reader_fail:
 * @r: the reader
 * @reason: (not nullable): a static text, without the name of what was read
 *
 * For a decoder that finds a value out of range.  The first failure is kept.
 */
void
tbx_reader_fail (TbxReader *r, const char *reason)
{
  if (r->bad == NULL)
    r->bad = reason;
}

/**
 * tbx_reader_bytes:
 * @r: the reader
 * @n: how many
 *
 * Returns: (transfer none) (nullable): the next @n bytes in place, or %NULL when
 *   fewer are left.  With @n 0 it may point at the end.
 */
const guint8 *
tbx_reader_bytes (TbxReader *r, gsize n)
{
  const guint8 *at;

  if (r->bad != NULL)
    return NULL;
  if (n > r->size - r->pos)
    {
      r->bad = "too short";
      return NULL;
    }
  at = r->data == NULL ? (const guint8 *) "" : r->data + r->pos;
  r->pos += n;
  return at;
}

guint8
tbx_reader_u8 (TbxReader *r)
{
  const guint8 *p = tbx_reader_bytes (r, 1);

  return p == NULL ? 0 : p[0];
}

guint16
tbx_reader_u16le (TbxReader *r)
{
  const guint8 *p = tbx_reader_bytes (r, 2);

  return p == NULL ? 0 : (guint16) (p[0] | p[1] << 8);
}

guint32
tbx_reader_u32le (TbxReader *r)
{
  const guint8 *p = tbx_reader_bytes (r, 4);
  guint32 v;

  if (p == NULL)
    return 0;
  memcpy (&v, p, sizeof v);
  return GUINT32_FROM_LE (v);
}

guint64
tbx_reader_u64le (TbxReader *r)
{
  const guint8 *p = tbx_reader_bytes (r, 8);
  guint64 v;

  if (p == NULL)
    return 0;
  memcpy (&v, p, sizeof v);
  return GUINT64_FROM_LE (v);
}

guint32
tbx_reader_u32be (TbxReader *r)
{
  const guint8 *p = tbx_reader_bytes (r, 4);
  guint32 v;

  if (p == NULL)
    return 0;
  memcpy (&v, p, sizeof v);
  return GUINT32_FROM_BE (v);
}

/**
 * tbx_reader_utf8:
 * @r: the reader
 * @n: its length in bytes; no terminator on the wire
 *
 * Returns: (transfer full) (nullable): the next @n bytes as a string; %NULL, and
 *   a failure, when they are not UTF-8 or contain a NUL
 */
char *
tbx_reader_utf8 (TbxReader *r, gsize n)
{
  const guint8 *p = tbx_reader_bytes (r, n);

  if (p == NULL)
    return NULL;
  if (!g_utf8_validate_len ((const char *) p, n, NULL))
    {
      r->bad = "not UTF-8";
      return NULL;
    }
  return g_strndup ((const char *) p, n);
}

/**
 * tbx_reader_count:
 * @r: the reader
 * @count: a number of elements, as read
 * @limit: the most that are allowed
 * @least_size: bytes that the smallest element takes, at least 1
 *
 * Checks a count before anything is allocated for it.
 *
 * Returns: @count, or 0 and a failure when it is above @limit or cannot fit what is left
 */
guint32
tbx_reader_count (TbxReader *r, guint32 count, guint32 limit, gsize least_size)
{
  if (r->bad != NULL)
    return 0;
  if (count > limit)
    r->bad = "count above its limit";
  else if (count > (r->size - r->pos) / least_size)
    r->bad = "too short for its count";
  return r->bad != NULL ? 0 : count;
}

/**
 * tbx_reader_ok:
 * @r: the reader
 * @what: name of what was read, for the message
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`.
 *
 * Returns: whether nothing failed so far; bytes may be left
 */
gboolean
tbx_reader_ok (const TbxReader *r, const char *what, GError **error)
{
  if (r->bad == NULL)
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: %s at byte %" G_GSIZE_FORMAT " of %"
               G_GSIZE_FORMAT, what, r->bad, r->pos, r->size);
  return FALSE;
}

/**
 * tbx_reader_end:
 * @r: the reader
 * @what: name of what was read, for the message
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`, also for trailing bytes.
 *
 * Returns: whether nothing failed and nothing is left
 */
gboolean
tbx_reader_end (const TbxReader *r, const char *what, GError **error)
{
  if (!tbx_reader_ok (r, what, error))
    return FALSE;
  if (r->pos == r->size)
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: %" G_GSIZE_FORMAT " trailing bytes",
               what, r->size - r->pos);
  return FALSE;
}
