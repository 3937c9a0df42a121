/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBX_TYPE_SIM_STREAM (tbx_sim_stream_get_type ())
G_DECLARE_FINAL_TYPE (TbxSimStream, tbx_sim_stream, TBX, SIM_STREAM, GObject)

/* What makes sense of the bytes. */
typedef struct
{
  /* Returns how many of the bytes it took, or 0 to be asked again with more.
   * Closes the stream when they can never make sense, and when it has seen more
   * than it wants to wait for. */
  gsize (*consume) (TbxSimStream *stream, const guint8 *data, gsize size, gpointer user_data);
  /* Called once, when the connection is over, unless the stream was dropped. */
  void (*ended) (TbxSimStream *stream, gpointer user_data);
} TbxSimStreamHandler;

TbxSimStream *tbx_sim_stream_new           (GSocket *socket, const TbxSimStreamHandler *handler,
                                            gpointer user_data);
void          tbx_sim_stream_send          (TbxSimStream *self, GBytes *bytes);
void          tbx_sim_stream_finish        (TbxSimStream *self);
void          tbx_sim_stream_close         (TbxSimStream *self);
void          tbx_sim_stream_drop          (TbxSimStream *self);
void          tbx_sim_stream_hold          (TbxSimStream *self, gboolean held);
char         *tbx_sim_stream_describe_peer (TbxSimStream *self);

G_END_DECLS
