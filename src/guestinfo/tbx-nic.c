/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-nic.h"
#include <net/if.h>

struct _TbxNic
{
  GObject        parent_instance;
  char          *name;
  guint          index;           /* the kernel's */
  char          *mac;             /* "00:50:56:a0:00:10", or empty */
  guint          hardware_type;   /* ARPHRD_... */
  guint          flags;           /* IFF_... */
  GArray        *addresses;       /* of TbxNicAddress, in the order in which they are told */
  GVariant      *routes;          /* a(susu) (owned) */
  TbxNicInfoDns *dns;             /* (owned), or NULL */
  const char    *reason;          /* why it is not told (static), or "" */
  guint          generation;      /* of the dump or event that told the link last */
  guint          changed;         /* bits of props that changed since the last flush */
};

G_DEFINE_FINAL_TYPE (TbxNic, tbx_nic, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_NAME,
  PROP_INDEX,
  PROP_MAC_ADDRESS,
  PROP_UP,
  PROP_ADDRESSES,
  PROP_ROUTES,
  PROP_DNS_SERVERS,
  PROP_DNS_DOMAINS,
  PROP_TOLD,
  PROP_NOT_TOLD_REASON,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

static void
nic_mark (TbxNic *self, guint prop)
{
  self->changed |= 1u << prop;
}

static guint
nic_find_address (TbxNic *self, const TbxNicAddress *address)
{
  guint i;

  for (i = 0; i < self->addresses->len; i++)
    {
      TbxNicAddress *at = &g_array_index (self->addresses, TbxNicAddress, i);

      if (at->prefix_length == address->prefix_length
          && tbx_inet_compare (&at->address, &address->address) == 0)
        break;
    }
  return i;
}

static void
nic_insert_address (TbxNic *self, const TbxNicAddress *address)
{
  guint i = 0;

  while (i < self->addresses->len
         && tbx_nic_address_compare (&g_array_index (self->addresses, TbxNicAddress, i),
                                     address) <= 0)
    i++;
  g_array_insert_vals (self->addresses, i, address, 1);
}

/**
 * tbx_nic_take_address:
 * @self: the NIC
 * @address: an address that it has; origin and status are worked out here
 * @generation: compared by tbx_nic_sweep_addresses()
 */
void
tbx_nic_take_address (TbxNic *self, const TbxNicAddress *address, guint generation)
{
  TbxNicAddress taken = *address;
  guint i = nic_find_address (self, address);

  taken.origin = tbx_nic_address_origin (address, self->mac);
  taken.status = tbx_nic_address_status (address);
  taken.generation = generation;
  if (i < self->addresses->len)
    {
      TbxNicAddress *old = &g_array_index (self->addresses, TbxNicAddress, i);

      old->generation = generation;
      if (old->flags == taken.flags && old->origin == taken.origin)
        return;
      g_array_remove_index (self->addresses, i);
    }
  nic_insert_address (self, &taken);
  nic_mark (self, PROP_ADDRESSES);
}

/**
 * tbx_nic_drop_address:
 * @self: the NIC
 * @address: an address that it no longer has
 */
void
tbx_nic_drop_address (TbxNic *self, const TbxNicAddress *address)
{
  guint i = nic_find_address (self, address);

  if (i == self->addresses->len)
    return;
  g_array_remove_index (self->addresses, i);
  nic_mark (self, PROP_ADDRESSES);
}

/**
 * tbx_nic_sweep_addresses:
 * @self: the NIC
 * @generation: of a dump that told all addresses there are
 *
 * Drops the addresses that were not told since that dump began.
 */
void
tbx_nic_sweep_addresses (TbxNic *self, guint generation)
{
  for (guint i = self->addresses->len; i > 0; i--)
    if (g_array_index (self->addresses, TbxNicAddress, i - 1).generation != generation)
      {
        g_array_remove_index (self->addresses, i - 1);
        nic_mark (self, PROP_ADDRESSES);
      }
}

/**
 * tbx_nic_set_link:
 * @self: the NIC
 * @mac: as text, or empty
 * @hardware_type: `ARPHRD_…`
 * @flags: `IFF_…`
 * @generation: kept for tbx_nic_get_generation()
 */
void
tbx_nic_set_link (TbxNic     *self,
                  const char *mac,
                  guint       hardware_type,
                  guint       flags,
                  guint       generation)
{
  self->generation = generation;
  if ((self->flags ^ flags) & IFF_UP)
    nic_mark (self, PROP_UP);
  self->flags = flags;
  self->hardware_type = hardware_type;
  if (g_str_equal (self->mac, mac))
    return;
  g_free (self->mac);
  self->mac = g_strdup (mac);
  nic_mark (self, PROP_MAC_ADDRESS);
  for (guint i = 0; i < self->addresses->len; i++)
    {
      TbxNicAddress *address = &g_array_index (self->addresses, TbxNicAddress, i);
      TbxIpOrigin origin = tbx_nic_address_origin (address, self->mac);

      if (origin != address->origin)
        nic_mark (self, PROP_ADDRESSES);
      address->origin = origin;
    }
}

/**
 * tbx_nic_set_routes:
 * @self: the NIC
 * @routes: the routes that leave from it, as `a(susu)`; a floating one is taken
 */
void
tbx_nic_set_routes (TbxNic *self, GVariant *routes)
{
  g_autoptr(GVariant) taken = g_variant_ref_sink (routes);

  if (g_variant_equal (self->routes, taken))
    return;
  g_variant_unref (self->routes);
  self->routes = g_steal_pointer (&taken);
  nic_mark (self, PROP_ROUTES);
}

static gboolean
dns_equal (const TbxNicInfoDns *a, const TbxNicInfoDns *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (a->servers->len != b->servers->len || a->suffixes->len != b->suffixes->len)
    return FALSE;
  for (guint i = 0; i < a->servers->len; i++)
    if (!tbx_nicinfo_address_equal (&g_array_index (a->servers, TbxNicInfoAddress, i),
                                    &g_array_index (b->servers, TbxNicInfoAddress, i)))
      return FALSE;
  for (guint i = 0; i < a->suffixes->len; i++)
    if (!g_str_equal (a->suffixes->pdata[i], b->suffixes->pdata[i]))
      return FALSE;
  return TRUE;
}

/**
 * tbx_nic_set_dns:
 * @self: the NIC
 * @dns: (transfer full) (nullable): servers and suffixes of this link alone
 */
void
tbx_nic_set_dns (TbxNic *self, TbxNicInfoDns *dns)
{
  if (!dns_equal (self->dns, dns))
    {
      nic_mark (self, PROP_DNS_SERVERS);
      nic_mark (self, PROP_DNS_DOMAINS);
    }
  g_clear_pointer (&self->dns, tbx_nicinfo_dns_free);
  self->dns = dns;
}

/**
 * tbx_nic_set_reason:
 * @self: the NIC
 * @reason: a static text: why the host is not told about it, or empty: it is
 */
void
tbx_nic_set_reason (TbxNic *self, const char *reason)
{
  if (g_str_equal (self->reason, reason))
    return;
  if (self->reason[0] == '\0' || reason[0] == '\0')
    nic_mark (self, PROP_TOLD);
  nic_mark (self, PROP_NOT_TOLD_REASON);
  self->reason = reason;
}

/**
 * tbx_nic_flush:
 * @self: the NIC
 *
 * Notifies of all that changed since the last time.
 *
 * Returns: whether anything did
 */
gboolean
tbx_nic_flush (TbxNic *self)
{
  guint changed = self->changed;

  self->changed = 0;
  for (guint i = 1; i < N_PROPS; i++)
    if (changed & 1u << i)
      g_object_notify_by_pspec (G_OBJECT (self), props[i]);
  return changed != 0;
}

/**
 * tbx_nic_get_name:
 * @self: the interface
 *
 * Returns: (transfer none): as the kernel has it
 */
const char *
tbx_nic_get_name (TbxNic *self)
{
  return self->name;
}

/**
 * tbx_nic_get_index:
 * @self: the interface
 *
 * Returns: the kernel's number of it
 */
guint
tbx_nic_get_index (TbxNic *self)
{
  return self->index;
}

/**
 * tbx_nic_get_mac:
 * @self: the interface
 *
 * Returns: (transfer none): six octets in hexadecimal, with colons; empty for none
 */
const char *
tbx_nic_get_mac (TbxNic *self)
{
  return self->mac;
}

/**
 * tbx_nic_get_hardware_type:
 * @self: the interface
 *
 * Returns: an `ARPHRD_` constant
 */
guint
tbx_nic_get_hardware_type (TbxNic *self)
{
  return self->hardware_type;
}

/**
 * tbx_nic_get_flags:
 * @self: the interface
 *
 * Returns: `IFF_` flags
 */
guint
tbx_nic_get_flags (TbxNic *self)
{
  return self->flags;
}

/**
 * tbx_nic_get_generation:
 * @self: the NIC
 *
 * Returns: of the dump or event that told the link last
 */
guint
tbx_nic_get_generation (TbxNic *self)
{
  return self->generation;
}

/**
 * tbx_nic_get_addresses:
 * @self: the NIC
 * @n_addresses: (out): how many
 *
 * Returns: (transfer none) (array length=n_addresses): valid until the main loop turns;
 *   IPv4 before IPv6, secondary and link-local ones last in their family
 */
const TbxNicAddress *
tbx_nic_get_addresses (TbxNic *self, guint *n_addresses)
{
  *n_addresses = self->addresses->len;
  return (const TbxNicAddress *) (void *) self->addresses->data;
}

/**
 * tbx_nic_get_dns:
 * @self: the NIC
 *
 * Returns: (transfer none) (nullable): servers and suffixes of this link alone
 */
const TbxNicInfoDns *
tbx_nic_get_dns (TbxNic *self)
{
  return self->dns;
}

/**
 * tbx_nic_get_told:
 * @self: the interface
 *
 * Returns: whether the host is told about it
 */
gboolean
tbx_nic_get_told (TbxNic *self)
{
  return self->reason[0] == '\0';
}

/**
 * tbx_nic_get_reason:
 * @self: the NIC
 *
 * Returns: (transfer none): why the host is not told about it; empty: it is
 */
const char *
tbx_nic_get_reason (TbxNic *self)
{
  return self->reason;
}

static GVariant *
nic_dup_addresses (TbxNic *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(suss)"));
  for (guint i = 0; i < self->addresses->len; i++)
    {
      TbxNicAddress *address = &g_array_index (self->addresses, TbxNicAddress, i);
      g_autofree char *text = tbx_inet_format (&address->address);

      g_variant_builder_add (&builder, "(suss)", text, address->prefix_length,
                             tbx_ip_origin_to_string (address->origin),
                             tbx_ip_status_to_string (address->status));
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static char **
nic_dup_dns_servers (TbxNic *self)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; self->dns != NULL && i < self->dns->servers->len; i++)
    {
      g_autofree char *text =
        tbx_nicinfo_address_format (&g_array_index (self->dns->servers, TbxNicInfoAddress, i));

      if (text != NULL)
        g_strv_builder_add (builder, text);
    }
  return g_strv_builder_end (builder);
}

static char **
nic_dup_dns_domains (TbxNic *self)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; self->dns != NULL && i < self->dns->suffixes->len; i++)
    g_strv_builder_add (builder, self->dns->suffixes->pdata[i]);
  return g_strv_builder_end (builder);
}

static void
tbx_nic_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxNic *self = TBX_NIC (object);

  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_INDEX:
      g_value_set_uint (value, self->index);
      break;
    case PROP_MAC_ADDRESS:
      g_value_set_string (value, self->mac);
      break;
    case PROP_UP:
      g_value_set_boolean (value, (self->flags & IFF_UP) != 0);
      break;
    case PROP_ADDRESSES:
      g_value_take_variant (value, nic_dup_addresses (self));
      break;
    case PROP_ROUTES:
      g_value_set_variant (value, self->routes);
      break;
    case PROP_DNS_SERVERS:
      g_value_take_boxed (value, nic_dup_dns_servers (self));
      break;
    case PROP_DNS_DOMAINS:
      g_value_take_boxed (value, nic_dup_dns_domains (self));
      break;
    case PROP_TOLD:
      g_value_set_boolean (value, tbx_nic_get_told (self));
      break;
    case PROP_NOT_TOLD_REASON:
      g_value_set_string (value, self->reason);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_nic_finalize (GObject *object)
{
  TbxNic *self = TBX_NIC (object);

  g_free (self->name);
  g_free (self->mac);
  g_array_unref (self->addresses);
  g_variant_unref (self->routes);
  g_clear_pointer (&self->dns, tbx_nicinfo_dns_free);
  G_OBJECT_CLASS (tbx_nic_parent_class)->finalize (object);
}

static void
tbx_nic_class_init (TbxNicClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tbx_nic_finalize;
  object_class->get_property = tbx_nic_get_property;

  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);
  props[PROP_INDEX] = g_param_spec_uint ("index", NULL, NULL, 0, G_MAXUINT, 0, flags);
  props[PROP_MAC_ADDRESS] = g_param_spec_string ("mac-address", NULL, NULL, "", flags);
  props[PROP_UP] = g_param_spec_boolean ("up", NULL, NULL, FALSE, flags);
  props[PROP_ADDRESSES] =
    g_param_spec_variant ("addresses", NULL, NULL, G_VARIANT_TYPE ("a(suss)"), NULL, flags);
  props[PROP_ROUTES] =
    g_param_spec_variant ("routes", NULL, NULL, G_VARIANT_TYPE ("a(susu)"), NULL, flags);
  props[PROP_DNS_SERVERS] = g_param_spec_boxed ("dns-servers", NULL, NULL, G_TYPE_STRV, flags);
  props[PROP_DNS_DOMAINS] = g_param_spec_boxed ("dns-domains", NULL, NULL, G_TYPE_STRV, flags);
  props[PROP_TOLD] = g_param_spec_boolean ("told", NULL, NULL, FALSE, flags);
  props[PROP_NOT_TOLD_REASON] = g_param_spec_string ("not-told-reason", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_nic_init (TbxNic *self)
{
  self->mac = g_strdup ("");
  self->addresses = g_array_new (FALSE, FALSE, sizeof (TbxNicAddress));
  self->routes = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(susu)"), NULL, 0));
  self->reason = "down";
}

/**
 * tbx_nic_new:
 * @name: of the interface
 * @index: the kernel's number of it
 *
 * Returns: (transfer full): a NIC of which nothing else is known
 */
TbxNic *
tbx_nic_new (const char *name, guint index)
{
  TbxNic *self = g_object_new (TBX_TYPE_NIC, NULL);

  self->name = g_strdup (name);
  self->index = index;
  return self;
}

/**
 * tbx_nic_new_renamed:
 * @old: a NIC
 * @name: its new name
 *
 * Returns: (transfer full): another object with all that @old has, but its name
 */
TbxNic *
tbx_nic_new_renamed (TbxNic *old, const char *name)
{
  TbxNic *self = tbx_nic_new (name, old->index);

  tbx_nic_set_link (self, old->mac, old->hardware_type, old->flags, old->generation);
  g_array_append_vals (self->addresses, old->addresses->data, old->addresses->len);
  tbx_nic_set_routes (self, old->routes);
  self->dns = tbx_nicinfo_dns_copy (old->dns);
  self->reason = old->reason;
  self->changed = 0;
  return self;
}
