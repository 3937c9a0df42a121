/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-print.h"
#include "tbx-sim-table.h"
#include <string.h>

/* What `vmxsim show` prints for people, from the description of a host. */

static const char *
text_of (JsonObject *object, const char *name)
{
  return json_object_get_string_member_with_default (object, name, NULL);
}

/* NULL when there is no such member. */
static char *
number_of (JsonObject *object, const char *name)
{
  if (!json_object_has_member (object, name))
    return NULL;
  return g_strdup_printf ("%" G_GINT64_FORMAT, json_object_get_int_member (object, name));
}

/* Guests choose these texts: none of it may reach a terminal as a command. */
static char *
printable (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; p != NULL && *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_iscntrl (c))
        g_string_append_printf (out, "\\x%02x", (guint) c);
      else
        g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

static void
print_line (const char *title, const char *text)
{
  g_autofree char *shown = printable (text);

  g_print ("%-14s %s\n", title, text == NULL ? "-" : shown);
}

/* Takes "guestToolsNotRunning" for "not running". */
static char *
plain_words (const char *text, const char *prefix)
{
  GString *out = g_string_new (NULL);

  if (text == NULL)
    return g_string_free (out, FALSE);
  if (g_str_has_prefix (text, prefix))
    text += strlen (prefix);
  for (const char *p = text; *p != '\0'; p++)
    {
      if (g_ascii_isupper (*p) && p != text)
        g_string_append_c (out, ' ');
      g_string_append_c (out, g_ascii_tolower (*p));
    }
  return g_string_free (out, FALSE);
}

static void
print_tools (JsonObject *guest)
{
  g_autofree char *running = plain_words (text_of (guest, "toolsRunningStatus"), "guestTools");
  g_autofree char *status = plain_words (text_of (guest, "toolsVersionStatus"), "guestTools");
  const char *version = text_of (guest, "toolsVersion");
  const char *type = text_of (guest, "toolsInstallType");
  g_autoptr(GString) line = g_string_new (running);

  g_string_append_printf (line, ", %s", status);
  if (version != NULL)
    g_string_append_printf (line, " (version %s%s%s)", version, type != NULL ? ", " : "",
                            type != NULL ? type + strlen ("guestToolsType") : "");
  if (text_of (guest, "toolsHealth") != NULL)
    g_string_append_printf (line, ", health %s", text_of (guest, "toolsHealth"));
  print_line ("Tools", line->str);
}

static void
print_uptime (JsonObject *guest)
{
  g_autofree char *text = NULL;
  guint64 seconds;

  if (json_object_has_member (guest, "uptimeSeconds"))
    {
      seconds = (guint64) json_object_get_double_member (guest, "uptimeSeconds");
      text = g_strdup_printf ("%" G_GUINT64_FORMAT " d %02u:%02u:%02u", seconds / 86400,
                              (guint) (seconds / 3600 % 24), (guint) (seconds / 60 % 60),
                              (guint) (seconds % 60));
    }
  print_line ("Uptime", text);
}

static void
print_os (JsonObject *guest)
{
  const char *name = text_of (guest, "guestFullName");
  const char *id = text_of (guest, "guestId");
  g_autofree char *text = NULL;

  if (name != NULL || id != NULL)
    text = g_strdup_printf ("%s%s%s%s", name != NULL ? name : "", id != NULL ? " (" : "",
                            id != NULL ? id : "", id != NULL ? ")" : "");
  print_line ("OS", text);
}

/* Name and value of each member, in two columns. */
static void
print_members (JsonObject *object, const char *name, const char *value)
{
  const char *titles[] = { name, value, NULL };
  g_autoptr(TbxSimTable) table = tbx_sim_table_new (titles);
  g_autoptr(GList) members = json_object_get_members (object);

  for (const GList *l = members; l != NULL; l = l->next)
    {
      g_autofree char *key = printable (l->data);
      g_autofree char *text = printable (text_of (object, l->data));
      const char *cells[] = { key, text_of (object, l->data) != NULL ? text : "(binary)" };

      tbx_sim_table_add (table, cells);
    }
  tbx_sim_table_print (table);
}

static void
add_nic (TbxSimTable *table, guint index, JsonObject *nic)
{
  JsonArray *ips = json_object_get_array_member (nic, "ipConfig");
  guint n = json_array_get_length (ips);
  g_autofree char *number = g_strdup_printf ("%u", index);
  g_autofree char *mac = printable (text_of (nic, "macAddress"));

  for (guint i = 0; i < MAX (n, 1); i++)
    {
      JsonObject *ip = i < n ? json_array_get_object_element (ips, i) : NULL;
      g_autofree char *address = NULL;
      const char *cells[] = { i == 0 ? number : NULL, i == 0 ? mac : NULL, NULL, NULL, NULL };

      if (ip != NULL)
        {
          address = g_strdup_printf ("%s/%" G_GINT64_FORMAT, text_of (ip, "ipAddress"),
                                     json_object_get_int_member (ip, "prefixLength"));
          cells[2] = address;
          cells[3] = text_of (ip, "origin");
          cells[4] = text_of (ip, "state");
        }
      tbx_sim_table_add (table, cells);
    }
}

static void
print_nics (JsonArray *nics)
{
  static const char *titles[] = { "NIC", "MAC", "ADDRESS", "ORIGIN", "STATE", NULL };
  g_autoptr(TbxSimTable) table = tbx_sim_table_new (titles);

  for (guint i = 0; i < json_array_get_length (nics); i++)
    add_nic (table, i, json_array_get_object_element (nics, i));
  tbx_sim_table_print (table);
}

static void
print_routes (JsonArray *routes)
{
  static const char *titles[] = { "ROUTE", "GATEWAY", "NIC", "TYPE", "METRIC", NULL };
  g_autoptr(TbxSimTable) table = tbx_sim_table_new (titles);

  for (guint i = 0; i < json_array_get_length (routes); i++)
    {
      JsonObject *route = json_array_get_object_element (routes, i);
      g_autofree char *to = g_strdup_printf ("%s/%" G_GINT64_FORMAT, text_of (route, "network"),
                                             json_object_get_int_member (route, "prefixLength"));
      g_autofree char *nic = number_of (route, "device");
      g_autofree char *metric = number_of (route, "metric");
      const char *cells[] = { to, text_of (route, "gateway"), nic, text_of (route, "type"),
                              metric };

      tbx_sim_table_add (table, cells);
    }
  tbx_sim_table_print (table);
}

static void
print_joined (const char *title, JsonArray *texts)
{
  g_autoptr(GString) line = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (texts); i++)
    g_string_append_printf (line, "%s%s", i > 0 ? " " : "",
                            json_array_get_string_element (texts, i));
  if (line->len > 0)
    print_line (title, line->str);
}

static void
print_dns (JsonObject *stack)
{
  JsonObject *dns;

  if (!json_object_has_member (stack, "dnsConfig"))
    return;
  dns = json_object_get_object_member (stack, "dnsConfig");
  if (text_of (dns, "domainName") != NULL && *text_of (dns, "domainName") != '\0')
    print_line ("Domain", text_of (dns, "domainName"));
  print_joined ("DNS servers", json_object_get_array_member (dns, "ipAddress"));
  print_joined ("DNS search", json_object_get_array_member (dns, "searchDomain"));
}

static void
print_network (JsonObject *guest)
{
  JsonObject *stack;

  if (!json_object_has_member (guest, "net"))
    {
      print_line ("NICs", NULL);
      return;
    }
  stack = json_object_get_object_member (guest, "ipStack");
  if (json_array_get_length (json_object_get_array_member (guest, "net")) == 0)
    print_line ("NICs", "none");   /* the guest says so */
  print_dns (stack);
  g_print ("\n");
  print_nics (json_object_get_array_member (guest, "net"));
  print_routes (json_object_get_array_member (stack, "ipRoute"));
}

static void
print_state_changes (JsonArray *changes)
{
  static const char *titles[] = { "STATE CHANGE", "RESULT", NULL };
  g_autoptr(TbxSimTable) table = tbx_sim_table_new (titles);

  for (guint i = 0; i < json_array_get_length (changes); i++)
    {
      JsonObject *change = json_array_get_object_element (changes, i);
      gboolean succeeded = json_object_get_boolean_member (change, "succeeded");
      const char *cells[] = { text_of (change, "state"), succeeded ? "done" : "failed" };

      tbx_sim_table_add (table, cells);
    }
  tbx_sim_table_print (table);
}

static void
print_channels (JsonArray *channels)
{
  static const char *titles[] = { "CHANNEL", "OVER", "OPENED BY", "NAME", "STATE", NULL };
  g_autoptr(TbxSimTable) table = tbx_sim_table_new (titles);

  for (guint i = 0; i < json_array_get_length (channels); i++)
    {
      JsonObject *channel = json_array_get_object_element (channels, i);
      gboolean alive = json_object_get_boolean_member_with_default (channel, "alive", TRUE);
      gboolean closed = json_object_get_boolean_member (channel, "closed");
      g_autofree char *owner = printable (text_of (channel, "owner"));
      g_autofree char *name = printable (text_of (channel, "name"));
      const char *cells[] = { text_of (channel, "protocol"), text_of (channel, "transport"), owner,
                              name, closed ? "closed" : alive ? "open" : "silent" };

      tbx_sim_table_add (table, cells);
    }
  tbx_sim_table_print (table);
}

static void
print_statistics (JsonObject *host)
{
  JsonObject *statistics = json_object_get_object_member (host, "statistics");
  JsonArray *violations = json_object_get_array_member (host, "violations");
  g_autoptr(GList) members = json_object_get_members (statistics);
  g_autoptr(GString) line = g_string_new (NULL);

  for (const GList *l = members; l != NULL; l = l->next)
    {
      g_autofree char *number = number_of (statistics, l->data);

      g_string_append_printf (line, "%s%s %s", l == members ? "" : ", ", (const char *) l->data,
                              number);
    }
  print_line ("Statistics", line->str);
  for (guint i = 0; i < json_array_get_length (violations); i++)
    print_line ("Violation", json_array_get_string_element (violations, i));
}

/**
 * tbx_sim_print_host:
 * @host: what [method@Tbx.SimModel.describe] returned
 *
 * Prints to standard output what vCenter would show, then what only a tester sees.
 */
void
tbx_sim_print_host (JsonObject *host)
{
  JsonObject *guest = json_object_get_object_member (host, "guest");

  print_tools (guest);
  print_line ("Host name", text_of (guest, "hostName"));
  print_os (guest);
  print_uptime (guest);
  print_line ("Primary IP", text_of (guest, "ipAddress"));
  print_network (guest);
  print_state_changes (json_object_get_array_member (host, "stateChanges"));
  print_members (json_object_get_object_member (guest, "detailedData"), "OS DETAIL", "VALUE");
  print_members (json_object_get_object_member (guest, "capabilities"), "CAPABILITY", "VALUE");
  print_members (json_object_get_object_member (host, "options"), "OPTION", "VALUE");
  print_members (json_object_get_object_member (host, "variables"), "VARIABLE", "VALUE");
  print_channels (json_object_get_array_member (host, "channels"));
  print_statistics (host);
}
