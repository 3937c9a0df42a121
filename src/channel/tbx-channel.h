/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TbxProtocol:
 * @TBX_PROTOCOL_RPCI: the guest asks, the host answers
 * @TBX_PROTOCOL_TCLO: the host asks, the guest answers
 */
typedef enum
{
  TBX_PROTOCOL_RPCI,
  TBX_PROTOCOL_TCLO,
} TbxProtocol;

/**
 * TbxChannelState:
 * @TBX_CHANNEL_CLOSED: nothing is exchanged
 * @TBX_CHANNEL_OPENING: a connection is being made
 * @TBX_CHANNEL_OPEN: messages pass
 */
typedef enum
{
  TBX_CHANNEL_CLOSED,
  TBX_CHANNEL_OPENING,
  TBX_CHANNEL_OPEN,
} TbxChannelState;

/**
 * TbxTraceMode:
 * @TBX_TRACE_OFF: nothing is logged
 * @TBX_TRACE_COMMANDS: direction, command name and length of each message
 * @TBX_TRACE_PAYLOAD: the bytes too, but never a credential block
 */
typedef enum
{
  TBX_TRACE_OFF,
  TBX_TRACE_COMMANDS,
  TBX_TRACE_PAYLOAD,
} TbxTraceMode;

/* The longest message that is accepted from the host. */
#define TBX_CHANNEL_MAX_RECEIVE_BYTES (16 * 1024 * 1024)

#define TBX_TYPE_CHANNEL (tbx_channel_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxChannel, tbx_channel, TBX, CHANNEL, GObject)

/* One message; @data is valid until the handler returns, and data[size] is NUL. */
typedef void (*TbxMessageHandler) (TbxChannel   *channel,
                                   const guint8 *data,
                                   gsize         size,
                                   gpointer      user_data);

/* A transport implements these; callers use the functions below. */
struct _TbxChannelClass
{
  GObjectClass parent_class;

  const char *transport;        /* "backdoor", "socket", ... (static) */
  gsize       max_send_bytes;   /* longest message the other side takes */

  gboolean (*open)  (TbxChannel *self, GError **error);
  gboolean (*send)  (TbxChannel *self, GBytes *message, GError **error);
  void     (*close) (TbxChannel *self);
};

gboolean        tbx_channel_open                (TbxChannel *self, GError **error);
gboolean        tbx_channel_send                (TbxChannel *self, GBytes *message, GError **error);
void            tbx_channel_close               (TbxChannel *self);
void            tbx_channel_set_message_handler (TbxChannel       *self,
                                                 TbxMessageHandler handler,
                                                 gpointer          user_data);
TbxProtocol     tbx_channel_get_protocol        (TbxChannel *self);
TbxChannelState tbx_channel_get_state           (TbxChannel *self);
const char     *tbx_channel_get_transport       (TbxChannel *self);
gsize           tbx_channel_get_max_send_bytes  (TbxChannel *self);
void            tbx_channel_set_trace           (TbxChannel *self, TbxTraceMode mode);

/* For transports: what happened, told upwards. */
void            tbx_channel_opened              (TbxChannel *self);
void            tbx_channel_received            (TbxChannel *self, const guint8 *data, gsize size);
void            tbx_channel_failed              (TbxChannel *self, const GError *error);

G_END_DECLS
