/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-time.h"

#define UNITS_PER_SECOND G_GINT64_CONSTANT (10000000)
#define FIRST_SECOND     (-(gint64) (TBX_HGFS_TIME_OF_UNIX_EPOCH / UNITS_PER_SECOND))
#define LAST_SECOND      (G_MAXINT64 / UNITS_PER_SECOND + FIRST_SECOND - 1)

/**
 * tbx_hgfs_time_from_unix:
 * @seconds: since 1970-01-01 UTC
 * @nanoseconds: beside them, less than a second
 *
 * Source: docs/wire/hgfs.md, "Values".
 *
 * Returns: the time in HGFS; what is out of its range becomes its first or last second
 */
guint64
tbx_hgfs_time_from_unix (gint64 seconds, guint32 nanoseconds)
{
  seconds = CLAMP (seconds, FIRST_SECOND, LAST_SECOND);
  return (guint64) (seconds - FIRST_SECOND) * UNITS_PER_SECOND + nanoseconds / 100;
}

/**
 * tbx_hgfs_time_to_unix:
 * @time: a time in HGFS
 *
 * Source: docs/wire/hgfs.md, "Values".
 *
 * Returns: since 1970-01-01 UTC; what is before it becomes 0
 */
struct timespec
tbx_hgfs_time_to_unix (guint64 time)
{
  struct timespec unix_time = { 0, 0 };

  if (time <= TBX_HGFS_TIME_OF_UNIX_EPOCH)
    return unix_time;
  time -= TBX_HGFS_TIME_OF_UNIX_EPOCH;
  unix_time.tv_sec = (time_t) (time / UNITS_PER_SECOND);
  unix_time.tv_nsec = (long) (time % UNITS_PER_SECOND) * 100;
  return unix_time;
}
