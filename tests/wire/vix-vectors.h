/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>

/* tests/vectors/vix.json, for the tests of the VIX codec. */

JsonArray  *vix_vectors_load  (void);
gboolean    vix_vector_is     (JsonObject *vector, const char *kind);
const char *vix_vector_name   (JsonObject *vector);
guint8     *vix_vector_bytes  (JsonObject *vector, const char *member, gsize *size);
guint8     *vix_hex_bytes     (const char *hex, gsize *size);
