/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* What clients on the bus serve: the daemon has them do it, and is asked for that.  Knows
 * what there is to ask for, and what is not answered yet. */
typedef struct _TbxRemote TbxRemote;

/* Sends @message to the daemon.  Gives 0 or an errno. */
typedef int  (*TbxRemoteSay)      (const TbxWorkerMessage *message, const int *fds, guint n_fds,
                                   gpointer user_data);
/* Called once, from the main loop.  @answer: NULL when there will be none; @fd: (transfer
 * full): of FILE_OPENED, else -1. */
typedef void (*TbxRemoteAnswered) (const TbxWorkerMessage *answer, int fd, gpointer user_data);

TbxRemote *tbx_remote_new         (void);
void       tbx_remote_free        (TbxRemote *self);
void       tbx_remote_set_say     (TbxRemote *self, TbxRemoteSay say, gpointer user_data);
void       tbx_remote_set_names   (TbxRemote *self, const TbxWorkerNames *names);
gboolean   tbx_remote_has_scheme  (TbxRemote *self, const char *scheme);
gboolean   tbx_remote_has_program (TbxRemote *self, const char *name);
guint32    tbx_remote_next_id     (TbxRemote *self);
int        tbx_remote_ask         (TbxRemote              *self,
                                   guint32                 id,
                                   const TbxWorkerMessage *message,
                                   const int              *fds,
                                   guint                   n_fds,
                                   TbxRemoteAnswered       answered,
                                   gpointer                user_data);
void       tbx_remote_forget      (TbxRemote *self, guint32 id);
void       tbx_remote_take_answer (TbxRemote *self, const TbxWorkerMessage *answer, int fd);
void       tbx_remote_reset       (TbxRemote *self);

G_END_DECLS
