/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-codec.h"
#include "tbx-nic-report.h"
#include "tbx-nicinfo-codec.h"
#include "tbx-error.h"
#include <sys/socket.h>

static TbxNicInfo *
info_new (guint n_nics, guint n_addresses, guint n_routes)
{
  TbxNicInfo *info = tbx_nicinfo_new ();

  for (guint i = 0; i < n_nics; i++)
    {
      TbxNicInfoNic *nic = tbx_nicinfo_add_nic (info, "00:50:56:a0:00:10");

      for (guint j = 0; j < n_addresses; j++)
        {
          TbxNicInfoIp ip = { .prefix_length = 32, .has_status = TRUE,
                              .status = TBX_IP_STATUS_PREFERRED };
          guint8 octets[4] = { 10, (guint8) i, (guint8) (j >> 8), (guint8) j };

          tbx_nicinfo_address_set (&ip.address, AF_INET, octets);
          g_array_append_val (nic->ips, ip);
        }
    }
  g_array_set_size (info->routes, n_routes);
  return info;
}

static TbxNicInfo *
encode (const TbxNicInfo *info, guint step, guint *type, gsize *size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) message = tbx_nic_report_encode (info, step, &error);
  const guint8 *payload;
  gsize payload_size;
  TbxNicInfo *back;

  g_assert_no_error (error);
  *size = g_bytes_get_size (message);
  g_assert_true (tbx_guestinfo_decode (g_bytes_get_data (message, NULL), *size, type, &payload,
                                       &payload_size, NULL));
  back = tbx_nicinfo_decode (payload, payload_size, NULL, &error);
  g_assert_no_error (error);
  return back;
}

static guint
n_addresses (const TbxNicInfo *info, guint nic)
{
  return ((TbxNicInfoNic *) info->nics->pdata[nic])->ips->len;
}

/* Type and number of addresses of each step. */
static void
test_steps (void)
{
  static const struct { guint type, n_addresses, n_routes; } expected[] = {
    { 10, 100, 3 }, { 9, 64, 3 }, { 9, 64, 0 },
  };
  g_autoptr(TbxNicInfo) info = info_new (1, 100, 3);

  for (guint step = 0; step < TBX_NIC_REPORT_N_STEPS; step++)
    {
      guint type;
      gsize size;
      g_autoptr(TbxNicInfo) back = encode (info, step, &type, &size);

      g_assert_cmpuint (type, ==, expected[step].type);
      g_assert_cmpuint (n_addresses (back, 0), ==, expected[step].n_addresses);
      g_assert_cmpuint (back->routes->len, ==, expected[step].n_routes);
    }
}

/* Routes go first; then the NICs lose addresses evenly, and no more than needed. */
static void
test_shrink (void)
{
  g_autoptr(TbxNicInfo) nearly = info_new (1, 2048, 100);
  g_autoptr(TbxNicInfo) far = info_new (16, 2048, 100);
  g_autoptr(TbxNicInfo) uneven = info_new (2, 2048, 100);
  g_autoptr(TbxNicInfo) a = NULL;
  g_autoptr(TbxNicInfo) b = NULL;
  g_autoptr(TbxNicInfo) c = NULL;
  g_autoptr(TbxNicInfo) d = NULL;
  guint type;
  gsize size;

  g_array_set_size (((TbxNicInfoNic *) uneven->nics->pdata[0])->ips, 3);
  g_array_set_size (nearly->routes, 100);
  for (guint i = 0; i < 100; i++)   /* 45 bytes each, so that they do not fit */
    {
      TbxNicInfoRoute *route = &g_array_index (nearly->routes, TbxNicInfoRoute, i);

      route->destination.size = 200;
    }
  a = encode (nearly, 0, &type, &size);
  g_assert_cmpuint (size, ==, 57437);
  g_assert_cmpuint (a->routes->len, ==, 0);
  g_assert_cmpuint (n_addresses (a, 0), ==, 2048);

  b = encode (far, 0, &type, &size);
  g_assert_cmpuint (size, <=, TBX_NIC_REPORT_MAX_BYTES);
  g_assert_cmpuint (size + 16 * 28, >, TBX_NIC_REPORT_MAX_BYTES);
  g_assert_cmpuint (b->nics->len, ==, 16);
  for (guint i = 0; i < 16; i++)
    g_assert_cmpuint (n_addresses (b, i), ==, n_addresses (b, 0));

  c = encode (uneven, 0, &type, &size);
  g_assert_cmpuint (n_addresses (c, 0), ==, 3);
  g_assert_cmpuint (n_addresses (c, 1), >, 2000);

  d = encode (far, 2, &type, &size);
  g_assert_cmpuint (size, <=, TBX_NIC_REPORT_MAX_BYTES);
  g_assert_cmpuint (n_addresses (d, 15), ==, (65536 - 28 - 16 * 76) / 16 / 520);
}

/* When nothing helps it says so. */
static void
test_hopeless (void)
{
  g_autoptr(TbxNicInfo) info = info_new (16, 1, 0);
  g_autofree char *settings = g_strnfill (TBX_NICINFO_MAX_SETTINGS_BYTES, 's');
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 16; i++)
    ((TbxNicInfoNic *) info->nics->pdata[i])->dhcp_v4 = tbx_nicinfo_dhcp_new (TRUE, settings);
  g_assert_null (tbx_nic_report_encode (info, 0, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guestinfo/nic-report/steps", test_steps);
  g_test_add_func ("/guestinfo/nic-report/shrink", test_shrink);
  g_test_add_func ("/guestinfo/nic-report/hopeless", test_hopeless);
  return g_test_run ();
}
