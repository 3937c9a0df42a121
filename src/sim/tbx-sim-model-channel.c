/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-model-private.h"
#include "tbx-error.h"
#include <string.h>

/* A guest that lets so many replies lie has lost its place. */
#define MAX_REPLIES 16
#define MAX_NAME_BYTES 64

G_DEFINE_FINAL_TYPE (TbxSimModelChannel, tbx_sim_model_channel, TBX_TYPE_SIM_CHANNEL)

static void
channel_wake (TbxSimModelChannel *self)
{
  if (self->wake != NULL)
    g_source_set_ready_time (self->wake, 0);
}

static void
channel_violation (TbxSimModelChannel *self, const char *what)
{
  tbx_sim_model_violation (self->model, self->name != NULL ? self->name : self->owner, what);
}

static void
finish_all (TbxSimModelChannel *self, GQueue *finished)
{
  TbxSimRequest *request;

  while ((request = g_queue_pop_head (finished)) != NULL)
    tbx_sim_model_finish (self->model, request);
}

/* Nothing more comes of what waits on the channel. */
static void
channel_drop_all (TbxSimModelChannel *self)
{
  g_autoptr(GError) why = g_error_new (TBX_ERROR, TBX_ERROR_TRANSPORT, "the channel was closed");
  GQueue finished = G_QUEUE_INIT;

  g_queue_clear_full (&self->replies, (GDestroyNotify) g_bytes_unref);
  tbx_sim_tclo_clear (&self->tclo, &finished, why);
  finish_all (self, &finished);
}

/* Ends the channel from the host's side; the guest finds out. */
void
tbx_sim_model_channel_hangup (TbxSimModelChannel *self)
{
  self->closed = TRUE;
  channel_drop_all (self);
  channel_wake (self);
}

gboolean
tbx_sim_model_channel_queue (TbxSimModelChannel *self, TbxSimRequest *request, GError **error)
{
  if (!tbx_sim_tclo_queue (&self->tclo, request, error))
    return FALSE;
  channel_wake (self);
  return TRUE;
}

/* The next line of the script, if it is time for it and the guest is free. */
void
tbx_sim_model_channel_say (TbxSimModelChannel *self, gint64 now_us)
{
  const TbxSimModelOptions *options = &self->model->options;
  g_autoptr(GBytes) text = NULL;
  const char *line;

  if (options->silent || self->closed || !tbx_sim_tclo_is_idle (&self->tclo))
    return;
  line = tbx_sim_script_next (&self->script, now_us, (gint64) options->ping_interval_ms * 1000);
  if (line == NULL)
    {
      tbx_sim_model_set_clock (self->model, self->script.ping_at_us);
      return;
    }
  text = g_bytes_new_static (line, strlen (line) + (options->counted_nul ? 1 : 0));
  tbx_sim_model_channel_queue (self, tbx_sim_request_new (text, NULL, NULL), NULL);
}

static void
learn_name (TbxSimModelChannel *self, const char *reply)
{
  const char *name = g_str_has_prefix (reply, "OK ATR ") ? reply + strlen ("OK ATR ") : "";

  if (*name == '\0' || strlen (name) > MAX_NAME_BYTES || !g_utf8_validate (name, -1, NULL))
    {
      channel_violation (self, "reset answered without a name");
      return;
    }
  for (guint i = 0; i < self->model->channels->len; i++)
    {
      TbxSimModelChannel *other = g_ptr_array_index (self->model->channels, i);

      if (other != self && !other->closed && !other->dead && g_strcmp0 (other->name, name) == 0)
        channel_violation (self, "a second channel of the same name");
    }
  g_free (self->name);
  self->name = g_strdup (name);
}

static void
learn_option (TbxSimModelChannel *self, const char *pair)
{
  const char *value = strchr (pair, ' ');
  g_autofree char *name = NULL;

  if (value == NULL || value[1] == '\0')
    return;
  name = g_strndup (pair, (gsize) (value - pair));
  tbx_sim_guest_set_text (self->model->guest->options, name, value + 1, TBX_SIM_MAX_OPTIONS);
}

/* Up to a NUL, as a C program reads it; never NULL. */
static char *
text_of (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return g_strndup (data != NULL ? data : "", size);
}

/* What the host concludes from an answer, whoever asked. */
static void
channel_learn (TbxSimModelChannel *self, const TbxSimRequest *request)
{
  g_autofree char *text = text_of (request->text);
  g_autofree char *reply = text_of (request->reply);
  gboolean ok = g_str_has_prefix (reply, "OK ");

  if (strcmp (text, "ping") == 0)
    self->answers = ok;
  else if (strcmp (text, "reset") == 0)
    learn_name (self, reply);
  else if (ok && g_str_has_prefix (text, "Set_Option "))
    learn_option (self, text + strlen ("Set_Option "));
}

static void
deliver_reply (TbxSimModelChannel *self, GBytes *message)
{
  const char *violation = NULL;
  TbxSimRequest *request = tbx_sim_tclo_answer (&self->tclo, message, &violation);

  if (request == NULL)
    {
      channel_violation (self, violation);
      return;
    }
  self->model->counters[TBX_SIM_COUNTER_REPLIES]++;
  channel_learn (self, request);
  tbx_sim_model_finish (self->model, request);
  tbx_sim_model_channel_say (self, g_get_monotonic_time ());
  channel_wake (self);
  tbx_sim_model_changed (self->model);
}

static void
deliver_sign (TbxSimModelChannel *self)
{
  const char *violation = NULL;

  self->model->counters[TBX_SIM_COUNTER_POLLS]++;
  tbx_sim_tclo_sign (&self->tclo, self->transport, &violation);
  if (violation != NULL)
    channel_violation (self, violation);
}

static void
deliver_command (TbxSimModelChannel *self, GBytes *message)
{
  TbxSimModel *model = self->model;
  g_autoptr(GBytes) none = g_bytes_new_static (NULL, 0);
  GBytes *reply = tbx_sim_rpci_run (model->rpci, message != NULL ? message : none);

  model->counters[TBX_SIM_COUNTER_REQUESTS]++;
  if (self->replies.length > 0)
    channel_violation (self, "a command before the last reply was taken");
  if (self->replies.length >= MAX_REPLIES)
    g_bytes_unref (g_queue_pop_head (&self->replies));
  if (tbx_sim_faults_strike (model->faults, TBX_SIM_FAULT_LOSE_REPLY, TBX_SIM_RPCI,
                             TBX_SIM_STEP_PACKET) != 0)
    g_bytes_unref (reply);
  else
    g_queue_push_tail (&self->replies, reply);
  channel_wake (self);
  tbx_sim_model_changed (model);
}

static void
model_channel_deliver (TbxSimChannel *channel, GBytes *message)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (channel);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->model->lock);

  if (self->closed)
    return;
  self->sign_at_us = g_get_monotonic_time ();
  if (self->dead)
    {
      self->dead = FALSE;
      tbx_sim_model_changed (self->model);
    }
  if (self->protocol == TBX_SIM_RPCI)
    deliver_command (self, message);
  else if (message != NULL && g_bytes_get_size (message) > 0)
    deliver_reply (self, message);
  else
    deliver_sign (self);
}

static GBytes *
model_channel_peek (TbxSimChannel *channel)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (channel);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->model->lock);
  GBytes *head;

  if (self->protocol == TBX_SIM_TCLO)
    return tbx_sim_tclo_peek (&self->tclo);
  head = g_queue_peek_head (&self->replies);
  return head == NULL ? NULL : g_bytes_ref (head);
}

static void
model_channel_pop (TbxSimChannel *channel, gboolean accepted)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (channel);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->model->lock);
  GQueue finished = G_QUEUE_INIT;
  gboolean taken;

  if (self->protocol == TBX_SIM_TCLO)
    taken = tbx_sim_tclo_pop (&self->tclo, accepted, &finished);
  else
    {
      g_autoptr(GBytes) head = g_queue_pop_head (&self->replies);

      taken = head != NULL;
    }
  finish_all (self, &finished);
  if (taken && !accepted)
    {
      self->model->counters[TBX_SIM_COUNTER_REJECTED]++;
      if (self->protocol == TBX_SIM_TCLO)
        tbx_sim_model_channel_say (self, g_get_monotonic_time ());
    }
}

static gboolean
model_channel_is_closed (TbxSimChannel *channel)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (channel);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->model->lock);

  return self->closed;
}

static void
model_channel_set_wake (TbxSimChannel *channel, GSource *source)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (channel);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->model->lock);

  g_clear_pointer (&self->wake, g_source_unref);
  if (source != NULL)
    self->wake = g_source_ref (source);
  channel_wake (self);
}

static void
model_channel_close (TbxSimChannel *channel)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (channel);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->model->lock);

  self->closed = TRUE;
  channel_drop_all (self);
  if (g_ptr_array_remove (self->model->channels, self))
    tbx_sim_model_changed (self->model);
}

static void
tbx_sim_model_channel_dispose (GObject *object)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (object);

  if (self->model != NULL)
    model_channel_close (TBX_SIM_CHANNEL (self));
  g_clear_object (&self->model);
  G_OBJECT_CLASS (tbx_sim_model_channel_parent_class)->dispose (object);
}

static void
tbx_sim_model_channel_finalize (GObject *object)
{
  TbxSimModelChannel *self = TBX_SIM_MODEL_CHANNEL (object);

  g_clear_pointer (&self->wake, g_source_unref);
  g_free (self->name);
  g_free (self->owner);
  G_OBJECT_CLASS (tbx_sim_model_channel_parent_class)->finalize (object);
}

static void
tbx_sim_model_channel_class_init (TbxSimModelChannelClass *klass)
{
  TbxSimChannelClass *channel_class = TBX_SIM_CHANNEL_CLASS (klass);

  channel_class->deliver = model_channel_deliver;
  channel_class->peek = model_channel_peek;
  channel_class->pop = model_channel_pop;
  channel_class->is_closed = model_channel_is_closed;
  channel_class->set_wake = model_channel_set_wake;
  channel_class->close = model_channel_close;
  G_OBJECT_CLASS (klass)->dispose = tbx_sim_model_channel_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_sim_model_channel_finalize;
}

static void
tbx_sim_model_channel_init (TbxSimModelChannel *self)
{
}

TbxSimModelChannel *
tbx_sim_model_channel_new (TbxSimModel    *model,
                           TbxSimProtocol  protocol,
                           TbxSimTransport transport,
                           const char     *owner)
{
  TbxSimModelChannel *self =
    g_object_new (TBX_TYPE_SIM_MODEL_CHANNEL, "protocol", (guint) protocol, NULL);

  self->model = g_object_ref (model);
  self->protocol = protocol;
  self->transport = transport;
  self->owner = g_utf8_make_valid (owner, -1);
  self->sign_at_us = g_get_monotonic_time ();
  g_ptr_array_add (model->channels, self);
  return self;
}
