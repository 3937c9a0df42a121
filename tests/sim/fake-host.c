/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-host.h"

#define FAKE_TYPE_CHANNEL (fake_channel_get_type ())
G_DECLARE_FINAL_TYPE (FakeChannel, fake_channel, FAKE, CHANNEL, TbxSimChannel)

struct _FakeChannel
{
  TbxSimChannel parent_instance;
  FakeHost     *host;   /* not owned */
};

G_DEFINE_FINAL_TYPE (FakeChannel, fake_channel, TBX_TYPE_SIM_CHANNEL)
G_DEFINE_FINAL_TYPE (FakeHost, fake_host, TBX_TYPE_SIM_HOST)

static void
fake_channel_deliver (TbxSimChannel *channel, GBytes *message)
{
  FakeHost *host = FAKE_CHANNEL (channel)->host;
  g_autofree char *text = NULL;
  const char *reply;
  gsize size;
  const char *data = g_bytes_get_data (message, &size);

  g_ptr_array_add (host->delivered, g_bytes_ref (message));
  text = g_strndup (data, size);
  reply = g_hash_table_lookup (host->replies, text);
  if (reply != NULL)
    fake_host_queue (host, reply, strlen (reply));
}

static GBytes *
fake_channel_peek (TbxSimChannel *channel)
{
  GBytes *head = g_queue_peek_head (&FAKE_CHANNEL (channel)->host->queue);

  return head == NULL ? NULL : g_bytes_ref (head);
}

static void
fake_channel_pop (TbxSimChannel *channel, gboolean accepted)
{
  FakeHost *host = FAKE_CHANNEL (channel)->host;
  GBytes *head = g_queue_pop_head (&host->queue);

  if (!accepted)
    host->counters[TBX_SIM_COUNTER_REJECTED]++;
  g_clear_pointer (&head, g_bytes_unref);
}

static gboolean
fake_channel_is_closed (TbxSimChannel *channel)
{
  return FAKE_CHANNEL (channel)->host->closed;
}

static void
fake_channel_close (TbxSimChannel *channel)
{
  FAKE_CHANNEL (channel)->host->n_open--;
}

static void
fake_channel_class_init (FakeChannelClass *klass)
{
  TbxSimChannelClass *channel_class = TBX_SIM_CHANNEL_CLASS (klass);

  channel_class->deliver = fake_channel_deliver;
  channel_class->peek = fake_channel_peek;
  channel_class->pop = fake_channel_pop;
  channel_class->is_closed = fake_channel_is_closed;
  channel_class->close = fake_channel_close;
}

static void
fake_channel_init (FakeChannel *self)
{
}

static TbxSimChannel *
fake_host_open (TbxSimHost *host, TbxSimProtocol protocol, TbxSimTransport transport,
                const char *owner)
{
  FakeHost *self = FAKE_HOST (host);
  FakeChannel *channel;

  g_assert_cmpint (transport, ==, TBX_SIM_TRANSPORT_BACKDOOR);
  if (self->refuse || (protocol != TBX_SIM_RPCI && protocol != TBX_SIM_TCLO))
    return NULL;
  channel = g_object_new (FAKE_TYPE_CHANNEL, "protocol", (guint) protocol, NULL);
  channel->host = self;
  self->n_open++;
  return TBX_SIM_CHANNEL (channel);
}

static TbxSimStrikes
fake_host_step (TbxSimHost *host, TbxSimProtocol protocol, TbxSimStep step, guint *delay_ms)
{
  FakeHost *self = FAKE_HOST (host);

  *delay_ms = self->delay_ms;
  if (self->struck_nth == 0 || step != self->struck_step || --self->struck_nth > 0)
    return 0;
  return self->strikes;
}

static void
fake_host_count (TbxSimHost *host, TbxSimCounter counter, guint n)
{
  FAKE_HOST (host)->counters[counter] += n;
}

static void
fake_host_finalize (GObject *object)
{
  FakeHost *self = FAKE_HOST (object);

  g_queue_clear_full (&self->queue, (GDestroyNotify) g_bytes_unref);
  g_ptr_array_unref (self->delivered);
  g_hash_table_unref (self->replies);
  G_OBJECT_CLASS (fake_host_parent_class)->finalize (object);
}

static void
fake_host_class_init (FakeHostClass *klass)
{
  TbxSimHostClass *host_class = TBX_SIM_HOST_CLASS (klass);

  host_class->open = fake_host_open;
  host_class->step = fake_host_step;
  host_class->count = fake_host_count;
  G_OBJECT_CLASS (klass)->finalize = fake_host_finalize;
}

static void
fake_host_init (FakeHost *self)
{
  g_queue_init (&self->queue);
  self->delivered = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->replies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

FakeHost *
fake_host_new (void)
{
  return g_object_new (FAKE_TYPE_HOST, NULL);
}

/* What a request is answered with; others are swallowed. */
void
fake_host_reply (FakeHost *self, const char *request, const char *reply)
{
  g_hash_table_replace (self->replies, g_strdup (request), g_strdup (reply));
}

void
fake_host_queue (FakeHost *self, gconstpointer data, gsize size)
{
  g_queue_push_tail (&self->queue, g_bytes_new (data, size));
}

/* Strikes the @nth step of that kind from now on, once. */
void
fake_host_strike (FakeHost *self, TbxSimStep step, guint nth, TbxSimStrikes strikes)
{
  self->struck_step = step;
  self->struck_nth = nth;
  self->strikes = strikes;
}
