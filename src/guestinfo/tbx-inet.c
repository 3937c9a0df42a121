/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-inet.h"
#include <arpa/inet.h>
#include <string.h>

/**
 * tbx_inet_set:
 * @self: (out): set on success
 * @family: `AF_INET` or `AF_INET6`
 * @octets: (nullable): the address in network order; may be shorter when all that
 *   is left out is zero, as routes have it
 * @size: its length in bytes
 *
 * Returns: whether @family is one of the two and @size fits it
 */
gboolean
tbx_inet_set (TbxInet *self, int family, gconstpointer octets, gsize size)
{
  if ((family != AF_INET || size > 4) && (family != AF_INET6 || size > 16))
    return FALSE;
  *self = (TbxInet) { .family = (guint8) family };
  if (size > 0)
    memcpy (self->octets, octets, size);
  return TRUE;
}

/**
 * tbx_inet_parse:
 * @self: (out): set on success
 * @text: an address in its usual notation, without prefix length or zone
 *
 * Returns: whether @text is an address
 */
gboolean
tbx_inet_parse (TbxInet *self, const char *text)
{
  guint8 octets[16];

  if (inet_pton (AF_INET, text, octets) == 1)
    return tbx_inet_set (self, AF_INET, octets, 4);
  if (inet_pton (AF_INET6, text, octets) == 1)
    return tbx_inet_set (self, AF_INET6, octets, 16);
  return FALSE;
}

/**
 * tbx_inet_format:
 * @self: an address
 *
 * Returns: (transfer full): its usual notation; empty when there is none
 */
char *
tbx_inet_format (const TbxInet *self)
{
  char text[INET6_ADDRSTRLEN] = "";

  if (self->family != 0)
    inet_ntop (self->family, self->octets, text, sizeof text);
  return g_strdup (text);
}

/**
 * tbx_inet_compare:
 * @a: an address
 * @b: another
 *
 * Returns: less than, equal to or greater than 0; IPv4 is less than IPv6
 */
int
tbx_inet_compare (const TbxInet *a, const TbxInet *b)
{
  if (a->family != b->family)
    return a->family < b->family ? -1 : 1;
  return memcmp (a->octets, b->octets, sizeof a->octets);
}

/**
 * tbx_inet_in_network:
 * @self: an address
 * @network: another, of which the first bits count
 * @prefix_length: how many
 *
 * Returns: whether both have the same family and the same first bits
 */
gboolean
tbx_inet_in_network (const TbxInet *self, const TbxInet *network, guint prefix_length)
{
  guint whole = MIN (prefix_length / 8, sizeof self->octets);
  guint8 mask = (guint8) (0xff00 >> prefix_length % 8);

  if (self->family != network->family || memcmp (self->octets, network->octets, whole) != 0)
    return FALSE;
  return whole == sizeof self->octets
         || ((self->octets[whole] ^ network->octets[whole]) & mask) == 0;
}

static gboolean
starts_with (const TbxInet *self, int family, guint8 first, guint8 second, guint prefix_length)
{
  const TbxInet network = { (guint8) family, { first, second } };

  return tbx_inet_in_network (self, &network, prefix_length);
}

static gboolean
is_v6_small (const TbxInet *self, guint8 last)
{
  const TbxInet address = { AF_INET6, { [15] = last } };

  return tbx_inet_compare (self, &address) == 0;
}

/**
 * tbx_inet_is_loopback:
 * @self: an address
 *
 * Returns: whether it is in 127.0.0.0/8, or ::1
 */
gboolean
tbx_inet_is_loopback (const TbxInet *self)
{
  return starts_with (self, AF_INET, 127, 0, 8) || is_v6_small (self, 1);
}

/**
 * tbx_inet_is_presentable:
 * @self: an address
 * @allow_site: whether an IPv6 address that is local to a site will do
 *
 * An address that a host cannot use is no primary address: none, unspecified,
 * loopback, link-local, multicast, broadcast.
 * Source: docs/wire/guestinfo.md, "Choice of the address".
 *
 * Returns: whether the host can be shown it as the guest's
 */
gboolean
tbx_inet_is_presentable (const TbxInet *self, gboolean allow_site)
{
  static const struct { int family; guint8 first, second, length; gboolean site; } local[] = {
    { AF_INET, 0, 0, 8 },            /* "this network", unspecified */
    { AF_INET, 169, 254, 16 },       /* link-local */
    { AF_INET, 224, 0, 4 },          /* multicast */
    { AF_INET, 240, 0, 4 },          /* reserved, broadcast */
    { AF_INET6, 0xfe, 0x80, 10 },    /* link-local */
    { AF_INET6, 0xff, 0, 8 },        /* multicast */
    { AF_INET6, 0xfe, 0xc0, 10, TRUE },
    { AF_INET6, 0xfc, 0, 7, TRUE },  /* unique local */
  };

  if (self->family == 0 || tbx_inet_is_loopback (self) || is_v6_small (self, 0))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (local); i++)
    if (starts_with (self, local[i].family, local[i].first, local[i].second, local[i].length)
        && !(local[i].site && allow_site))
      return FALSE;
  return TRUE;
}

/**
 * tbx_inet_to_nicinfo:
 * @self: an address, not none
 * @address: (out): the same, as the NIC list has it
 */
void
tbx_inet_to_nicinfo (const TbxInet *self, TbxNicInfoAddress *address)
{
  tbx_nicinfo_address_set (address, self->family, self->octets);
}
