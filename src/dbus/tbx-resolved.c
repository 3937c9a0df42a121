/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-resolved.h"
#include <sys/socket.h>

#define RESOLVE1_NAME "org.freedesktop.resolve1"
#define RESOLVE1_PATH "/org/freedesktop/resolve1"
#define RESOLVE1_INTERFACE "org.freedesktop.resolve1.Manager"

#define GATHER_MS 100           /* one change of a link comes as several signals */
#define ANSWER_MOST_MS (5 * 1000)

/* Answers from systemd-resolved's list of servers and domains, which says for each
 * to which link it belongs.  Its signals and those of resolv.conf, which it writes
 * too, only tell that the lists are to be read again: the domains have no signal. */
struct _TbxResolved
{
  GObject          parent_instance;
  TbxNetwork      *network;        /* owned */
  TbxDnsSource    *otherwise;      /* the source while resolved is away (owned), or NULL */
  GDBusConnection *connection;     /* owned, or NULL */
  guint            watch_id;       /* of its name, or 0 */
  guint            signal_id;      /* of its PropertiesChanged, or 0 */
  guint            gather_id;      /* source that reads the lists again, or 0 */
  GCancellable    *cancellable;    /* of the read under way (owned), or NULL */
  GVariant        *servers;        /* a(iiay): link, family, address (owned); NULL: it is away */
  GVariant        *domains;        /* a(isb): link, domain, for routing only (owned) */
};

static void dns_source_iface_init (TbxDnsSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxResolved, tbx_resolved, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_DNS_SOURCE, dns_source_iface_init))

static gboolean
has_suffix (TbxNicInfoDns *dns, const char *domain)
{
  return g_ptr_array_find_with_equal_func (dns->suffixes, domain, g_str_equal, NULL);
}

static gboolean
has_server (TbxNicInfoDns *dns, const TbxNicInfoAddress *address)
{
  for (guint i = 0; i < dns->servers->len; i++)
    if (tbx_nicinfo_address_equal (&g_array_index (dns->servers, TbxNicInfoAddress, i), address))
      return TRUE;
  return FALSE;
}

static void
dns_add_server (TbxNicInfoDns *dns, int family, GVariant *octets)
{
  gsize size;
  gconstpointer data = g_variant_get_fixed_array (octets, &size, 1);
  TbxNicInfoAddress address;

  if (size != (family == AF_INET ? 4 : 16) || !tbx_nicinfo_address_set (&address, family, data))
    return;
  if (dns->servers->len < TBX_NICINFO_MAX_SERVERS && !has_server (dns, &address))
    g_array_append_val (dns->servers, address);
}

/* What belongs to the link @index; all there is when that is 0. */
static TbxNicInfoDns *
resolved_collect (TbxResolved *self, guint index)
{
  TbxNicInfoDns *dns = tbx_nicinfo_dns_new ();
  GVariantIter iter;
  gint32 link;
  gint32 family;
  GVariant *octets;
  const char *domain;
  gboolean route_only;

  g_variant_iter_init (&iter, self->servers);
  while (g_variant_iter_loop (&iter, "(ii@ay)", &link, &family, &octets))
    if (index == 0 || (guint) link == index)
      dns_add_server (dns, family, octets);
  g_variant_iter_init (&iter, self->domains);
  while (g_variant_iter_loop (&iter, "(i&sb)", &link, &domain, &route_only))
    if ((index == 0 || (guint) link == index) && !route_only && *domain != '\0'
        && strlen (domain) <= TBX_NICINFO_MAX_NAME_BYTES
        && dns->suffixes->len < TBX_NICINFO_MAX_SUFFIXES && !has_suffix (dns, domain))
      g_ptr_array_add (dns->suffixes, g_strdup (domain));
  return dns;
}

static TbxNicInfoDns *
resolved_dup_stack (TbxDnsSource *source)
{
  TbxResolved *self = TBX_RESOLVED (source);
  TbxNicInfoDns *dns;

  if (self->servers == NULL)
    return NULL;
  dns = resolved_collect (self, 0);
  if (dns->suffixes->len > 0)
    dns->domain_name = g_strdup (g_ptr_array_index (dns->suffixes, 0));
  return dns;
}

static TbxNicInfoDns *
resolved_dup_link (TbxDnsSource *source, guint index)
{
  TbxResolved *self = TBX_RESOLVED (source);
  g_autoptr(TbxNicInfoDns) dns = NULL;

  if (self->servers == NULL || index == 0)
    return NULL;
  dns = resolved_collect (self, index);
  if (dns->servers->len == 0 && dns->suffixes->len == 0)
    return NULL;
  return g_steal_pointer (&dns);
}

static void
dns_source_iface_init (TbxDnsSourceInterface *iface)
{
  iface->dup_stack = resolved_dup_stack;
  iface->dup_link = resolved_dup_link;
}

/* Takes both lists. */
static void
resolved_take (TbxResolved *self, GVariant *servers, GVariant *domains)
{
  gboolean first = self->servers == NULL;
  gboolean same = !first && g_variant_equal (servers, self->servers)
                  && g_variant_equal (domains, self->domains);

  g_clear_pointer (&self->servers, g_variant_unref);
  g_clear_pointer (&self->domains, g_variant_unref);
  self->servers = servers;
  self->domains = domains;
  if (first)
    {
      g_info ("Name servers are told by systemd-resolved");
      tbx_network_set_dns_source (self->network, TBX_DNS_SOURCE (self));
    }
  else if (!same)
    tbx_dns_source_emit_changed (TBX_DNS_SOURCE (self));
}

static void
on_lists (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxResolved) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GVariant) all = NULL;
  g_autoptr(GVariant) servers = NULL;
  g_autoptr(GVariant) domains = NULL;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  if (reply == NULL)
    {
      g_warning ("systemd-resolved does not tell the name servers: %s", error->message);
      return;
    }
  all = g_variant_get_child_value (reply, 0);
  servers = g_variant_lookup_value (all, "DNS", G_VARIANT_TYPE ("a(iiay)"));
  domains = g_variant_lookup_value (all, "Domains", G_VARIANT_TYPE ("a(isb)"));
  if (servers != NULL && domains != NULL)
    resolved_take (self, g_steal_pointer (&servers), g_steal_pointer (&domains));
  else
    g_warning ("systemd-resolved has no lists of servers and domains that we know");
}

static void
resolved_read (TbxResolved *self)
{
  g_clear_handle_id (&self->gather_id, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  g_dbus_connection_call (self->connection, RESOLVE1_NAME, RESOLVE1_PATH,
                          "org.freedesktop.DBus.Properties", "GetAll",
                          g_variant_new ("(s)", RESOLVE1_INTERFACE), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MOST_MS, self->cancellable,
                          on_lists, g_object_ref (self));
}

static gboolean
on_gathered (gpointer user_data)
{
  TbxResolved *self = user_data;

  self->gather_id = 0;
  resolved_read (self);
  return G_SOURCE_REMOVE;
}

static void
resolved_hint (TbxResolved *self)
{
  if (self->signal_id != 0 && self->gather_id == 0)
    self->gather_id = g_timeout_add (GATHER_MS, on_gathered, self);
}

static void
on_properties_changed (GDBusConnection *connection,
                       const char      *sender,
                       const char      *path,
                       const char      *interface,
                       const char      *signal,
                       GVariant        *parameters,
                       gpointer         user_data)
{
  resolved_hint (user_data);
}

static void
resolved_leave (TbxResolved *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->gather_id, g_source_remove);
  if (self->signal_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->signal_id);
  self->signal_id = 0;
  if (self->servers == NULL)
    return;
  g_info ("systemd-resolved has left the bus");
  g_clear_pointer (&self->servers, g_variant_unref);
  g_clear_pointer (&self->domains, g_variant_unref);
  tbx_network_set_dns_source (self->network, self->otherwise);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  TbxResolved *self = user_data;

  if (self->signal_id == 0)
    self->signal_id =
      g_dbus_connection_signal_subscribe (connection, RESOLVE1_NAME,
                                          "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                          NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                          on_properties_changed, self, NULL);
  resolved_read (self);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  resolved_leave (user_data);
}

/**
 * tbx_resolved_attach:
 * @self: the source
 * @connection: the bus
 *
 * Becomes the network's DNS source whenever systemd-resolved is on that bus;
 * does not start it.
 */
void
tbx_resolved_attach (TbxResolved *self, GDBusConnection *connection)
{
  tbx_resolved_detach (self);
  self->connection = g_object_ref (connection);
  self->watch_id = g_bus_watch_name_on_connection (connection, RESOLVE1_NAME,
                                                   G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                   on_vanished, self, NULL);
}

/**
 * tbx_resolved_detach:
 * @self: the source
 *
 * Gives the network back the source that it had before.
 */
void
tbx_resolved_detach (TbxResolved *self)
{
  g_clear_handle_id (&self->watch_id, g_bus_unwatch_name);
  resolved_leave (self);
  g_clear_object (&self->connection);
}

static void
tbx_resolved_dispose (GObject *object)
{
  TbxResolved *self = TBX_RESOLVED (object);

  tbx_resolved_detach (self);
  g_clear_object (&self->otherwise);
  g_clear_object (&self->network);
  G_OBJECT_CLASS (tbx_resolved_parent_class)->dispose (object);
}

static void
tbx_resolved_class_init (TbxResolvedClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_resolved_dispose;
}

static void
tbx_resolved_init (TbxResolved *self)
{
}

/**
 * tbx_resolved_new:
 * @network: whose DNS source it replaces while systemd-resolved is there
 *
 * Returns: (transfer full): a source that is attached to no bus
 */
TbxResolved *
tbx_resolved_new (TbxNetwork *network)
{
  TbxResolved *self = g_object_new (TBX_TYPE_RESOLVED, NULL);

  self->network = g_object_ref (network);
  self->otherwise = tbx_network_get_dns_source (network);
  if (self->otherwise != NULL)
    {
      g_object_ref (self->otherwise);
      g_signal_connect_object (self->otherwise, "changed", G_CALLBACK (resolved_hint), self,
                               G_CONNECT_SWAPPED);
    }
  return self;
}
