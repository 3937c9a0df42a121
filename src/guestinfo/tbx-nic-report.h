/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-network.h"
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* One message is never larger. */
#define TBX_NIC_REPORT_MAX_BYTES 65536

/* Forms of the NIC list, the best first: for hosts of different age.
 * Source: docs/wire/guestinfo.md, "NIC list fallback ladder". */
#define TBX_NIC_REPORT_N_STEPS 3

TbxNicInfo *tbx_nic_report_build  (TbxNetwork *network, const char *host_name);
GBytes     *tbx_nic_report_encode (const TbxNicInfo *info, guint step, GError **error);

G_END_DECLS
