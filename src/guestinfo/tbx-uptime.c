/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-uptime.h"
#include "tbx-small-file.h"

/**
 * tbx_uptime_parse:
 * @text: "3600.12 7000.00", as the kernel writes it
 *
 * Source: docs/wire/guestinfo.md, "Uptime".
 *
 * Returns: (transfer full) (nullable): the first number in hundredths of a second, as
 *   decimal text: "360012"; %NULL when @text is nothing of the kind
 */
char *
tbx_uptime_parse (const char *text)
{
  char *end;
  guint64 seconds;

  if (!g_ascii_isdigit (text[0]))
    return NULL;
  seconds = g_ascii_strtoull (text, &end, 10);
  if (end[0] != '.' || !g_ascii_isdigit (end[1]) || !g_ascii_isdigit (end[2])
      || g_ascii_isdigit (end[3]) || seconds > G_MAXUINT64 / 100 - 1)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT,
                          seconds * 100 + (guint64) (g_ascii_digit_value (end[1]) * 10
                                                     + g_ascii_digit_value (end[2])));
}

/**
 * tbx_uptime_read:
 *
 * Returns: (transfer full) (nullable): how long this machine runs, for
 *   tbx_uptime_parse(); %NULL when it cannot be read
 */
char *
tbx_uptime_read (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gsize size;

  text = tbx_small_file_read ("/proc/uptime", &size, &error);
  if (text == NULL)
    {
      g_debug ("%s", error->message);
      return NULL;
    }
  return tbx_uptime_parse (text);
}
