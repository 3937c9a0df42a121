/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

void tbx_sim_print_host (JsonObject *host);

G_END_DECLS
