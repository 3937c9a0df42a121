/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-network.h"
#include "tbx-netlink.h"
#include <sys/socket.h>

/* A router may have a million routes; the host takes 100.  Default routes are kept
 * above this number too, for they decide. */
#define MAX_ROUTES_KEPT  1024
#define MAX_DEFAULT_KEPT 64

struct _TbxNetwork
{
  GObject       parent_instance;
  TbxNetlink   *netlink;      /* (owned) */
  TbxNicPolicy *policy;       /* (owned) */
  TbxDnsSource *dns;          /* who knows the name servers, or NULL (owned) */
  GPtrArray    *nics;         /* of TbxNic (owned), by kernel index */
  GPtrArray    *told;         /* of TbxNic (owned), in the order in which they are told */
  GPtrArray    *added;        /* of TbxNic (owned): not yet announced */
  GPtrArray    *removed;      /* of TbxNic (owned): announced, and gone */
  GArray       *routes;       /* of TbxNicRoute, in the order in which they are told */
  GArray       *dumped;       /* of TbxNicRoute: one family, while it is dumped */
  guint         n_defaults;   /* default routes in dumped */
  guint         generation;   /* of the newest dump; what it does not tell is gone */
  gboolean      ready;        /* the first dumps are complete */
  gboolean      touched;      /* something may be different since the last update */
  gboolean      different;    /* something is, that no NIC's property says */
};

G_DEFINE_FINAL_TYPE (TbxNetwork, tbx_network, G_TYPE_OBJECT)

enum { PROP_0, PROP_READY, N_PROPS };
enum { SIGNAL_NIC_ADDED, SIGNAL_NIC_REMOVED, SIGNAL_CHANGED, N_SIGNALS };
static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* Default routes first, then by destination; never by the order in which the kernel
 * tells them, so that the same routes are always the same bytes. */
static int
route_compare (gconstpointer a, gconstpointer b)
{
  const TbxNicRoute *x = a, *y = b;
  int order;

  if (x->destination.family != y->destination.family)
    return x->destination.family < y->destination.family ? -1 : 1;
  if ((x->prefix_length == 0) != (y->prefix_length == 0))
    return x->prefix_length == 0 ? -1 : 1;
  if ((order = tbx_inet_compare (&x->destination, &y->destination)) != 0)
    return order;
  if (x->prefix_length != y->prefix_length)
    return x->prefix_length < y->prefix_length ? -1 : 1;
  if (x->metric != y->metric)
    return x->metric < y->metric ? -1 : 1;
  if (x->nic != y->nic)
    return x->nic < y->nic ? -1 : 1;
  if ((order = tbx_inet_compare (&x->next_hop, &y->next_hop)) != 0)
    return order;
  return tbx_inet_compare (&x->source, &y->source);
}

static guint
network_position (TbxNetwork *self, guint index)
{
  guint low = 0, high = self->nics->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (tbx_nic_get_index (self->nics->pdata[middle]) < index)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/**
 * tbx_network_find_nic:
 * @self: the network
 * @index: the kernel's number of an interface
 *
 * Returns: (transfer none) (nullable): that interface
 */
TbxNic *
tbx_network_find_nic (TbxNetwork *self, guint index)
{
  guint i = network_position (self, index);

  return i < self->nics->len && tbx_nic_get_index (self->nics->pdata[i]) == index
           ? self->nics->pdata[i] : NULL;
}

static void
network_add_nic (TbxNetwork *self, TbxNic *nic)
{
  g_ptr_array_insert (self->nics, (int) network_position (self, tbx_nic_get_index (nic)),
                      g_object_ref (nic));
  g_ptr_array_add (self->added, g_object_ref (nic));
}

static void
network_remove_nic (TbxNetwork *self, TbxNic *nic)
{
  if (!g_ptr_array_remove (self->added, nic))   /* nobody knew of it yet */
    g_ptr_array_add (self->removed, g_object_ref (nic));
  g_ptr_array_remove_index (self->nics, network_position (self, tbx_nic_get_index (nic)));
}

static void
on_link (const TbxNetlinkLink *link, gboolean removed, gpointer user_data)
{
  TbxNetwork *self = user_data;
  TbxNic *known = tbx_network_find_nic (self, link->index);
  g_autoptr(TbxNic) nic = NULL;

  self->touched = TRUE;
  if (removed)
    {
      if (known != NULL)
        network_remove_nic (self, known);
      return;
    }
  if (known == NULL)
    nic = tbx_nic_new (link->name, link->index);
  else if (!g_str_equal (tbx_nic_get_name (known), link->name))
    {
      nic = tbx_nic_new_renamed (known, link->name);
      network_remove_nic (self, known);
    }
  if (nic != NULL)
    network_add_nic (self, nic);
  else
    nic = g_object_ref (known);
  tbx_nic_set_link (nic, link->mac != NULL ? link->mac : tbx_nic_get_mac (nic),
                    link->hardware_type, link->flags, self->generation);
}

static void
on_address (guint index, const TbxNicAddress *address, gboolean removed, gpointer user_data)
{
  TbxNetwork *self = user_data;
  TbxNic *nic = tbx_network_find_nic (self, index);

  if (nic == NULL)   /* its link goes away, or an overrun lost it: a dump will tell */
    return;
  self->touched = TRUE;
  if (removed)
    tbx_nic_drop_address (nic, address);
  else
    tbx_nic_take_address (nic, address, self->generation);
}

static void
on_route (const TbxNicRoute *route, gpointer user_data)
{
  TbxNetwork *self = user_data;

  if (self->dumped->len >= MAX_ROUTES_KEPT
      && (route->prefix_length > 0 || self->n_defaults >= MAX_DEFAULT_KEPT))
    return;
  self->n_defaults += route->prefix_length == 0;
  g_array_append_vals (self->dumped, route, 1);
}

static void
on_dump_begin (TbxNetlinkKind kind, gpointer user_data)
{
  TbxNetwork *self = user_data;

  self->generation++;
  g_array_set_size (self->dumped, 0);
  self->n_defaults = 0;
}

static void
network_sweep_links (TbxNetwork *self)
{
  for (guint i = self->nics->len; i > 0; i--)
    if (tbx_nic_get_generation (self->nics->pdata[i - 1]) != self->generation)
      network_remove_nic (self, self->nics->pdata[i - 1]);
}

static void
network_take_routes (TbxNetwork *self, int family)
{
  GArray *routes = g_array_new (FALSE, FALSE, sizeof (TbxNicRoute));
  gboolean same;

  for (guint i = 0; i < self->routes->len; i++)
    {
      TbxNicRoute *route = &g_array_index (self->routes, TbxNicRoute, i);

      if (route->destination.family != family)
        g_array_append_vals (routes, route, 1);
    }
  if (self->dumped->len > 0)
    g_array_append_vals (routes, self->dumped->data, self->dumped->len);
  g_array_sort (routes, route_compare);
  same = routes->len == self->routes->len;
  for (guint i = 0; same && i < routes->len; i++)
    same = route_compare (&g_array_index (routes, TbxNicRoute, i),
                          &g_array_index (self->routes, TbxNicRoute, i)) == 0;
  g_array_unref (self->routes);
  self->routes = routes;
  self->different = self->different || !same;
}

static void
on_dump_end (TbxNetlinkKind kind, gboolean complete, gpointer user_data)
{
  TbxNetwork *self = user_data;

  if (!complete)
    return;
  self->touched = TRUE;
  switch (kind)
    {
    case TBX_NETLINK_LINKS:
      network_sweep_links (self);
      break;
    case TBX_NETLINK_ADDRESSES:
      for (guint i = 0; i < self->nics->len; i++)
        tbx_nic_sweep_addresses (self->nics->pdata[i], self->generation);
      break;
    case TBX_NETLINK_ROUTES_V4:
      network_take_routes (self, AF_INET);
      break;
    case TBX_NETLINK_ROUTES_V6:
      network_take_routes (self, AF_INET6);
      break;
    case TBX_NETLINK_N_KINDS:
      g_assert_not_reached ();
    }
}

static GVariant *
network_routes_of (TbxNetwork *self, TbxNic *nic)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(susu)"));
  for (guint i = 0; i < self->routes->len; i++)
    {
      TbxNicRoute *route = &g_array_index (self->routes, TbxNicRoute, i);
      g_autofree char *destination = NULL;
      g_autofree char *next_hop = NULL;

      if (route->nic != tbx_nic_get_index (nic))
        continue;
      destination = tbx_inet_format (&route->destination);
      next_hop = tbx_inet_format (&route->next_hop);
      g_variant_builder_add (&builder, "(susu)", destination, route->prefix_length, next_hop,
                             route->metric);
    }
  return g_variant_builder_end (&builder);
}

static void
network_select (TbxNetwork *self)
{
  g_autofree const char **reasons = g_new (const char *, self->nics->len + 1);
  GPtrArray *told = tbx_nic_policy_select (self->policy, self->nics, reasons);
  gboolean same = told->len == self->told->len;

  for (guint i = 0; i < self->nics->len; i++)
    tbx_nic_set_reason (self->nics->pdata[i], reasons[i]);
  for (guint i = 0; same && i < told->len; i++)
    same = told->pdata[i] == self->told->pdata[i];
  self->different = self->different || !same;
  g_ptr_array_unref (self->told);
  self->told = told;
}

static void
network_emit_nics (TbxNetwork *self, GPtrArray **list, guint signal)
{
  g_autoptr(GPtrArray) nics = *list;

  *list = g_ptr_array_new_with_free_func (g_object_unref);
  self->different = self->different || nics->len > 0;
  for (guint i = 0; i < nics->len; i++)
    g_signal_emit (self, signals[signal], 0, nics->pdata[i]);
}

/* Works out what follows from what is known, and tells it: first the NICs, then all. */
static void
network_update (TbxNetwork *self)
{
  gboolean more_than_nics = self->different || self->added->len > 0;
  g_autoptr(GPtrArray) nics = NULL;

  self->touched = FALSE;
  for (guint i = 0; more_than_nics && i < self->nics->len; i++)
    {
      TbxNic *nic = self->nics->pdata[i];

      tbx_nic_set_routes (nic, network_routes_of (self, nic));
      tbx_nic_set_dns (nic, self->dns == NULL ? NULL
                              : tbx_dns_source_dup_link (self->dns, tbx_nic_get_index (nic)));
    }
  network_select (self);
  network_emit_nics (self, &self->removed, SIGNAL_NIC_REMOVED);
  network_emit_nics (self, &self->added, SIGNAL_NIC_ADDED);
  nics = tbx_network_dup_nics (self);
  for (guint i = 0; i < nics->len; i++)
    if (tbx_nic_flush (nics->pdata[i]))
      self->different = TRUE;
  if (self->different)
    {
      self->different = FALSE;
      g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
    }
}

static void
on_settled (gpointer user_data)
{
  TbxNetwork *self = user_data;
  g_autoptr(TbxNetwork) alive = NULL;
  gboolean became_ready = !self->ready && tbx_netlink_is_ready (self->netlink);

  if (!self->touched || (!self->ready && !became_ready))
    return;
  alive = g_object_ref (self);   /* a handler may let go of us */
  self->ready = TRUE;
  self->different = self->different || became_ready;
  if (became_ready)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_READY]);
  network_update (self);
}

static void
on_dns_changed (TbxNetwork *self)
{
  self->different = TRUE;
  if (self->ready)
    network_update (self);
}

/**
 * tbx_network_get_ready:
 * @self: the network
 *
 * Returns: whether the kernel has told all that there is
 */
gboolean
tbx_network_get_ready (TbxNetwork *self)
{
  return self->ready;
}

static gpointer
copy_object (gconstpointer object, gpointer user_data)
{
  return g_object_ref ((gpointer) object);
}

/**
 * tbx_network_dup_nics:
 * @self: the network
 *
 * Returns: (transfer full) (element-type TbxNic): all interfaces, by kernel index
 */
GPtrArray *
tbx_network_dup_nics (TbxNetwork *self)
{
  return g_ptr_array_copy (self->nics, copy_object, NULL);
}

/**
 * tbx_network_dup_told_nics:
 * @self: the network
 *
 * Returns: (transfer full) (element-type TbxNic): those that the host is told about,
 *   in that order
 */
GPtrArray *
tbx_network_dup_told_nics (TbxNetwork *self)
{
  return g_ptr_array_copy (self->told, copy_object, NULL);
}

/**
 * tbx_network_get_routes:
 * @self: the network
 * @n_routes: (out): how many
 *
 * Returns: (transfer none) (array length=n_routes): the unicast routes of the main
 *   table, IPv4 first, default routes first in each family; valid until the main loop turns
 */
const TbxNicRoute *
tbx_network_get_routes (TbxNetwork *self, guint *n_routes)
{
  *n_routes = self->routes->len;
  return (const TbxNicRoute *) (void *) self->routes->data;
}

/**
 * tbx_network_get_policy:
 * @self: the network
 *
 * Returns: (transfer none): which interfaces are told
 */
TbxNicPolicy *
tbx_network_get_policy (TbxNetwork *self)
{
  return self->policy;
}

/**
 * tbx_network_set_policy:
 * @self: the network
 * @policy: which interfaces are told from now on
 */
void
tbx_network_set_policy (TbxNetwork *self, TbxNicPolicy *policy)
{
  tbx_nic_policy_ref (policy);
  tbx_nic_policy_unref (self->policy);
  self->policy = policy;
  self->different = TRUE;
  if (self->ready)
    network_update (self);
}

/**
 * tbx_network_get_dns_source:
 * @self: the network
 *
 * Returns: (transfer none) (nullable): who knows the name servers
 */
TbxDnsSource *
tbx_network_get_dns_source (TbxNetwork *self)
{
  return self->dns;
}

/**
 * tbx_network_set_dns_source:
 * @self: the network
 * @source: (nullable): who knows the name servers from now on
 */
void
tbx_network_set_dns_source (TbxNetwork *self, TbxDnsSource *source)
{
  if (self->dns == source)
    return;
  if (self->dns != NULL)
    g_signal_handlers_disconnect_by_func (self->dns, on_dns_changed, self);
  g_set_object (&self->dns, source);
  if (source != NULL)
    g_signal_connect_object (source, "changed", G_CALLBACK (on_dns_changed), self,
                             G_CONNECT_SWAPPED);
  on_dns_changed (self);
}

/**
 * tbx_network_get_overruns:
 * @self: the network
 *
 * Returns: how often the kernel had to drop events, and everything was asked for again
 */
guint
tbx_network_get_overruns (TbxNetwork *self)
{
  return tbx_netlink_get_overruns (self->netlink);
}

static void
tbx_network_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_READY:
      g_value_set_boolean (value, TBX_NETWORK (object)->ready);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_network_dispose (GObject *object)
{
  TbxNetwork *self = TBX_NETWORK (object);

  g_clear_pointer (&self->netlink, tbx_netlink_free);
  g_clear_object (&self->dns);
  G_OBJECT_CLASS (tbx_network_parent_class)->dispose (object);
}

static void
tbx_network_finalize (GObject *object)
{
  TbxNetwork *self = TBX_NETWORK (object);

  g_clear_pointer (&self->policy, tbx_nic_policy_unref);
  g_ptr_array_unref (self->nics);
  g_ptr_array_unref (self->told);
  g_ptr_array_unref (self->added);
  g_ptr_array_unref (self->removed);
  g_array_unref (self->routes);
  g_array_unref (self->dumped);
  G_OBJECT_CLASS (tbx_network_parent_class)->finalize (object);
}

static void
tbx_network_class_init (TbxNetworkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_network_dispose;
  object_class->finalize = tbx_network_finalize;
  object_class->get_property = tbx_network_get_property;

  /**
   * TbxNetwork:ready:
   *
   * Whether the kernel has told everything once.
   */
  props[PROP_READY] = g_param_spec_boolean ("ready", NULL, NULL, FALSE,
                                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_NIC_ADDED] = g_signal_new ("nic-added", TBX_TYPE_NETWORK, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 1, TBX_TYPE_NIC);
  signals[SIGNAL_NIC_REMOVED] = g_signal_new ("nic-removed", TBX_TYPE_NETWORK, G_SIGNAL_RUN_LAST,
                                              0, NULL, NULL, NULL, G_TYPE_NONE, 1, TBX_TYPE_NIC);
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_NETWORK, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_network_init (TbxNetwork *self)
{
  self->nics = g_ptr_array_new_with_free_func (g_object_unref);
  self->told = g_ptr_array_new_with_free_func (g_object_unref);
  self->added = g_ptr_array_new_with_free_func (g_object_unref);
  self->removed = g_ptr_array_new_with_free_func (g_object_unref);
  self->routes = g_array_new (FALSE, FALSE, sizeof (TbxNicRoute));
  self->dumped = g_array_new (FALSE, FALSE, sizeof (TbxNicRoute));
}

/**
 * tbx_network_new:
 * @policy: which interfaces are told
 * @error: return location for an error
 *
 * Hears the kernel in the network namespace of the calling thread.
 * Errors: `TBX_ERROR_FAILED` when it cannot be heard.
 *
 * Returns: (transfer full) (nullable): the network, not ready yet
 */
TbxNetwork *
tbx_network_new (TbxNicPolicy *policy, GError **error)
{
  static const TbxNetlinkHandlers handlers = {
    .dump_begin = on_dump_begin,
    .dump_end = on_dump_end,
    .link = on_link,
    .address = on_address,
    .route = on_route,
    .settled = on_settled,
  };
  g_autoptr(TbxNetwork) self = g_object_new (TBX_TYPE_NETWORK, NULL);

  self->policy = tbx_nic_policy_ref (policy);
  self->netlink = tbx_netlink_new (&handlers, self, error);
  return self->netlink == NULL ? NULL : g_steal_pointer (&self);
}
