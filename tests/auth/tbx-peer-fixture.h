/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-control.h"
#include "tbx-worker.h"

G_BEGIN_DECLS

/* The daemon's end of a worker, and the other end in the test's hands. */
typedef struct
{
  TbxWorker       *worker;
  int              peer;
  TbxWorkerBuffer *buffer;     /* as the worker sees it */
  guint            n_verdicts;
  TbxLoginVerdict  verdict;
  guint            n_replies;
  guint32          code;
  int              error_number;
  GBytes          *reply;
  guint            n_started;
  guint            n_ended;
  int              exit_code;
} PeerFixture;

void             peer_say             (PeerFixture *f, TbxWorkerMessage message);
void             peer_hear            (PeerFixture *f,
                                       TbxWorkerMessageType type,
                                       TbxControlPacket *packet);
gboolean         peer_hears_nothing   (PeerFixture *f);
void             peer_on_login        (TbxWorker *worker,
                                       const TbxLoginVerdict *verdict,
                                       gpointer user_data);
void             peer_make_worker     (PeerFixture *f, const TbxWorkerDeadlines *deadlines);
void             peer_set_up          (PeerFixture *f, gconstpointer data);
void             peer_tear_down       (PeerFixture *f, gconstpointer data);
void             peer_answer_yes      (PeerFixture *f);
void             peer_verify          (PeerFixture *f);
void             peer_hear_settings   (PeerFixture *f);
void             peer_open_session    (PeerFixture *f);
void             peer_ask             (PeerFixture *f, const char *body, gboolean binary);
guint32          peer_hear_request    (PeerFixture *f, const char *body);
void             peer_reply           (PeerFixture *f,
                                       guint32 id,
                                       const char *payload,
                                       gsize size);
void             peer_assert_reply    (PeerFixture *f, const char *expected, gsize size);
TbxWorkerMessage peer_program_message (TbxWorkerMessageType type, gint64 pid, gint64 end);

G_END_DECLS
