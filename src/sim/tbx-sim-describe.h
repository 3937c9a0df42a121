/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>
#include "tbx-sim-guest.h"

G_BEGIN_DECLS

/* What vCenter would show, as JSON members of an object that is open in the
 * builder; the names are those of the vSphere API where it has one.
 * Source: docs/wire/guestinfo.md, "What vSphere shows". */

void tbx_sim_describe_text    (JsonBuilder *b, const char *name, const char *text);
void tbx_sim_describe_number  (JsonBuilder *b, const char *name, gint64 number);
void tbx_sim_describe_flag    (JsonBuilder *b, const char *name, gboolean flag);
void tbx_sim_describe_guest   (JsonBuilder *b, const TbxSimGuest *guest, gboolean running);
void tbx_sim_describe_history (JsonBuilder *b, const TbxSimGuest *guest);
void tbx_sim_describe_network (JsonBuilder *b, const TbxSimGuest *guest);

G_END_DECLS
