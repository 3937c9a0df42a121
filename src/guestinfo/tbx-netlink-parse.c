/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-netlink-parse.h"
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

typedef struct
{
  const TbxNetlinkHandlers *handlers;
  gpointer                  user_data;
  gboolean                  removed;
} Target;

/* Routes of other tables, and what the kernel keeps for itself, are not told. */
static gboolean
route_matters (const struct rtmsg *route)
{
  return (route->rtm_family == AF_INET || route->rtm_family == AF_INET6)
         && route->rtm_table == RT_TABLE_MAIN && route->rtm_type == RTN_UNICAST
         && !(route->rtm_flags & RTM_F_CLONED);
}

/**
 * tbx_netlink_parse_kind:
 * @header: a message
 * @kind: (out): what it is about
 * @removed: (out): whether it tells the end of that
 *
 * Returns: whether it is about something that matters; nothing is set when it is not
 */
gboolean
tbx_netlink_parse_kind (const struct nlmsghdr *header, TbxNetlinkKind *kind, gboolean *removed)
{
  const struct rtmsg *route;

  switch (header->nlmsg_type)
    {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (!nlmsg_valid_hdr (header, sizeof (struct ifinfomsg))
          || ((const struct ifinfomsg *) nlmsg_data (header))->ifi_family != AF_UNSPEC)
        return FALSE;   /* a port of a bridge comes and goes as a "link" too */
      *kind = TBX_NETLINK_LINKS;
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      *kind = TBX_NETLINK_ADDRESSES;
      break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      route = nlmsg_data (header);
      if (!nlmsg_valid_hdr (header, sizeof *route) || !route_matters (route))
        return FALSE;
      *kind = route->rtm_family == AF_INET ? TBX_NETLINK_ROUTES_V4 : TBX_NETLINK_ROUTES_V6;
      break;
    default:
      return FALSE;
    }
  *removed = header->nlmsg_type == RTM_DELLINK || header->nlmsg_type == RTM_DELADDR
             || header->nlmsg_type == RTM_DELROUTE;
  return TRUE;
}

static void
inet_from_nl (TbxInet *inet, int family, struct nl_addr *address)
{
  if (address == NULL
      || !tbx_inet_set (inet, family, nl_addr_get_binary_addr (address), nl_addr_get_len (address)))
    *inet = (TbxInet) { 0 };
}

static void
tell_link (struct rtnl_link *link, const Target *to)
{
  struct nl_addr *address = rtnl_link_get_addr (link);
  char mac[sizeof "00:00:00:00:00:00"] = "";
  const char *name = rtnl_link_get_name (link);
  TbxNetlinkLink told = {
    .index = (guint) rtnl_link_get_ifindex (link),
    .name = name,
    .mac = address == NULL ? NULL : mac,
    .hardware_type = rtnl_link_get_arptype (link),
    .flags = rtnl_link_get_flags (link),
  };

  if (name == NULL || !g_utf8_validate (name, -1, NULL))
    return;   /* such a name cannot be shown, neither here nor there */
  if (address != NULL && nl_addr_get_len (address) == 6)
    {
      const guint8 *m = nl_addr_get_binary_addr (address);

      g_snprintf (mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
                  m[5]);
    }
  to->handlers->link (&told, to->removed, to->user_data);
}

static void
tell_address (struct rtnl_addr *address, const Target *to)
{
  TbxNicAddress told = {
    .prefix_length = (guint) rtnl_addr_get_prefixlen (address),
    .flags = rtnl_addr_get_flags (address),
  };

  inet_from_nl (&told.address, rtnl_addr_get_family (address), rtnl_addr_get_local (address));
  if (told.address.family != 0)
    to->handlers->address ((guint) rtnl_addr_get_ifindex (address), &told, to->removed,
                           to->user_data);
}

static void
tell_next_hop (struct rtnl_nexthop *next_hop, TbxNicRoute *route, const Target *to)
{
  struct nl_addr *gateway = rtnl_route_nh_get_gateway (next_hop);

  if (rtnl_route_nh_get_flags (next_hop) & RTNH_F_DEAD)
    return;
  if (gateway == NULL)
    gateway = rtnl_route_nh_get_via (next_hop);   /* of another family than the route */
  route->next_hop = (TbxInet) { 0 };
  if (gateway != NULL)
    inet_from_nl (&route->next_hop, nl_addr_get_family (gateway), gateway);
  route->nic = (guint) rtnl_route_nh_get_ifindex (next_hop);
  to->handlers->route (route, to->user_data);
}

static void
tell_route (struct rtnl_route *route, const Target *to)
{
  int family = rtnl_route_get_family (route);
  struct nl_addr *destination = rtnl_route_get_dst (route);
  int n_next_hops = rtnl_route_get_nnexthops (route);
  TbxNicRoute told = { .metric = rtnl_route_get_priority (route) };

  if (destination != NULL)
    {
      inet_from_nl (&told.destination, family, destination);
      told.prefix_length = nl_addr_get_prefixlen (destination);
    }
  if (told.destination.family == 0)   /* a default route names none */
    tbx_inet_set (&told.destination, family, NULL, 0);
  inet_from_nl (&told.source, family, rtnl_route_get_pref_src (route));
  for (int i = 0; i < n_next_hops; i++)
    tell_next_hop (rtnl_route_nexthop_n (route, i), &told, to);
}

static void
on_object (struct nl_object *object, void *user_data)
{
  const Target *to = user_data;

  switch (nl_object_get_msgtype (object))
    {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      tell_link ((struct rtnl_link *) object, to);
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      tell_address ((struct rtnl_addr *) object, to);
      break;
    default:
      tell_route ((struct rtnl_route *) object, to);
    }
}

/**
 * tbx_netlink_parse:
 * @header: a message of a kind that matters
 * @removed: what tbx_netlink_parse_kind() said of it
 * @handlers: who is told
 * @user_data: passed to @handlers
 */
void
tbx_netlink_parse (struct nlmsghdr          *header,
                   gboolean                  removed,
                   const TbxNetlinkHandlers *handlers,
                   gpointer                  user_data)
{
  struct nl_msg *message = nlmsg_convert (header);
  Target target = { handlers, user_data, removed };
  int result;

  if (message == NULL)
    return;
  nlmsg_set_proto (message, NETLINK_ROUTE);
  result = nl_msg_parse (message, on_object, &target);
  if (result < 0)
    g_debug ("A message of the kernel could not be read: %s", nl_geterror (result));
  nlmsg_free (message);
}
