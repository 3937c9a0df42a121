/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-table.h"
#include "tbx-error.h"
#include <glib/gi18n.h>
#include <string.h>

static const char *
reason_text (const char *reason)
{
  static const struct { const char *word; const char *text; } rows[] = {
    { "", "" },
    { "off", N_("guest operations are switched off") },
    { "denied", N_("it is in \"deny\"") },
    { "not-allowed", N_("it is not in \"allow\"") },
    { "not-supported", N_("no Linux guest has it") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (reason, rows[i].word) == 0)
      return *rows[i].text == '\0' ? "" : _(rows[i].text);
  return reason;
}

static void
print_methods (GVariant *methods)
{
  g_autoptr(TbxTable) table = tbx_table_new (3);
  GVariantIter iter;
  const char *method, *reason;

  tbx_table_add (table, _("METHOD"), _("USABLE"), _("WHY NOT"), NULL);
  g_variant_iter_init (&iter, methods);
  while (g_variant_iter_next (&iter, "{&s&s}", &method, &reason))
    tbx_table_add (table, method, *reason == '\0' ? _("yes") : _("no"), reason_text (reason), NULL);
  tbx_table_print (table);
}

static char *
list_text (GVariant *rule, const char *key, const char *absent)
{
  g_autofree const char **names = NULL;

  if (!g_variant_lookup (rule, key, "^a&s", &names))
    return g_strdup (absent);
  return names[0] == NULL ? g_strdup (_("nothing")) : g_strjoinv (", ", (char **) names);
}

static void
add_rule (TbxTable *table, const char *who, GVariant *rule)
{
  g_autofree char *deny = list_text (rule, "deny", _("nothing"));
  g_autofree char *allow = list_text (rule, "allow", _("all else"));
  gboolean enabled = FALSE;

  g_variant_lookup (rule, "enabled", "b", &enabled);
  tbx_table_add (table, who, enabled ? _("yes") : _("no"), deny, allow, NULL);
}

/* Rules that only some users have to pass, on top of those for all. */
static void
print_rules (GVariant *rules)
{
  g_autoptr(TbxTable) table = tbx_table_new (4);
  GVariantIter iter;
  const char *who;
  GVariant *rule;

  tbx_table_add (table, _("ONLY FOR"), _("ENABLED"), _("DENIED"), _("ALLOWED"), NULL);
  g_variant_iter_init (&iter, rules);
  while (g_variant_iter_next (&iter, "{&sv}", &who, &rule))
    {
      if (strcmp (who, "all") != 0 && g_variant_is_of_type (rule, G_VARIANT_TYPE_VARDICT))
        add_rule (table, who, rule);
      g_variant_unref (rule);
    }
  if (tbx_table_get_n_rows (table) == 1)
    return;
  g_print ("\n");
  tbx_table_print (table);
}

static void
print_json (GVariant *methods, GVariant *rules)
{
  g_autoptr(JsonObject) object = json_object_new ();

  json_object_set_member (object, "methods", json_gvariant_serialize (methods));
  json_object_set_member (object, "rules", json_gvariant_serialize (rules));
  tbx_json_print_object (object);
}

/**
 * tbx_ctl_operations:
 * @ctl: the command line
 * @args: none
 * @error: return location for an error
 *
 * The command "operations".
 */
gboolean
tbx_ctl_operations (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GDBusConnection) bus = tbx_ctl_bus_connect (error);
  g_autoptr(TbxBusManager) manager = bus != NULL ? tbx_ctl_bus_manager (bus, error) : NULL;
  g_autoptr(GVariant) methods = NULL;
  g_autoptr(GVariant) rules = NULL;
  GVariant *policy;

  if (manager == NULL)
    return FALSE;
  policy = tbx_bus_manager_get_policy (manager);
  if (policy == NULL || !g_variant_lookup (policy, "methods", "@a{ss}", &methods)
      || !g_variant_lookup (policy, "rules", "@a{sv}", &rules))
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_UNSUPPORTED,
                           _("this toolboxd does not tell its policy"));
      return FALSE;
    }
  if (ctl->json)
    print_json (methods, rules);
  else
    {
      print_methods (methods);
      print_rules (rules);
    }
  return TRUE;
}
