/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

char *tbx_uptime_parse (const char *text);
char *tbx_uptime_read  (void);

G_END_DECLS
