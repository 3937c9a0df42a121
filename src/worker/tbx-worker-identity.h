/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ops.h"
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* Who a worker is, or becomes. */

gboolean tbx_worker_identity_look_up  (const char *name, TbxOpsUser *user, GError **error);
gboolean tbx_worker_identity_own      (TbxOpsUser *user, GError **error);
gboolean tbx_worker_identity_groups   (const TbxOpsUser *user, TbxWriter *w, guint32 *n);
gboolean tbx_worker_identity_own_groups (const TbxOpsUser *user, TbxWriter *w, guint32 *n);
void     tbx_worker_identity_set_environment (TbxOpsUser *user, char **more);
gboolean tbx_worker_identity_become   (const TbxOpsUser *user, GError **error);
gboolean tbx_worker_identity_settle   (const TbxOpsUser *user, pid_t parent, GError **error);

G_END_DECLS
