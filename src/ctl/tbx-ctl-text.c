/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ctl-text.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/**
 * tbx_text_char_is_harmful:
 * @c: a character
 *
 * Returns: whether @c is a control, or turns, hides or breaks other text
 */
gboolean
tbx_text_char_is_harmful (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return TRUE;
    default:
      return FALSE;
    }
}

/**
 * tbx_text_escape:
 * @text: bytes from anywhere
 * @size: how many, or -1 if they end with a NUL
 *
 * Writes control and formatting characters as `\x1b` or `\u202e`, and bytes that
 * are no UTF-8 as `\xff`, so that the result is one line that a terminal only shows.
 *
 * Returns: (transfer full): valid UTF-8
 */
char *
tbx_text_escape (const char *text, gssize size)
{
  const char *end = text + (size >= 0 ? size : (gssize) strlen (text));
  GString *out = g_string_sized_new (end - text + 1);

  while (text < end)
    {
      gunichar c = g_utf8_get_char_validated (text, end - text);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          g_string_append_printf (out, "\\x%02x", (guchar) *text++);
          continue;
        }
      if (!tbx_text_char_is_harmful (c))
        g_string_append_unichar (out, c);
      else if (c < 0x80)
        g_string_append_printf (out, "\\x%02x", c);
      else
        g_string_append_printf (out, "\\u%04x", c);
      text = g_utf8_next_char (text);
    }
  return g_string_free (out, FALSE);
}

/**
 * tbx_text_print_value:
 * @value: bytes from the host
 *
 * Prints @value and a newline: escaped on a terminal, else as it is, for scripts.
 */
void
tbx_text_print_value (GBytes *value)
{
  gsize size;
  const char *data = g_bytes_get_data (value, &size);

  if (isatty (STDOUT_FILENO))
    {
      g_autofree char *safe = tbx_text_escape (data != NULL ? data : "", size);

      g_print ("%s\n", safe);
      return;
    }
  if (size > 0)
    fwrite (data, 1, size, stdout);
  fputc ('\n', stdout);
}
