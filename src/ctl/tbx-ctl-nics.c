/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-table.h"
#include "tbx-ctl-text.h"
#include <glib/gi18n.h>

static int
compare_nics (gconstpointer a, gconstpointer b)
{
  guint left = tbx_bus_nic_get_index (*(TbxBusNic **) a);
  guint right = tbx_bus_nic_get_index (*(TbxBusNic **) b);

  return left < right ? -1 : left > right;
}

/* The network cards among @objects, by their kernel index. */
static GPtrArray *
find_nics (GDBusObjectManager *objects)
{
  GPtrArray *nics = g_ptr_array_new_with_free_func (g_object_unref);
  GList *all = g_dbus_object_manager_get_objects (objects);

  for (GList *l = all; l != NULL; l = l->next)
    {
      TbxBusNic *nic = tbx_bus_object_get_nic (TBX_BUS_OBJECT (l->data));

      if (nic != NULL)
        g_ptr_array_add (nics, nic);
    }
  g_list_free_full (all, g_object_unref);
  g_ptr_array_sort (nics, compare_nics);
  return nics;
}

static const char *
told_text (TbxBusNic *nic)
{
  const char *reason = tbx_text_or_empty (tbx_bus_nic_get_not_told_reason (nic));

  if (tbx_bus_nic_get_told (nic))
    return _("yes");
  return *reason != '\0' ? reason : _("no");
}

/* One row for each address, the card itself in the first of them. */
static void
add_card (TbxTable *table, TbxBusNic *nic)
{
  GVariant *addresses = tbx_bus_nic_get_addresses (nic);
  const char *address, *origin, *state;
  const char *name = tbx_text_or_empty (tbx_bus_nic_get_name (nic));
  const char *mac = tbx_text_or_empty (tbx_bus_nic_get_mac_address (nic));
  gboolean first = TRUE;
  guint prefix;
  GVariantIter iter;

  if (addresses != NULL)
    {
      g_variant_iter_init (&iter, addresses);
      while (g_variant_iter_next (&iter, "(&su&s&s)", &address, &prefix, &origin, &state))
        {
          g_autofree char *with_prefix = g_strdup_printf ("%s/%u", address, prefix);

          tbx_table_add (table, first ? name : "", first ? mac : "", first ? told_text (nic) : "",
                         with_prefix, origin, state, NULL);
          first = FALSE;
        }
    }
  if (first)
    tbx_table_add (table, name, mac, told_text (nic), "", "", "", NULL);
}

static void
add_routes (TbxTable *table, TbxBusNic *nic)
{
  GVariant *routes = tbx_bus_nic_get_routes (nic);
  const char *destination, *hop;
  guint prefix, metric;
  GVariantIter iter;

  if (routes == NULL)
    return;
  g_variant_iter_init (&iter, routes);
  while (g_variant_iter_next (&iter, "(&su&su)", &destination, &prefix, &hop, &metric))
    {
      g_autofree char *with_prefix = g_strdup_printf ("%s/%u", destination, prefix);
      g_autofree char *metric_text = g_strdup_printf ("%u", metric);

      tbx_table_add (table, tbx_text_or_empty (tbx_bus_nic_get_name (nic)), with_prefix,
                     *hop != '\0' ? hop : _("on the link"), metric_text, NULL);
    }
}

static void
add_servers (TbxTable *table, TbxBusNic *nic)
{
  char *none[] = { NULL };
  const char *const *servers = tbx_bus_nic_get_dns_servers (nic);
  const char *const *domains = tbx_bus_nic_get_dns_domains (nic);
  g_autofree char *server_text = g_strjoinv (", ", servers != NULL ? (char **) servers : none);
  g_autofree char *domain_text = g_strjoinv (", ", domains != NULL ? (char **) domains : none);

  if (*server_text != '\0' || *domain_text != '\0')
    tbx_table_add (table, tbx_text_or_empty (tbx_bus_nic_get_name (nic)), server_text, domain_text,
                   NULL);
}

static void
print_text (GPtrArray *nics)
{
  g_autoptr(TbxTable) cards = tbx_table_new (6);
  g_autoptr(TbxTable) routes = tbx_table_new (4);
  g_autoptr(TbxTable) servers = tbx_table_new (3);

  tbx_table_add (cards, _("NIC"), _("MAC"), _("TOLD"), _("ADDRESS"), _("ORIGIN"), _("STATE"), NULL);
  tbx_table_add (routes, _("NIC"), _("DESTINATION"), _("NEXT HOP"), _("METRIC"), NULL);
  tbx_table_add (servers, _("NIC"), _("DNS SERVERS"), _("DNS DOMAINS"), NULL);
  for (guint i = 0; i < nics->len; i++)
    {
      add_card (cards, nics->pdata[i]);
      add_routes (routes, nics->pdata[i]);
      add_servers (servers, nics->pdata[i]);
    }
  tbx_table_print (cards);
  if (tbx_table_get_n_rows (routes) > 1)
    {
      g_print ("\n");
      tbx_table_print (routes);
    }
  if (tbx_table_get_n_rows (servers) > 1)
    {
      g_print ("\n");
      tbx_table_print (servers);
    }
}

static void
print_json (GPtrArray *nics)
{
  static const char *const address_names[] = { "Address", "PrefixLength", "Origin", "State", NULL };
  static const char *const route_names[] = { "Destination", "PrefixLength", "NextHop", "Metric", NULL };
  g_autoptr(JsonArray) array = json_array_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);

  for (guint i = 0; i < nics->len; i++)
    {
      GVariant *addresses = tbx_bus_nic_get_addresses (nics->pdata[i]);
      GVariant *routes = tbx_bus_nic_get_routes (nics->pdata[i]);
      JsonNode *nic = tbx_json_properties (G_DBUS_PROXY (nics->pdata[i]));
      JsonObject *object = json_node_get_object (nic);

      if (addresses != NULL)
        json_object_set_member (object, "Addresses", tbx_json_records (addresses, address_names));
      if (routes != NULL)
        json_object_set_member (object, "Routes", tbx_json_records (routes, route_names));
      json_array_add_element (array, nic);
    }
  json_node_set_array (node, array);
  tbx_json_print (node);
}

/**
 * tbx_ctl_nics:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "nics".
 */
gboolean
tbx_ctl_nics (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GDBusConnection) bus = tbx_ctl_bus_connect (error);
  g_autoptr(GDBusObjectManager) objects = bus != NULL ? tbx_ctl_bus_objects (bus, error) : NULL;
  g_autoptr(GPtrArray) nics = NULL;

  if (objects == NULL)
    return FALSE;
  nics = find_nics (objects);
  if (ctl->json)
    print_json (nics);
  else
    print_text (nics);
  return TRUE;
}
