/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* The NIC list on the wire: XDR, in two versions.
 * Source: docs/wire/guestinfo.md, "NIC information". */

typedef enum
{
  TBX_NICINFO_V2 = 2,
  TBX_NICINFO_V3 = 3,
} TbxNicInfoVersion;

/* How a list is sent: what a host of a certain age understands. */
typedef struct
{
  TbxNicInfoVersion version;
  guint             max_addresses;   /* more of a NIC are cut off */
  guint             max_routes;      /* more are cut off; V2 has none */
} TbxNicInfoForm;

GBytes     *tbx_nicinfo_encode (const TbxNicInfo *info, const TbxNicInfoForm *form, GError **error);
TbxNicInfo *tbx_nicinfo_decode (gconstpointer      body,
                                gsize              size,
                                TbxNicInfoVersion *version,
                                GError           **error);

G_END_DECLS
