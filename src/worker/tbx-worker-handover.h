/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ops.h"

G_BEGIN_DECLS

/* What the image of a worker that knows the password tells the one that serves: all that
 * it is to know, and nothing else of what root read. */
typedef struct
{
  TbxOpsUser user;     /* whom the process has become (owned) */
  gboolean   gated;    /* programs wait for the daemon */
  pid_t      parent;   /* root's half, without which this one must not live; 0: there is none */
} TbxWorkerHandover;

int      tbx_worker_handover_write (const TbxWorkerHandover *handover, GError **error);
gboolean tbx_worker_handover_read  (int fd, TbxWorkerHandover *handover, GError **error);
void     tbx_worker_handover_clear (TbxWorkerHandover *handover);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxWorkerHandover, tbx_worker_handover_clear)

G_END_DECLS
