/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* A network of its own for a test program, so that nothing outside is touched. */
gboolean    tbx_test_netns_enter (void);
void        tbx_test_ip          (const char *format, ...) G_GNUC_PRINTF (1, 2);
void        tbx_test_ip_batch    (const char *commands);
const char *tbx_test_add_link    (const char *name);

G_END_DECLS
