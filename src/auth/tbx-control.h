/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* The socket between the daemon and one worker: a message with its descriptor is one
 * packet. */

/* A packet that was received.  Ends with tbx_control_packet_clear(), which wipes it
 * (g_auto does that). */
typedef struct
{
  TbxWorkerMessage message;   /* its strings are in @data */
  int              fds[TBX_WORKER_MAX_FDS];   /* that came with it (owned); -1: none */
  gsize            size;      /* bytes of @data in use */
  guint8           data[TBX_WORKER_MESSAGE_MAX_BYTES];
} TbxControlPacket;

/**
 * TbxControlResult:
 * @TBX_CONTROL_OK: it is there
 * @TBX_CONTROL_AGAIN: nothing now
 * @TBX_CONTROL_END: the other side is gone
 * @TBX_CONTROL_BAD: what came is malformed
 */
typedef enum
{
  TBX_CONTROL_OK,
  TBX_CONTROL_AGAIN,
  TBX_CONTROL_END,
  TBX_CONTROL_BAD,
} TbxControlResult;

gboolean         tbx_control_send         (int                     socket,
                                           const TbxWorkerMessage *message,
                                           int                     fd,
                                           GError                **error);
gboolean         tbx_control_encode       (const TbxWorkerMessage *message,
                                           TbxWriter              *w,
                                           GError                **error);
int              tbx_control_send_packet  (int           socket,
                                           gconstpointer data,
                                           gsize         size,
                                           const int    *fds,
                                           guint         n_fds);
int              tbx_control_packet_steal (TbxControlPacket *packet, guint i);
void             tbx_control_set_error    (GError **error, int error_number);
TbxControlResult tbx_control_receive      (int               socket,
                                           TbxWorkerSender   sender,
                                           TbxControlPacket *packet,
                                           GError          **error);
void             tbx_control_packet_clear (TbxControlPacket *packet);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxControlPacket, tbx_control_packet_clear)

G_END_DECLS
