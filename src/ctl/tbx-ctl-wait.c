/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ctl.h"

/**
 * tbx_ctl_on_ready:
 * @source: what was called
 * @result: its result
 * @slot: the `GAsyncResult *` that waits for it
 *
 * The callback that a command gives to an asynchronous call.
 */
void
tbx_ctl_on_ready (GObject *source, GAsyncResult *result, gpointer slot)
{
  *(GAsyncResult **) slot = g_object_ref (result);
}

/**
 * tbx_ctl_wait:
 * @slot: what was given to [func@Tbx.ctl_on_ready]
 *
 * Runs the main context until the result is there.  The caller owns it then.
 */
void
tbx_ctl_wait (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);
}
