/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker.h"

G_BEGIN_DECLS

/* Keeps workers with systemd over a restart of the daemon: their sockets and processes,
 * under a name that says whose they are.  Without systemd nothing is kept. */

typedef struct
{
  char *id;       /* of the account (owned) */
  uid_t uid;
  char *name;     /* of the user (owned), NULL when it was too long to keep */
  int   socket;   /* (owned) */
  int   pidfd;    /* (owned), or -1 */
} TbxStoredWorker;

void       tbx_worker_store_keep   (TbxWorker *worker, uid_t uid, const char *id, const char *name);
void       tbx_worker_store_forget (uid_t uid, const char *id, const char *name);
GPtrArray *tbx_worker_store_take   (void);

G_END_DECLS
