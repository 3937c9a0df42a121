/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-codec.h"
#include "tbx-error.h"
#include <string.h>

static void
assert_message (GBytes *message, const char *expected, gsize size)
{
  g_assert_cmpmem (g_bytes_get_data (message, NULL), g_bytes_get_size (message), expected, size);
}

/* The messages of docs/wire/guestinfo.md, "Framing" and "Uptime". */
static void
test_text (void)
{
  g_autoptr(GBytes) name = tbx_guestinfo_encode_text (TBX_GUESTINFO_DNS_NAME, "web01");
  g_autoptr(GBytes) uptime = tbx_guestinfo_encode_text (TBX_GUESTINFO_UPTIME, "360012");
  const guint8 *payload;
  gsize size;
  guint type;

  assert_message (name, "SetGuestInfo  1 web01", 22);
  assert_message (uptime, "SetGuestInfo  7 360012", 23);
  g_assert_true (tbx_guestinfo_decode ("SetGuestInfo  1 web01", 22, &type, &payload, &size, NULL));
  g_assert_cmpuint (type, ==, 1);
  g_assert_cmpmem (payload, size, "web01", 6);
  g_assert_true (tbx_guestinfo_decode ("SetGuestInfo  11 ", 17, &type, &payload, &size, NULL));
  g_assert_cmpuint (type, ==, 11);
  g_assert_cmpuint (size, ==, 0);
}

static void
test_bad_headers (void)
{
  static const char *const cases[] = {
    "", "SetGuestInfo", "SetGuestInfo  ", "SetGuestInfo 1 x", "SetGuestInfo   1 x",
    "setGuestInfo  1 x", "SetGuestInfo  01 x", "SetGuestInfo  0 x", "SetGuestInfo  12 x",
    "SetGuestInfo  -1 x", "SetGuestInfo  1", "SetGuestInfo  99999999999999999999 x",
    "SetGuestInfo  1x x", "SetGuestInfo   x",
  };
  guint type = 77;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *exact = g_memdup2 (cases[i], strlen (cases[i]));
      g_autoptr(GError) error = NULL;
      const guint8 *payload;
      gsize size;

      g_assert_false (tbx_guestinfo_decode (exact, strlen (cases[i]), &type, &payload, &size,
                                            &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
    }
  g_assert_cmpuint (type, ==, 77);
}

static const TbxOsDetails debian = {
  "debian12-64",
  "Linux 6.1.0-18-amd64 Debian GNU/Linux 12 (bookworm) Debian GNU/Linux 12 12 (bookworm)",
  "architecture='X86' bitness='64' distroAddlVersion='12 (bookworm)' distroName='Debian GNU/Linux' "
  "distroVersion='12' familyName='Linux' kernelVersion='6.1.0-18-amd64' "
  "prettyName='Debian GNU/Linux 12 (bookworm)'",
};

/* The example of docs/wire/guestinfo.md, "Detailed OS data", by its digest. */
static void
test_os_details (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) payload = tbx_os_details_encode (&debian, &error);
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);
  g_autoptr(GBytes) message = tbx_guestinfo_encode (TBX_GUESTINFO_OS_DETAILED, data, size, &error);
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, message);
  TbxOsDetails back = { 0 };

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (message), ==, 874);
  g_assert_cmpstr (digest, ==, "0c34b93d7a119bfd96a43d23c305e9cbc8f4ef44108b6b454209fbcaab1557a8");
  g_assert_true (tbx_os_details_decode (data, size, &back, &error));
  g_assert_cmpstr (back.short_name, ==, debian.short_name);
  g_assert_cmpstr (back.full_name, ==, debian.full_name);
  g_assert_cmpstr (back.properties, ==, debian.properties);
}

static void
refuse_details (gconstpointer data, gsize size)
{
  g_autofree guint8 *exact = g_memdup2 (data, size);
  g_autoptr(GError) error = NULL;
  TbxOsDetails back = { .short_name = "untouched" };

  g_assert_false (tbx_os_details_decode (exact, size, &back, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_assert_cmpstr (back.short_name, ==, "untouched");
}

static void
test_bad_os_details (void)
{
  g_autoptr(GBytes) payload = tbx_os_details_encode (&debian, NULL);
  gsize size = g_bytes_get_size (payload);
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (payload, NULL), size);
  g_autofree guint8 *long_data = g_malloc0 (648 + TBX_OS_MAX_DATA_BYTES + 1);
  g_autofree char *long_name = g_strnfill (TBX_OS_SHORT_NAME_BYTES, 'n');
  TbxOsDetails details = debian;

  for (gsize n = 0; n < size; n++)
    refuse_details (data, n);
  memcpy (long_data, data, size);
  refuse_details (long_data, 648 + TBX_OS_MAX_DATA_BYTES + 1);
  data[0] = 2;
  refuse_details (data, size);
  data[0] = 1;
  memset (data + 4, 'x', TBX_OS_SHORT_NAME_BYTES);
  refuse_details (data, size);
  data[5] = 0xff;
  data[6] = 0;
  refuse_details (data, size);

  details.short_name = long_name;
  g_assert_null (tbx_os_details_encode (&details, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/guestinfo/text", test_text);
  g_test_add_func ("/wire/guestinfo/bad-headers", test_bad_headers);
  g_test_add_func ("/wire/guestinfo/os-details", test_os_details);
  g_test_add_func ("/wire/guestinfo/bad-os-details", test_bad_os_details);
  return g_test_run ();
}
