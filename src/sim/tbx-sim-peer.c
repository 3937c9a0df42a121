/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-peer.h"
#include "tbx-packet-codec.h"
#include "tbx-sim-alarm.h"
#include "tbx-sim-stream.h"
#include <string.h>

#define PROTOCOL_BYTES 4

/* Four bytes say which protocol, then packets go both ways.  What the host has
 * to say is pushed.
 * Source: docs/wire/transport.md, "Packets over a stream". */
struct _TbxSimPeer
{
  TbxSimHost         *host;          /* owned */
  TbxSimStream       *stream;        /* owned */
  TbxSimChannel      *channel;       /* owned; NULL before the first four bytes */
  GSource            *wake;          /* goes off when the host has something; owned */
  GSource            *delay;         /* ends the time that a slow host takes; owned */
  gboolean            delayed;       /* the next packet has waited already */
  gboolean            fast_close;    /* close after the reply */
  TbxSimPeerEndedFunc ended;
  gpointer            user_data;     /* for it */
};

/* The guest broke the rules in a way that ends the connection. */
static void
peer_violation (TbxSimPeer *self)
{
  tbx_sim_host_count (self->host, TBX_SIM_COUNTER_VIOLATIONS, 1);
  tbx_sim_stream_close (self->stream);
}

static void
send_message (TbxSimPeer *self, GBytes *message)
{
  TbxPacket packet = { .type = TBX_PACKET_DATA };
  g_autoptr(GBytes) bytes = NULL;

  packet.payload = g_bytes_get_data (message, &packet.payload_size);
  bytes = tbx_packet_encode (&packet);
  tbx_sim_stream_send (self->stream, bytes);
}

/* Sends what the host has.  An empty message and a huge one fit no packet. */
static void
peer_flush (TbxSimPeer *self)
{
  GBytes *message;

  while ((message = tbx_sim_channel_peek (self->channel)) != NULL)
    {
      gsize size = g_bytes_get_size (message);
      gboolean fits = size > 0 && size <= TBX_PACKET_MAX_BYTES - TBX_PACKET_HEADER_BYTES;

      if (fits)
        send_message (self, message);
      tbx_sim_channel_pop (self->channel, fits);
      g_bytes_unref (message);
    }
  if (self->fast_close || tbx_sim_channel_is_closed (self->channel))
    tbx_sim_stream_finish (self->stream);
}

static gboolean
on_wake (gpointer user_data)
{
  peer_flush (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_delay_elapsed (gpointer user_data)
{
  TbxSimPeer *self = user_data;

  self->delayed = TRUE;
  tbx_sim_stream_hold (self->stream, FALSE);
  return G_SOURCE_CONTINUE;
}

static gsize
consume_protocol (TbxSimPeer *self, const guint8 *data, gsize size)
{
  TbxSimProtocol protocol;
  g_autofree char *owner = NULL;

  if (size < PROTOCOL_BYTES)
    return 0;
  if (memcmp (data, "RPCI", PROTOCOL_BYTES) == 0)
    protocol = TBX_SIM_RPCI;
  else if (memcmp (data, "TCLO", PROTOCOL_BYTES) == 0)
    protocol = TBX_SIM_TCLO;
  else
    {
      peer_violation (self);
      return 0;
    }
  owner = tbx_sim_stream_describe_peer (self->stream);
  self->channel = tbx_sim_host_open (self->host, protocol, TBX_SIM_TRANSPORT_SOCKET, owner);
  if (self->channel == NULL)
    {
      tbx_sim_stream_close (self->stream);
      return 0;
    }
  tbx_sim_channel_set_wake (self->channel, self->wake);
  return PROTOCOL_BYTES;
}

static void
take_packet (TbxSimPeer *self, const guint8 *body, gsize size)
{
  g_autoptr(GBytes) message = NULL;
  TbxPacket packet;

  if (!tbx_packet_decode (body, size, &packet, NULL))
    peer_violation (self);
  else if (packet.payload != NULL)
    {
      message = g_bytes_new (packet.payload, packet.payload_size);
      self->fast_close = packet.fast_close;
      tbx_sim_channel_deliver (self->channel, message);
      peer_flush (self);
    }
  else if (tbx_sim_channel_get_protocol (self->channel) == TBX_SIM_TCLO)
    tbx_sim_channel_deliver (self->channel, NULL);
  else
    peer_violation (self);
}

/* Whether the packet has to wait, because a test made the host slow. */
static gboolean
wait_before_packet (TbxSimPeer *self)
{
  guint delay_ms;

  if (self->delayed)
    {
      self->delayed = FALSE;
      return FALSE;
    }
  tbx_sim_host_step (self->host, tbx_sim_channel_get_protocol (self->channel), TBX_SIM_STEP_PACKET,
                     &delay_ms);
  if (delay_ms == 0)
    return FALSE;
  tbx_sim_stream_hold (self->stream, TRUE);
  g_source_set_ready_time (self->delay, g_get_monotonic_time () + (gint64) delay_ms * 1000);
  return TRUE;
}

static gsize
peer_consume (TbxSimStream *stream, const guint8 *data, gsize size, gpointer user_data)
{
  TbxSimPeer *self = user_data;
  guint32 length;

  if (self->channel == NULL)
    return consume_protocol (self, data, size);
  if (size < TBX_PACKET_LENGTH_BYTES)
    return 0;
  memcpy (&length, data, sizeof length);
  length = GUINT32_FROM_BE (length);
  if (!tbx_packet_length_valid (length, NULL))
    {
      peer_violation (self);
      return 0;
    }
  if (size - TBX_PACKET_LENGTH_BYTES < length || wait_before_packet (self))
    return 0;
  take_packet (self, data + TBX_PACKET_LENGTH_BYTES, length);
  return TBX_PACKET_LENGTH_BYTES + length;
}

static void
peer_hangup (TbxSimPeer *self)
{
  if (self->channel == NULL)
    return;
  tbx_sim_channel_set_wake (self->channel, NULL);
  tbx_sim_channel_close (self->channel);
  g_clear_object (&self->channel);
}

static void
peer_ended (TbxSimStream *stream, gpointer user_data)
{
  TbxSimPeer *self = user_data;

  peer_hangup (self);
  self->ended (self, self->user_data);
}

/**
 * tbx_sim_peer_new:
 * @host: the host
 * @connection: a guest's connection, from which nothing was read yet
 * @ended: (scope notified): called once, when it is over; may free it
 * @user_data: for @ended
 *
 * Returns: (transfer full): the peer
 */
TbxSimPeer *
tbx_sim_peer_new (TbxSimHost         *host,
                  GSocket            *connection,
                  TbxSimPeerEndedFunc ended,
                  gpointer            user_data)
{
  static const TbxSimStreamHandler handler = { peer_consume, peer_ended };
  TbxSimPeer *self = g_new0 (TbxSimPeer, 1);

  self->host = g_object_ref (host);
  self->wake = tbx_sim_alarm_new ("vmxsim peer", on_wake, self);
  self->delay = tbx_sim_alarm_new ("vmxsim slow peer", on_delay_elapsed, self);
  self->ended = ended;
  self->user_data = user_data;
  self->stream = tbx_sim_stream_new (connection, &handler, self);
  return self;
}

void
tbx_sim_peer_free (TbxSimPeer *self)
{
  g_source_destroy (self->wake);
  g_source_unref (self->wake);
  g_source_destroy (self->delay);
  g_source_unref (self->delay);
  peer_hangup (self);
  tbx_sim_stream_drop (self->stream);
  g_object_unref (self->host);
  g_free (self);
}
