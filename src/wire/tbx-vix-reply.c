/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-reply.h"
#include <string.h>

/**
 * tbx_vix_reply_prefix:
 * @prefix: (out): what goes out before the payload, without NUL
 * @code: what the host is told
 * @error_number: the errno that caused it; 0 on success
 * @binary: whether the request asked for a binary reply
 *
 * For a sender that has the payload already: it writes this right before the
 * payload, in room kept there, or gathers both.  A text reply ends with a NUL
 * after the payload; a binary one does not.  Nothing here looks at the limit.
 * Source: docs/wire/vix.md, "Reply".
 *
 * Returns: its length in bytes
 */
gsize
tbx_vix_reply_prefix (char     prefix[TBX_VIX_PREFIX_MAX_BYTES],
                      guint32  code,
                      int      error_number,
                      gboolean binary)
{
  static const char packet[] = "OK 0 0 #";   /* of each packet of a transfer */
  char text[TBX_VIX_PREFIX_MAX_BYTES + 1];
  int n;

  if (code == TBX_VIX_OK && error_number == 0 && binary)
    {
      memcpy (prefix, packet, strlen (packet));
      return strlen (packet);
    }
  n = g_snprintf (text, sizeof text, "OK %u %d %s", code, error_number, binary ? "#" : "");
  memcpy (prefix, text, (gsize) n);
  return (gsize) n;
}

/**
 * tbx_vix_reply_encode:
 * @code: what the host is told
 * @error_number: the errno that caused it; 0 on success
 * @binary: whether the request asked for a binary reply
 * @payload: (nullable) (array length=payload_size): what the operation answers; a
 *   text needs no NUL, and ends at its first one
 * @payload_size: its length in bytes
 *
 * What would be larger than `TBX_VIX_REPLY_MAX_BYTES` becomes
 * `TBX_VIX_OUT_OF_MEMORY` with an empty payload.
 * Source: docs/wire/vix.md, "Reply" and "Size limits".
 *
 * Returns: (transfer full): the whole TCLO message
 */
GBytes *
tbx_vix_reply_encode (guint32       code,
                      int           error_number,
                      gboolean      binary,
                      gconstpointer payload,
                      gsize         payload_size)
{
  char prefix[TBX_VIX_PREFIX_MAX_BYTES];
  gsize prefix_size = tbx_vix_reply_prefix (prefix, code, error_number, binary);
  gsize end_size = binary ? 0 : 1;
  const char *nul = binary || payload_size == 0 ? NULL : memchr (payload, 0, payload_size);
  guint8 *out;

  if (nul != NULL)
    payload_size = (gsize) (nul - (const char *) payload);
  if (payload_size > TBX_VIX_REPLY_MAX_BYTES - prefix_size - end_size)
    {
      prefix_size = tbx_vix_reply_prefix (prefix, TBX_VIX_OUT_OF_MEMORY, 0, binary);
      payload_size = 0;
    }
  out = g_malloc (prefix_size + payload_size + end_size);
  memcpy (out, prefix, prefix_size);
  if (payload_size > 0)
    memcpy (out + prefix_size, payload, payload_size);
  if (!binary)
    out[prefix_size + payload_size] = 0;
  return g_bytes_new_take (out, prefix_size + payload_size + end_size);
}

/* Takes digits, a sign before them included, and the space behind them. */
static gboolean
take_number (const char **at, const char *end, gint64 *value)
{
  const char *p = *at;
  gboolean negative = p < end && *p == '-';
  guint64 number = 0;
  guint n = 0;

  if (negative)
    p++;
  for (; p < end && g_ascii_isdigit (*p) && n < 18; p++, n++)
    number = number * 10 + (guint64) (*p - '0');
  if (n == 0 || p == end || *p != ' ')
    return FALSE;
  *value = negative ? -(gint64) number : (gint64) number;
  *at = p + 1;
  return TRUE;
}

/**
 * tbx_vix_reply_decode:
 * @data: a TCLO message from a guest
 * @size: its length in bytes
 * @binary: whether the request asked for a binary reply
 * @reply: (out): set on success; its payload points into @data
 *
 * The host's side.  A text without a final NUL is accepted; of a code with more
 * than 32 bits the lower 32 are kept.
 * Source: docs/wire/vix.md, "Reply".
 *
 * Returns: `TBX_VIX_OK`, or `TBX_VIX_INVALID_MESSAGE_HEADER` for what is no VIX reply
 */
TbxVixCode
tbx_vix_reply_decode (gconstpointer data, gsize size, gboolean binary, TbxVixReply *reply)
{
  const char *at = data;
  const char *end = at + size;
  const char *nul;
  TbxVixReply found;
  gint64 code;

  if (size < 3 || memcmp (at, "OK ", 3) != 0)
    return TBX_VIX_INVALID_MESSAGE_HEADER;
  at += 3;
  if (!take_number (&at, end, &code) || !take_number (&at, end, &found.error_number))
    return TBX_VIX_INVALID_MESSAGE_HEADER;
  /* An error that came before the flags were looked at is a text all the same. */
  if (binary && at < end && *at == '#')
    at++;
  else if (binary && (guint32) code == TBX_VIX_OK)
    return TBX_VIX_INVALID_MESSAGE_HEADER;
  else if ((nul = memchr (at, 0, (gsize) (end - at))) != NULL)
    end = nul;
  found.code = (guint32) code;
  found.payload = (const guint8 *) at;
  found.payload_size = (gsize) (end - at);
  *reply = found;
  return TBX_VIX_OK;
}
