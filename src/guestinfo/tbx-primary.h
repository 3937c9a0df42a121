/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-network.h"

G_BEGIN_DECLS

/* The one address under which the host shows this guest, and why it is that one.
 *
 * Properties, each with notify, all at once: "address" (s, empty when there is none),
 * "nic" (s: name, or empty), "reason" (s: "none", "set", "provided",
 * "configured", "default-route", "first"), "detail" (s: the reason as a sentence for people, such as
 * "source address of the IPv4 default route on eth0, metric 100"). */
#define TBX_TYPE_PRIMARY (tbx_primary_get_type ())
G_DECLARE_FINAL_TYPE (TbxPrimary, tbx_primary, TBX, PRIMARY, GObject)

TbxPrimary *tbx_primary_new         (TbxNetwork *network);
gboolean    tbx_primary_set         (TbxPrimary *self, const char *address, GError **error);
gboolean    tbx_primary_check       (const char *address, GError **error);
void        tbx_primary_provide     (TbxPrimary *self, const char *address);
void        tbx_primary_clear       (TbxPrimary *self);
const char *tbx_primary_get_address (TbxPrimary *self);
const char *tbx_primary_get_nic     (TbxPrimary *self);
const char *tbx_primary_get_reason  (TbxPrimary *self);
const char *tbx_primary_get_detail  (TbxPrimary *self);

G_END_DECLS
