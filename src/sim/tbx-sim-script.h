/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* How far a friendly host has come in what it says on a new TCLO channel. */
typedef struct
{
  guint  line;         /* the next line of the opening */
  gint64 ping_at_us;   /* monotonic time of the next ping, microseconds; 0 before the first */
} TbxSimScript;

const char *tbx_sim_script_next   (TbxSimScript *self, gint64 now_us, gint64 ping_interval_us);
gboolean    tbx_sim_script_done   (const TbxSimScript *self);
guint       tbx_sim_script_length (void);

G_END_DECLS
