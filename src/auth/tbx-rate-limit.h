/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* How often something may happen: so many times at once, and in the long run once in a
 * time.  A plain value; begins full. */
typedef struct
{
  guint  burst;
  gint64 each_us;   /* microseconds for one */
  gint64 full_us;   /* when it is full again, monotonic time */
} TbxRateLimit;

gboolean tbx_rate_limit_take (TbxRateLimit *self, gint64 now_us);

G_END_DECLS
