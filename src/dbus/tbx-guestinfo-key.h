/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-names.h"

G_BEGIN_DECLS

const char        *tbx_guestinfo_key_check       (const char *key, GError **error);
gboolean           tbx_guestinfo_key_is_public   (const char *key);
const char *const *tbx_guestinfo_key_list_public (void);

G_END_DECLS
