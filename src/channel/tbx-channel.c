/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-channel.h"
#include "tbx-error.h"
#include "tbx-trace.h"

/* One channel to the host, of either protocol.  Whole messages pass; how they
 * travel is the transport's affair.  A channel that fails closes itself, says so
 * with the signal "failed", and can be opened again. */
typedef struct
{
  TbxProtocol       protocol;
  TbxChannelState   state;
  TbxTraceMode      trace;
  TbxMessageHandler handler;        /* who gets the messages, or NULL */
  gpointer          handler_data;
} TbxChannelPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (TbxChannel, tbx_channel, G_TYPE_OBJECT)

enum { PROP_0, PROP_PROTOCOL, PROP_STATE, N_PROPS };
enum { SIGNAL_FAILED, N_SIGNALS };
static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void
channel_set_state (TbxChannel *self, TbxChannelState state)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);

  if (priv->state == state)
    return;
  priv->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

static void
channel_trace (TbxChannelPrivate *priv, gboolean outgoing, const guint8 *data, gsize size)
{
  g_autofree char *line = NULL;

  if (size == 0)   /* an empty poll is no news */
    return;
  line = tbx_trace_format (priv->protocol, outgoing, data, size, priv->trace == TBX_TRACE_PAYLOAD);
  g_message ("%s", line);
}

/**
 * tbx_channel_open:
 * @self: a closed channel
 * @error: return location for an error
 *
 * Opens the channel, or begins to: then the state is `OPENING` on return, and
 * becomes `OPEN`, or the signal [signal@Tbx.Channel::failed] is emitted.
 * Errors: `TBX_ERROR_TRANSPORT`; the channel is closed then.
 */
gboolean
tbx_channel_open (TbxChannel *self, GError **error)
{
  g_return_val_if_fail (tbx_channel_get_state (self) == TBX_CHANNEL_CLOSED, FALSE);
  channel_set_state (self, TBX_CHANNEL_OPENING);
  if (TBX_CHANNEL_GET_CLASS (self)->open (self, error))
    return TRUE;
  channel_set_state (self, TBX_CHANNEL_CLOSED);
  return FALSE;
}

/**
 * tbx_channel_send:
 * @self: an open channel
 * @message: (transfer none): the message, not empty; kept until it is sent
 * @error: return location for an error
 *
 * RPCI: sends a request; the reply comes to the message handler, never before this
 * returns.  TCLO: hands over the reply to the request that the handler got last.
 * Errors: `TBX_ERROR_TRANSPORT` when the channel is not open, or fails now (it is
 * closed then, and "failed" is not emitted); `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_channel_send (TbxChannel *self, GBytes *message, GError **error)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);
  TbxChannelClass *klass = TBX_CHANNEL_GET_CLASS (self);
  gsize size;
  const guint8 *data = g_bytes_get_data (message, &size);

  g_return_val_if_fail (size > 0, FALSE);
  if (priv->state != TBX_CHANNEL_OPEN)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "the channel is not open");
      return FALSE;
    }
  if (size > klass->max_send_bytes)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE,
                   "%" G_GSIZE_FORMAT " bytes are more than the %" G_GSIZE_FORMAT
                   " that the host takes", size, klass->max_send_bytes);
      return FALSE;
    }
  if (G_UNLIKELY (priv->trace != TBX_TRACE_OFF))
    channel_trace (priv, TRUE, data, size);
  if (klass->send (self, message, error))
    return TRUE;
  tbx_channel_close (self);
  return FALSE;
}

/**
 * tbx_channel_close:
 * @self: the channel; nothing happens to a closed one
 *
 * Sends a TCLO reply that is ready, but waits for nothing.  From within the
 * message handler the channel ends when that returned.
 */
void
tbx_channel_close (TbxChannel *self)
{
  if (tbx_channel_get_state (self) == TBX_CHANNEL_CLOSED)
    return;
  TBX_CHANNEL_GET_CLASS (self)->close (self);
  channel_set_state (self, TBX_CHANNEL_CLOSED);
}

/**
 * tbx_channel_set_message_handler:
 * @self: the channel
 * @handler: (nullable) (scope forever): who gets each message from the host
 * @user_data: passed to @handler
 *
 * A plain function, not a signal: it is called for each message of a transfer.
 */
void
tbx_channel_set_message_handler (TbxChannel *self, TbxMessageHandler handler, gpointer user_data)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);

  priv->handler = handler;
  priv->handler_data = user_data;
}

/**
 * tbx_channel_get_protocol:
 * @self: the channel
 *
 * Returns: what it is for
 */
TbxProtocol
tbx_channel_get_protocol (TbxChannel *self)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);

  return priv->protocol;
}

/**
 * tbx_channel_get_state:
 * @self: the channel
 *
 * Returns: whether messages pass
 */
TbxChannelState
tbx_channel_get_state (TbxChannel *self)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);

  return priv->state;
}

/**
 * tbx_channel_get_transport:
 * @self: the channel
 *
 * Returns: (transfer none): how it reaches the host: "backdoor", "socket"
 */
const char *
tbx_channel_get_transport (TbxChannel *self)
{
  return TBX_CHANNEL_GET_CLASS (self)->transport;
}

/**
 * tbx_channel_get_max_send_bytes:
 * @self: the channel
 *
 * Returns: the longest message that the host takes, bytes
 */
gsize
tbx_channel_get_max_send_bytes (TbxChannel *self)
{
  return TBX_CHANNEL_GET_CLASS (self)->max_send_bytes;
}

/**
 * tbx_channel_set_trace:
 * @self: the channel
 * @mode: how much of each message is logged
 */
void
tbx_channel_set_trace (TbxChannel *self, TbxTraceMode mode)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);

  priv->trace = mode;
}

/**
 * tbx_channel_opened:
 * @self: the channel
 *
 * For transports: messages pass from now on.
 */
void
tbx_channel_opened (TbxChannel *self)
{
  channel_set_state (self, TBX_CHANNEL_OPEN);
}

/**
 * tbx_channel_received:
 * @self: the channel
 * @data: a message, with a NUL after it; valid for the time of the call
 * @size: its length in bytes
 *
 * For transports: a message came.  An empty one stands for a reply that the host owed
 * and did not have.
 */
void
tbx_channel_received (TbxChannel *self, const guint8 *data, gsize size)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (self);

  if (G_UNLIKELY (priv->trace != TBX_TRACE_OFF))
    channel_trace (priv, FALSE, data, size);
  if (priv->handler != NULL)
    priv->handler (self, data, size, priv->handler_data);
}

/**
 * tbx_channel_failed:
 * @self: the channel
 * @error: what went wrong
 *
 * For transports, and for users that cannot go on: the channel broke, outside of any
 * call from above.  It is closed, then the signal failed tells why.
 */
void
tbx_channel_failed (TbxChannel *self, const GError *error)
{
  g_autoptr(TbxChannel) alive = g_object_ref (self);

  tbx_channel_close (self);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
tbx_channel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (TBX_CHANNEL (object));

  switch (id)
    {
    case PROP_PROTOCOL:
      g_value_set_uint (value, priv->protocol);
      break;
    case PROP_STATE:
      g_value_set_uint (value, priv->state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_channel_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TbxChannelPrivate *priv = tbx_channel_get_instance_private (TBX_CHANNEL (object));

  switch (id)
    {
    case PROP_PROTOCOL:
      priv->protocol = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_channel_class_init (TbxChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbx_channel_get_property;
  object_class->set_property = tbx_channel_set_property;

  /**
   * TbxChannel:protocol:
   *
   * A [enum@Tbx.Protocol].
   */
  props[PROP_PROTOCOL] =
    g_param_spec_uint ("protocol", NULL, NULL, TBX_PROTOCOL_RPCI, TBX_PROTOCOL_TCLO,
                       TBX_PROTOCOL_RPCI,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * TbxChannel:state:
   *
   * A [enum@Tbx.ChannelState].
   */
  props[PROP_STATE] =
    g_param_spec_uint ("state", NULL, NULL, TBX_CHANNEL_CLOSED, TBX_CHANNEL_OPEN,
                       TBX_CHANNEL_CLOSED, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * TbxChannel::failed:
   * @self: the channel, closed by now
   * @error: why
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", TBX_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1,
                                         G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
tbx_channel_init (TbxChannel *self)
{
}
