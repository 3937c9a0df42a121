/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-memory.h"
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define START_S 2   /* the start is over by then, and what the host asks at once */

/* One mapping, as its first line in /proc/PID/smaps tells. */
typedef struct
{
  gulong start;   /* addresses */
  gulong end;
  gulong inode;   /* 0: of no file */
  char   mode[5];
} Mapping;

/* "start-end mode offset device inode path"; other lines are "Name: value". */
static gboolean
read_mapping (const char *line, Mapping *mapping)
{
  Mapping read;

  if (sscanf (line, "%lx-%lx %4s %*x %*x:%*x %lu", &read.start, &read.end, read.mode,
              &read.inode) != 4)
    return FALSE;
  *mapping = read;
  return TRUE;
}

/* What a file has, and nothing wrote to: the kernel has it again when it is needed. */
static gboolean
can_be_dropped (const Mapping *mapping, gulong anonymous_kb)
{
  return mapping->inode != 0 && anonymous_kb == 0
         && (strcmp (mapping->mode, "r--p") == 0 || strcmp (mapping->mode, "r-xp") == 0);
}

/**
 * tbx_memory_settle:
 *
 * To be called once a process has started and is going to wait: lets go of what only the
 * start needed, of memory and of the pages of programs and libraries.  A page that is mapped
 * by nobody is the first that the kernel takes when memory runs short, and one that is needed
 * after all comes back at the cost of a page fault.
 *
 * Returns: how many bytes of address space it let go of
 */
guint64
tbx_memory_settle (void)
{
  Mapping mapping = { 0 };
  guint64 n_bytes = 0;
  char line[512];
  FILE *smaps;

  malloc_trim (0);
  smaps = fopen ("/proc/self/smaps", "re");
  if (smaps == NULL)
    return 0;
  while (fgets (line, sizeof line, smaps) != NULL)
    {
      gulong anonymous_kb;

      if (read_mapping (line, &mapping) || sscanf (line, "Anonymous: %lu kB", &anonymous_kb) != 1
          || !can_be_dropped (&mapping, anonymous_kb))
        continue;
      if (madvise ((gpointer) mapping.start, mapping.end - mapping.start, MADV_DONTNEED) == 0)
        n_bytes += mapping.end - mapping.start;
    }
  fclose (smaps);
  return n_bytes;
}

static gboolean
on_start_over (gpointer user_data)
{
  g_debug ("Let go of %" G_GUINT64_FORMAT " kB that the start needed", tbx_memory_settle () / 1024);
  return G_SOURCE_REMOVE;
}

/**
 * tbx_memory_settle_later:
 *
 * tbx_memory_settle() once the main loop has run for a while.
 */
void
tbx_memory_settle_later (void)
{
  g_timeout_add_seconds (START_S, on_start_over, NULL);
}
