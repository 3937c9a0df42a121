/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nic-address.h"
#include <linux/if_addr.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/**
 * tbx_ip_origin_to_string:
 * @origin: where an address comes from
 *
 * Returns: its name on the bus
 */
const char *
tbx_ip_origin_to_string (TbxIpOrigin origin)
{
  static const char *const names[] = {
    [TBX_IP_ORIGIN_MANUAL] = "manual",
    [TBX_IP_ORIGIN_DHCP] = "dhcp",
    [TBX_IP_ORIGIN_LINKLAYER] = "link-layer",
    [TBX_IP_ORIGIN_RANDOM] = "random",
  };

  return (gsize) origin < G_N_ELEMENTS (names) && names[origin] != NULL ? names[origin] : "other";
}

/**
 * tbx_ip_status_to_string:
 * @status: state of an address
 *
 * Returns: its name on the bus
 */
const char *
tbx_ip_status_to_string (TbxIpStatus status)
{
  static const char *const names[] = {
    [TBX_IP_STATUS_PREFERRED] = "preferred",
    [TBX_IP_STATUS_DEPRECATED] = "deprecated",
    [TBX_IP_STATUS_INVALID] = "invalid",
    [TBX_IP_STATUS_INACCESSIBLE] = "inaccessible",
    [TBX_IP_STATUS_UNKNOWN] = "unknown",
    [TBX_IP_STATUS_TENTATIVE] = "tentative",
    [TBX_IP_STATUS_DUPLICATE] = "duplicate",
    [TBX_IP_STATUS_OPTIMISTIC] = "optimistic",
  };

  return (gsize) status < G_N_ELEMENTS (names) && names[status] != NULL ? names[status] : "unknown";
}

/**
 * tbx_nic_address_status:
 * @address: an address
 *
 * Returns: its state, by its flags
 */
TbxIpStatus
tbx_nic_address_status (const TbxNicAddress *address)
{
  if (address->address.family == AF_INET)
    return TBX_IP_STATUS_PREFERRED;
  if (address->flags & IFA_F_DADFAILED)
    return TBX_IP_STATUS_DUPLICATE;
  if (address->flags & IFA_F_OPTIMISTIC)   /* comes with TENTATIVE */
    return TBX_IP_STATUS_OPTIMISTIC;
  if (address->flags & IFA_F_TENTATIVE)
    return TBX_IP_STATUS_TENTATIVE;
  return address->flags & IFA_F_DEPRECATED ? TBX_IP_STATUS_DEPRECATED : TBX_IP_STATUS_PREFERRED;
}

/* Whether the last 64 bits were made from the MAC (modified EUI-64). */
static gboolean
made_from_mac (const TbxInet *address, const char *mac)
{
  guint m[6];
  guint8 id[8];

  if (sscanf (mac, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6)
    return FALSE;
  memcpy (id, (guint8[]) { (guint8) (m[0] ^ 2), (guint8) m[1], (guint8) m[2], 0xff, 0xfe,
                           (guint8) m[3], (guint8) m[4], (guint8) m[5] }, sizeof id);
  return memcmp (address->octets + 8, id, sizeof id) == 0;
}

/**
 * tbx_nic_address_origin:
 * @address: an address
 * @mac: of the interface that has it, as text; may be empty
 *
 * The kernel does not say who set an address; its flags and its shape do.
 *
 * Returns: where it comes from
 */
TbxIpOrigin
tbx_nic_address_origin (const TbxNicAddress *address, const char *mac)
{
  gboolean permanent = (address->flags & IFA_F_PERMANENT) != 0;

  if (address->address.family == AF_INET)
    return permanent ? TBX_IP_ORIGIN_MANUAL : TBX_IP_ORIGIN_DHCP;
  if (address->flags & (IFA_F_TEMPORARY | IFA_F_STABLE_PRIVACY))
    return TBX_IP_ORIGIN_RANDOM;
  if (made_from_mac (&address->address, mac))
    return TBX_IP_ORIGIN_LINKLAYER;
  if (permanent)
    return TBX_IP_ORIGIN_MANUAL;
  /* DHCPv6 gives single addresses; what has a lifetime and a prefix was made from an
   * advertisement by a daemon that hides the MAC. */
  return address->prefix_length == 128 ? TBX_IP_ORIGIN_DHCP : TBX_IP_ORIGIN_RANDOM;
}

/**
 * tbx_nic_address_compare:
 * @a: an address
 * @b: another
 *
 * The order in which they are told does not depend on whether an address came by a
 * dump or by an event.  IPv4 addresses of the same kind keep that of the kernel.
 *
 * Returns: less than, equal to or greater than 0
 */
int
tbx_nic_address_compare (const TbxNicAddress *a, const TbxNicAddress *b)
{
  gboolean is_v4 = a->address.family == AF_INET;
  gboolean a_late, b_late;

  if (a->address.family != b->address.family)
    return is_v4 ? -1 : 1;
  if (is_v4)
    {
      a_late = (a->flags & IFA_F_SECONDARY) != 0;
      b_late = (b->flags & IFA_F_SECONDARY) != 0;
    }
  else
    {
      a_late = !tbx_inet_is_presentable (&a->address, TRUE);
      b_late = !tbx_inet_is_presentable (&b->address, TRUE);
    }
  if (a_late != b_late || is_v4)
    return a_late - b_late;
  return tbx_inet_compare (&a->address, &b->address);
}
