/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* From the password to the process that is the user: what a worker does first. */
typedef struct
{
  int         socket;          /* to the daemon; not owned */
  const char *pam_directory;   /* (nullable): the system's */
  gboolean    self;            /* no PAM, and only for who we are already */
  gboolean    verbose;         /* log more, in both halves */
} TbxWorkerSession;

int tbx_worker_session_run (const TbxWorkerSession *session);

G_END_DECLS
