/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The name under which the host knows a distribution, without "-64" or "arm-". */
char *tbx_os_short_name (const char *text, guint version, const char *kernel_release,
                         gboolean *generic_or_numbered);

G_END_DECLS
