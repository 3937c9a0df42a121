/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-describe.h"

/* The NIC list as vCenter shows it: guest.net and guest.ipStack. */

static const char *
name_of (const char *const *names, gsize n, guint32 value)
{
  return value < n && names[value] != NULL ? names[value] : "undefined";
}

static const char *const origins[] = { NULL,   "other",     "manual", NULL,
                                       "dhcp", "linklayer", "random" };
static const char *const states[] = { NULL, "preferred", "deprecated", "invalid", "inaccessible",
                                      "unknown", "tentative", "duplicate", "optimistic" };
static const char *const route_types[] = { "unset", "other", "reject", "local", "remote" };

/* The text of an address of whatever type; others than IPv4 and IPv6 as "type:hex". */
static char *
address_text (const TbxNicInfoAddress *address)
{
  char *text = tbx_nicinfo_address_format (address);
  GString *hex;

  if (text != NULL)
    return text;
  hex = g_string_new (NULL);
  g_string_append_printf (hex, "%u:", address->type);
  for (guint i = 0; i < address->size; i++)
    g_string_append_printf (hex, "%02x", address->octets[i]);
  return g_string_free (hex, FALSE);
}

static void
describe_address (JsonBuilder *b, const char *name, const TbxNicInfoAddress *address)
{
  g_autofree char *text = address_text (address);

  tbx_sim_describe_text (b, name, text);
}

static void
describe_dns (JsonBuilder *b, const TbxNicInfoDns *dns)
{
  if (dns == NULL)
    return;
  json_builder_set_member_name (b, "dnsConfig");
  json_builder_begin_object (b);
  tbx_sim_describe_text (b, "hostName", dns->host_name);
  tbx_sim_describe_text (b, "domainName", dns->domain_name);
  json_builder_set_member_name (b, "ipAddress");
  json_builder_begin_array (b);
  for (guint i = 0; i < dns->servers->len; i++)
    {
      g_autofree char *text = address_text (&g_array_index (dns->servers, TbxNicInfoAddress, i));

      json_builder_add_string_value (b, text);
    }
  json_builder_end_array (b);
  json_builder_set_member_name (b, "searchDomain");
  json_builder_begin_array (b);
  for (guint i = 0; i < dns->suffixes->len; i++)
    json_builder_add_string_value (b, g_ptr_array_index (dns->suffixes, i));
  json_builder_end_array (b);
  json_builder_end_object (b);
}

static void
describe_wins (JsonBuilder *b, const TbxNicInfoWins *wins)
{
  if (wins == NULL)
    return;
  json_builder_set_member_name (b, "winsConfig");
  json_builder_begin_object (b);
  describe_address (b, "primary", &wins->primary);
  describe_address (b, "secondary", &wins->secondary);
  json_builder_end_object (b);
}

static void
describe_dhcp (JsonBuilder *b, const char *name, const TbxNicInfoDhcp *dhcp)
{
  if (dhcp == NULL)
    return;
  json_builder_set_member_name (b, name);
  json_builder_begin_object (b);
  tbx_sim_describe_flag (b, "enable", dhcp->enabled);
  tbx_sim_describe_text (b, "config", dhcp->settings);
  json_builder_end_object (b);
}

static void
describe_ip (JsonBuilder *b, const TbxNicInfoIp *ip)
{
  json_builder_begin_object (b);
  describe_address (b, "ipAddress", &ip->address);
  tbx_sim_describe_number (b, "prefixLength", ip->prefix_length);
  if (ip->has_origin)
    tbx_sim_describe_text (b, "origin", name_of (origins, G_N_ELEMENTS (origins), ip->origin));
  if (ip->has_status)
    tbx_sim_describe_text (b, "state", name_of (states, G_N_ELEMENTS (states), ip->status));
  json_builder_end_object (b);
}

static void
describe_nic (JsonBuilder *b, const TbxNicInfoNic *nic)
{
  json_builder_begin_object (b);
  tbx_sim_describe_text (b, "macAddress", nic->mac);
  json_builder_set_member_name (b, "ipConfig");
  json_builder_begin_array (b);
  for (guint i = 0; i < nic->ips->len; i++)
    describe_ip (b, &g_array_index (nic->ips, TbxNicInfoIp, i));
  json_builder_end_array (b);
  describe_dns (b, nic->dns);
  describe_wins (b, nic->wins);
  describe_dhcp (b, "dhcpIpv4", nic->dhcp_v4);
  describe_dhcp (b, "dhcpIpv6", nic->dhcp_v6);
  json_builder_end_object (b);
}

static void
describe_route (JsonBuilder *b, const TbxNicInfo *nics, const TbxNicInfoRoute *route)
{
  json_builder_begin_object (b);
  describe_address (b, "network", &route->destination);
  tbx_sim_describe_number (b, "prefixLength", route->prefix_length);
  if (route->has_next_hop)
    describe_address (b, "gateway", &route->next_hop);
  tbx_sim_describe_number (b, "device", route->nic);
  if (route->nic < nics->nics->len)
    {
      const TbxNicInfoNic *nic = g_ptr_array_index (nics->nics, route->nic);

      tbx_sim_describe_text (b, "macAddress", nic->mac);
    }
  tbx_sim_describe_text (b, "type",
                         name_of (route_types, G_N_ELEMENTS (route_types), route->type));
  if (route->metric != TBX_ROUTE_METRIC_UNUSED)
    tbx_sim_describe_number (b, "metric", route->metric);
  json_builder_end_object (b);
}

static void
describe_stack (JsonBuilder *b, const TbxNicInfo *nics)
{
  json_builder_set_member_name (b, "ipStack");
  json_builder_begin_object (b);
  describe_dns (b, nics->dns);
  describe_wins (b, nics->wins);
  describe_dhcp (b, "dhcpIpv4", nics->dhcp_v4);
  describe_dhcp (b, "dhcpIpv6", nics->dhcp_v6);
  json_builder_set_member_name (b, "ipRoute");
  json_builder_begin_array (b);
  for (guint i = 0; i < nics->routes->len; i++)
    describe_route (b, nics, &g_array_index (nics->routes, TbxNicInfoRoute, i));
  json_builder_end_array (b);
  json_builder_end_object (b);
}

/**
 * tbx_sim_describe_network:
 * @b: the builder
 * @guest: what is known; nothing is added before its first NIC list
 */
void
tbx_sim_describe_network (JsonBuilder *b, const TbxSimGuest *guest)
{
  if (guest->nics == NULL)
    return;
  json_builder_set_member_name (b, "netSource");
  json_builder_begin_object (b);
  tbx_sim_describe_number (b, "type", guest->nics_type);
  tbx_sim_describe_number (b, "version", guest->nics_version);
  tbx_sim_describe_number (b, "updates", guest->nics_updates);
  json_builder_end_object (b);
  json_builder_set_member_name (b, "net");
  json_builder_begin_array (b);
  for (guint i = 0; i < guest->nics->nics->len; i++)
    describe_nic (b, g_ptr_array_index (guest->nics->nics, i));
  json_builder_end_array (b);
  describe_stack (b, guest->nics);
}
