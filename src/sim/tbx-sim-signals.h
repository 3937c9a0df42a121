/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* A signal that came; @by_terminal when the whole foreground job got it. */
typedef void (*TbxSimSignalled) (int signo, gboolean by_terminal, gpointer user_data);

guint tbx_sim_signals_watch (TbxSimSignalled callback, gpointer user_data, GError **error);

G_END_DECLS
