/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-primary-choice.h"
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>

/* Interfaces of containers and virtual machines: theirs is never the address of this
 * machine while there is another, however "exclude-nics" is set. */
static const char *const inner_nics[] = {
  "docker*", "br-????????????", "veth*", "virbr*", "antrea-*", "cali*", "cni*", "flannel*",
  "cilium*", "kube-*", "lxc*", "lxdbr*", "podman*",
};

static gboolean
is_inner (TbxNic *nic)
{
  for (gsize i = 0; i < G_N_ELEMENTS (inner_nics); i++)
    if (g_pattern_match_simple (inner_nics[i], tbx_nic_get_name (nic)))
      return TRUE;
  return FALSE;
}

static gboolean
is_candidate (TbxNicPolicy *policy, TbxNic *nic)
{
  guint flags = tbx_nic_get_flags (nic);

  return flags & IFF_UP && !(flags & IFF_LOOPBACK)
         && !tbx_nic_policy_excludes (policy, tbx_nic_get_name (nic));
}

/* Less is better; -1: not at all. */
static int
address_rank (const TbxNicAddress *address, const TbxNicRoute *route)
{
  if (!tbx_inet_is_presentable (&address->address, FALSE))
    return -1;
  if (route != NULL && route->source.family != 0
      && tbx_inet_compare (&address->address, &route->source) == 0)
    return 0;
  if (address->address.family == AF_INET)
    {
      if (address->flags & IFA_F_SECONDARY)
        return 3;
      /* As the kernel does: the first one that shares a network with the next hop. */
      return route != NULL && tbx_inet_in_network (&route->next_hop, &address->address,
                                                   address->prefix_length) ? 1 : 2;
    }
  if (address->flags & (IFA_F_DADFAILED | IFA_F_TENTATIVE) && !(address->flags & IFA_F_OPTIMISTIC))
    return -1;
  if (address->flags & IFA_F_DEPRECATED)
    return 3;
  /* A temporary address is what programs use, and not what a person looks for. */
  return address->flags & IFA_F_TEMPORARY ? 2 : 1;
}

/* The address of @nic with which packets leave by @route; without one, its first. */
static const TbxNicAddress *
nic_best_address (TbxNic *nic, int family, const TbxNicRoute *route)
{
  guint n;
  const TbxNicAddress *addresses = tbx_nic_get_addresses (nic, &n);
  const TbxNicAddress *best = NULL;
  int best_rank = G_MAXINT;

  for (guint i = 0; i < n; i++)
    {
      int rank = addresses[i].address.family == family ? address_rank (&addresses[i], route) : -1;

      if (rank >= 0 && rank < best_rank)
        {
          best = &addresses[i];
          best_rank = rank;
        }
    }
  return best;
}

static TbxNic *
find_nic (GPtrArray *nics, guint index)
{
  for (guint i = 0; i < nics->len; i++)
    if (tbx_nic_get_index (nics->pdata[i]) == index)
      return nics->pdata[i];
  return NULL;
}

static gboolean
choose_by_route (GPtrArray         *nics,
                 const TbxNicRoute *routes,
                 guint              n_routes,
                 int                family,
                 TbxPrimaryChoice  *choice)
{
  for (guint i = 0; i < n_routes; i++)
    {
      const TbxNicRoute *route = &routes[i];
      TbxNic *nic = route->prefix_length == 0 && route->destination.family == family
                      ? find_nic (nics, route->nic) : NULL;
      const TbxNicAddress *address = nic == NULL ? NULL : nic_best_address (nic, family, route);

      if (address == NULL || (choice->nic != NULL && route->metric >= choice->metric))
        continue;
      *choice = (TbxPrimaryChoice) {
        .reason = TBX_PRIMARY_DEFAULT_ROUTE,
        .address = address->address,
        .nic = nic,
        .family = family,
        .metric = route->metric,
      };
    }
  return choice->nic != NULL;
}

static gboolean
choose_first (GPtrArray *nics, int family, TbxPrimaryChoice *choice)
{
  for (guint i = 0; i < nics->len; i++)
    {
      const TbxNicAddress *address = nic_best_address (nics->pdata[i], family, NULL);

      if (address == NULL)
        continue;
      *choice = (TbxPrimaryChoice) {
        .reason = TBX_PRIMARY_FIRST,
        .address = address->address,
        .nic = nics->pdata[i],
      };
      return TRUE;
    }
  return FALSE;
}

/* The interfaces that decide together: each tier, then all that are inner ones. */
enum { GROUP_PRIMARY, GROUP_NORMAL, GROUP_LOW, GROUP_INNER, N_GROUPS };

static int
group_of (TbxNicPolicy *policy, TbxNic *nic)
{
  TbxNicTier tier = tbx_nic_policy_tier (policy, tbx_nic_get_name (nic));

  if (tier == TBX_NIC_TIER_PRIMARY)
    return GROUP_PRIMARY;
  if (is_inner (nic))
    return GROUP_INNER;
  return tier == TBX_NIC_TIER_LOW ? GROUP_LOW : GROUP_NORMAL;
}

static GPtrArray *
nics_of_group (TbxNicPolicy *policy, GPtrArray *nics, int group)
{
  GPtrArray *some = g_ptr_array_new ();

  for (guint i = 0; i < nics->len; i++)
    if (is_candidate (policy, nics->pdata[i]) && group_of (policy, nics->pdata[i]) == group)
      g_ptr_array_add (some, nics->pdata[i]);
  return some;
}

/**
 * tbx_primary_choose:
 * @policy: which interfaces count, and more than others
 * @nics: (element-type TbxNic): all there are, by kernel index
 * @routes: (array length=n_routes) (nullable): all routes
 * @n_routes: how many
 *
 * The first group of interfaces with a usable address decides: those of
 * "primary-nics", the others, those of "low-priority-nics", and last of all those
 * that belong to containers.  In it, it is the source address of the best IPv4 default
 * route, else of the best IPv6 default route, else the first address.
 * Source: docs/wire/guestinfo.md, "Choice of the address".
 *
 * Returns: the choice
 */
TbxPrimaryChoice
tbx_primary_choose (TbxNicPolicy      *policy,
                    GPtrArray         *nics,
                    const TbxNicRoute *routes,
                    guint              n_routes)
{
  TbxPrimaryChoice choice = { 0 };

  for (int group = 0; group < N_GROUPS; group++)
    {
      g_autoptr(GPtrArray) some = nics_of_group (policy, nics, group);

      if (!choose_by_route (some, routes, n_routes, AF_INET, &choice)
          && !choose_by_route (some, routes, n_routes, AF_INET6, &choice)
          && !choose_first (some, AF_INET, &choice) && !choose_first (some, AF_INET6, &choice))
        continue;
      if (group == GROUP_PRIMARY)
        choice.reason = TBX_PRIMARY_CONFIGURED;
      break;
    }
  return choice;
}
