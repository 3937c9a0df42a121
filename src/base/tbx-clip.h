/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Of what others say, for the log, the bus and the host. */
#define TBX_CLIP_MAX_BYTES 512

char *tbx_clip_text (const char *text, gsize max_bytes);

G_END_DECLS
