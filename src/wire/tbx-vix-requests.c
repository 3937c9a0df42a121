/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-layout.h"
#include "tbx-reader.h"
#include <string.h>

/* A body on its way in: the reader, and the first thing that was wrong. */
typedef struct
{
  TbxReader  r;
  TbxVixCode code;
} Body;

static void
body_fail (Body *body, TbxVixCode code)
{
  if (body->code == TBX_VIX_OK)
    body->code = code;
  tbx_reader_fail (&body->r, "refused");
}

/* Checks @n bytes and a NUL behind them, without another one in them. */
static const char *
body_string (Body *body, guint32 n)
{
  const char *text;

  if (n >= tbx_reader_left (&body->r))   /* not n + 1 > left: that can wrap */
    {
      body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
      return NULL;
    }
  text = (const char *) tbx_reader_bytes (&body->r, (gsize) n + 1);
  if (memchr (text, 0, (gsize) n + 1) != text + n)
    body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
  else if (!g_utf8_validate (text, n, NULL))
    body_fail (body, TBX_VIX_INVALID_UTF8_STRING);
  return text;
}

static TbxVixBytes
body_bytes (Body *body, guint32 n)
{
  const guint8 *data = tbx_reader_bytes (&body->r, n);

  if (data == NULL)
    body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
  return (TbxVixBytes) { data, n };
}

static TbxVixPids
body_pids (Body *body, guint32 count)
{
  if (count > tbx_reader_left (&body->r) / 8)
    body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
  if (count == 0 || body->code != TBX_VIX_OK)
    return (TbxVixPids) { NULL, 0 };
  return (TbxVixPids) { tbx_reader_bytes (&body->r, (gsize) count * 8), count };
}

static TbxVixStrings
body_strings (Body *body, guint32 count, guint32 n)
{
  TbxVixStrings found = { NULL, n, count };
  guint32 n_nuls = 0;

  if (count == 0)   /* then the size means nothing */
    return (TbxVixStrings) { NULL, 0, 0 };
  found.data = (const char *) tbx_reader_bytes (&body->r, n);
  if (found.data == NULL || count > n || found.data[n - 1] != 0)
    {
      body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
      return found;
    }
  for (guint32 i = 0; i < n; i++)
    n_nuls += found.data[i] == 0;
  if (n_nuls != count)
    body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
  for (const char *s = NULL; (s = tbx_vix_strings_next (&found, s)) != NULL && body->code == 0;)
    if (!g_utf8_validate (s, -1, NULL))
      body_fail (body, TBX_VIX_INVALID_UTF8_STRING);
  return found;
}

static gsize
layout_fixed_size (const TbxVixLayout *layout)
{
  gsize size = 0;

  for (const TbxVixField *field = layout->fields; field->kind != TBX_VIX_FIELD_END; field++)
    switch (field->kind)
      {
      case TBX_VIX_FIELD_BOOL:
        size += 1;
        break;
      case TBX_VIX_FIELD_INT32:
      case TBX_VIX_FIELD_SIZE:
      case TBX_VIX_FIELD_COUNT:
        size += 4;
        break;
      case TBX_VIX_FIELD_INT64:
        size += 8;
        break;
      default:
        break;
      }
  return size;
}

static guint32
peek_u32 (const guint8 *data, gsize pos)
{
  TbxReader r;

  tbx_reader_init_data (&r, data + pos, 4);
  return tbx_reader_u32le (&r);
}

/* Whether @data follows the second layout of @opcode.  Of LIST_FILES it does when
 * the sizes leave no room for the NULs that they do not count. */
static gboolean
layout_is_alternative (guint32 opcode, const guint8 *data, gsize size, gsize fixed_size)
{
  guint64 path_size, pattern_size, rest;

  if (size < fixed_size)
    return FALSE;
  if (opcode == TBX_VIX_LIST_DIRECTORY)
    return (peek_u32 (data, 0) & TBX_VIX_LIST_DIRECTORY_HAS_OFFSET) != 0;
  rest = size - fixed_size;
  path_size = peek_u32 (data, 4);
  pattern_size = peek_u32 (data, 8);
  return path_size + 1 + (pattern_size > 0 ? pattern_size + 1 : 0) > rest
         && path_size + pattern_size == rest;
}

static const TbxVixLayout *
layout_choose (guint32 opcode, const guint8 *data, gsize size)
{
  const TbxVixLayout *layout = tbx_vix_layout_find (opcode);
  const TbxVixLayout *alternative = tbx_vix_layout_alternative (opcode);

  if (alternative != NULL
      && layout_is_alternative (opcode, data, size, layout_fixed_size (layout)))
    return alternative;
  return layout;
}

static void
take_field (Body *body, const TbxVixField *field, guint32 size, guint32 count, TbxVixRequest *request)
{
  gpointer member = G_STRUCT_MEMBER_P (request, field->offset);

  switch (field->kind)
    {
    case TBX_VIX_FIELD_BOOL:
      *(gboolean *) member = tbx_reader_u8 (&body->r) != 0;
      break;
    case TBX_VIX_FIELD_INT32:
      *(guint32 *) member = tbx_reader_u32le (&body->r);
      break;
    case TBX_VIX_FIELD_INT64:
      *(guint64 *) member = tbx_reader_u64le (&body->r);
      break;
    case TBX_VIX_FIELD_TRUE:
      *(gboolean *) member = TRUE;
      break;
    case TBX_VIX_FIELD_E:
      *(const char **) member = body_string (body, size);
      break;
    case TBX_VIX_FIELD_E_OR_NONE:
      *(const char **) member = size == 0 ? NULL : body_string (body, size);
      break;
    case TBX_VIX_FIELD_I:
      *(const char **) member = size == 0 ? NULL : body_string (body, size - 1);
      break;
    case TBX_VIX_FIELD_STRINGS:
      *(TbxVixStrings *) member = body_strings (body, count, size);
      break;
    case TBX_VIX_FIELD_PIDS:
      *(TbxVixPids *) member = body_pids (body, count);
      break;
    case TBX_VIX_FIELD_BYTES:
      *(TbxVixBytes *) member = body_bytes (body, size);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* The size and the count that were read for the member at @offset. */
static void
find_sizes (const TbxVixLayout *layout, const guint32 *sizes, guint16 offset, guint32 *size,
            guint32 *count)
{
  *size = *count = 0;
  for (guint i = 0; layout->fields[i].kind < TBX_VIX_FIELD_E; i++)
    if (layout->fields[i].offset == offset)
      {
        if (layout->fields[i].kind == TBX_VIX_FIELD_SIZE)
          *size = sizes[i];
        else if (layout->fields[i].kind == TBX_VIX_FIELD_COUNT)
          *count = sizes[i];
      }
}

static void
body_take (Body *body, const TbxVixLayout *layout, TbxVixRequest *request)
{
  guint32 sizes[TBX_VIX_LAYOUT_MAX_FIELDS] = { 0 };
  guint32 size, count;

  if (tbx_reader_left (&body->r) < layout_fixed_size (layout))
    body_fail (body, TBX_VIX_INVALID_MESSAGE_HEADER);
  for (guint i = 0; layout->fields[i].kind != TBX_VIX_FIELD_END && body->code == TBX_VIX_OK; i++)
    {
      const TbxVixField *field = &layout->fields[i];

      if (field->kind == TBX_VIX_FIELD_SIZE || field->kind == TBX_VIX_FIELD_COUNT)
        {
          sizes[i] = tbx_reader_u32le (&body->r);
          continue;
        }
      size = count = 0;
      if (field->kind >= TBX_VIX_FIELD_E)
        find_sizes (layout, sizes, field->offset, &size, &count);
      take_field (body, field, size, count, request);
    }
  if (layout->exact && tbx_reader_left (&body->r) > 0)
    body_fail (body, TBX_VIX_INVALID_MESSAGE_BODY);
}

/**
 * tbx_vix_request_decode:
 * @opcode: the opcode of the message
 * @body: (nullable) (array length=size): its body
 * @size: its length in bytes
 * @request: (out): set on success; its pointers are into @body
 *
 * Says whether the bytes follow their format.  Whether the values are of use is
 * for tbx_vix_request_check() to say.  Nothing is allocated.
 * Source: docs/wire/vix.md, "Body parsing primitives".
 *
 * Returns: `TBX_VIX_OK`; `TBX_VIX_UNRECOGNIZED_COMMAND` for an opcode that is not
 *   known, `TBX_VIX_INVALID_MESSAGE_HEADER` for a body shorter than its fixed part,
 *   `TBX_VIX_INVALID_MESSAGE_BODY`, `TBX_VIX_INVALID_UTF8_STRING`
 */
TbxVixCode
tbx_vix_request_decode (guint32 opcode, gconstpointer body, gsize size, TbxVixRequest *request)
{
  const TbxVixLayout *layout = layout_choose (opcode, body, size);
  TbxVixRequest found = { .opcode = opcode };
  Body in = { .code = TBX_VIX_OK };

  if (layout == NULL)
    return TBX_VIX_UNRECOGNIZED_COMMAND;
  if (layout->fields[0].kind == TBX_VIX_FIELD_BYTES)
    found.raw = (TbxVixBytes) { body, size };
  else
    {
      tbx_reader_init_data (&in.r, body, size);
      body_take (&in, layout, &found);
    }
  if (in.code == TBX_VIX_OK)
    *request = found;
  return in.code;
}

/* Bytes of the string at @member on the wire, as its size field gives them. */
static guint32
string_size (const TbxVixField *field, const char *text)
{
  gsize n = text == NULL ? 0 : strlen (text);

  return (guint32) (field->kind == TBX_VIX_FIELD_I && text != NULL ? n + 1 : n);
}

static void
put_size (const TbxVixLayout *layout, const TbxVixField *field, const TbxVixRequest *request,
          TbxWriter *w)
{
  const TbxVixField *tail = tbx_vix_layout_tail (layout, field->offset);
  gconstpointer member = G_STRUCT_MEMBER_P (request, field->offset);
  gboolean is_count = field->kind == TBX_VIX_FIELD_COUNT;

  switch (tail->kind)
    {
    case TBX_VIX_FIELD_STRINGS:
      tbx_writer_u32le (w, is_count ? ((const TbxVixStrings *) member)->count
                                    : (guint32) ((const TbxVixStrings *) member)->size);
      break;
    case TBX_VIX_FIELD_PIDS:
      tbx_writer_u32le (w, ((const TbxVixPids *) member)->count);
      break;
    case TBX_VIX_FIELD_BYTES:
      tbx_writer_u32le (w, (guint32) ((const TbxVixBytes *) member)->size);
      break;
    default:
      tbx_writer_u32le (w, string_size (tail, *(const char *const *) member));
    }
}

static void
put_string (const TbxVixField *field, const char *text, TbxWriter *w)
{
  if (text != NULL && (text[0] != 0 || field->kind != TBX_VIX_FIELD_E_OR_NONE))
    tbx_writer_bytes (w, text, strlen (text) + 1);
  else if (field->kind == TBX_VIX_FIELD_E)
    tbx_writer_u8 (w, 0);
}

static void
put_field (const TbxVixLayout *layout, const TbxVixField *field, const TbxVixRequest *request,
           TbxWriter *w)
{
  gconstpointer member = G_STRUCT_MEMBER_P (request, field->offset);
  const TbxVixStrings *strings = member;
  const TbxVixBytes *bytes = member;
  const TbxVixPids *pids = member;

  switch (field->kind)
    {
    case TBX_VIX_FIELD_BOOL:
      tbx_writer_u8 (w, *(const gboolean *) member ? 1 : 0);
      break;
    case TBX_VIX_FIELD_INT32:
      tbx_writer_u32le (w, *(const guint32 *) member);
      break;
    case TBX_VIX_FIELD_INT64:
      tbx_writer_u64le (w, *(const guint64 *) member);
      break;
    case TBX_VIX_FIELD_SIZE:
    case TBX_VIX_FIELD_COUNT:
      put_size (layout, field, request, w);
      break;
    case TBX_VIX_FIELD_E:
    case TBX_VIX_FIELD_E_OR_NONE:
    case TBX_VIX_FIELD_I:
      put_string (field, *(const char *const *) member, w);
      break;
    case TBX_VIX_FIELD_STRINGS:
      tbx_writer_bytes (w, strings->data, strings->size);
      break;
    case TBX_VIX_FIELD_PIDS:
      tbx_writer_bytes (w, pids->data, (gsize) pids->count * 8);
      break;
    case TBX_VIX_FIELD_BYTES:
      tbx_writer_bytes (w, bytes->data, bytes->size);
      break;
    default:
      break;
    }
}

/**
 * tbx_vix_request_encode:
 * @request: a request; a string that is %NULL is absent, or empty where the format
 *   has no absence
 * @w: gets the body
 *
 * Fails @w for an opcode that is not known.
 * Source: docs/wire/vix.md, "Operations".
 */
void
tbx_vix_request_encode (const TbxVixRequest *request, TbxWriter *w)
{
  const TbxVixLayout *layout = tbx_vix_layout_find (request->opcode);
  gboolean alternative = FALSE;

  if (layout == NULL)
    {
      tbx_writer_fail (w, "unknown opcode");
      return;
    }
  if (request->opcode == TBX_VIX_LIST_DIRECTORY)
    alternative = (request->list_directory.options & TBX_VIX_LIST_DIRECTORY_HAS_OFFSET) != 0;
  else if (tbx_vix_layout_alternative (request->opcode) != NULL)
    alternative = request->list_files.sizes_count_nul;
  if (alternative)
    layout = tbx_vix_layout_alternative (request->opcode);
  for (const TbxVixField *field = layout->fields; field->kind != TBX_VIX_FIELD_END; field++)
    put_field (layout, field, request, w);
}

/**
 * tbx_vix_strings_next:
 * @strings: strings of a request
 * @last: (nullable): the one that came before, or %NULL for the first
 *
 * Returns: (transfer none) (nullable): the next one, or %NULL after the last
 */
const char *
tbx_vix_strings_next (const TbxVixStrings *strings, const char *last)
{
  const char *next = last == NULL ? strings->data : last + strlen (last) + 1;

  return strings->count == 0 || next == strings->data + strings->size ? NULL : next;
}

/**
 * tbx_vix_strings_dup:
 * @strings: strings of a request
 *
 * Returns: (transfer full) (array zero-terminated=1): copies, as execve() takes them
 */
char **
tbx_vix_strings_dup (const TbxVixStrings *strings)
{
  char **copy = g_new0 (char *, (gsize) strings->count + 1);
  guint n = 0;

  for (const char *s = NULL; (s = tbx_vix_strings_next (strings, s)) != NULL;)
    copy[n++] = g_strdup (s);
  return copy;
}

/**
 * tbx_vix_strings_init:
 * @strings: (out): what a request holds
 * @list: (array zero-terminated=1): the strings
 * @storage: empty; gets the bytes, and must outlive @strings unchanged
 */
void
tbx_vix_strings_init (TbxVixStrings *strings, const char *const *list, GByteArray *storage)
{
  guint32 count = 0;

  for (; list[count] != NULL; count++)
    g_byte_array_append (storage, (const guint8 *) list[count], (guint) strlen (list[count]) + 1);
  *strings = (TbxVixStrings) { (const char *) storage->data, storage->len, count };
}

/**
 * tbx_vix_pids_get:
 * @pids: process ids of a request
 * @i: which; less than their count
 *
 * Returns: that id, as the host sent it
 */
gint64
tbx_vix_pids_get (const TbxVixPids *pids, guint32 i)
{
  guint64 pid;

  g_return_val_if_fail (i < pids->count, 0);
  memcpy (&pid, pids->data + (gsize) i * 8, sizeof pid);
  return (gint64) GUINT64_FROM_LE (pid);
}

/**
 * tbx_vix_pids_init:
 * @pids: (out): what a request holds
 * @list: (array length=n): the process ids
 * @n: how many
 * @storage: empty; gets the bytes, and must outlive @pids unchanged
 */
void
tbx_vix_pids_init (TbxVixPids *pids, const gint64 *list, guint32 n, GByteArray *storage)
{
  for (guint32 i = 0; i < n; i++)
    {
      gint64 pid = GINT64_TO_LE (list[i]);

      g_byte_array_append (storage, (const guint8 *) &pid, sizeof pid);
    }
  *pids = (TbxVixPids) { storage->data, n };
}
