/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Text files that the system keeps small; more is not read. */
#define TBX_SMALL_FILE_MAX_BYTES (64 * 1024)

char *tbx_small_file_read (const char *path, gsize *size, GError **error);

G_END_DECLS
