/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* What is left of workers that the daemon has done with: processes that do not end, for
 * what they hang in cannot be broken off.  Counted for each user. */
typedef struct _TbxWorkerRemains TbxWorkerRemains;

TbxWorkerRemains *tbx_worker_remains_new   (void);
void              tbx_worker_remains_free  (TbxWorkerRemains *self);
void              tbx_worker_remains_add   (TbxWorkerRemains *self, uid_t uid, int pidfd);
guint             tbx_worker_remains_count (TbxWorkerRemains *self, uid_t uid);

G_END_DECLS
