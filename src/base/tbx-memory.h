/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

guint64 tbx_memory_settle       (void);
void    tbx_memory_settle_later (void);

G_END_DECLS
