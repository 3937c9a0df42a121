/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-channel.h"
#include "tbx-error.h"
#include "tbx-source.h"

/* The poll interval doubles from the first to the longest: 10 wake-ups a second when the
 * host has nothing to say.  It begins shorter in a conversation, whose next request follows
 * the reply at once.  Source: docs/wire/transport.md, "Polling interval". */
#define POLL_QUICK_MS  1
#define POLL_FIRST_MS  10
#define POLL_LONGEST_MS 100

/* Requests served in one dispatch while the host keeps them coming: saves a turn of
 * the main loop for each, without holding it for long. */
#define MAX_ROUNDS 8

/* A channel over the backdoor.  TCLO polls: its source sends the reply that is due,
 * or an empty message, and asks for the next request.  RPCI asks once after each
 * request, for the host has the reply ready by then. */
struct _TbxBackdoorChannel
{
  TbxChannel          parent_instance;
  TbxBackdoorMessages messages;
  GSource            *source;         /* while open (owned) */
  GBytes             *reply;          /* TCLO: what the next round sends, or NULL (owned) */
  guint               delay_ms;       /* TCLO: present interval */
  gboolean            owes_reply;     /* TCLO: a request is with the handler: no polling */
  gboolean            conversing;     /* TCLO: the last request followed its reply */
  gboolean            dispatching;    /* our source runs: the end must wait for it */
  gboolean            end_pending;    /* closed while dispatching */
};

typedef struct
{
  GSource             parent;
  TbxBackdoorChannel *channel;   /* owns us */
} BackdoorSource;

G_DEFINE_FINAL_TYPE (TbxBackdoorChannel, tbx_backdoor_channel, TBX_TYPE_CHANNEL)

static void
channel_end (TbxBackdoorChannel *self)
{
  self->end_pending = FALSE;
  tbx_source_clear (&self->source);
  g_clear_pointer (&self->reply, g_bytes_unref);
  tbx_backdoor_messages_close (&self->messages);
}

static gboolean
send_due (TbxBackdoorChannel *self, GError **error)
{
  g_autoptr(GBytes) reply = g_steal_pointer (&self->reply);
  gconstpointer data = NULL;
  gsize size = 0;

  if (reply != NULL)
    data = g_bytes_get_data (reply, &size);
  return tbx_backdoor_messages_send (&self->messages, data, size, error);
}

/* The last send before the end, best effort: the host gets the reply that is ready,
 * or one more sign of life; nothing while it waits for a reply that never came. */
static void
say_goodbye (TbxBackdoorChannel *self)
{
  if (self->messages.open && !self->owes_reply
      && tbx_channel_get_protocol (TBX_CHANNEL (self)) == TBX_PROTOCOL_TCLO)
    send_due (self, NULL);
}

static void
poll_later (TbxBackdoorChannel *self)
{
  if (self->delay_ms == 0)
    self->delay_ms = self->conversing ? POLL_QUICK_MS : POLL_FIRST_MS;
  else
    self->delay_ms = MIN (2 * self->delay_ms, POLL_LONGEST_MS);
  /* From now, not from when the source was due: a slow host must not make us spin. */
  g_source_set_ready_time (self->source, g_get_monotonic_time () + self->delay_ms * 1000);
}

/* One poll: what is due goes out, a request may come in.  Returns whether another
 * should follow at once. */
static gboolean
poll_round (TbxBackdoorChannel *self, GError **error)
{
  const guint8 *data;
  gsize size;

  if (!send_due (self, error)
      || !tbx_backdoor_messages_receive (&self->messages, &data, &size, error))
    return FALSE;
  if (data == NULL)
    {
      poll_later (self);
      return FALSE;
    }
  self->conversing = self->delay_ms <= POLL_FIRST_MS;
  self->delay_ms = 0;
  self->owes_reply = TRUE;
  g_source_set_ready_time (self->source, -1);
  tbx_channel_received (TBX_CHANNEL (self), data, size);
  return self->reply != NULL && !self->end_pending;
}

static void
fetch_reply (TbxBackdoorChannel *self, GError **error)
{
  const guint8 *data;
  gsize size;

  g_source_set_ready_time (self->source, -1);
  if (tbx_backdoor_messages_receive (&self->messages, &data, &size, error))
    tbx_channel_received (TBX_CHANNEL (self), data == NULL ? (const guint8 *) "" : data, size);
}

static gboolean
backdoor_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_autoptr(TbxBackdoorChannel) self = g_object_ref (((BackdoorSource *) source)->channel);
  g_autoptr(GError) error = NULL;

  self->dispatching = TRUE;
  if (tbx_channel_get_protocol (TBX_CHANNEL (self)) == TBX_PROTOCOL_RPCI)
    fetch_reply (self, &error);
  else
    for (int i = 0; i < MAX_ROUNDS && poll_round (self, &error); i++)
      ;
  self->dispatching = FALSE;

  if (self->end_pending)
    {
      if (error == NULL)
        say_goodbye (self);
      channel_end (self);
    }
  else if (error != NULL)
    {
      channel_end (self);
      tbx_channel_failed (TBX_CHANNEL (self), error);
    }
  return G_SOURCE_CONTINUE;
}

/* A reply is due at once.  Asked on each turn of the loop: to set the ready time from
 * another source's dispatch would wake the loop, which costs two system calls. */
static gboolean
backdoor_source_prepare (GSource *source, int *timeout_ms)
{
  *timeout_ms = -1;
  return ((BackdoorSource *) source)->channel->reply != NULL;
}

static GSourceFuncs backdoor_source_funcs = {
  .prepare = backdoor_source_prepare,
  .dispatch = backdoor_source_dispatch,
};

static gboolean
tbx_backdoor_channel_open (TbxChannel *channel, GError **error)
{
  TbxBackdoorChannel *self = TBX_BACKDOOR_CHANNEL (channel);
  TbxProtocol protocol = tbx_channel_get_protocol (channel);

  if (self->end_pending)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_BUSY, "the channel is still being closed");
      return FALSE;
    }
  if (!tbx_backdoor_messages_open (&self->messages, protocol, error))
    return FALSE;
  self->delay_ms = 0;
  self->conversing = FALSE;
  self->owes_reply = FALSE;
  self->source = g_source_new (&backdoor_source_funcs, sizeof (BackdoorSource));
  ((BackdoorSource *) self->source)->channel = self;
  g_source_set_static_name (self->source, protocol == TBX_PROTOCOL_TCLO ? "tbx-backdoor-tclo"
                                                                        : "tbx-backdoor-rpci");
  /* The first poll follows at once: a late one can miss the host's only
   * Capabilities_Register. */
  if (protocol == TBX_PROTOCOL_TCLO)
    g_source_set_ready_time (self->source, 0);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  tbx_channel_opened (channel);
  return TRUE;
}

static gboolean
tbx_backdoor_channel_send (TbxChannel *channel, GBytes *message, GError **error)
{
  TbxBackdoorChannel *self = TBX_BACKDOOR_CHANNEL (channel);

  if (tbx_channel_get_protocol (channel) == TBX_PROTOCOL_RPCI)
    {
      gsize size;
      gconstpointer data = g_bytes_get_data (message, &size);

      g_source_set_ready_time (self->source, 0);
      return tbx_backdoor_messages_send (&self->messages, data, size, error);
    }
  g_return_val_if_fail (self->owes_reply, FALSE);
  self->owes_reply = FALSE;
  self->reply = g_bytes_ref (message);
  return TRUE;
}

static void
tbx_backdoor_channel_close (TbxChannel *channel)
{
  TbxBackdoorChannel *self = TBX_BACKDOOR_CHANNEL (channel);

  if (self->dispatching)
    {
      self->end_pending = TRUE;
      return;
    }
  say_goodbye (self);
  channel_end (self);
}

static void
tbx_backdoor_channel_dispose (GObject *object)
{
  tbx_channel_close (TBX_CHANNEL (object));
  G_OBJECT_CLASS (tbx_backdoor_channel_parent_class)->dispose (object);
}

static void
tbx_backdoor_channel_class_init (TbxBackdoorChannelClass *klass)
{
  TbxChannelClass *channel_class = TBX_CHANNEL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tbx_backdoor_channel_dispose;
  channel_class->transport = "backdoor";
  channel_class->max_send_bytes = TBX_BACKDOOR_MAX_SEND_BYTES;
  channel_class->open = tbx_backdoor_channel_open;
  channel_class->send = tbx_backdoor_channel_send;
  channel_class->close = tbx_backdoor_channel_close;
}

static void
tbx_backdoor_channel_init (TbxBackdoorChannel *self)
{
}

/**
 * tbx_backdoor_channel_new:
 * @protocol: what the channel is for
 * @calls: how to reach the host; usually &tbx_backdoor_native_calls
 *
 * The calls trap into the host: make none where no VMware host was detected or
 * the transport was not named by the user.
 *
 * Returns: (transfer full): a closed channel
 */
TbxChannel *
tbx_backdoor_channel_new (TbxProtocol protocol, const TbxBackdoorCalls *calls)
{
  TbxBackdoorChannel *self = g_object_new (TBX_TYPE_BACKDOOR_CHANNEL, "protocol", (guint) protocol,
                                           NULL);

  tbx_backdoor_messages_init (&self->messages, calls);
  return TBX_CHANNEL (self);
}
