/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-table.h"
#include "tbx-ctl-text.h"
#include <glib/gi18n.h>

/* "3 s ago" for microseconds since 1970, 0 being never. */
static char *
age_text (guint64 when_usec)
{
  guint64 now_usec = (guint64) g_get_real_time ();
  gulong age_s;

  if (when_usec == 0)
    return g_strdup (_("never"));
  age_s = when_usec < now_usec ? (now_usec - when_usec) / G_USEC_PER_SEC : 0;
  return g_strdup_printf (ngettext ("%lu second ago", "%lu seconds ago", age_s), age_s);
}

static const char *
reason_text (const char *reason)
{
  static const struct { const char *word; const char *text; } rows[] = {
    { "set", N_("set over D-Bus") },
    { "provided", N_("chosen by a client of the bus") },
    { "configured", N_("its interface is in \"primary-nics\"") },
    { "default-route", N_("the best default route leaves from it") },
    { "first", N_("no default route; the first usable one") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_strcmp0 (reason, rows[i].word) == 0)
      return _(rows[i].text);
  return tbx_text_or_empty (reason);
}

static char *
primary_text (TbxBusNetwork *network)
{
  const char *address = tbx_text_or_empty (tbx_bus_network_get_primary_address (network));
  const char *nic = tbx_text_or_empty (tbx_bus_network_get_primary_nic (network));
  const char *reason = reason_text (tbx_bus_network_get_primary_reason (network));

  if (*address == '\0')
    return g_strdup (_("none"));
  if (*nic == '\0')
    return g_strdup_printf ("%s (%s)", address, reason);
  return g_strdup_printf (_("%s on %s (%s)"), address, nic, reason);
}

static char *
options_text (GVariant *options)
{
  g_autoptr(GString) text = g_string_new (NULL);
  GVariantIter iter;
  const char *name, *value;

  if (options == NULL)
    return g_strdup ("");
  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    g_string_append_printf (text, "%s%s=%s", text->len > 0 ? ", " : "", name, value);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_text (TbxBusManager *manager, TbxBusNetwork *network)
{
  g_autoptr(TbxTable) table = tbx_table_new (2);
  const char *hypervisor = tbx_text_or_empty (tbx_bus_manager_get_hypervisor (manager));
  const char *const *capabilities = tbx_bus_manager_get_capabilities (manager);
  const char *none[] = { NULL };
  g_autofree char *channel =
    g_strdup_printf ("%s, %s", tbx_text_or_empty (tbx_bus_manager_get_transport (manager)),
                     tbx_text_or_empty (tbx_bus_manager_get_transport_state (manager)));
  g_autofree char *ping = age_text (tbx_bus_manager_get_last_ping (manager));
  g_autofree char *primary = primary_text (network);
  g_autofree char *told = g_strjoinv (", ", (char **) (capabilities != NULL ? capabilities : none));
  g_autofree char *options = options_text (tbx_bus_manager_get_options (manager));

  tbx_table_add (table, _("Version:"),
                 tbx_text_or_empty (tbx_bus_manager_get_version (manager)), NULL);
  tbx_table_add (table, _("Host:"), *hypervisor != '\0' ? hypervisor : _("not asked"), NULL);
  tbx_table_add (table, _("Channel:"), channel, NULL);
  tbx_table_add (table, _("Last ping:"), ping, NULL);
  tbx_table_add (table, _("Primary address:"), primary, NULL);
  tbx_table_add (table, _("Capabilities told:"), *told != '\0' ? told : _("none"), NULL);
  tbx_table_add (table, _("Options of the host:"), *options != '\0' ? options : _("none"), NULL);
  tbx_table_print (table);
}

/**
 * tbx_ctl_status:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "status".
 */
gboolean
tbx_ctl_status (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GDBusConnection) bus = tbx_ctl_bus_connect (error);
  g_autoptr(TbxBusManager) manager = bus != NULL ? tbx_ctl_bus_manager (bus, error) : NULL;
  g_autoptr(TbxBusNetwork) network = manager != NULL ? tbx_ctl_bus_network (bus, error) : NULL;

  if (network == NULL)
    return FALSE;
  if (ctl->json)
    {
      g_autoptr(JsonObject) object = json_object_new ();

      json_object_set_member (object, "Manager", tbx_json_properties (G_DBUS_PROXY (manager)));
      json_object_set_member (object, "Network", tbx_json_properties (G_DBUS_PROXY (network)));
      tbx_json_print_object (object);
    }
  else
    print_text (manager, network);
  return TRUE;
}
