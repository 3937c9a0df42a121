/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/types.h>
#include "tbx-control.h"

G_BEGIN_DECLS

/* What a worker asks for that clients on the bus are to do.  Ends with one of the answers;
 * when its worker is gone, those do nothing but end it. */
typedef struct _TbxAsk TbxAsk;

/**
 * TbxAskKind:
 * @TBX_ASK_FILES: FILE_STAT and FILE_OPEN
 * @TBX_ASK_PROGRAMS: PROGRAM_START and PROGRAM_END
 */
typedef enum
{
  TBX_ASK_FILES,
  TBX_ASK_PROGRAMS,
  TBX_N_ASK_KINDS
} TbxAskKind;

/* @ask: (transfer full) */
typedef void (*TbxAskFunc)     (TbxAsk *ask, gpointer user_data);
typedef void (*TbxAskAnswered) (const TbxWorkerMessage *answer, const int *fds, guint n_fds,
                                guint32 id, gpointer user_data);

TbxAsk                 *tbx_ask_new         (TbxControlPacket *packet,
                                             TbxAskAnswered    answered,
                                             gpointer          user_data);
void                    tbx_ask_set_owner   (TbxAsk *self, uid_t uid, const char *user);
void                    tbx_ask_orphan      (TbxAsk *self);
TbxAskKind              tbx_ask_get_kind    (TbxAsk *self);
const TbxWorkerMessage *tbx_ask_get_message (TbxAsk *self);
guint32                 tbx_ask_get_id      (TbxAsk *self);
uid_t                   tbx_ask_get_uid     (TbxAsk *self);
const char             *tbx_ask_get_user    (TbxAsk *self);
gboolean                tbx_ask_is_awaited  (TbxAsk *self);
int                     tbx_ask_steal_fd    (TbxAsk *self, guint i);

void                    tbx_ask_done        (TbxAsk *self, int error_number);
void                    tbx_ask_found       (TbxAsk *self, guint64 size, gint64 modified, guint32 mode);
void                    tbx_ask_opened      (TbxAsk *self, int fd);
void                    tbx_ask_runs        (TbxAsk *self, gint64 pid, gint64 start);

G_END_DECLS
