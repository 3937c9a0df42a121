/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-clip.h"

/**
 * tbx_clip_text:
 * @text: UTF-8 of somebody else, of any length
 * @max_bytes: how much of it is wanted, at most
 *
 * Makes one short line of it, so that what others say can neither bloat nor forge ours.
 *
 * Returns: (transfer full): its first characters, control characters as spaces
 */
char *
tbx_clip_text (const char *text, gsize max_bytes)
{
  GString *line = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      if ((gsize) (g_utf8_next_char (p) - p) > max_bytes - line->len)
        break;
      if (g_unichar_iscntrl (g_utf8_get_char (p)))
        g_string_append_c (line, ' ');
      else
        g_string_append_len (line, p, g_utf8_next_char (p) - p);
    }
  return g_string_free (line, FALSE);
}
