/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* A key's limit, without its prefix. */
#define TBX_GUESTINFO_KEY_MAX_BYTES 128
#define TBX_GUESTINFO_VALUE_MAX_BYTES 65000

const char        *tbx_guestinfo_key_check       (const char *key, GError **error);
gboolean           tbx_guestinfo_key_is_public   (const char *key);
const char *const *tbx_guestinfo_key_list_public (void);

G_END_DECLS
