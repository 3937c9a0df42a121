/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What goes over the control socket: one JSON object a line.  A request has a
 * "command" and its arguments; a reply has "ok", then results, or an "error".  After a "frames"
 * requests to the guest and its replies are frames instead: the size in 32 bits,
 * little-endian, and the bytes; where there is no reply the host hangs up. */

#define TBX_SIM_MAX_LINE_BYTES   (4 * 1024 * 1024)
#define TBX_SIM_MAX_FRAMES_ASKED 16   /* without their replies */

JsonNode   *tbx_sim_message_parse (const char *line, gsize size, GError **error);
GBytes     *tbx_sim_message_line  (JsonNode *message);
const char *tbx_sim_message_text  (JsonObject *message, const char *name, GError **error);
GBytes     *tbx_sim_message_bytes (JsonObject *message, const char *name, GError **error);
gboolean    tbx_sim_message_uint  (JsonObject *message, const char *name, guint *value,
                                   GError **error);
gboolean    tbx_sim_message_flag  (JsonObject *message, const char *name);
void        tbx_sim_message_add   (JsonBuilder *b, const char *name, GBytes *bytes);

G_END_DECLS
