/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

GSource *tbx_sim_alarm_new (const char *name, GSourceFunc callback, gpointer user_data);

G_END_DECLS
