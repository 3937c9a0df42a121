/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-trace.h"
#include "tbx-vix-codec.h"
#include <string.h>

#define MAX_SHOWN_BYTES 2048

/* The first word of a request is a command; that of a reply is a status, and what
 * is longer than one could be a value. */
static gsize
word_length (TbxProtocol protocol, gboolean outgoing, const guint8 *data, gsize size)
{
  gboolean request = outgoing == (protocol == TBX_PROTOCOL_RPCI);
  gsize limit = request ? 64 : protocol == TBX_PROTOCOL_RPCI ? strlen ("1") : strlen ("ERROR");
  gsize n = 0;

  while (n < size && n < limit && g_ascii_isgraph (data[n]))
    n++;
  return n;
}

/* Finds where a message begins to be secret.  In a VIX request that is where the
 * credentials are, or, where its lengths do not add up, the end of its name: all
 * behind that could be them.  Takes for one whatever the dispatcher does. */
static gsize
find_secret (const guint8 *data, gsize size)
{
  const gsize name = strlen (TBX_VIX_COMMAND);
  const guint8 *nul;
  TbxVixMessage message;
  gsize args = 0;

  while (args < size && data[args] == ' ')
    args++;
  if (size - args <= name || memcmp (data + args, TBX_VIX_COMMAND, name) != 0
      || (data[args + name] != ' ' && data[args + name] != '\0'))
    return size;
  args += name + 1;
  if (tbx_vix_message_decode (data + args, size - args, &message) == TBX_VIX_OK)
    return (gsize) (message.credentials - data);
  nul = memchr (data + args, '\0', size - args);
  return nul == NULL ? args : (gsize) (nul - data) + 1;
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

  g_string_append (out, outgoing ? "> " : "< ");
  g_string_append_len (out, (const char *) data,
                       (gssize) word_length (protocol, outgoing, data, size));
  g_string_append_printf (out, " (%" G_GSIZE_FORMAT " bytes)", size);
  if (payload)
    {
      gsize shown = find_secret (data, size);

      g_string_append (out, ": ");
      append_bytes (out, data, shown);
      if (shown < size)
        g_string_append_printf (out, "<%" G_GSIZE_FORMAT " bytes hidden>", size - shown);
    }
  return g_string_free (out, FALSE);
}
