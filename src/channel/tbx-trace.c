/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-trace.h"
#include <string.h>

#define MAX_SHOWN_BYTES 2048

#define VIX_COMMAND                  "Vix_1_Relayed_Command"
#define VIX_HEADER_BYTES             51
#define VIX_BODY_LENGTH_OFFSET       14
#define VIX_CREDENTIAL_LENGTH_OFFSET 18

static gsize
command_length (const guint8 *data, gsize size)
{
  gsize n = 0;

  while (n < size && n < 64 && g_ascii_isgraph (data[n]))
    n++;
  return n;
}

static guint32
word_at (const guint8 *data)
{
  guint32 v;

  memcpy (&v, data, sizeof v);
  return GUINT32_FROM_LE (v);
}

/* Finds what must never be shown: in a VIX request the credentials, or, where its
 * lengths do not add up, all that could be them. */
static void
find_secret (const guint8 *data, gsize size, gsize *start, gsize *end)
{
  const guint8 *nul;
  gsize header, left, body, credentials;

  *start = *end = size;
  if (size < strlen (VIX_COMMAND) || memcmp (data, VIX_COMMAND, strlen (VIX_COMMAND)) != 0)
    return;
  nul = memchr (data, '\0', size);
  if (nul == NULL)
    return;
  header = (gsize) (nul - data) + 1;
  left = size - header;
  if (left <= VIX_HEADER_BYTES)
    return;
  body = word_at (data + header + VIX_BODY_LENGTH_OFFSET);
  credentials = word_at (data + header + VIX_CREDENTIAL_LENGTH_OFFSET);
  left -= VIX_HEADER_BYTES;
  *start = header + VIX_HEADER_BYTES;
  if (body <= left && credentials <= left - body)
    {
      *start += body;
      *end = *start + credentials;
    }
}

static void
append_bytes (GString *out, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size && i < MAX_SHOWN_BYTES; i++)
    if (data[i] == '\\')
      g_string_append (out, "\\\\");
    else if (data[i] >= 0x20 && data[i] < 0x7f)
      g_string_append_c (out, (char) data[i]);
    else
      g_string_append_printf (out, "\\x%02x", data[i]);
  if (size > MAX_SHOWN_BYTES)
    g_string_append (out, "...");
}

/**
 * tbx_trace_format:
 * @protocol: of the channel
 * @outgoing: whether it goes to the host
 * @data: the message
 * @size: its length in bytes
 * @payload: whether its bytes are shown too
 *
 * One line about one message.  Without @payload that is its first word, as far as
 * it is a command name, and its length.  A credential block is never shown.
 *
 * Returns: (transfer full): printable ASCII
 */
char *
tbx_trace_format (TbxProtocol   protocol,
                  gboolean      outgoing,
                  const guint8 *data,
                  gsize         size,
                  gboolean      payload)
{
  GString *out = g_string_new (protocol == TBX_PROTOCOL_RPCI ? "RPCI " : "TCLO ");
  gsize start, end;

  g_string_append (out, outgoing ? "> " : "< ");
  g_string_append_len (out, (const char *) data, (gssize) command_length (data, size));
  g_string_append_printf (out, " (%" G_GSIZE_FORMAT " bytes)", size);
  if (payload)
    {
      find_secret (data, size, &start, &end);
      g_string_append (out, ": ");
      append_bytes (out, data, start);
      if (start < end)
        g_string_append_printf (out, "<%" G_GSIZE_FORMAT " bytes hidden>", end - start);
      append_bytes (out, data + end, size - end);
    }
  return g_string_free (out, FALSE);
}
