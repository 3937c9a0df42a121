/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-key.h"
#include <gio/gio.h>
#include <string.h>

static void
test_good (void)
{
  static const struct
  {
    const char *key;
    const char *name;
  } good[] = {
    { "ip", "ip" },
    { "guestinfo.ip", "ip" },
    { "guestinfo.guestinfo.ip", "guestinfo.ip" },
    { "guestinfo", "guestinfo" },
    { "/vmware.components", "/vmware.components" },
    { "a=b;c!~", "a=b;c!~" },
  };
  char longest[] = "guestinfo.*";
  g_autofree char *key = g_strdup_printf ("%.10s%0128d", longest, 7);

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_cmpstr (tbx_guestinfo_key_check (good[i].key, &error), ==, good[i].name);
      g_assert_no_error (error);
    }
  g_assert_nonnull (tbx_guestinfo_key_check (key, NULL));
}

static void
test_bad (void)
{
  static const char *const bad[] = {
    "", "guestinfo.", " ", "two words", "ip ", " ip", "a\nb", "a\tb", "\x7f", "\x01", "\xc3\xa4",
    "guestinfo.a b",
  };
  g_autofree char *too_long = g_strnfill (TBX_GUESTINFO_KEY_MAX_BYTES + 1, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (tbx_guestinfo_key_check (bad[i], &error));
      g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
    }
  g_assert_null (tbx_guestinfo_key_check (too_long, NULL));
}

static void
test_public (void)
{
  const char *const *keys = tbx_guestinfo_key_list_public ();

  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *prefixed = g_strconcat ("guestinfo.", keys[i], NULL);

      g_assert_nonnull (tbx_guestinfo_key_check (keys[i], NULL));
      g_assert_true (tbx_guestinfo_key_is_public (keys[i]));
      g_assert_true (tbx_guestinfo_key_is_public (prefixed));
    }
  g_assert_false (tbx_guestinfo_key_is_public (""));
  g_assert_false (tbx_guestinfo_key_is_public ("userdata"));
  g_assert_false (tbx_guestinfo_key_is_public ("IP"));
  g_assert_false (tbx_guestinfo_key_is_public ("ip "));
  g_assert_false (tbx_guestinfo_key_is_public ("guestinfo.guestinfo.ip"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus/guestinfo-key/good", test_good);
  g_test_add_func ("/dbus/guestinfo-key/bad", test_bad);
  g_test_add_func ("/dbus/guestinfo-key/public", test_public);
  return g_test_run ();
}
