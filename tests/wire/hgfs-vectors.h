/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-replies.h"
#include "vix-vectors.h"

/* tests/vectors/hgfs.json, for the tests of the HGFS codec. */

JsonArray  *hgfs_vectors_load     (void);
gboolean    hgfs_vector_in        (JsonObject *vector, const char *family);
gboolean    hgfs_vector_is_reply  (JsonObject *vector);
const char *hgfs_vector_name      (JsonObject *vector);
guint8     *hgfs_vector_bytes     (JsonObject *vector, gsize *size);
guint64     hgfs_number           (JsonObject *object, const char *member);

/* Whether all that the vector tells of a payload is in what was decoded; fails the
 * test otherwise.  They say how many members that were. */
guint       hgfs_assert_request   (const TbxHgfsRequest *request, JsonObject *payload);
guint       hgfs_assert_reply     (const TbxHgfsReply *reply, JsonObject *payload);
