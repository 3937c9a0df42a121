/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-primary.h"
#include "tbx-error.h"
#include "tbx-primary-choice.h"
#include <netinet/in.h>

struct _TbxPrimary
{
  GObject          parent_instance;
  TbxNetwork      *network;      /* (owned) */
  TbxInet          override;     /* what somebody set, or none */
  TbxInet          provided;     /* what comes after that, or none */
  TbxPrimaryReason reason_code;
  char            *address;      /* empty when there is none (owned) */
  char            *nic;          /* empty when it is on none (owned) */
  char            *detail;       /* a sentence for people (owned) */
};

G_DEFINE_FINAL_TYPE (TbxPrimary, tbx_primary, G_TYPE_OBJECT)

enum { PROP_0, PROP_ADDRESS, PROP_NIC, PROP_REASON, PROP_DETAIL, N_PROPS };
static GParamSpec *props[N_PROPS];

static TbxNic *
find_owner (GPtrArray *nics, const TbxInet *address)
{
  for (guint i = 0; i < nics->len; i++)
    {
      guint n;
      const TbxNicAddress *addresses = tbx_nic_get_addresses (nics->pdata[i], &n);

      for (guint j = 0; j < n; j++)
        if (tbx_inet_compare (&addresses[j].address, address) == 0)
          return nics->pdata[i];
    }
  return NULL;
}

static char *
choice_describe (const TbxPrimaryChoice *choice)
{
  const char *nic = choice->nic == NULL ? "" : tbx_nic_get_name (choice->nic);

  switch (choice->reason)
    {
    case TBX_PRIMARY_SET:
      return g_strdup ("set with SetPrimaryAddress()");
    case TBX_PRIMARY_PROVIDED:
      return g_strdup ("chosen by a client of the bus");
    case TBX_PRIMARY_CONFIGURED:
      if (choice->family == 0)
        return g_strdup_printf ("first address of %s, which matches primary-nics", nic);
      return g_strdup_printf ("source address of the %s default route on %s, metric %u, "
                              "which matches primary-nics",
                              choice->family == AF_INET ? "IPv4" : "IPv6", nic, choice->metric);
    case TBX_PRIMARY_DEFAULT_ROUTE:
      return g_strdup_printf ("source address of the %s default route on %s, metric %u",
                              choice->family == AF_INET ? "IPv4" : "IPv6", nic, choice->metric);
    case TBX_PRIMARY_FIRST:
      return g_strdup_printf ("first usable address, on %s; there is no default route", nic);
    case TBX_PRIMARY_NONE:
      break;
    }
  return g_strdup ("no interface has an address that the host could use");
}

static void
primary_set_text (TbxPrimary *self, char **at, char *text, guint prop)
{
  g_autofree char *taken = text;

  if (g_strcmp0 (*at, taken) == 0)
    return;
  g_free (*at);
  *at = g_steal_pointer (&taken);
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

static void
primary_update (TbxPrimary *self)
{
  g_autoptr(GPtrArray) nics = tbx_network_dup_nics (self->network);
  guint n_routes;
  const TbxNicRoute *routes = tbx_network_get_routes (self->network, &n_routes);
  TbxPrimaryChoice choice = { 0 };

  if (self->override.family != 0 || self->provided.family != 0)
    {
      gboolean set = self->override.family != 0;

      choice.reason = set ? TBX_PRIMARY_SET : TBX_PRIMARY_PROVIDED;
      choice.address = set ? self->override : self->provided;
      choice.nic = find_owner (nics, &choice.address);
    }
  else if (tbx_network_get_ready (self->network))
    choice = tbx_primary_choose (tbx_network_get_policy (self->network), nics, routes, n_routes);

  g_object_freeze_notify (G_OBJECT (self));
  primary_set_text (self, &self->address, tbx_inet_format (&choice.address), PROP_ADDRESS);
  primary_set_text (self, &self->nic,
                    g_strdup (choice.nic == NULL ? "" : tbx_nic_get_name (choice.nic)), PROP_NIC);
  primary_set_text (self, &self->detail, choice_describe (&choice), PROP_DETAIL);
  if (self->reason_code != choice.reason)
    {
      self->reason_code = choice.reason;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REASON]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

static gboolean
parse_presentable (TbxInet *parsed, const char *address, GError **error)
{
  if (!tbx_inet_parse (parsed, address))
    g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "not an IPv4 or IPv6 address");
  else if (!tbx_inet_is_presentable (parsed, TRUE))
    g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED,
                         "no address that another machine could use");
  else
    return TRUE;
  return FALSE;
}

/**
 * tbx_primary_set:
 * @self: the primary address
 * @address: in its usual notation; need not be one of this machine's
 * @error: return location for an error
 *
 * Replaces the automatic choice until tbx_primary_clear().
 * Errors: `TBX_ERROR_MALFORMED` for what is no address, and for an unspecified, a
 * multicast, a loopback or a link-local one, which no host could use.
 */
gboolean
tbx_primary_set (TbxPrimary *self, const char *address, GError **error)
{
  TbxInet parsed;

  if (!parse_presentable (&parsed, address, error))
    return FALSE;
  self->override = parsed;
  primary_update (self);
  return TRUE;
}

/**
 * tbx_primary_check:
 * @address: in its usual notation
 * @error: return location for an error
 *
 * Errors: those of tbx_primary_set().
 *
 * Returns: whether it could be set or provided
 */
gboolean
tbx_primary_check (const char *address, GError **error)
{
  TbxInet parsed;

  return parse_presentable (&parsed, address, error);
}

/**
 * tbx_primary_provide:
 * @self: the primary address
 * @address: that passes tbx_primary_check(); empty: none any more
 *
 * Replaces the automatic choice, but not an address that was set.
 */
void
tbx_primary_provide (TbxPrimary *self, const char *address)
{
  TbxInet parsed = { 0 };

  if (address[0] != '\0' && !parse_presentable (&parsed, address, NULL))
    parsed = (TbxInet) { 0 };
  self->provided = parsed;
  primary_update (self);
}

/**
 * tbx_primary_clear:
 * @self: the primary address
 *
 * Goes back to what was provided, or to the automatic choice.
 */
void
tbx_primary_clear (TbxPrimary *self)
{
  self->override = (TbxInet) { 0 };
  primary_update (self);
}

/**
 * tbx_primary_get_address:
 * @self: the primary address
 *
 * Returns: (transfer none): its usual notation; empty when there is none
 */
const char *
tbx_primary_get_address (TbxPrimary *self)
{
  return self->address;
}

/**
 * tbx_primary_get_nic:
 * @self: the primary address
 *
 * Returns: (transfer none): name of the interface that has it; empty when none has
 */
const char *
tbx_primary_get_nic (TbxPrimary *self)
{
  return self->nic;
}

/**
 * tbx_primary_get_reason:
 * @self: the primary address
 *
 * Returns: (transfer none): why it was chosen: "none", "set", "provided",
 *   "configured", "default-route" or "first"
 */
const char *
tbx_primary_get_reason (TbxPrimary *self)
{
  static const char *const names[] = {
    [TBX_PRIMARY_NONE] = "none",
    [TBX_PRIMARY_SET] = "set",
    [TBX_PRIMARY_CONFIGURED] = "configured",
    [TBX_PRIMARY_DEFAULT_ROUTE] = "default-route",
    [TBX_PRIMARY_FIRST] = "first",
    [TBX_PRIMARY_PROVIDED] = "provided",
  };

  return names[self->reason_code];
}

/**
 * tbx_primary_get_detail:
 * @self: the primary address
 *
 * Returns: (transfer none): the reason as a sentence for people
 */
const char *
tbx_primary_get_detail (TbxPrimary *self)
{
  return self->detail;
}

static void
tbx_primary_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxPrimary *self = TBX_PRIMARY (object);

  switch (id)
    {
    case PROP_ADDRESS:
      g_value_set_string (value, self->address);
      break;
    case PROP_NIC:
      g_value_set_string (value, self->nic);
      break;
    case PROP_REASON:
      g_value_set_string (value, tbx_primary_get_reason (self));
      break;
    case PROP_DETAIL:
      g_value_set_string (value, self->detail);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_primary_finalize (GObject *object)
{
  TbxPrimary *self = TBX_PRIMARY (object);

  g_clear_object (&self->network);
  g_free (self->address);
  g_free (self->nic);
  g_free (self->detail);
  G_OBJECT_CLASS (tbx_primary_parent_class)->finalize (object);
}

static void
tbx_primary_class_init (TbxPrimaryClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tbx_primary_finalize;
  object_class->get_property = tbx_primary_get_property;

  props[PROP_ADDRESS] = g_param_spec_string ("address", NULL, NULL, "", flags);
  props[PROP_NIC] = g_param_spec_string ("nic", NULL, NULL, "", flags);
  props[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, "none", flags);
  props[PROP_DETAIL] = g_param_spec_string ("detail", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_primary_init (TbxPrimary *self)
{
  self->address = g_strdup ("");
  self->nic = g_strdup ("");
  self->detail = g_strdup ("");
}

/**
 * tbx_primary_new:
 * @network: from whose addresses it is chosen
 *
 * Returns: (transfer full): the primary address, chosen anew whenever @network changes
 */
TbxPrimary *
tbx_primary_new (TbxNetwork *network)
{
  TbxPrimary *self = g_object_new (TBX_TYPE_PRIMARY, NULL);

  self->network = g_object_ref (network);
  g_signal_connect_object (network, "changed", G_CALLBACK (primary_update), self,
                           G_CONNECT_SWAPPED);
  primary_update (self);
  return self;
}
