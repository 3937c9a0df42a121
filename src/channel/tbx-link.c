/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-link.h"

#define FIRST_WAIT_MS 1000
#define MAX_WAIT_MS   (30 * 1000)
#define LOG_EVERY     10

/* The two channels to the host, kept open: when the TCLO channel fails both are
 * closed, and opened again after a wait that doubles, for ever.  A failing RPCI
 * channel is the RPCI client's to reopen.
 * Source: docs/wire/transport.md, "Channel errors and restart". */
struct _TbxLink
{
  GObject      parent_instance;
  TbxChannel  *tclo;        /* (owned) */
  TbxChannel  *rpci;        /* (owned) */
  TbxLinkState state;
  guint        wait_ms;     /* before the next attempt after a failure */
  guint        wait_id;     /* source of that wait, or 0 */
  guint        failures;    /* since the host last confirmed us */
};

G_DEFINE_FINAL_TYPE (TbxLink, tbx_link, G_TYPE_OBJECT)

enum { PROP_0, PROP_STATE, N_PROPS };
static GParamSpec *props[N_PROPS];

static void link_attempt (TbxLink *self);

static void
link_set_state (TbxLink *self, TbxLinkState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

static gboolean
on_wait_elapsed (gpointer user_data)
{
  TbxLink *self = user_data;

  self->wait_id = 0;
  link_attempt (self);
  return G_SOURCE_REMOVE;
}

static void
link_fail (TbxLink *self, const GError *error)
{
  tbx_channel_close (self->tclo);
  tbx_channel_close (self->rpci);
  if (self->state == TBX_LINK_STOPPED)
    return;
  if (self->failures++ % LOG_EVERY == 0)
    g_warning ("No link to the host (failure %u): %s; trying again in %u s", self->failures,
               error->message, self->wait_ms / 1000);
  g_clear_handle_id (&self->wait_id, g_source_remove);
  self->wait_id = g_timeout_add (self->wait_ms, on_wait_elapsed, self);
  g_source_set_name_by_id (self->wait_id, "tbx-link-wait");
  self->wait_ms = MIN (2 * self->wait_ms, MAX_WAIT_MS);
  link_set_state (self, TBX_LINK_WAITING);
}

/* Opens what is closed: the client of the RPCI channel may have done so while we
 * waited.  Whoever hears of a state may stop us, and so ends this. */
static void
link_attempt (TbxLink *self)
{
  TbxChannel *const channels[] = { self->tclo, self->rpci };

  link_set_state (self, TBX_LINK_CONNECTING);
  for (gsize i = 0; i < G_N_ELEMENTS (channels) && self->state == TBX_LINK_CONNECTING; i++)
    {
      g_autoptr(GError) error = NULL;

      if (tbx_channel_get_state (channels[i]) == TBX_CHANNEL_CLOSED
          && !tbx_channel_open (channels[i], &error))
        link_fail (self, error);
    }
}

static void
on_channel_state (TbxLink *self)
{
  if (self->state == TBX_LINK_CONNECTING
      && tbx_channel_get_state (self->tclo) == TBX_CHANNEL_OPEN
      && tbx_channel_get_state (self->rpci) == TBX_CHANNEL_OPEN)
    {
      g_info ("Linked to the host over the %s", tbx_link_get_transport (self));
      link_set_state (self, TBX_LINK_UP);
    }
}

static void
on_tclo_failed (TbxLink *self, const GError *error)
{
  if (self->state != TBX_LINK_STOPPED)
    link_fail (self, error);
}

static void
on_rpci_failed (TbxLink *self, const GError *error)
{
  if (self->state == TBX_LINK_CONNECTING)
    link_fail (self, error);
}

/**
 * tbx_link_start:
 * @self: a stopped link
 *
 * Opens the channels, now or as soon as the host lets us.
 */
void
tbx_link_start (TbxLink *self)
{
  g_return_if_fail (self->state == TBX_LINK_STOPPED);
  self->wait_ms = FIRST_WAIT_MS;
  self->failures = 0;
  link_attempt (self);
}

/**
 * tbx_link_stop:
 * @self: the link
 *
 * Closes the channels.  A reply to the host that is ready still goes out.
 */
void
tbx_link_stop (TbxLink *self)
{
  g_clear_handle_id (&self->wait_id, g_source_remove);
  link_set_state (self, TBX_LINK_STOPPED);
  tbx_channel_close (self->tclo);
  tbx_channel_close (self->rpci);
}

/**
 * tbx_link_restart:
 * @self: a started link
 *
 * Closes the channels and opens fresh ones, from the main loop.
 */
void
tbx_link_restart (TbxLink *self)
{
  g_return_if_fail (self->state != TBX_LINK_STOPPED);
  tbx_channel_close (self->tclo);
  tbx_channel_close (self->rpci);
  self->wait_ms = FIRST_WAIT_MS;
  g_clear_handle_id (&self->wait_id, g_source_remove);
  self->wait_id = g_idle_add (on_wait_elapsed, self);
  g_source_set_name_by_id (self->wait_id, "tbx-link-restart");
  link_set_state (self, TBX_LINK_WAITING);
}

/**
 * tbx_link_confirm:
 * @self: the link
 *
 * The host spoke to us as it does on a working channel (a reset was handled):
 * the next failure is waited out from the shortest wait again.
 */
void
tbx_link_confirm (TbxLink *self)
{
  self->wait_ms = FIRST_WAIT_MS;
  self->failures = 0;
}

/**
 * tbx_link_get_tclo:
 * @self: the link
 *
 * Returns: (transfer none): the channel for the host's requests
 */
TbxChannel *
tbx_link_get_tclo (TbxLink *self)
{
  return self->tclo;
}

/**
 * tbx_link_get_rpci:
 * @self: the link
 *
 * Returns: (transfer none): the channel for our requests
 */
TbxChannel *
tbx_link_get_rpci (TbxLink *self)
{
  return self->rpci;
}

/**
 * tbx_link_get_state:
 * @self: the link
 *
 * Returns: how far it is
 */
TbxLinkState
tbx_link_get_state (TbxLink *self)
{
  return self->state;
}

/**
 * tbx_link_get_transport:
 * @self: the link
 *
 * Returns: (transfer none): how the host is reached: "backdoor", "socket"
 */
const char *
tbx_link_get_transport (TbxLink *self)
{
  return tbx_channel_get_transport (self->tclo);
}

/**
 * tbx_link_set_trace:
 * @self: the link
 * @mode: how much of each message on both channels is logged
 */
void
tbx_link_set_trace (TbxLink *self, TbxTraceMode mode)
{
  tbx_channel_set_trace (self->tclo, mode);
  tbx_channel_set_trace (self->rpci, mode);
}

static void
tbx_link_dispose (GObject *object)
{
  TbxLink *self = TBX_LINK (object);

  if (self->tclo != NULL && self->state != TBX_LINK_STOPPED)
    tbx_link_stop (self);
  g_clear_object (&self->tclo);
  g_clear_object (&self->rpci);
  G_OBJECT_CLASS (tbx_link_parent_class)->dispose (object);
}

static void
tbx_link_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxLink *self = TBX_LINK (object);

  switch (id)
    {
    case PROP_STATE:
      g_value_set_uint (value, self->state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_link_class_init (TbxLinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_link_dispose;
  object_class->get_property = tbx_link_get_property;

  /**
   * TbxLink:state:
   *
   * A [enum@Tbx.LinkState].
   */
  props[PROP_STATE] =
    g_param_spec_uint ("state", NULL, NULL, TBX_LINK_STOPPED, TBX_LINK_WAITING, TBX_LINK_STOPPED,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_link_init (TbxLink *self)
{
}

static void
link_watch (TbxLink *self, TbxChannel *channel, GCallback on_failed)
{
  g_signal_connect_object (channel, "notify::state", G_CALLBACK (on_channel_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (channel, "failed", on_failed, self, G_CONNECT_SWAPPED);
}

/**
 * tbx_link_new:
 * @transport: makes the channels; used now only
 *
 * Returns: (transfer full): a stopped link
 */
TbxLink *
tbx_link_new (TbxTransport *transport)
{
  TbxLink *self = g_object_new (TBX_TYPE_LINK, NULL);

  self->tclo = tbx_transport_create_channel (transport, TBX_PROTOCOL_TCLO, FALSE);
  self->rpci = tbx_transport_create_channel (transport, TBX_PROTOCOL_RPCI, FALSE);
  link_watch (self, self->tclo, G_CALLBACK (on_tclo_failed));
  link_watch (self, self->rpci, G_CALLBACK (on_rpci_failed));
  return self;
}
