/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-rate-limit.h"

/**
 * tbx_rate_limit_take:
 * @self: the limit
 * @now_us: monotonic time in microseconds
 *
 * Returns: whether it may happen once more; it counts only then
 */
gboolean
tbx_rate_limit_take (TbxRateLimit *self, gint64 now_us)
{
  gint64 full_us = MAX (self->full_us, now_us) + self->each_us;

  if (full_us - now_us > self->each_us * self->burst)
    return FALSE;
  self->full_us = full_us;
  return TRUE;
}
