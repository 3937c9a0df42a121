/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What a service and systemd tell each other, through the environment and a socket:
 * sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3), sd_booted(3).  These protocols
 * are stable, and documented to be spoken without libsystemd, which would bring five
 * libraries into memory that nothing else here uses. */

#define TBX_SERVICE_FIRST_FD 3   /* of those that were passed */

gboolean tbx_service_is_booted_by_systemd (void);
gboolean tbx_service_notify               (const char *state);
gboolean tbx_service_notify_with_fds      (const char *state, const int *fds, guint n_fds);
guint    tbx_service_take_fds             (char     ***names);
guint64  tbx_service_get_watchdog_us      (void);

G_END_DECLS
