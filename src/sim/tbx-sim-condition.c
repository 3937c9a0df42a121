/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-condition.h"
#include "tbx-error.h"
#include <string.h>

/* Takes what tbx_sim_model_describe() made, and the value or NULL. */
typedef gboolean (*Test) (JsonObject *host, const char *value);

typedef enum { VALUE_NONE, VALUE_OPTIONAL, VALUE_NEEDED } Value;

struct _TbxSimCondition
{
  Test  test;
  char *value;   /* owned, or NULL when none was given */
};

static JsonObject *
guest_of (JsonObject *host)
{
  return json_object_get_object_member (host, "guest");
}

static JsonArray *
array_of (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) ? json_object_get_array_member (object, name) : NULL;
}

static guint
length_of (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

/* Whether the member is there and, when a value is wanted, has it. */
static gboolean
member_is (JsonObject *object, const char *name, const char *value)
{
  const char *text = json_object_get_string_member_with_default (object, name, NULL);

  return text != NULL && (value == NULL || strcmp (text, value) == 0);
}

/* The same with "KEY" or "KEY=VALUE", where the key itself has no "=". */
static gboolean
entry_is (JsonObject *object, const char *prefix, const char *entry)
{
  const char *equals = strchr (entry, '=');
  gsize length = equals != NULL ? (gsize) (equals - entry) : strlen (entry);
  g_autofree char *key = g_strndup (entry, length);
  g_autofree char *name = g_strconcat (g_str_has_prefix (key, prefix) ? "" : prefix, key, NULL);

  return member_is (object, name, equals != NULL ? equals + 1 : NULL);
}

static gboolean
is_running (JsonObject *host, const char *value)
{
  return member_is (guest_of (host), "toolsRunningStatus", "guestToolsRunning");
}

static gboolean
is_not_running (JsonObject *host, const char *value)
{
  return !is_running (host, value);
}

static gboolean
is_introduced (JsonObject *host, const char *value)
{
  JsonArray *channels = array_of (host, "channels");

  for (guint i = 0; i < length_of (channels); i++)
    {
      JsonObject *channel = json_array_get_object_element (channels, i);

      if (json_object_get_boolean_member_with_default (channel, "introduced", FALSE)
          && !json_object_get_boolean_member (channel, "closed"))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_listening (JsonObject *host, const char *value)
{
  JsonArray *channels = array_of (host, "channels");

  for (guint i = 0; i < length_of (channels); i++)
    {
      JsonObject *channel = json_array_get_object_element (channels, i);

      if (member_is (channel, "protocol", "TCLO")
          && !json_object_get_boolean_member (channel, "closed")
          && (value == NULL || member_is (channel, "name", value)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_no_channel (JsonObject *host, const char *value)
{
  return length_of (array_of (host, "channels")) == 0;
}

static gboolean
has_address (JsonObject *host, const char *value)
{
  return member_is (guest_of (host), "ipAddress", value);
}

static gboolean
has_host_name (JsonObject *host, const char *value)
{
  return member_is (guest_of (host), "hostName", value);
}

static gboolean
has_os (JsonObject *host, const char *value)
{
  return member_is (guest_of (host), "guestId", value);
}

static gboolean
has_health (JsonObject *host, const char *value)
{
  return member_is (guest_of (host), "toolsHealth", value);
}

static gboolean
has_version_status (JsonObject *host, const char *value)
{
  return member_is (guest_of (host), "toolsVersionStatus", value);
}

static gboolean
has_uptime (JsonObject *host, const char *value)
{
  return json_object_has_member (guest_of (host), "uptimeSeconds");
}

static gboolean
has_nic (JsonObject *host, const char *value)
{
  JsonArray *nics = array_of (guest_of (host), "net");

  for (guint i = 0; i < length_of (nics); i++)
    if (member_is (json_array_get_object_element (nics, i), "macAddress", value))
      return TRUE;
  return FALSE;
}

static gboolean
has_nic_address (JsonObject *host, const char *value)
{
  JsonArray *nics = array_of (guest_of (host), "net");

  for (guint i = 0; i < length_of (nics); i++)
    {
      JsonArray *ips = array_of (json_array_get_object_element (nics, i), "ipConfig");

      for (guint j = 0; j < length_of (ips); j++)
        if (member_is (json_array_get_object_element (ips, j), "ipAddress", value))
          return TRUE;
    }
  return FALSE;
}

static gboolean
lacks_nic (JsonObject *host, const char *value)
{
  return !has_nic (host, value);
}

static gboolean
lacks_nic_address (JsonObject *host, const char *value)
{
  return !has_nic_address (host, value);
}

static gboolean
has_route (JsonObject *host, const char *value)
{
  JsonObject *guest = guest_of (host);
  JsonArray *routes;

  if (!json_object_has_member (guest, "ipStack"))
    return FALSE;
  routes = array_of (json_object_get_object_member (guest, "ipStack"), "ipRoute");
  for (guint i = 0; i < length_of (routes); i++)
    {
      JsonObject *route = json_array_get_object_element (routes, i);
      g_autofree char *text =
        g_strdup_printf ("%s/%" G_GINT64_FORMAT, json_object_get_string_member (route, "network"),
                         json_object_get_int_member (route, "prefixLength"));

      if (strcmp (text, value) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_capability (JsonObject *host, const char *value)
{
  return entry_is (json_object_get_object_member (guest_of (host), "capabilities"), "", value);
}

static gboolean
has_variable (JsonObject *host, const char *value)
{
  return entry_is (json_object_get_object_member (host, "variables"), "guestinfo.", value);
}

static gboolean
has_option (JsonObject *host, const char *value)
{
  return entry_is (json_object_get_object_member (host, "options"), "", value);
}

static gboolean
has_state_change (JsonObject *host, const char *value)
{
  JsonArray *changes = array_of (host, "stateChanges");

  for (guint i = 0; i < length_of (changes); i++)
    if (member_is (json_array_get_object_element (changes, i), "state", value))
      return TRUE;
  return FALSE;
}

static gboolean
has_log (JsonObject *host, const char *value)
{
  JsonArray *lines = array_of (host, "log");

  for (guint i = 0; i < length_of (lines); i++)
    if (strstr (json_array_get_string_element (lines, i), value) != NULL)
      return TRUE;
  return FALSE;
}

/* "NAME=N": the statistic has come to N, or above. */
static gboolean
has_count (JsonObject *host, const char *value)
{
  JsonObject *statistics = json_object_get_object_member (host, "statistics");
  const char *equals = strchr (value, '=');
  g_autofree char *name = NULL;
  guint64 n;

  if (equals == NULL || !g_ascii_string_to_unsigned (equals + 1, 10, 0, G_MAXINT64, &n, NULL))
    return FALSE;
  name = g_strndup (value, (gsize) (equals - value));
  return json_object_has_member (statistics, name)
         && (guint64) json_object_get_int_member (statistics, name) >= n;
}

static gboolean
has_no_fault (JsonObject *host, const char *value)
{
  JsonObject *statistics = json_object_get_object_member (host, "statistics");

  return json_object_get_int_member (statistics, "faults") == 0;
}

static const struct
{
  const char *name;
  Value       value;
  Test        test;
  const char *takes;   /* for people, after the name */
  const char *help;
} tests[] = {
  { "running", VALUE_NONE, is_running, "", "the tools answer" },
  { "not-running", VALUE_NONE, is_not_running, "", "they do not" },
  { "listening", VALUE_OPTIONAL, is_listening, "[=NAME]",
    "a guest, or its application NAME, takes requests" },
  { "introduced", VALUE_NONE, is_introduced, "", "the guest has heard the script's opening" },
  { "no-channel", VALUE_NONE, has_no_channel, "", "the guest has closed all channels" },
  { "version-status", VALUE_NEEDED, has_version_status, "=STATUS", "such as guestToolsUnmanaged" },
  { "address", VALUE_OPTIONAL, has_address, "[=ADDRESS]",
    "the primary address is known, or is ADDRESS" },
  { "host-name", VALUE_OPTIONAL, has_host_name, "[=NAME]", "likewise the host name" },
  { "os", VALUE_OPTIONAL, has_os, "[=ID]", "likewise the operating system's short name" },
  { "health", VALUE_OPTIONAL, has_health, "[=STATE]", "likewise what the tools say of themselves" },
  { "uptime", VALUE_NONE, has_uptime, "", "the uptime is known" },
  { "nic", VALUE_OPTIONAL, has_nic, "[=MAC]", "a network card is shown" },
  { "no-nic", VALUE_OPTIONAL, lacks_nic, "[=MAC]", "none is" },
  { "nic-address", VALUE_OPTIONAL, has_nic_address, "[=ADDRESS]", "a card shows the address" },
  { "no-nic-address", VALUE_OPTIONAL, lacks_nic_address, "[=ADDRESS]", "no card does" },
  { "route", VALUE_NEEDED, has_route, "=ADDRESS/PREFIX", "a route to there is shown" },
  { "capability", VALUE_NEEDED, has_capability, "=NAME[=VALUE]", "it was announced" },
  { "variable", VALUE_NEEDED, has_variable, "=KEY[=VALUE]", "a guestinfo variable is set" },
  { "option", VALUE_NEEDED, has_option, "=NAME[=VALUE]", "the guest accepted the option" },
  { "state-change", VALUE_OPTIONAL, has_state_change, "[=STATE]",
    "halt, reboot, powerOn, resume or suspend was told" },
  { "log", VALUE_NEEDED, has_log, "=TEXT", "a line that the guest logged contains TEXT" },
  { "count", VALUE_NEEDED, has_count, "=NAME=N", "a statistic of \"show\" has come to N" },
  { "no-fault", VALUE_NONE, has_no_fault, "", "all faults are used up" },
};

/**
 * tbx_sim_condition_parse:
 * @text: a condition
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`.
 *
 * Returns: (transfer full) (nullable): the condition
 */
TbxSimCondition *
tbx_sim_condition_parse (const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  gsize length = equals != NULL ? (gsize) (equals - text) : strlen (text);
  g_autofree char *name = g_strndup (text, length);
  TbxSimCondition *self;

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      if (strcmp (tests[i].name, name) != 0)
        continue;
      if ((tests[i].value == VALUE_NONE && equals != NULL)
          || (tests[i].value == VALUE_NEEDED && equals == NULL))
        {
          g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: %s value", name,
                       equals != NULL ? "takes no" : "needs a");
          return NULL;
        }
      self = g_new0 (TbxSimCondition, 1);
      self->test = tests[i].test;
      self->value = equals != NULL ? g_strdup (equals + 1) : NULL;
      return self;
    }
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "%s: no such condition", name);
  return NULL;
}

void
tbx_sim_condition_free (TbxSimCondition *self)
{
  g_free (self->value);
  g_free (self);
}

/**
 * tbx_sim_condition_holds:
 * @self: the condition
 * @host: what [method@Tbx.SimModel.describe] returned
 *
 * Returns: whether it is so
 */
gboolean
tbx_sim_condition_holds (const TbxSimCondition *self, JsonObject *host)
{
  return self->test (host, self->value);
}

/* Returns (transfer full): a line for each condition that there is. */
char *
tbx_sim_condition_help (void)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *name = g_strconcat (tests[i].name, tests[i].takes, NULL);

      g_string_append_printf (text, "  %-26s %s\n", name, tests[i].help);
    }
  return g_string_free (text, FALSE);
}
