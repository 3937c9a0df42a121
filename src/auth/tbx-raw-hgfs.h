/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-policy.h"
#include "tbx-tclo.h"
#include "tbx-worker-pool.h"

G_BEGIN_DECLS

/* HGFS packets that the host sends without credentials: refused, unless the
 * administrator names the account whose worker serves them. */
typedef struct _TbxRawHgfs TbxRawHgfs;

TbxRawHgfs *tbx_raw_hgfs_new        (TbxTclo *tclo, TbxWorkerPool *pool);
void        tbx_raw_hgfs_free       (TbxRawHgfs *self);
void        tbx_raw_hgfs_set_policy (TbxRawHgfs *self, TbxPolicy *policy, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxRawHgfs, tbx_raw_hgfs_free)

G_END_DECLS
