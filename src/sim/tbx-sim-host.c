/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-host.h"

/* What the hosts have in common: checks of arguments, and what a channel is. */

typedef struct
{
  TbxSimProtocol protocol;
} TbxSimChannelPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (TbxSimChannel, tbx_sim_channel, G_TYPE_OBJECT)
G_DEFINE_ABSTRACT_TYPE (TbxSimHost, tbx_sim_host, G_TYPE_OBJECT)

enum { PROP_0, PROP_PROTOCOL, N_PROPS };
static GParamSpec *props[N_PROPS];

static TbxSimChannelPrivate *
channel_priv (TbxSimChannel *self)
{
  return tbx_sim_channel_get_instance_private (self);
}

static void
tbx_sim_channel_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PROTOCOL)
    channel_priv (TBX_SIM_CHANNEL (object))->protocol = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
tbx_sim_channel_class_init (TbxSimChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->set_property = tbx_sim_channel_set_property;
  props[PROP_PROTOCOL] = g_param_spec_uint ("protocol", NULL, NULL, 0, G_MAXUINT, TBX_SIM_RPCI,
                                            G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY
                                              | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, props);
}

static void
tbx_sim_channel_init (TbxSimChannel *self)
{
}

static void
tbx_sim_host_class_init (TbxSimHostClass *klass)
{
}

static void
tbx_sim_host_init (TbxSimHost *self)
{
}

/**
 * tbx_sim_channel_get_protocol:
 * @self: a channel
 *
 * Returns: the protocol it was opened with
 */
TbxSimProtocol
tbx_sim_channel_get_protocol (TbxSimChannel *self)
{
  return channel_priv (self)->protocol;
}

/**
 * tbx_sim_channel_deliver:
 * @self: a channel
 * @message: (nullable): one whole message from the guest; %NULL or empty when it has none to send
 *
 * On RPCI the command is run and its reply is queued before this returns.  On
 * TCLO a message answers the last request, and an empty one is a sign of life.
 * Ignored when the channel is closed.
 * Source: docs/wire/transport.md, "Channel state".
 */
void
tbx_sim_channel_deliver (TbxSimChannel *self, GBytes *message)
{
  TBX_SIM_CHANNEL_GET_CLASS (self)->deliver (self, message);
}

/**
 * tbx_sim_channel_peek:
 * @self: a channel
 *
 * The message that the guest is to take next.  It stays at the head until
 * [method@Tbx.SimChannel.pop], but on a closed channel.
 *
 * Returns: (transfer full) (nullable): the message, which may be empty; or %NULL for none
 */
GBytes *
tbx_sim_channel_peek (TbxSimChannel *self)
{
  return TBX_SIM_CHANNEL_GET_CLASS (self)->peek (self);
}

/**
 * tbx_sim_channel_pop:
 * @self: a channel
 * @accepted: whether the guest took the whole message; else it refused it
 *
 * Takes the message away that the last peek returned; on TCLO an accepted one
 * is owed a reply from then on.  Does nothing when there is none.
 */
void
tbx_sim_channel_pop (TbxSimChannel *self, gboolean accepted)
{
  TBX_SIM_CHANNEL_GET_CLASS (self)->pop (self, accepted);
}

/**
 * tbx_sim_channel_is_closed:
 * @self: a channel
 *
 * Returns: whether the host closed it, so that each step but CLOSE fails
 */
gboolean
tbx_sim_channel_is_closed (TbxSimChannel *self)
{
  return TBX_SIM_CHANNEL_GET_CLASS (self)->is_closed (self);
}

/**
 * tbx_sim_channel_set_wake:
 * @self: a channel
 * @source: (nullable): a source of the caller's own; the channel keeps a reference
 *
 * For a transport that pushes: the ready time of @source is set to now whenever
 * a message is queued or the host closes the channel, in whichever thread that
 * is.  A remote host's channel cannot do that and ignores it.
 */
void
tbx_sim_channel_set_wake (TbxSimChannel *self, GSource *source)
{
  TBX_SIM_CHANNEL_GET_CLASS (self)->set_wake (self, source);
}

/**
 * tbx_sim_channel_close:
 * @self: a channel
 *
 * The guest closed it, or ended.  To be called once, then only unreferenced.
 */
void
tbx_sim_channel_close (TbxSimChannel *self)
{
  TBX_SIM_CHANNEL_GET_CLASS (self)->close (self);
}

/**
 * tbx_sim_host_open:
 * @self: the host
 * @protocol: as the guest gave it; any value
 * @transport: what the channel is reached through
 * @owner: who opens it, for people: "pid 42 (vmtoolsd)"
 *
 * Returns: (transfer full) (nullable): a channel; %NULL when the host refuses,
 *   because the protocol is unknown, all channels are taken, or a test said so
 */
TbxSimChannel *
tbx_sim_host_open (TbxSimHost     *self,
                   TbxSimProtocol  protocol,
                   TbxSimTransport transport,
                   const char     *owner)
{
  return TBX_SIM_HOST_GET_CLASS (self)->open (self, protocol, transport, owner);
}

/**
 * tbx_sim_host_step:
 * @self: the host
 * @protocol: of the channel that is used
 * @step: what the guest is about to do; not OPEN, which the host refuses by itself
 * @delay_ms: (out): how long to hold the guest before it is done, milliseconds
 *
 * Called once for each step, before it is executed, and uses up the faults that
 * a test has set for it.
 *
 * Returns: what goes wrong with it; usually nothing
 */
TbxSimStrikes
tbx_sim_host_step (TbxSimHost *self, TbxSimProtocol protocol, TbxSimStep step, guint *delay_ms)
{
  *delay_ms = 0;
  return TBX_SIM_HOST_GET_CLASS (self)->step (self, protocol, step, delay_ms);
}

/**
 * tbx_sim_host_count:
 * @self: the host
 * @counter: what happened
 * @n: how often
 *
 * Adds to what `vmxsim show` tells.  The host counts what it sees itself; the
 * tracer adds its stops, and what it finds wrong in a guest's use of the registers.
 */
void
tbx_sim_host_count (TbxSimHost *self, TbxSimCounter counter, guint n)
{
  TBX_SIM_HOST_GET_CLASS (self)->count (self, counter, n);
}
