/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What --json prints. */
JsonNode *tbx_json_properties    (GDBusProxy *proxy);
JsonNode *tbx_json_records       (GVariant *tuples, const char *const *names);
void      tbx_json_add_bytes     (JsonObject *object, const char *name, GBytes *value);
void      tbx_json_print         (JsonNode *node);
void      tbx_json_print_object  (JsonObject *object);
void      tbx_json_print_line    (JsonObject *object);
void      tbx_json_print_error   (const char *message, int status);

G_END_DECLS
