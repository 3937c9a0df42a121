/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nic-report.h"
#include "tbx-error.h"
#include "tbx-guestinfo-codec.h"
#include "tbx-nicinfo-codec.h"
#include <string.h>

static const struct
{
  guint          type;
  TbxNicInfoForm form;
} steps[TBX_NIC_REPORT_N_STEPS] = {
  { TBX_GUESTINFO_IPADDRESS_V3,
    { TBX_NICINFO_V3, TBX_NICINFO_MAX_ADDRESSES, TBX_NICINFO_MAX_ROUTES } },
  { TBX_GUESTINFO_IPADDRESS_V2,
    { TBX_NICINFO_V3, TBX_NICINFO_MAX_ADDRESSES_OLD, TBX_NICINFO_MAX_ROUTES } },
  { TBX_GUESTINFO_IPADDRESS_V2, { TBX_NICINFO_V2, TBX_NICINFO_MAX_ADDRESSES_OLD, 0 } },
};

static void
limit_dns (TbxNicInfoDns *dns)
{
  if (dns->servers->len > TBX_NICINFO_MAX_SERVERS)
    g_array_set_size (dns->servers, TBX_NICINFO_MAX_SERVERS);
  if (dns->suffixes->len > TBX_NICINFO_MAX_SUFFIXES)
    g_ptr_array_set_size (dns->suffixes, TBX_NICINFO_MAX_SUFFIXES);
}

static void
add_nic (TbxNicInfo *info, TbxNic *nic)
{
  TbxNicInfoNic *told = tbx_nicinfo_add_nic (info, tbx_nic_get_mac (nic));
  const TbxNicAddress *addresses;
  guint n;

  addresses = tbx_nic_get_addresses (nic, &n);
  for (guint i = 0; i < n; i++)
    {
      TbxNicInfoIp ip = {
        .prefix_length = addresses[i].prefix_length,
        .has_origin = addresses[i].origin != TBX_IP_ORIGIN_NONE,
        .origin = addresses[i].origin,
        .has_status = TRUE,
        .status = addresses[i].status,
      };

      if (tbx_inet_is_loopback (&addresses[i].address))
        continue;
      tbx_inet_to_nicinfo (&addresses[i].address, &ip.address);
      g_array_append_val (told->ips, ip);
    }
  told->dns = tbx_nicinfo_dns_copy (tbx_nic_get_dns (nic));
  if (told->dns != NULL)
    limit_dns (told->dns);
}

static gboolean
find_position (GPtrArray *nics, guint index, guint32 *position)
{
  for (guint i = 0; i < nics->len; i++)
    if (tbx_nic_get_index (nics->pdata[i]) == index)
      {
        *position = i;
        return TRUE;
      }
  return FALSE;
}

static void
add_routes (TbxNicInfo *info, TbxNetwork *network, GPtrArray *nics)
{
  guint n;
  const TbxNicRoute *routes = tbx_network_get_routes (network, &n);

  for (guint i = 0; i < n && info->routes->len < TBX_NICINFO_MAX_ROUTES; i++)
    {
      TbxNicInfoRoute route = {
        .prefix_length = routes[i].prefix_length,
        .has_next_hop = routes[i].next_hop.family != 0,
        .type = routes[i].next_hop.family != 0 ? TBX_ROUTE_REMOTE : TBX_ROUTE_LOCAL,
        .metric = routes[i].metric,
      };

      if (!find_position (nics, routes[i].nic, &route.nic))
        continue;
      tbx_inet_to_nicinfo (&routes[i].destination, &route.destination);
      if (route.has_next_hop)
        tbx_inet_to_nicinfo (&routes[i].next_hop, &route.next_hop);
      g_array_append_val (info->routes, route);
    }
}

/* As the C library does without a "domain": what follows the host's own name. */
static const char *
domain_of_host (const char *host_name)
{
  const char *dot = strchr (host_name, '.');

  return dot == NULL ? "" : dot + 1;
}

/**
 * tbx_nic_report_build:
 * @network: what there is
 * @host_name: of this machine
 *
 * What could not be gathered is left out, and the rest is told.
 * Source: docs/wire/guestinfo.md, "DNS part", "Routes".
 *
 * Returns: (transfer full): what is told, within the limits of the NIC list
 */
TbxNicInfo *
tbx_nic_report_build (TbxNetwork *network, const char *host_name)
{
  TbxNicInfo *info = tbx_nicinfo_new ();
  g_autoptr(GPtrArray) nics = tbx_network_dup_told_nics (network);
  TbxDnsSource *source = tbx_network_get_dns_source (network);

  for (guint i = 0; i < nics->len; i++)
    add_nic (info, nics->pdata[i]);
  add_routes (info, network, nics);
  info->dns = source == NULL ? NULL : tbx_dns_source_dup_stack (source);
  if (info->dns == NULL)
    info->dns = tbx_nicinfo_dns_new ();
  limit_dns (info->dns);
  g_free (info->dns->host_name);
  info->dns->host_name = g_strdup (host_name);
  if (info->dns->domain_name == NULL)
    info->dns->domain_name = g_strdup (domain_of_host (host_name));
  return info;
}

static GBytes *
encode_message (const TbxNicInfo *info, guint type, const TbxNicInfoForm *form, GError **error)
{
  g_autoptr(GBytes) body = tbx_nicinfo_encode (info, form, error);

  if (body == NULL)
    return NULL;
  return tbx_guestinfo_encode (type, g_bytes_get_data (body, NULL), g_bytes_get_size (body), error);
}

/* The most addresses of each NIC with which it fits, by halving. */
static GBytes *
encode_fewer_addresses (const TbxNicInfo *info, guint type, TbxNicInfoForm form)
{
  g_autoptr(GBytes) best = NULL;
  guint fits = 0, too_many = form.max_addresses;

  while (fits < too_many)
    {
      g_autoptr(GBytes) message = NULL;

      form.max_addresses = fits + (too_many - fits) / 2;
      message = encode_message (info, type, &form, NULL);
      if (message != NULL && g_bytes_get_size (message) <= TBX_NIC_REPORT_MAX_BYTES)
        {
          g_clear_pointer (&best, g_bytes_unref);
          best = g_steal_pointer (&message);
          fits = form.max_addresses + 1;
        }
      else
        too_many = form.max_addresses;
    }
  return g_steal_pointer (&best);
}

/**
 * tbx_nic_report_encode:
 * @info: what is told
 * @step: of the ladder, below `TBX_NIC_REPORT_N_STEPS`
 * @error: return location for an error
 *
 * A message that is too large loses its routes, then addresses of each NIC evenly.
 * Errors: `TBX_ERROR_TOO_LARGE` when that is not enough.
 * Source: docs/wire/guestinfo.md, "NIC list fallback ladder", "Size limit".
 *
 * Returns: (transfer full) (nullable): the request
 */
GBytes *
tbx_nic_report_encode (const TbxNicInfo *info, guint step, GError **error)
{
  TbxNicInfoForm form = steps[step].form;
  g_autoptr(GBytes) message = encode_message (info, steps[step].type, &form, error);

  if (message == NULL || g_bytes_get_size (message) <= TBX_NIC_REPORT_MAX_BYTES)
    return g_steal_pointer (&message);
  form.max_routes = 0;
  g_clear_pointer (&message, g_bytes_unref);
  message = encode_message (info, steps[step].type, &form, error);
  if (message != NULL && g_bytes_get_size (message) > TBX_NIC_REPORT_MAX_BYTES)
    {
      g_clear_pointer (&message, g_bytes_unref);
      message = encode_fewer_addresses (info, steps[step].type, form);
      if (message == NULL)
        g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TOO_LARGE,
                             "NIC info: too large even without addresses");
    }
  return g_steal_pointer (&message);
}
