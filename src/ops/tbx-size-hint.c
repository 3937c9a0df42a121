/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-size-hint.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A file that takes longer to be read is not counted to its end. */
#define COUNT_US (500 * 1000)

/* File systems whose files have no length before they are read. */
static gboolean
is_made_up (const struct statfs *system)
{
  switch (system->f_type)
    {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

/* What was read of the kernel's log and of traces is gone: they are not looked at. */
static gboolean
may_be_counted (const struct statfs *system, const char *path)
{
  return system->f_type == PROC_SUPER_MAGIC && strcmp (path, "/proc/kmsg") != 0;
}

static gsize
count_bytes (const char *path)
{
  static guint8 part[64 * 1024];   /* of the main loop's thread alone */
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
  gint64 limit_us = g_get_monotonic_time () + COUNT_US;
  gsize count = 0;
  gssize n = fd < 0 ? -1 : 1;

  while (n > 0 && count < TBX_SIZE_HINT_MAX_BYTES && g_get_monotonic_time () < limit_us)
    {
      n = read (fd, part, MIN (sizeof part, TBX_SIZE_HINT_MAX_BYTES - count));
      count += (gsize) MAX (n, 0);
    }
  if (fd >= 0)
    close (fd);
  return count;
}

/**
 * tbx_size_hint_apply:
 * @path: a file
 * @info: (inout): what lstat() says of it
 *
 * Told that a file is empty, hosts do not read it.  Of files of the kernel, which say so
 * whatever is in them, a size is told that the first read puts right, or the true one
 * where that is larger.
 * Source: docs/wire/hgfs.md, "Values".
 */
void
tbx_size_hint_apply (const char *path, struct stat *info)
{
  struct statfs system;
  gsize count;

  if (!S_ISREG (info->st_mode) || info->st_size != 0 || access (path, R_OK) < 0
      || statfs (path, &system) < 0 || !is_made_up (&system))
    return;
  count = may_be_counted (&system, path) ? count_bytes (path) : 0;
  info->st_size = (off_t) MAX (count, TBX_SIZE_HINT_BYTES);
}
