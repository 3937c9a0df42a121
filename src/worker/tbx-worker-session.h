/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ops.h"
#include "tbx-worker-buffer.h"

G_BEGIN_DECLS

/* From the password to the process that is the user: what a worker does first. */
typedef struct
{
  int         socket;          /* to the daemon; not owned */
  const char *pam_directory;   /* (nullable): the system's */
  gboolean    self;            /* no PAM, and only for who we are already */
} TbxWorkerSession;

/* Called in the process that has become the user. */
typedef void (*TbxWorkerServe) (int               socket,
                                TbxWorkerBuffer  *buffer,
                                const TbxOpsUser *user,
                                gboolean          gated);

int tbx_worker_session_run (const TbxWorkerSession *session, TbxWorkerServe serve);

G_END_DECLS
