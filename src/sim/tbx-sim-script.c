/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-script.h"

/* The order that guests were seen to be given; broadcastIP is last, for by then
 * they have told everything else.
 * Source: docs/wire/transport.md, "TCLO script of a friendly host", and
 * docs/wire/guestinfo.md, "Set_Option". */
static const char *opening[] = {
  "reset",
  "ping",
  "Set_Option synctime 0",
  "Set_Option time.synchronize.tools.enable 1",
  "Set_Option enableAppInfo 0",
  "Capabilities_Register",
  "Set_Option broadcastIP 1",
};

/**
 * tbx_sim_script_next:
 * @self: the script of one channel; zeroed when that was opened
 * @now_us: monotonic time, microseconds
 * @ping_interval_us: time between two pings, microseconds
 *
 * To be asked when nothing is under way on the channel, so that a slow guest is
 * never given a second request.
 *
 * Returns: (nullable): what the host says now, or %NULL for nothing
 */
const char *
tbx_sim_script_next (TbxSimScript *self, gint64 now_us, gint64 ping_interval_us)
{
  if (self->line < G_N_ELEMENTS (opening))
    {
      self->ping_at_us = now_us + ping_interval_us;
      return opening[self->line++];
    }
  if (now_us < self->ping_at_us)
    return NULL;
  self->ping_at_us = now_us + ping_interval_us;
  return "ping";
}

/**
 * tbx_sim_script_done:
 * @self: the script
 *
 * Returns: whether all of the opening was said, so that only pings follow
 */
gboolean
tbx_sim_script_done (const TbxSimScript *self)
{
  return self->line == G_N_ELEMENTS (opening);
}

/* Returns how many lines the opening has. */
guint
tbx_sim_script_length (void)
{
  return G_N_ELEMENTS (opening);
}
