/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include "tbx-nic-address.h"

G_BEGIN_DECLS

/* A route of the main table, one for each of its next hops. */
typedef struct
{
  TbxInet destination;
  guint   prefix_length;   /* bits; 0 is a default route */
  TbxInet next_hop;        /* none: on the link */
  TbxInet source;          /* the one that the route prefers, or none */
  guint   nic;             /* kernel index */
  guint32 metric;          /* less is better */
} TbxNicRoute;

/* One network interface.  Its properties say what the kernel says, and what came
 * of it; each changes with notify:
 *
 * "name" (s, never changes), "index" (u), "mac-address" (s, may be empty), "up" (b),
 * "addresses" (GVariant a(suss): address, prefix length, origin, status),
 * "routes" (GVariant a(susu): destination, prefix length, next hop or empty, metric),
 * "dns-servers" (strv), "dns-domains" (strv), "told" (b), "not-told-reason" (s):
 * "" or "loopback", "down", "excluded", "no-ethernet-address", "limit". */
#define TBX_TYPE_NIC (tbx_nic_get_type ())
G_DECLARE_FINAL_TYPE (TbxNic, tbx_nic, TBX, NIC, GObject)

const char          *tbx_nic_get_name          (TbxNic *self);
guint                tbx_nic_get_index         (TbxNic *self);
const char          *tbx_nic_get_mac           (TbxNic *self);
guint                tbx_nic_get_hardware_type (TbxNic *self);
guint                tbx_nic_get_flags         (TbxNic *self);
const TbxNicAddress *tbx_nic_get_addresses     (TbxNic *self, guint *n_addresses);
const TbxNicInfoDns *tbx_nic_get_dns           (TbxNic *self);
gboolean             tbx_nic_get_told          (TbxNic *self);
const char          *tbx_nic_get_reason        (TbxNic *self);

/* For the network, which owns the NICs.  What changed is told by tbx_nic_flush(). */
TbxNic  *tbx_nic_new             (const char *name, guint index);
TbxNic  *tbx_nic_new_renamed     (TbxNic *old, const char *name);
void     tbx_nic_set_link        (TbxNic     *self,
                                  const char *mac,
                                  guint       hardware_type,
                                  guint       flags,
                                  guint       generation);
guint    tbx_nic_get_generation  (TbxNic *self);
void     tbx_nic_take_address    (TbxNic *self, const TbxNicAddress *address, guint generation);
void     tbx_nic_drop_address    (TbxNic *self, const TbxNicAddress *address);
void     tbx_nic_sweep_addresses (TbxNic *self, guint generation);
void     tbx_nic_set_routes      (TbxNic *self, GVariant *routes);
void     tbx_nic_set_dns         (TbxNic *self, TbxNicInfoDns *dns);
void     tbx_nic_set_reason      (TbxNic *self, const char *reason);
gboolean tbx_nic_flush           (TbxNic *self);

G_END_DECLS
