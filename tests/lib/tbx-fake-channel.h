/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-channel.h"

G_BEGIN_DECLS

/* A channel whose host is the test.  It holds the code under test to the rules of a
 * channel: a TCLO reply only where a request waits, one RPCI request at a time. */
#define TBX_TYPE_FAKE_CHANNEL (tbx_fake_channel_get_type ())
G_DECLARE_FINAL_TYPE (TbxFakeChannel, tbx_fake_channel, TBX, FAKE_CHANNEL, TbxChannel)

#define TBX_FAKE_MAX_SEND_BYTES 65536

struct _TbxFakeChannel
{
  TbxChannel parent_instance;
  GPtrArray *sent;          /* of GBytes (owned): all that was sent, oldest first */
  GQueue     rules;         /* RPCI: of Rule (owned), see tbx_fake_channel_answer() */
  GSource   *reply_source;  /* RPCI: delivers @reply, or NULL (owned) */
  GBytes    *reply;         /* (owned) */
  gboolean   exchange;      /* TCLO: the host waits for a reply.  RPCI: we wait for one */
  guint      n_opens;       /* attempts */
  guint      n_closes;
  guint      refuse_opens;  /* so many fail from now on */
  guint      fail_sends;    /* likewise */
  gboolean   slow_open;     /* stays in OPENING until tbx_fake_channel_finish_open() */
};

TbxFakeChannel *tbx_fake_channel_new         (TbxProtocol protocol);
void            tbx_fake_channel_answer      (TbxFakeChannel *self,
                                              const char     *prefix,
                                              const char     *reply);
void            tbx_fake_channel_finish_open (TbxFakeChannel *self);
void            tbx_fake_channel_receive     (TbxFakeChannel *self, gconstpointer data, gsize size);
void            tbx_fake_channel_fail        (TbxFakeChannel *self);
char           *tbx_fake_channel_dup_sent    (TbxFakeChannel *self);

G_END_DECLS
