/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-no-dump.h"
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Whoever traces it has all it holds, and may need to: an emulator answers for the host. */
static gboolean
is_traced (void)
{
  g_autofree char *status = NULL;

  return g_file_get_contents ("/proc/self/status", &status, NULL, NULL)
         && strstr (status, "\nTracerPid:\t0\n") == NULL;
}

/**
 * tbx_no_dump:
 *
 * For passwords pass through it: as root the process leaves no core, and another without
 * `CAP_SYS_PTRACE` cannot read its memory.
 * Source: docs/design.md, "Security".
 */
void
tbx_no_dump (void)
{
  if (geteuid () == 0 && !is_traced ())
    prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
}
