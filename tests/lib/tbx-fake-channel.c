/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-fake-channel.h"
#include "tbx-error.h"
#include <string.h>

typedef struct
{
  char *prefix;   /* of a request (owned) */
  char *reply;    /* whole, or NULL for none (owned) */
} Rule;

G_DEFINE_FINAL_TYPE (TbxFakeChannel, tbx_fake_channel, TBX_TYPE_CHANNEL)

static void
rule_free (gpointer data)
{
  Rule *rule = data;

  g_free (rule->prefix);
  g_free (rule->reply);
  g_free (rule);
}

static void
fake_drop_reply (TbxFakeChannel *self)
{
  if (self->reply_source != NULL)
    g_source_destroy (self->reply_source);
  g_clear_pointer (&self->reply_source, g_source_unref);
  g_clear_pointer (&self->reply, g_bytes_unref);
}

static gboolean
on_reply_due (gpointer user_data)
{
  g_autoptr(TbxFakeChannel) self = g_object_ref (user_data);
  g_autoptr(GBytes) reply = g_steal_pointer (&self->reply);
  gsize size;
  gconstpointer data = g_bytes_get_data (reply, &size);

  fake_drop_reply (self);
  tbx_fake_channel_receive (self, data, size);
  return G_SOURCE_REMOVE;
}

/* Never from within the send: a channel promises that. */
static void
fake_queue_reply (TbxFakeChannel *self, const char *text)
{
  self->reply = g_bytes_new (text, strlen (text));
  self->reply_source = g_idle_source_new ();
  g_source_set_priority (self->reply_source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (self->reply_source, "tbx-fake-reply");
  g_source_set_callback (self->reply_source, on_reply_due, self, NULL);
  g_source_attach (self->reply_source, NULL);
}

/* The newest rule that fits says what the host replies; without one it agrees. */
static const char *
fake_find_reply (TbxFakeChannel *self, GBytes *request)
{
  gsize size;
  const char *data = g_bytes_get_data (request, &size);

  for (GList *l = self->rules.head; l != NULL; l = l->next)
    {
      const Rule *rule = l->data;
      gsize n = strlen (rule->prefix);

      if (n <= size && memcmp (data, rule->prefix, n) == 0)
        return rule->reply;
    }
  return "1 ";
}

static gboolean
tbx_fake_channel_open (TbxChannel *channel, GError **error)
{
  TbxFakeChannel *self = TBX_FAKE_CHANNEL (channel);

  self->n_opens++;
  self->exchange = FALSE;
  if (self->refuse_opens > 0)
    {
      self->refuse_opens--;
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "refused by the test");
      return FALSE;
    }
  if (!self->slow_open)
    tbx_channel_opened (channel);
  return TRUE;
}

static gboolean
tbx_fake_channel_send (TbxChannel *channel, GBytes *message, GError **error)
{
  TbxFakeChannel *self = TBX_FAKE_CHANNEL (channel);
  gboolean rpci = tbx_channel_get_protocol (channel) == TBX_PROTOCOL_RPCI;
  const char *reply;

  g_assert_true (self->exchange == !rpci);
  if (self->fail_sends > 0)
    {
      self->fail_sends--;
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "broken by the test");
      return FALSE;
    }
  self->exchange = rpci;
  g_ptr_array_add (self->sent, g_bytes_ref (message));
  reply = rpci ? fake_find_reply (self, message) : NULL;
  if (reply != NULL)
    fake_queue_reply (self, reply);
  return TRUE;
}

static void
tbx_fake_channel_close (TbxChannel *channel)
{
  TbxFakeChannel *self = TBX_FAKE_CHANNEL (channel);

  self->n_closes++;
  self->exchange = FALSE;
  fake_drop_reply (self);
}

static void
tbx_fake_channel_dispose (GObject *object)
{
  tbx_channel_close (TBX_CHANNEL (object));
  G_OBJECT_CLASS (tbx_fake_channel_parent_class)->dispose (object);
}

static void
tbx_fake_channel_finalize (GObject *object)
{
  TbxFakeChannel *self = TBX_FAKE_CHANNEL (object);

  g_ptr_array_unref (self->sent);
  g_queue_clear_full (&self->rules, rule_free);
  G_OBJECT_CLASS (tbx_fake_channel_parent_class)->finalize (object);
}

static void
tbx_fake_channel_class_init (TbxFakeChannelClass *klass)
{
  TbxChannelClass *channel_class = TBX_CHANNEL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tbx_fake_channel_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_fake_channel_finalize;
  channel_class->transport = "fake";
  channel_class->max_send_bytes = TBX_FAKE_MAX_SEND_BYTES;
  channel_class->open = tbx_fake_channel_open;
  channel_class->send = tbx_fake_channel_send;
  channel_class->close = tbx_fake_channel_close;
}

static void
tbx_fake_channel_init (TbxFakeChannel *self)
{
  self->sent = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_queue_init (&self->rules);
}

/**
 * tbx_fake_channel_new:
 * @protocol: what it is for
 *
 * Returns: (transfer full): a closed channel
 */
TbxFakeChannel *
tbx_fake_channel_new (TbxProtocol protocol)
{
  return g_object_new (TBX_TYPE_FAKE_CHANNEL, "protocol", (guint) protocol, NULL);
}

/**
 * tbx_fake_channel_answer:
 * @self: an RPCI channel
 * @prefix: with which a request begins
 * @reply: (nullable): what the host replies, status included; %NULL for silence
 *
 * The newest rule that fits counts; requests that none fits are answered `1 `.
 */
void
tbx_fake_channel_answer (TbxFakeChannel *self, const char *prefix, const char *reply)
{
  Rule *rule = g_new (Rule, 1);

  *rule = (Rule) { g_strdup (prefix), g_strdup (reply) };
  g_queue_push_head (&self->rules, rule);
}

/* Ends what slow_open began. */
void
tbx_fake_channel_finish_open (TbxFakeChannel *self)
{
  g_assert_cmpint (tbx_channel_get_state (TBX_CHANNEL (self)), ==, TBX_CHANNEL_OPENING);
  tbx_channel_opened (TBX_CHANNEL (self));
}

/* The host sends a message: @size bytes and a NUL, so that a sanitizer sees one
 * byte too many. */
void
tbx_fake_channel_receive (TbxFakeChannel *self, gconstpointer data, gsize size)
{
  g_autofree guint8 *exact = g_malloc (size + 1);

  g_assert_cmpint (tbx_channel_get_state (TBX_CHANNEL (self)), ==, TBX_CHANNEL_OPEN);
  if (size > 0)
    memcpy (exact, data, size);
  exact[size] = '\0';
  self->exchange = tbx_channel_get_protocol (TBX_CHANNEL (self)) == TBX_PROTOCOL_TCLO;
  tbx_channel_received (TBX_CHANNEL (self), exact, size);
}

/* The channel breaks, as after an error of the transport. */
void
tbx_fake_channel_fail (TbxFakeChannel *self)
{
  g_autoptr(GError) error = g_error_new_literal (TBX_ERROR, TBX_ERROR_TRANSPORT,
                                                 "broken by the test");

  tbx_channel_failed (TBX_CHANNEL (self), error);
}

/**
 * tbx_fake_channel_dup_sent:
 * @self: the channel
 *
 * Returns: (transfer full): all that was sent since the last call, as text: messages
 *   joined with "|", each NUL as "␀", which the specification prints so
 */
char *
tbx_fake_channel_dup_sent (TbxFakeChannel *self)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < self->sent->len; i++)
    {
      gsize size;
      const char *data = g_bytes_get_data (g_ptr_array_index (self->sent, i), &size);

      if (i > 0)
        g_string_append_c (all, '|');
      for (gsize n = 0; n < size; n++)
        if (data[n] == '\0')
          g_string_append (all, "␀");
        else
          g_string_append_c (all, data[n]);
    }
  g_ptr_array_set_size (self->sent, 0);
  return g_string_free (all, FALSE);
}
