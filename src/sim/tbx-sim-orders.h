/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>
#include "tbx-sim-model.h"

G_BEGIN_DECLS

gboolean tbx_sim_order (TbxSimModel *model, JsonObject *request, JsonBuilder *reply,
                        GError **error);

G_END_DECLS
