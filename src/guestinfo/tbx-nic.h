/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* An address on an interface, as the kernel tells it. */
typedef struct
{
  TbxNicInfoAddress address;         /* IPv4 or IPv6 */
  guint             prefix_length;   /* bits */
  guint32           flags;           /* IFA_F_... */
  guint             scope;           /* RT_SCOPE_... */
  TbxIpOrigin       origin;
  TbxIpStatus       status;
} TbxNicAddress;

/* A route of the main table, one for each of its next hops. */
typedef struct
{
  TbxNicInfoAddress destination;
  guint             prefix_length;   /* bits; 0 is a default route */
  gboolean          has_next_hop;
  TbxNicInfoAddress next_hop;
  gboolean          has_source;
  TbxNicInfoAddress source;          /* the one that the route prefers */
  guint             nic;             /* kernel index */
  guint32           metric;          /* less is better */
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

const char          *tbx_ip_origin_to_string   (TbxIpOrigin origin);
const char          *tbx_ip_status_to_string   (TbxIpStatus status);

/* For the network, which owns the NICs; each returns whether something changed. */
TbxNic  *tbx_nic_new           (const char *name, guint index);
gboolean tbx_nic_set_link      (TbxNic     *self,
                                const char *mac,
                                guint       hardware_type,
                                guint       flags);
gboolean tbx_nic_take_address  (TbxNic *self, const TbxNicAddress *address);
gboolean tbx_nic_drop_address  (TbxNic *self, const TbxNicAddress *address);
gboolean tbx_nic_set_addresses (TbxNic *self, GArray *addresses);
gboolean tbx_nic_set_routes    (TbxNic *self, GVariant *routes);
gboolean tbx_nic_set_dns       (TbxNic *self, const TbxNicInfoDns *dns);
gboolean tbx_nic_set_reason    (TbxNic *self, const char *reason);

G_END_DECLS
