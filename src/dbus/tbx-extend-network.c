/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-extend-network.h"
#include "tbx-error.h"

/* Nobody waits for the answer. */
#define ANSWER_MS 5000

struct _TbxExtendNetwork
{
  GObject        parent_instance;
  TbxExtensions *extensions;   /* owned */
  TbxPrimary    *primary;      /* owned */
  GHashTable    *providers;    /* TbxExtension -> Provider (owned) */
};

G_DEFINE_FINAL_TYPE (TbxExtendNetwork, tbx_extend_network, G_TYPE_OBJECT)

/* Who chooses an address, and which. */
typedef struct
{
  TbxExtendNetwork *owner;             /* not owned */
  TbxExtension     *agent;             /* owned */
  char             *address;           /* its last answer; empty for none (owned) */
  guint             subscription_id;   /* to its signal */
  gboolean          asked;             /* it has not answered yet */
  gboolean          again;             /* what it was asked about has changed meanwhile */
} Provider;

static void provider_ask (Provider *provider);

static void
provider_free (gpointer data)
{
  Provider *provider = data;

  g_dbus_connection_signal_unsubscribe (tbx_extension_get_connection (provider->agent),
                                        provider->subscription_id);
  g_object_unref (provider->agent);
  g_free (provider->address);
  g_free (provider);
}

/* The address of the first who has one. */
static void
network_choose (TbxExtendNetwork *self)
{
  g_autoptr(GPtrArray) agents = tbx_extensions_list (self->extensions, TBX_EXTENSION_NETWORK);
  const char *address = "";

  for (guint i = 0; i < agents->len && address[0] == '\0'; i++)
    {
      const Provider *provider = g_hash_table_lookup (self->providers, agents->pdata[i]);

      if (provider != NULL)
        address = provider->address;
    }
  tbx_primary_provide (self->primary, address);
}

static char *
take_address (GVariant *reply, GError **error)
{
  const char *address;

  g_variant_get (reply, "(&s)", &address);
  return address[0] == '\0' || tbx_primary_check (address, error) ? g_strdup (address) : NULL;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxExtendNetwork) self = user_data;
  g_autoptr(GError) error = NULL;
  TbxExtension *agent = TBX_EXTENSION (source);
  g_autoptr(GVariant) reply = tbx_extension_call_finish (agent, result, NULL, &error);
  Provider *provider = g_hash_table_lookup (self->providers, agent);
  char *address = reply == NULL ? NULL : take_address (reply, &error);

  if (provider == NULL)   /* taken back meanwhile */
    {
      g_free (address);
      return;
    }
  if (address == NULL)
    tbx_extension_log_failure (agent, error);
  g_free (provider->address);
  provider->address = address == NULL ? g_strdup ("") : address;
  provider->asked = FALSE;
  network_choose (self);
  if (provider->again)
    provider_ask (provider);
}

/* One question at a time, however often something changes. */
static void
provider_ask (Provider *provider)
{
  provider->again = provider->asked;
  if (provider->asked)
    return;
  provider->asked = TRUE;
  tbx_extension_call_async (provider->agent, "GetPrimaryAddress",
                            g_variant_new ("(t)", tbx_extension_deadline_us (ANSWER_MS)), NULL,
                            "(s)", ANSWER_MS, on_answered, g_object_ref (provider->owner));
}

static void
on_primary_address_changed (GDBusConnection *connection,
                            const char      *sender,
                            const char      *object,
                            const char      *interface,
                            const char      *signal,
                            GVariant        *arguments,
                            gpointer         user_data)
{
  provider_ask (user_data);
}

static void
on_network_changed (TbxExtendNetwork *self)
{
  GHashTableIter iter;
  gpointer provider;

  g_hash_table_iter_init (&iter, self->providers);
  while (g_hash_table_iter_next (&iter, NULL, &provider))
    provider_ask (provider);
}

static void
on_added (TbxExtensions *extensions, TbxExtension *entry, TbxExtendNetwork *self)
{
  Provider *provider;

  if (tbx_extension_get_kind (entry) != TBX_EXTENSION_NETWORK)
    return;
  provider = g_new0 (Provider, 1);
  provider->owner = self;
  provider->agent = g_object_ref (entry);
  provider->address = g_strdup ("");
  provider->subscription_id = g_dbus_connection_signal_subscribe (
    tbx_extension_get_connection (entry), tbx_extension_get_client (entry),
    tbx_extension_kind_get_interface (TBX_EXTENSION_NETWORK), "PrimaryAddressChanged",
    tbx_extension_get_object (entry), NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_primary_address_changed,
    provider, NULL);
  g_hash_table_insert (self->providers, entry, provider);
  provider_ask (provider);
}

static void
on_removed (TbxExtensions *extensions, TbxExtension *entry, gboolean left, TbxExtendNetwork *self)
{
  if (g_hash_table_remove (self->providers, entry))
    network_choose (self);
}

static void
tbx_extend_network_dispose (GObject *object)
{
  TbxExtendNetwork *self = TBX_EXTEND_NETWORK (object);

  g_hash_table_remove_all (self->providers);
  g_clear_object (&self->extensions);
  g_clear_object (&self->primary);
  G_OBJECT_CLASS (tbx_extend_network_parent_class)->dispose (object);
}

static void
tbx_extend_network_finalize (GObject *object)
{
  g_hash_table_unref (TBX_EXTEND_NETWORK (object)->providers);
  G_OBJECT_CLASS (tbx_extend_network_parent_class)->finalize (object);
}

static void
tbx_extend_network_class_init (TbxExtendNetworkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_extend_network_dispose;
  object_class->finalize = tbx_extend_network_finalize;
}

static void
tbx_extend_network_init (TbxExtendNetwork *self)
{
  self->providers = g_hash_table_new_full (NULL, NULL, NULL, provider_free);
}

/**
 * tbx_extend_network_new:
 * @extensions: what is registered; nothing yet
 * @network: tells when to ask again
 * @primary: the primary address
 *
 * Source: docs/bus.md, "Extensions".
 */
TbxExtendNetwork *
tbx_extend_network_new (TbxExtensions *extensions, TbxNetwork *network, TbxPrimary *primary)
{
  TbxExtendNetwork *self = g_object_new (TBX_TYPE_EXTEND_NETWORK, NULL);

  self->extensions = g_object_ref (extensions);
  self->primary = g_object_ref (primary);
  g_signal_connect_object (network, "changed", G_CALLBACK (on_network_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (extensions, "added", G_CALLBACK (on_added), self, 0);
  g_signal_connect_object (extensions, "removed", G_CALLBACK (on_removed), self, 0);
  return self;
}
