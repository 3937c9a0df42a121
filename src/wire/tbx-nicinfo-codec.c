/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nicinfo-codec.h"
#include "tbx-error.h"
#include "tbx-reader.h"
#include "tbx-writer.h"
#include <string.h>

/* Fixed arrays of V2: each character takes a word. */
#define V2_MAC_CHARS  18
#define V2_TEXT_CHARS 64

/* Larger than any list within the limits; what a channel takes is its caller's business. */
#define MAX_BODY_BYTES (64 * 1024 * 1024)

/* Bytes of the smallest element of each array, to check a count before it is believed. */
enum
{
  LEAST_ADDRESS  = 8,
  LEAST_IP       = LEAST_ADDRESS + 12,
  LEAST_NIC      = 24,
  LEAST_ROUTE    = LEAST_ADDRESS + 20,
  LEAST_SUFFIX   = 4,
  V2_LEAST_NIC   = V2_MAC_CHARS * 4 + 4,
  V2_IP          = 8 + 2 * V2_TEXT_CHARS * 4,
};

static void
put_opaque (TbxWriter *w, gconstpointer data, gsize size, gsize limit)
{
  if (size > limit)
    tbx_writer_fail (w, "text or address above its limit");
  tbx_writer_u32be (w, (guint32) size);
  tbx_writer_bytes (w, data, size);
  tbx_writer_zeros (w, -size & 3);
}

static void
put_count (TbxWriter *w, guint count, guint limit)
{
  if (count > limit)
    tbx_writer_fail (w, "count above its limit");
  tbx_writer_u32be (w, count);
}

static void
put_optional_text (TbxWriter *w, const char *text)
{
  tbx_writer_u32be (w, text != NULL);
  if (text != NULL)
    put_opaque (w, text, strlen (text), TBX_NICINFO_MAX_NAME_BYTES);
}

static void
put_optional_word (TbxWriter *w, gboolean present, guint32 value)
{
  tbx_writer_u32be (w, present);
  if (present)
    tbx_writer_u32be (w, value);
}

static void
put_address (TbxWriter *w, const TbxNicInfoAddress *address)
{
  tbx_writer_u32be (w, address->type);
  put_opaque (w, address->octets, address->size, TBX_NICINFO_MAX_ADDRESS_BYTES);
}

static void
put_dns (TbxWriter *w, const TbxNicInfoDns *dns)
{
  tbx_writer_u32be (w, dns != NULL);
  if (dns == NULL)
    return;
  put_optional_text (w, dns->host_name);
  put_optional_text (w, dns->domain_name);
  put_count (w, dns->servers->len, TBX_NICINFO_MAX_SERVERS);
  for (guint i = 0; i < dns->servers->len; i++)
    put_address (w, &g_array_index (dns->servers, TbxNicInfoAddress, i));
  put_count (w, dns->suffixes->len, TBX_NICINFO_MAX_SUFFIXES);
  for (guint i = 0; i < dns->suffixes->len; i++)
    put_opaque (w, dns->suffixes->pdata[i], strlen (dns->suffixes->pdata[i]),
                TBX_NICINFO_MAX_NAME_BYTES);
}

static void
put_wins (TbxWriter *w, const TbxNicInfoWins *wins)
{
  tbx_writer_u32be (w, wins != NULL);
  if (wins == NULL)
    return;
  put_address (w, &wins->primary);
  put_address (w, &wins->secondary);
}

static void
put_dhcp (TbxWriter *w, const TbxNicInfoDhcp *dhcp)
{
  tbx_writer_u32be (w, dhcp != NULL);
  if (dhcp == NULL)
    return;
  tbx_writer_u32be (w, dhcp->enabled != FALSE);
  put_opaque (w, dhcp->settings, strlen (dhcp->settings), TBX_NICINFO_MAX_SETTINGS_BYTES);
}

static void
put_nic (TbxWriter *w, const TbxNicInfoNic *nic, const TbxNicInfoForm *form)
{
  guint n_ips = MIN (nic->ips->len, form->max_addresses);

  put_opaque (w, nic->mac, strlen (nic->mac), TBX_NICINFO_MAX_MAC_BYTES);
  put_count (w, n_ips, TBX_NICINFO_MAX_ADDRESSES);
  for (guint i = 0; i < n_ips; i++)
    {
      const TbxNicInfoIp *ip = &g_array_index (nic->ips, TbxNicInfoIp, i);

      put_address (w, &ip->address);
      tbx_writer_u32be (w, ip->prefix_length);
      put_optional_word (w, ip->has_origin, ip->origin);
      put_optional_word (w, ip->has_status, ip->status);
    }
  put_dns (w, nic->dns);
  put_wins (w, nic->wins);
  put_dhcp (w, nic->dhcp_v4);
  put_dhcp (w, nic->dhcp_v6);
}

static void
put_v3 (TbxWriter *w, const TbxNicInfo *info, const TbxNicInfoForm *form)
{
  guint n_routes = MIN (info->routes->len, form->max_routes);

  put_count (w, info->nics->len, TBX_NICINFO_MAX_NICS);
  for (guint i = 0; i < info->nics->len; i++)
    put_nic (w, info->nics->pdata[i], form);
  put_count (w, n_routes, TBX_NICINFO_MAX_ROUTES);
  for (guint i = 0; i < n_routes; i++)
    {
      const TbxNicInfoRoute *route = &g_array_index (info->routes, TbxNicInfoRoute, i);

      put_address (w, &route->destination);
      tbx_writer_u32be (w, route->prefix_length);
      tbx_writer_u32be (w, route->has_next_hop != FALSE);
      if (route->has_next_hop)
        put_address (w, &route->next_hop);
      tbx_writer_u32be (w, route->nic);
      tbx_writer_u32be (w, route->type);
      tbx_writer_u32be (w, route->metric);
    }
  put_dns (w, info->dns);
  put_wins (w, info->wins);
  put_dhcp (w, info->dhcp_v4);
  put_dhcp (w, info->dhcp_v6);
}

/* char text[n]: a word a character, NUL padded. */
static void
put_v2_text (TbxWriter *w, const char *text, gsize n)
{
  gsize length = strlen (text);

  if (length > n)
    tbx_writer_fail (w, "text above its limit");
  for (gsize i = 0; i < length && w->bad == NULL; i++)
    tbx_writer_u32be (w, (guint8) text[i]);
  tbx_writer_zeros (w, length > n ? 0 : (n - length) * 4);
}

static void
put_v2_ip (TbxWriter *w, const TbxNicInfoIp *ip)
{
  g_autofree char *address = tbx_nicinfo_address_format (&ip->address);
  g_autofree char *prefix = g_strdup_printf ("%u", ip->prefix_length);

  if (address == NULL)
    {
      tbx_writer_fail (w, "address without a text form");
      return;
    }
  tbx_writer_u32be (w, ip->address.type == TBX_INET_IPV4 ? 0 : 1);
  tbx_writer_u32be (w, ip->has_origin && ip->origin == TBX_IP_ORIGIN_DHCP);
  put_v2_text (w, address, V2_TEXT_CHARS);
  put_v2_text (w, prefix, V2_TEXT_CHARS);
}

static void
put_v2 (TbxWriter *w, const TbxNicInfo *info, const TbxNicInfoForm *form)
{
  put_count (w, info->nics->len, TBX_NICINFO_MAX_NICS);
  for (guint i = 0; i < info->nics->len; i++)
    {
      const TbxNicInfoNic *nic = info->nics->pdata[i];
      guint n_ips = MIN (nic->ips->len, form->max_addresses);

      put_v2_text (w, nic->mac, V2_MAC_CHARS);
      put_count (w, n_ips, TBX_NICINFO_MAX_ADDRESSES);
      for (guint j = 0; j < n_ips && w->bad == NULL; j++)
        put_v2_ip (w, &g_array_index (nic->ips, TbxNicInfoIp, j));
    }
}

/**
 * tbx_nicinfo_encode:
 * @info: what is told
 * @form: in which form
 * @error: return location for an error
 *
 * V2 keeps MACs and addresses only; an address whose origin is DHCP has its flag set.
 * Errors: `TBX_ERROR_TOO_LARGE` for a text or a number of things above its limit.
 * Source: docs/wire/guestinfo.md, "V3 schema", "V2 schema".
 *
 * Returns: (transfer full) (nullable): the XDR body
 */
GBytes *
tbx_nicinfo_encode (const TbxNicInfo *info, const TbxNicInfoForm *form, GError **error)
{
  TbxWriter w;

  tbx_writer_init (&w, MAX_BODY_BYTES);
  tbx_writer_u32be (&w, form->version);
  tbx_writer_u32be (&w, TRUE);
  if (form->version == TBX_NICINFO_V3)
    put_v3 (&w, info, form);
  else
    put_v2 (&w, info, form);
  return tbx_writer_end (&w, "NIC info", error);
}

static gboolean
take_bool (TbxReader *r)
{
  guint32 word = tbx_reader_u32be (r);

  if (word > 1)
    tbx_reader_fail (r, "neither 0 nor 1");
  return word == 1;
}

static const guint8 *
take_opaque (TbxReader *r, gsize limit, gsize *size)
{
  const guint8 *data;
  const guint8 *padding;

  *size = tbx_reader_u32be (r);
  if (r->bad == NULL && *size > limit)
    tbx_reader_fail (r, "text or address above its limit");
  data = tbx_reader_bytes (r, *size);
  padding = tbx_reader_bytes (r, -*size & 3);
  for (gsize i = 0; padding != NULL && i < (-*size & 3); i++)
    if (padding[i] != 0)
      tbx_reader_fail (r, "padding is not zero");
  return r->bad == NULL ? data : NULL;
}

static char *
take_text (TbxReader *r, gsize limit)
{
  gsize size;
  const guint8 *data = take_opaque (r, limit, &size);
  TbxReader text;
  char *result;

  if (data == NULL)
    return NULL;
  tbx_reader_init_data (&text, data, size);
  result = tbx_reader_utf8 (&text, size);
  if (result == NULL)
    tbx_reader_fail (r, text.bad);
  return result;
}

static guint32
take_count (TbxReader *r, guint32 limit, gsize least_size)
{
  return tbx_reader_count (r, tbx_reader_u32be (r), limit, least_size);
}

static void
take_address (TbxReader *r, TbxNicInfoAddress *address)
{
  gsize size;
  const guint8 *data;

  address->type = tbx_reader_u32be (r);
  data = take_opaque (r, TBX_NICINFO_MAX_ADDRESS_BYTES, &size);
  if (data == NULL)
    return;
  address->size = (guint8) size;
  memcpy (address->octets, data, size);
}

static TbxNicInfoDns *
take_dns (TbxReader *r)
{
  TbxNicInfoDns *dns;
  guint32 count;

  if (!take_bool (r))
    return NULL;
  dns = tbx_nicinfo_dns_new ();
  if (take_bool (r))
    dns->host_name = take_text (r, TBX_NICINFO_MAX_NAME_BYTES);
  if (take_bool (r))
    dns->domain_name = take_text (r, TBX_NICINFO_MAX_NAME_BYTES);
  count = take_count (r, TBX_NICINFO_MAX_SERVERS, LEAST_ADDRESS);
  g_array_set_size (dns->servers, count);
  for (guint32 i = 0; i < count && r->bad == NULL; i++)
    take_address (r, &g_array_index (dns->servers, TbxNicInfoAddress, i));
  count = take_count (r, TBX_NICINFO_MAX_SUFFIXES, LEAST_SUFFIX);
  for (guint32 i = 0; i < count && r->bad == NULL; i++)
    {
      char *suffix = take_text (r, TBX_NICINFO_MAX_NAME_BYTES);

      if (suffix != NULL)
        g_ptr_array_add (dns->suffixes, suffix);
    }
  return dns;
}

static TbxNicInfoWins *
take_wins (TbxReader *r)
{
  TbxNicInfoWins *wins;

  if (!take_bool (r))
    return NULL;
  wins = g_new0 (TbxNicInfoWins, 1);
  take_address (r, &wins->primary);
  take_address (r, &wins->secondary);
  return wins;
}

static TbxNicInfoDhcp *
take_dhcp (TbxReader *r)
{
  g_autofree char *settings = NULL;
  gboolean enabled;

  if (!take_bool (r))
    return NULL;
  enabled = take_bool (r);
  settings = take_text (r, TBX_NICINFO_MAX_SETTINGS_BYTES);
  return settings == NULL ? NULL : tbx_nicinfo_dhcp_new (enabled, settings);
}

static void
take_nic (TbxReader *r, TbxNicInfo *info)
{
  g_autofree char *mac = take_text (r, TBX_NICINFO_MAX_MAC_BYTES);
  TbxNicInfoNic *nic;
  guint32 n_ips;

  if (mac == NULL)
    return;
  nic = tbx_nicinfo_add_nic (info, mac);
  n_ips = take_count (r, TBX_NICINFO_MAX_ADDRESSES, LEAST_IP);
  g_array_set_size (nic->ips, n_ips);
  for (guint32 i = 0; i < n_ips && r->bad == NULL; i++)
    {
      TbxNicInfoIp *ip = &g_array_index (nic->ips, TbxNicInfoIp, i);

      take_address (r, &ip->address);
      ip->prefix_length = tbx_reader_u32be (r);
      ip->has_origin = take_bool (r);
      ip->origin = ip->has_origin ? tbx_reader_u32be (r) : 0;
      ip->has_status = take_bool (r);
      ip->status = ip->has_status ? tbx_reader_u32be (r) : 0;
    }
  nic->dns = take_dns (r);
  nic->wins = take_wins (r);
  nic->dhcp_v4 = take_dhcp (r);
  nic->dhcp_v6 = take_dhcp (r);
}

static void
take_v3 (TbxReader *r, TbxNicInfo *info)
{
  guint32 n_nics = take_count (r, TBX_NICINFO_MAX_NICS, LEAST_NIC);
  guint32 n_routes;

  for (guint32 i = 0; i < n_nics && r->bad == NULL; i++)
    take_nic (r, info);
  n_routes = take_count (r, TBX_NICINFO_MAX_ROUTES, LEAST_ROUTE);
  g_array_set_size (info->routes, n_routes);
  for (guint32 i = 0; i < n_routes && r->bad == NULL; i++)
    {
      TbxNicInfoRoute *route = &g_array_index (info->routes, TbxNicInfoRoute, i);

      take_address (r, &route->destination);
      route->prefix_length = tbx_reader_u32be (r);
      route->has_next_hop = take_bool (r);
      if (route->has_next_hop)
        take_address (r, &route->next_hop);
      route->nic = tbx_reader_u32be (r);
      route->type = tbx_reader_u32be (r);
      route->metric = tbx_reader_u32be (r);
    }
  info->dns = take_dns (r);
  info->wins = take_wins (r);
  info->dhcp_v4 = take_dhcp (r);
  info->dhcp_v6 = take_dhcp (r);
}

/* The text ends at its first NUL; all after that must be NUL too. */
static void
take_v2_text (TbxReader *r, char *text, gsize n)
{
  gsize length = 0;

  for (gsize i = 0; i < n && r->bad == NULL; i++)
    {
      guint32 word = tbx_reader_u32be (r);

      if (word > 127 || (word != 0 && length < i))
        tbx_reader_fail (r, "not a padded text");
      else if (word != 0)
        text[length++] = (char) word;
    }
  text[length] = '\0';
}

/* "24", or for IPv4 a hexadecimal mask, "ffffff00". */
static gboolean
parse_v2_mask (const char *text, gboolean is_ipv4, guint32 *prefix_length)
{
  guint64 value;

  if (g_ascii_string_to_unsigned (text, 10, 0, is_ipv4 ? 32 : 128, &value, NULL))
    {
      *prefix_length = (guint32) value;
      return TRUE;
    }
  if (!is_ipv4 || !g_ascii_string_to_unsigned (text, 16, 0, G_MAXUINT32, &value, NULL))
    return FALSE;
  *prefix_length = value == 0 ? 0 : 32 - (guint32) __builtin_ctzll (value);
  return value == ((G_GUINT64_CONSTANT (0xffffffff) << (32 - *prefix_length)) & 0xffffffff);
}

static void
take_v2_ip (TbxReader *r, TbxNicInfoIp *ip)
{
  guint32 family = tbx_reader_u32be (r);
  gboolean dhcp = take_bool (r);
  char address[V2_TEXT_CHARS + 1];
  char mask[V2_TEXT_CHARS + 1];

  take_v2_text (r, address, V2_TEXT_CHARS);
  take_v2_text (r, mask, V2_TEXT_CHARS);
  if (r->bad != NULL)
    return;
  if (family > 1)
    tbx_reader_fail (r, "unknown address family");
  else if (!tbx_nicinfo_address_parse (&ip->address, address)
           || ip->address.type != (family == 0 ? TBX_INET_IPV4 : TBX_INET_IPV6))
    tbx_reader_fail (r, "not an address of its family");
  else if (!parse_v2_mask (mask, family == 0, &ip->prefix_length))
    tbx_reader_fail (r, "not a prefix length");
  ip->has_origin = dhcp;
  ip->origin = dhcp ? TBX_IP_ORIGIN_DHCP : TBX_IP_ORIGIN_NONE;
}

static void
take_v2 (TbxReader *r, TbxNicInfo *info)
{
  guint32 n_nics = take_count (r, TBX_NICINFO_MAX_NICS, V2_LEAST_NIC);

  for (guint32 i = 0; i < n_nics && r->bad == NULL; i++)
    {
      char mac[V2_MAC_CHARS + 1];
      TbxNicInfoNic *nic;
      guint32 n_ips;

      take_v2_text (r, mac, V2_MAC_CHARS);
      nic = tbx_nicinfo_add_nic (info, mac);
      n_ips = take_count (r, TBX_NICINFO_MAX_ADDRESSES, V2_IP);
      g_array_set_size (nic->ips, n_ips);
      for (guint32 j = 0; j < n_ips && r->bad == NULL; j++)
        take_v2_ip (r, &g_array_index (nic->ips, TbxNicInfoIp, j));
    }
}

/**
 * tbx_nicinfo_decode:
 * @body: an XDR body, V2 or V3
 * @size: its length in bytes
 * @version: (out) (optional): which it was
 * @error: return location for an error
 *
 * A list that is marked absent is an empty one.  Enumerations may hold values
 * that are not defined; the interface index of a route may be out of range.
 * Errors: `TBX_ERROR_MALFORMED`.
 * Source: docs/wire/guestinfo.md, "XDR rules that apply".
 *
 * Returns: (transfer full) (nullable): what it tells
 */
TbxNicInfo *
tbx_nicinfo_decode (gconstpointer body, gsize size, TbxNicInfoVersion *version, GError **error)
{
  g_autoptr(TbxNicInfo) info = tbx_nicinfo_new ();
  TbxReader r;
  guint32 word;

  tbx_reader_init_data (&r, body, size);
  word = tbx_reader_u32be (&r);
  if (r.bad == NULL && word != TBX_NICINFO_V2 && word != TBX_NICINFO_V3)
    tbx_reader_fail (&r, "unknown version");
  if (take_bool (&r))
    {
      if (word == TBX_NICINFO_V3)
        take_v3 (&r, info);
      else
        take_v2 (&r, info);
    }
  if (!tbx_reader_end (&r, "NIC info", error))
    return NULL;
  if (version != NULL)
    *version = word;
  return g_steal_pointer (&info);
}
