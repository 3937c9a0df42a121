/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-table.h"
#include "tbx-ctl-text.h"
#include "tbx-names.h"
#include <glib/gi18n.h>

static TbxBusExtensions *
get_extensions (GDBusConnection *bus, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!tbx_ctl_bus_need_daemon (bus, error))
    return NULL;
  tbx_bus_extensions_proxy_new (bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, TBX_BUS_NAME,
                                TBX_OBJECT_PATH, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return tbx_bus_extensions_proxy_new_finish (result, error);
}

static void
print_entries (TbxBusExtensions *extensions)
{
  g_autoptr(TbxTable) table = tbx_table_new (4);
  GVariant *entries = tbx_bus_extensions_get_entries (extensions);
  const char *kind, *name, *client, *object;
  GVariantIter iter;
  gint priority;

  tbx_table_add (table, _("KIND"), _("NAME"), _("PRIORITY"), _("AGENT"), NULL);
  if (entries != NULL)
    {
      g_variant_iter_init (&iter, entries);
      while (g_variant_iter_next (&iter, "(&s&s&s&oi)", &kind, &name, &client, &object, &priority))
        {
          g_autofree char *agent = g_strdup_printf ("%s %s", client, object);
          g_autofree char *number = g_strdup_printf ("%d", priority);
          gboolean named = name[0] != '\0';

          tbx_table_add (table, kind, named ? name : "-", named ? "-" : number, agent, NULL);
        }
    }
  if (tbx_table_get_n_rows (table) == 1)
    g_print ("%s\n", _("No extensions."));
  else
    tbx_table_print (table);
}

/**
 * tbx_ctl_extensions:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "extensions": what clients of the bus do in the daemon's place.
 */
gboolean
tbx_ctl_extensions (TbxCtl *ctl, char **args, GError **error)
{
  static const char *const names[] = { "Kind", "Name", "Client", "Object", "Priority", NULL };
  g_autoptr(GDBusConnection) bus = tbx_ctl_bus_connect (error);
  g_autoptr(TbxBusExtensions) extensions = bus != NULL ? get_extensions (bus, error) : NULL;

  if (extensions == NULL)
    return FALSE;
  if (ctl->json)
    {
      g_autoptr(JsonNode) node = tbx_json_properties (G_DBUS_PROXY (extensions));
      GVariant *entries = tbx_bus_extensions_get_entries (extensions);

      if (entries != NULL)
        json_object_set_member (json_node_get_object (node), "Entries",
                                tbx_json_records (entries, names));
      tbx_json_print (node);
      return TRUE;
    }
  print_entries (extensions);
  return TRUE;
}
