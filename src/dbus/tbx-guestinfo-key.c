/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-key.h"
#include <gio/gio.h>
#include <string.h>

/* What the host or the daemon itself writes there, and what anyone on this
 * machine can find out without us.  Nothing that a person could put a secret in. */
static const char *const public_keys[] = {
  "hostname",
  "ip",
  "vmtools.buildNumber",
  "vmtools.description",
  "vmtools.versionNumber",
  "vmtools.versionString",
  NULL
};

static const char *
without_prefix (const char *key)
{
  return g_str_has_prefix (key, "guestinfo.") ? key + strlen ("guestinfo.") : key;
}

/**
 * tbx_guestinfo_key_check:
 * @key: name of a variable, with or without "guestinfo."
 * @error: return location for an error
 *
 * A key becomes a word of a text command, so nothing that could end the word,
 * or the command, may be in it.
 * Errors: `G_DBUS_ERROR_INVALID_ARGS`.
 * Source: docs/wire/transport.md, "guestinfo and log helpers".
 *
 * Returns: (transfer none) (nullable): the part of @key after "guestinfo."
 */
const char *
tbx_guestinfo_key_check (const char *key, GError **error)
{
  const char *name = without_prefix (key);
  gsize length = strlen (name);

  if (length == 0 || length > TBX_GUESTINFO_KEY_MAX_BYTES)
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                   "A key is 1 to %d characters long", TBX_GUESTINFO_KEY_MAX_BYTES);
      return NULL;
    }
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (name[i]))
      {
        g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                             "A key has printable ASCII characters only, and no space");
        return NULL;
      }
  return name;
}

/**
 * tbx_guestinfo_key_is_public:
 * @key: name of a variable, with or without "guestinfo."
 *
 * Returns: whether everyone may read it
 */
gboolean
tbx_guestinfo_key_is_public (const char *key)
{
  return g_strv_contains (public_keys, without_prefix (key));
}

/**
 * tbx_guestinfo_key_list_public:
 *
 * Returns: (transfer none): the keys that everyone may read, without "guestinfo."
 */
const char *const *
tbx_guestinfo_key_list_public (void)
{
  return public_keys;
}
