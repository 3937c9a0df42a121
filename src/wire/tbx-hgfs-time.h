/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <time.h>

G_BEGIN_DECLS

/* Times of HGFS: units of 100 ns since 1601-01-01 UTC.
 * Source: docs/wire/hgfs.md, "Values". */

#define TBX_HGFS_TIME_OF_UNIX_EPOCH G_GUINT64_CONSTANT (116444736000000000)

guint64         tbx_hgfs_time_from_unix (gint64 seconds, guint32 nanoseconds);
struct timespec tbx_hgfs_time_to_unix   (guint64 time);

G_END_DECLS
