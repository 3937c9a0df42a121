/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-umask.h"
#include <stdio.h>

/* Where it cannot be told. */
#define STRICT_MASK 077

/**
 * tbx_umask_get:
 *
 * The mask of new files, which umask() would change for a moment, for all threads.
 *
 * Returns: permission bits
 */
mode_t
tbx_umask_get (void)
{
  char line[128];
  unsigned int mask = STRICT_MASK;
  FILE *file = fopen ("/proc/self/status", "re");

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "Umask: %o", &mask) == 1)
      break;
  if (file != NULL)
    fclose (file);
  return (mode_t) mask & 0777;
}
