/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-writer.h"
#include "tbx-error.h"
#include <string.h>

/**
 * tbx_writer_init:
 * @w: the writer
 * @limit: the most bytes that may be written
 */
void
tbx_writer_init (TbxWriter *w, gsize limit)
{
  *w = (TbxWriter) { .out = g_byte_array_new (), .limit = MIN (limit, G_MAXUINT) };
}

/**
 * tbx_writer_clear:
 * @w: the writer
 *
 * Gives up what was written.  Harmless after tbx_writer_end().
 */
void
tbx_writer_clear (TbxWriter *w)
{
  g_clear_pointer (&w->out, g_byte_array_unref);
}

/**
 * tbx_writer_size:
 * @w: the writer
 *
 * Returns: bytes written so far; also the position of the next one
 */
gsize
tbx_writer_size (const TbxWriter *w)
{
  return w->out == NULL ? 0 : w->out->len;
}

/**
 * tbx_writer_fail:
 * @w: the writer
 * @reason: a static text
 *
 * For an encoder that is given a value it cannot encode.
 */
void
tbx_writer_fail (TbxWriter *w, const char *reason)
{
  if (w->bad == NULL)
    w->bad = reason;
}

static guint8 *
writer_room (TbxWriter *w, gsize n)
{
  guint old_size;

  if (w->bad != NULL)
    return NULL;
  if (n > w->limit - w->out->len)
    {
      w->bad = "larger than its limit";
      return NULL;
    }
  old_size = w->out->len;
  g_byte_array_set_size (w->out, old_size + (guint) n);
  return w->out->data + old_size;
}

/**
 * tbx_writer_bytes:
 * @w: the writer
 * @data: (nullable): what to write; may be %NULL when @n is 0
 * @n: its length in bytes
 *
 * What does not fit makes tbx_writer_end() fail.
 */
void
tbx_writer_bytes (TbxWriter *w, gconstpointer data, gsize n)
{
  guint8 *to = n == 0 ? NULL : writer_room (w, n);

  if (to != NULL)
    memcpy (to, data, n);
}

/**
 * tbx_writer_zeros:
 * @w: the writer
 * @n: how many zero bytes
 */
void
tbx_writer_zeros (TbxWriter *w, gsize n)
{
  guint8 *to = n == 0 ? NULL : writer_room (w, n);

  if (to != NULL)
    memset (to, 0, n);
}

/**
 * tbx_writer_text:
 * @w: the writer
 * @text: a string, written without its NUL and without a length
 */
void
tbx_writer_text (TbxWriter *w, const char *text)
{
  tbx_writer_bytes (w, text, strlen (text));
}

/**
 * tbx_writer_printf:
 * @w: the writer
 * @format: printf format; the result is written without its NUL
 */
void
tbx_writer_printf (TbxWriter *w, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  tbx_writer_text (w, text);
}

/**
 * tbx_writer_u8:
 * @w: the writer
 * @v: the value
 */
void
tbx_writer_u8 (TbxWriter *w, guint8 v)
{
  tbx_writer_bytes (w, &v, 1);
}

/**
 * tbx_writer_u16le:
 * @w: the writer
 * @v: the value, written low byte first
 */
void
tbx_writer_u16le (TbxWriter *w, guint16 v)
{
  v = GUINT16_TO_LE (v);
  tbx_writer_bytes (w, &v, sizeof v);
}

/**
 * tbx_writer_u32le:
 * @w: the writer
 * @v: the value, written low byte first
 */
void
tbx_writer_u32le (TbxWriter *w, guint32 v)
{
  v = GUINT32_TO_LE (v);
  tbx_writer_bytes (w, &v, sizeof v);
}

/**
 * tbx_writer_u64le:
 * @w: the writer
 * @v: the value, written low byte first
 */
void
tbx_writer_u64le (TbxWriter *w, guint64 v)
{
  v = GUINT64_TO_LE (v);
  tbx_writer_bytes (w, &v, sizeof v);
}

/**
 * tbx_writer_u32be:
 * @w: the writer
 * @v: the value, written high byte first
 */
void
tbx_writer_u32be (TbxWriter *w, guint32 v)
{
  v = GUINT32_TO_BE (v);
  tbx_writer_bytes (w, &v, sizeof v);
}

static void
writer_patch (TbxWriter *w, gsize pos, gconstpointer data, gsize n)
{
  if (w->bad != NULL)
    return;
  g_return_if_fail (pos <= w->out->len && n <= w->out->len - pos);
  memcpy (w->out->data + pos, data, n);
}

/**
 * tbx_writer_patch_u32le:
 * @w: the writer
 * @pos: where, in bytes; four bytes must have been written there
 * @v: the value, known only now (a length, a count)
 */
void
tbx_writer_patch_u32le (TbxWriter *w, gsize pos, guint32 v)
{
  v = GUINT32_TO_LE (v);
  writer_patch (w, pos, &v, sizeof v);
}

/**
 * tbx_writer_patch_u32be:
 * @w: the writer
 * @pos: where, in bytes; four bytes must have been written there
 * @v: the value, known only now
 */
void
tbx_writer_patch_u32be (TbxWriter *w, gsize pos, guint32 v)
{
  v = GUINT32_TO_BE (v);
  writer_patch (w, pos, &v, sizeof v);
}

/**
 * tbx_writer_end:
 * @w: the writer; cleared either way
 * @what: name of what was written, for the message
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TOO_LARGE` for the limit, and for what tbx_writer_fail() said.
 *
 * Returns: (transfer full) (nullable): all that was written
 */
GBytes *
tbx_writer_end (TbxWriter *w, const char *what, GError **error)
{
  if (w->bad == NULL)
    return g_byte_array_free_to_bytes (g_steal_pointer (&w->out));
  g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%s: %s", what, w->bad);
  tbx_writer_clear (w);
  return NULL;
}
