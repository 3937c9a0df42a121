/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What a test waits for, as text: "NAME" or "NAME=VALUE". */
typedef struct _TbxSimCondition TbxSimCondition;

TbxSimCondition *tbx_sim_condition_parse (const char *text, GError **error);
void             tbx_sim_condition_free  (TbxSimCondition *self);
gboolean         tbx_sim_condition_holds (const TbxSimCondition *self, JsonObject *host);
char            *tbx_sim_condition_help  (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimCondition, tbx_sim_condition_free)

G_END_DECLS
