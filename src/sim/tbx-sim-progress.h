/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Bytes moved so far, shown on a terminal, with a checksum over them. */
typedef struct
{
  guint64    bytes;
  gint64     start_us;   /* monotonic time */
  gint64     shown_us;   /* monotonic time of when it was last */
  gboolean   hidden;     /* what is moved goes to the terminal itself */
  GChecksum *checksum;   /* (owned), or NULL: not wanted */
} TbxSimProgress;

void     tbx_sim_progress_begin (TbxSimProgress *self, gboolean with_checksum);
void     tbx_sim_progress_add   (TbxSimProgress *self, const guint8 *data, gsize size);
void     tbx_sim_progress_end   (TbxSimProgress *self);
gboolean tbx_sim_write_all      (int fd, const guint8 *data, gsize size);

G_END_DECLS
