/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tbx-ctl.h"
#include "tbx-ctl-bus.h"
#include "tbx-ctl-json.h"
#include "tbx-ctl-text.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <glib/gi18n.h>
#include <string.h>

#define GUESTINFO_INTERFACE TBX_BUS_NAME ".GuestInfo"

/* @key without "guestinfo.", or NULL if it is none that the host could know. */
static const char *
check_key (const char *key, GError **error)
{
  gsize size;

  if (g_str_has_prefix (key, "guestinfo."))
    key += strlen ("guestinfo.");
  size = strlen (key);
  for (const char *p = key; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      size = 0;
  if (size > 0 && size <= TBX_GUESTINFO_KEY_MAX_BYTES)
    return key;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("a key is 1 to %d printable ASCII characters without a space"),
               TBX_GUESTINFO_KEY_MAX_BYTES);
  return NULL;
}

/* The bus where the daemon is on it and the command line does not say otherwise. */
static GDBusConnection *
find_daemon (TbxCtl *ctl)
{
  g_autoptr(GDBusConnection) bus = ctl->direct ? NULL : tbx_ctl_bus_connect (NULL);

  if (bus == NULL || !tbx_ctl_bus_has (bus, TBX_BUS_NAME))
    return NULL;
  return g_steal_pointer (&bus);
}

static GBytes *
get_from_daemon (GDBusConnection *bus, const char *key, GError **error)
{
  g_autoptr(GVariant) reply = NULL;
  const char *value;

  reply = tbx_ctl_bus_call (bus, GUESTINFO_INTERFACE, "Get", g_variant_new ("(s)", key),
                            G_VARIANT_TYPE ("(s)"), error);
  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(&s)", &value);
  return g_bytes_new (value, strlen (value));
}

static GBytes *
get_from_host (TbxCtlHost *host, const char *key, GError **error)
{
  g_autoptr(GError) reason = NULL;
  GBytes *value = tbx_ctl_host_request (host, tbx_rpci_text ("info-get guestinfo.%s", key),
                                        TBX_RPCI_NONE, &reason);

  if (value != NULL)
    return value;
  if (g_error_matches (reason, TBX_ERROR, TBX_ERROR_REFUSED)
      && tbx_says_no_value (reason->message))
    reason->code = TBX_ERROR_NOT_FOUND;
  g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

/**
 * tbx_ctl_info_get:
 * @ctl: the command line
 * @args: the key
 * @error: return location for an error
 *
 * The command "info get".
 */
gboolean
tbx_ctl_info_get (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GDBusConnection) bus = NULL;
  g_autoptr(GBytes) value = NULL;
  const char *key = check_key (args[0], error);

  if (key == NULL)
    return FALSE;
  bus = find_daemon (ctl);
  value = bus != NULL ? get_from_daemon (bus, key, error) : get_from_host (ctl->host, key, error);
  if (value == NULL)
    return FALSE;
  if (ctl->json)
    {
      g_autoptr(JsonObject) object = json_object_new ();

      json_object_set_string_member (object, "key", key);
      tbx_json_add_bytes (object, "value", value);
      tbx_json_print_object (object);
    }
  else
    tbx_text_print_value (value);
  return TRUE;
}

static gboolean
set_at_daemon (GDBusConnection *bus, const char *key, const char *value, GError **error)
{
  g_autoptr(GVariant) reply = tbx_ctl_bus_call (bus, GUESTINFO_INTERFACE, "Set",
                                                g_variant_new ("(ss)", key, value),
                                                G_VARIANT_TYPE_UNIT, error);

  return reply != NULL;
}

static gboolean
set_at_host (TbxCtlHost *host, const char *key, const char *value, GError **error)
{
  g_autoptr(GBytes) reply =
    tbx_ctl_host_request (host, tbx_rpci_text_nul ("info-set guestinfo.%s %s", key, value),
                          TBX_RPCI_NONE, error);

  return reply != NULL;
}

/**
 * tbx_ctl_info_set:
 * @ctl: the command line
 * @args: the key and the value
 * @error: return location for an error
 *
 * The command "info set".
 */
gboolean
tbx_ctl_info_set (TbxCtl *ctl, char **args, GError **error)
{
  g_autoptr(GDBusConnection) bus = NULL;
  const char *key = check_key (args[0], error);
  const char *value = args[1];

  if (key == NULL)
    return FALSE;
  if (strlen (value) > TBX_GUESTINFO_VALUE_MAX_BYTES || !g_utf8_validate (value, -1, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("a value is at most %d bytes of UTF-8"), TBX_GUESTINFO_VALUE_MAX_BYTES);
      return FALSE;
    }
  bus = find_daemon (ctl);
  if (!(bus != NULL ? set_at_daemon (bus, key, value, error)
                    : set_at_host (ctl->host, key, value, error)))
    return FALSE;
  if (ctl->json)
    {
      g_autoptr(JsonObject) object = json_object_new ();

      json_object_set_string_member (object, "key", key);
      json_object_set_string_member (object, "value", value);
      tbx_json_print_object (object);
    }
  return TRUE;
}
