/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nicinfo.h"
#include <arpa/inet.h>
#include <string.h>

/**
 * tbx_nicinfo_dns_new:
 *
 * Returns: (transfer full): a DNS part with both names absent and both lists empty
 */
TbxNicInfoDns *
tbx_nicinfo_dns_new (void)
{
  TbxNicInfoDns *dns = g_new0 (TbxNicInfoDns, 1);

  dns->servers = g_array_new (FALSE, TRUE, sizeof (TbxNicInfoAddress));
  dns->suffixes = g_ptr_array_new_with_free_func (g_free);
  return dns;
}

/**
 * tbx_nicinfo_dns_free:
 * @dns: (transfer full): a DNS part
 */
void
tbx_nicinfo_dns_free (TbxNicInfoDns *dns)
{
  g_free (dns->host_name);
  g_free (dns->domain_name);
  g_array_unref (dns->servers);
  g_ptr_array_unref (dns->suffixes);
  g_free (dns);
}

static gpointer
copy_text (gconstpointer text, gpointer user_data)
{
  return g_strdup (text);
}

/**
 * tbx_nicinfo_dns_copy:
 * @dns: (nullable): a DNS part
 *
 * Returns: (transfer full) (nullable): a copy
 */
TbxNicInfoDns *
tbx_nicinfo_dns_copy (const TbxNicInfoDns *dns)
{
  TbxNicInfoDns *copy;

  if (dns == NULL)
    return NULL;
  copy = g_new0 (TbxNicInfoDns, 1);
  copy->host_name = g_strdup (dns->host_name);
  copy->domain_name = g_strdup (dns->domain_name);
  copy->servers = g_array_copy (dns->servers);
  copy->suffixes = g_ptr_array_copy (dns->suffixes, copy_text, NULL);
  return copy;
}

/**
 * tbx_nicinfo_dhcp_new:
 * @enabled: whether DHCP is in use
 * @settings: free text about it, at most 16,384 bytes
 *
 * Returns: (transfer full): a DHCP part
 */
TbxNicInfoDhcp *
tbx_nicinfo_dhcp_new (gboolean enabled, const char *settings)
{
  TbxNicInfoDhcp *dhcp = g_new0 (TbxNicInfoDhcp, 1);

  dhcp->enabled = enabled;
  dhcp->settings = g_strdup (settings);
  return dhcp;
}

/**
 * tbx_nicinfo_dhcp_free:
 * @dhcp: (transfer full): a DHCP part
 */
void
tbx_nicinfo_dhcp_free (TbxNicInfoDhcp *dhcp)
{
  g_free (dhcp->settings);
  g_free (dhcp);
}

/**
 * tbx_nicinfo_nic_free:
 * @nic: (transfer full): a NIC and all its parts
 */
void
tbx_nicinfo_nic_free (TbxNicInfoNic *nic)
{
  g_free (nic->mac);
  g_array_unref (nic->ips);
  g_clear_pointer (&nic->dns, tbx_nicinfo_dns_free);
  g_free (nic->wins);
  g_clear_pointer (&nic->dhcp_v4, tbx_nicinfo_dhcp_free);
  g_clear_pointer (&nic->dhcp_v6, tbx_nicinfo_dhcp_free);
  g_free (nic);
}

/**
 * tbx_nicinfo_new:
 *
 * Returns: (transfer full): a configuration without NICs, routes or anything else
 */
TbxNicInfo *
tbx_nicinfo_new (void)
{
  TbxNicInfo *self = g_new0 (TbxNicInfo, 1);

  self->nics = g_ptr_array_new_with_free_func ((GDestroyNotify) tbx_nicinfo_nic_free);
  self->routes = g_array_new (FALSE, TRUE, sizeof (TbxNicInfoRoute));
  return self;
}

/**
 * tbx_nicinfo_free:
 * @self: (transfer full): a configuration and all its parts
 */
void
tbx_nicinfo_free (TbxNicInfo *self)
{
  g_ptr_array_unref (self->nics);
  g_array_unref (self->routes);
  g_clear_pointer (&self->dns, tbx_nicinfo_dns_free);
  g_free (self->wins);
  g_clear_pointer (&self->dhcp_v4, tbx_nicinfo_dhcp_free);
  g_clear_pointer (&self->dhcp_v6, tbx_nicinfo_dhcp_free);
  g_free (self);
}

/**
 * tbx_nicinfo_add_nic:
 * @self: the configuration
 * @mac: the MAC as text
 *
 * No limit is checked here; the encoder does that.
 *
 * Returns: (transfer none): the new last NIC, without addresses
 */
TbxNicInfoNic *
tbx_nicinfo_add_nic (TbxNicInfo *self, const char *mac)
{
  TbxNicInfoNic *nic = g_new0 (TbxNicInfoNic, 1);

  nic->mac = g_strdup (mac);
  nic->ips = g_array_new (FALSE, TRUE, sizeof (TbxNicInfoIp));
  g_ptr_array_add (self->nics, nic);
  return nic;
}

/**
 * tbx_nicinfo_address_set:
 * @address: (out): set on success
 * @family: `AF_INET` or `AF_INET6`
 * @octets: 4 or 16 octets in network order
 *
 * Returns: whether @family is one of the two
 */
gboolean
tbx_nicinfo_address_set (TbxNicInfoAddress *address, int family, gconstpointer octets)
{
  if (family != AF_INET && family != AF_INET6)
    return FALSE;
  *address = (TbxNicInfoAddress) {
    .type = family == AF_INET ? TBX_INET_IPV4 : TBX_INET_IPV6,
    .size = family == AF_INET ? 4 : 16,
  };
  memcpy (address->octets, octets, address->size);
  return TRUE;
}

/**
 * tbx_nicinfo_address_parse:
 * @address: (out): set on success
 * @text: an IPv4 or IPv6 address, without a scope or a prefix
 *
 * Returns: whether @text is an address
 */
gboolean
tbx_nicinfo_address_parse (TbxNicInfoAddress *address, const char *text)
{
  guint8 octets[16];

  if (inet_pton (AF_INET, text, octets) == 1)
    return tbx_nicinfo_address_set (address, AF_INET, octets);
  if (inet_pton (AF_INET6, text, octets) == 1)
    return tbx_nicinfo_address_set (address, AF_INET6, octets);
  return FALSE;
}

/**
 * tbx_nicinfo_address_format:
 * @address: an address
 *
 * Returns: (transfer full) (nullable): its text, or %NULL when it is neither IPv4 nor IPv6
 */
char *
tbx_nicinfo_address_format (const TbxNicInfoAddress *address)
{
  char text[INET6_ADDRSTRLEN];
  const char *done = NULL;

  if (address->type == TBX_INET_IPV4 && address->size == 4)
    done = inet_ntop (AF_INET, address->octets, text, sizeof text);
  else if (address->type == TBX_INET_IPV6 && address->size == 16)
    done = inet_ntop (AF_INET6, address->octets, text, sizeof text);
  return g_strdup (done);
}

/**
 * tbx_nicinfo_address_equal:
 * @a: an address
 * @b: another
 *
 * Returns: whether they have the same type and octets
 */
gboolean
tbx_nicinfo_address_equal (const TbxNicInfoAddress *a, const TbxNicInfoAddress *b)
{
  return a->type == b->type && a->size == b->size && memcmp (a->octets, b->octets, a->size) == 0;
}
