/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-target.h"
#include "tbx-guestinfo-codec.h"
#include "tbx-nicinfo-codec.h"

/* What is accepted, and can be written within its limits, is the same bytes when
 * it is read and written again. */
static void
try_nicinfo (const guint8 *data, gsize size)
{
  g_autoptr(TbxNicInfo) info = NULL, again = NULL;
  g_autoptr(GBytes) once = NULL, twice = NULL;
  TbxNicInfoForm form = { .max_addresses = TBX_NICINFO_MAX_ADDRESSES,
                          .max_routes = TBX_NICINFO_MAX_ROUTES };
  TbxNicInfoVersion version;

  info = tbx_nicinfo_decode (data, size, &form.version, NULL);
  if (info == NULL)
    return;
  once = tbx_nicinfo_encode (info, &form, NULL);
  if (once == NULL)
    return;
  again = tbx_nicinfo_decode (g_bytes_get_data (once, NULL), g_bytes_get_size (once), &version, NULL);
  g_assert_nonnull (again);
  g_assert_cmpint (version, ==, form.version);
  twice = tbx_nicinfo_encode (again, &form, NULL);
  g_assert_true (g_bytes_equal (once, twice));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  TbxOsDetails details;
  const guint8 *payload;
  gsize payload_size;
  guint type;

  try_nicinfo (data, size);
  tbx_os_details_decode (data, size, &details, NULL);
  if (tbx_guestinfo_decode (data, size, &type, &payload, &payload_size, NULL))
    {
      try_nicinfo (payload, payload_size);
      tbx_os_details_decode (payload, payload_size, &details, NULL);
    }
  return 0;
}
