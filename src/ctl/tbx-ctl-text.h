/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Text from the host or the bus, made harmless to a terminal. */
gboolean tbx_text_char_is_harmful (gunichar c);
char    *tbx_text_escape          (const char *text, gssize size);
void     tbx_text_print_value     (GBytes *value);

/* What a proxy says of a property that the daemon did not tell. */
static inline const char *
tbx_text_or_empty (const char *text)
{
  return text != NULL ? text : "";
}

G_END_DECLS
