/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

char     *tbx_sim_control_default_path (GError **error);
gboolean  tbx_sim_control_await        (const char *path, gint64 timeout_ms, GError **error);
JsonNode *tbx_sim_control_call         (const char *path, JsonNode *request, gint64 timeout_ms,
                                        GError **error);

G_END_DECLS
