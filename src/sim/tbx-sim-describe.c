/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-describe.h"
#include "tbx-names.h"
#include <string.h>

/**
 * tbx_sim_describe_text:
 * @b: the builder
 * @name: the member
 * @text: (nullable): its value; left out when %NULL
 */
void
tbx_sim_describe_text (JsonBuilder *b, const char *name, const char *text)
{
  if (text == NULL)
    return;
  json_builder_set_member_name (b, name);
  json_builder_add_string_value (b, text);
}

void
tbx_sim_describe_number (JsonBuilder *b, const char *name, gint64 number)
{
  json_builder_set_member_name (b, name);
  json_builder_add_int_value (b, number);
}

void
tbx_sim_describe_flag (JsonBuilder *b, const char *name, gboolean flag)
{
  json_builder_set_member_name (b, name);
  json_builder_add_boolean_value (b, flag);
}

static int
compare_text (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

static GList *
sorted_keys (GHashTable *table)
{
  return g_list_sort (g_hash_table_get_keys (table), compare_text);
}

static void
describe_table (JsonBuilder *b, const char *name, GHashTable *table)
{
  g_autoptr(GList) keys = sorted_keys (table);

  json_builder_set_member_name (b, name);
  json_builder_begin_object (b);
  for (const GList *l = keys; l != NULL; l = l->next)
    tbx_sim_describe_text (b, l->data, g_hash_table_lookup (table, l->data));
  json_builder_end_object (b);
}

static const char *
version_status (const TbxSimGuest *guest)
{
  g_autofree char *unmanaged = g_strdup_printf ("%d", TBX_VERSION_UNMANAGED);

  if (guest->version == NULL || strcmp (guest->version, "0") == 0)
    return "guestToolsNotInstalled";
  return strcmp (guest->version, unmanaged) == 0 ? "guestToolsUnmanaged" : "guestToolsCurrent";
}

static const char *
install_type (const TbxSimGuest *guest)
{
  static const char *names[] = { "guestToolsTypeUnknown", "guestToolsTypeMSI", "guestToolsTypeTar",
                                 "guestToolsTypeOSP", "guestToolsTypeOpenVMTools" };

  if (guest->install_type < 0)
    return NULL;
  return names[guest->install_type < (int) G_N_ELEMENTS (names) ? guest->install_type : 0];
}

/* One "name='value'" at *@at, in which a backslash protects what follows it. */
static gboolean
take_property (const char **at, char **name, char **value)
{
  const char *p = *at + strspn (*at, " ");
  const char *equals = strchr (p, '=');
  g_autoptr(GString) text = g_string_new (NULL);

  if (equals == NULL || equals == p || equals[1] != '\'')
    return FALSE;
  for (const char *c = equals + 2; *c != '\0'; c++)
    {
      if (*c == '\'')
        {
          *name = g_strndup (p, (gsize) (equals - p));
          *value = g_strdup (text->str);
          *at = c + 1;
          return TRUE;
        }
      if (*c == '\\' && c[1] != '\0')
        c++;
      g_string_append_c (text, *c);
    }
  return FALSE;
}

static void
describe_properties (JsonBuilder *b, const char *properties)
{
  const char *at = properties;
  char *name;
  char *value;

  json_builder_set_member_name (b, "detailedData");
  json_builder_begin_object (b);
  while (at != NULL && take_property (&at, &name, &value))
    {
      tbx_sim_describe_text (b, name, value);
      g_free (name);
      g_free (value);
    }
  json_builder_end_object (b);
}

static void
describe_os (JsonBuilder *b, const TbxSimGuest *guest)
{
  tbx_sim_describe_text (b, "guestId", guest->os_short);
  tbx_sim_describe_text (b, "guestFullName", guest->os_full);
  tbx_sim_describe_text (b, "guestFamily", guest->os_short != NULL ? "linuxGuest" : NULL);
  describe_properties (b, guest->os_properties);
}

/**
 * tbx_sim_describe_guest:
 * @b: the builder
 * @guest: what is known
 * @running: whether it answers
 */
void
tbx_sim_describe_guest (JsonBuilder *b, const TbxSimGuest *guest, gboolean running)
{
  GBytes *ip = g_hash_table_lookup (guest->variables, "guestinfo.ip");
  g_autofree char *address = NULL;

  tbx_sim_describe_text (b, "toolsRunningStatus",
                         running ? "guestToolsRunning" : "guestToolsNotRunning");
  tbx_sim_describe_text (b, "toolsVersionStatus", version_status (guest));
  tbx_sim_describe_text (b, "toolsVersion", guest->version);
  tbx_sim_describe_text (b, "toolsInstallType", install_type (guest));
  tbx_sim_describe_text (b, "toolsBuild", guest->build);
  tbx_sim_describe_text (b, "toolsHealth", guest->health);
  tbx_sim_describe_text (b, "guestState", running ? "running" : "notRunning");
  tbx_sim_describe_text (b, "hostName", guest->host_name != NULL || guest->nics == NULL
                                          || guest->nics->dns == NULL
                                        ? guest->host_name : guest->nics->dns->host_name);
  describe_os (b, guest);
  if (ip != NULL && g_bytes_get_size (ip) > 0
      && g_utf8_validate_len (g_bytes_get_data (ip, NULL), g_bytes_get_size (ip), NULL))
    address = g_strndup (g_bytes_get_data (ip, NULL), g_bytes_get_size (ip));
  tbx_sim_describe_text (b, "ipAddress", address);
  if (guest->has_uptime)
    {
      json_builder_set_member_name (b, "uptimeSeconds");
      json_builder_add_double_value (b, (double) guest->uptime_cs / 100);
    }
  tbx_sim_describe_network (b, guest);
  describe_table (b, "capabilities", guest->capabilities);
  tbx_sim_describe_text (b, "unifiedLoop", guest->loop_owner);
}

static void
describe_variables (JsonBuilder *b, const TbxSimGuest *guest)
{
  g_autoptr(GList) keys = sorted_keys (guest->variables);

  json_builder_set_member_name (b, "variables");
  json_builder_begin_object (b);
  for (const GList *l = keys; l != NULL; l = l->next)
    {
      GBytes *value = g_hash_table_lookup (guest->variables, l->data);
      gsize size;
      const char *data = g_bytes_get_data (value, &size);
      gboolean text = size == 0 || g_utf8_validate_len (data, size, NULL);
      g_autofree char *shown = text ? g_strndup (size > 0 ? data : "", size)
                                    : g_base64_encode ((const guchar *) data, size);

      json_builder_set_member_name (b, l->data);
      if (text)
        json_builder_add_string_value (b, shown);
      else
        {
          json_builder_begin_object (b);
          tbx_sim_describe_text (b, "base64", shown);
          json_builder_end_object (b);
        }
    }
  json_builder_end_object (b);
}

/**
 * tbx_sim_describe_history:
 * @b: the builder
 * @guest: what is known
 *
 * Adds what is no property of a guest in vCenter, but of use to a tester.
 */
void
tbx_sim_describe_history (JsonBuilder *b, const TbxSimGuest *guest)
{
  static const char *states[] = { "unknown", "halt", "reboot", "powerOn", "resume", "suspend" };

  describe_table (b, "options", guest->options);
  describe_variables (b, guest);
  json_builder_set_member_name (b, "stateChanges");
  json_builder_begin_array (b);
  for (guint i = 0; i < guest->state_changes->len; i++)
    {
      const TbxSimStateChange *change = &g_array_index (guest->state_changes, TbxSimStateChange, i);
      guint state = change->state < G_N_ELEMENTS (states) ? change->state : 0;

      json_builder_begin_object (b);
      tbx_sim_describe_text (b, "state", states[state]);
      tbx_sim_describe_flag (b, "succeeded", change->succeeded);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
  json_builder_set_member_name (b, "log");
  json_builder_begin_array (b);
  for (const GList *l = guest->log.head; l != NULL; l = l->next)
    json_builder_add_string_value (b, l->data);
  json_builder_end_array (b);
}
