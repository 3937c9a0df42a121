/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

void     tbx_log_init          (gboolean debug);
gboolean tbx_log_wants_debug   (void);
void     tbx_log_rpc_in_domain (const char    *domain,
                                GLogLevelFlags level,
                                const char    *command,
                                const char    *format,
                                ...) G_GNUC_PRINTF (4, 5);

/* Logs about one command of the host, with its name as a field of the record. */
#define tbx_log_rpc(level, command, ...) \
  tbx_log_rpc_in_domain (G_LOG_DOMAIN, (level), (command), __VA_ARGS__)

G_END_DECLS
