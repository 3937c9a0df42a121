/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-nic.h"

G_BEGIN_DECLS

/* Which interfaces the host is told about, and in which order: three lists of
 * globs, and rules that need none.  Reference counted, immutable.
 * Source: docs/wire/guestinfo.md, "Interface selection and order". */
typedef struct _TbxNicPolicy TbxNicPolicy;

/* In the order in which the host is told them. */
typedef enum
{
  TBX_NIC_TIER_PRIMARY,
  TBX_NIC_TIER_NORMAL,
  TBX_NIC_TIER_LOW,
} TbxNicTier;

TbxNicPolicy *tbx_nic_policy_new      (const char *primary, const char *low, const char *exclude);
TbxNicPolicy *tbx_nic_policy_ref      (TbxNicPolicy *self);
void          tbx_nic_policy_unref    (TbxNicPolicy *self);
TbxNicTier    tbx_nic_policy_tier     (TbxNicPolicy *self, const char *name);
gboolean      tbx_nic_policy_excludes (TbxNicPolicy *self, const char *name);
GPtrArray    *tbx_nic_policy_select   (TbxNicPolicy *self, GPtrArray *nics, const char **reasons);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxNicPolicy, tbx_nic_policy_unref)

G_END_DECLS
