/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-dns-source.h"
#include "tbx-nic.h"
#include "tbx-nic-policy.h"

G_BEGIN_DECLS

/* The network of this machine, kept true by the kernel's own events in the network
 * namespace where it was made; nothing is polled.
 *
 * Properties: "ready" (b): the first dump is complete.
 * Signals: "nic-added" (TbxNic), "nic-removed" (TbxNic): an interface that is renamed
 * is removed and added; "changed" (): something that the host could be told is
 * different, DNS included, once for each batch of events and after the NICs'
 * notifies.  There is no "changed" before it is ready. */
#define TBX_TYPE_NETWORK (tbx_network_get_type ())
G_DECLARE_FINAL_TYPE (TbxNetwork, tbx_network, TBX, NETWORK, GObject)

TbxNetwork        *tbx_network_new            (TbxNicPolicy *policy, GError **error);
gboolean           tbx_network_get_ready      (TbxNetwork *self);
GPtrArray         *tbx_network_dup_nics       (TbxNetwork *self);
GPtrArray         *tbx_network_dup_told_nics  (TbxNetwork *self);
TbxNic            *tbx_network_find_nic       (TbxNetwork *self, guint index);
const TbxNicRoute *tbx_network_get_routes     (TbxNetwork *self, guint *n_routes);
TbxNicPolicy      *tbx_network_get_policy     (TbxNetwork *self);
void               tbx_network_set_policy     (TbxNetwork *self, TbxNicPolicy *policy);
TbxDnsSource      *tbx_network_get_dns_source (TbxNetwork *self);
void               tbx_network_set_dns_source (TbxNetwork *self, TbxDnsSource *source);
guint              tbx_network_get_overruns   (TbxNetwork *self);

G_END_DECLS
