/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-watchdog.h"
#include "tbx-service.h"

static gboolean
on_period_half_over (gpointer user_data)
{
  tbx_service_notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

/**
 * tbx_watchdog_start:
 *
 * Tells systemd twice a period that the main loop turns, if it wants to know.
 */
void
tbx_watchdog_start (void)
{
  guint64 period_us = tbx_service_get_watchdog_us ();

  if (period_us > 0)
    g_timeout_add ((guint) CLAMP (period_us / 2000, 1, G_MAXUINT), on_period_half_over, NULL);
}
