/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-model-private.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include "tbx-sim-alarm.h"

#define MAX_VIOLATIONS_KEPT 32

G_DEFINE_FINAL_TYPE (TbxSimModel, tbx_sim_model, TBX_TYPE_SIM_HOST)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

void
tbx_sim_model_changed (TbxSimModel *self)
{
  if (self->watchers > 0)
    g_source_set_ready_time (self->news, 0);
}

void
tbx_sim_model_violation (TbxSimModel *self, const char *who, const char *what)
{
  self->counters[TBX_SIM_COUNTER_VIOLATIONS]++;
  g_queue_push_tail (&self->violations, g_strdup_printf ("%s: %s", who, what));
  if (self->violations.length > MAX_VIOLATIONS_KEPT)
    g_free (g_queue_pop_head (&self->violations));
  tbx_sim_model_changed (self);
}

/* The clock goes off at @due_us at the latest. */
void
tbx_sim_model_set_clock (TbxSimModel *self, gint64 due_us)
{
  if (due_us >= self->clock_due_us)
    return;
  self->clock_due_us = due_us;
  g_source_set_ready_time (self->clock, due_us);
}

/* Takes @request, which is over; who asked is told from the main context. */
void
tbx_sim_model_finish (TbxSimModel *self, TbxSimRequest *request)
{
  if (request->callback == NULL)
    {
      tbx_sim_request_free (request);
      return;
    }
  g_queue_push_tail (&self->finished, request);
  g_source_set_ready_time (self->news, 0);
}

static void
check_channel (TbxSimModel *self, TbxSimModelChannel *channel, gint64 now_us)
{
  gint64 dies_at_us = channel->sign_at_us + (gint64) self->options.dead_after_ms * 1000;

  if (channel->protocol != TBX_SIM_TCLO || channel->closed || channel->dead)
    return;
  if (now_us >= dies_at_us)
    {
      channel->dead = TRUE;
      tbx_sim_model_changed (self);
      return;
    }
  tbx_sim_model_set_clock (self, dies_at_us);
  tbx_sim_model_channel_say (channel, now_us);
}

static gboolean
on_clock (gpointer user_data)
{
  TbxSimModel *self = user_data;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 now_us = g_get_monotonic_time ();

  self->clock_due_us = G_MAXINT64;
  for (guint i = 0; i < self->channels->len; i++)
    check_channel (self, g_ptr_array_index (self->channels, i), now_us);
  return G_SOURCE_CONTINUE;
}

/* Without the lock, for the callbacks may ask the host for anything. */
static void
tell_finished (GQueue *finished)
{
  TbxSimRequest *next;

  while ((next = g_queue_pop_head (finished)) != NULL)
    {
      g_autoptr(TbxSimRequest) request = next;

      request->callback (request->reply, request->error, request->user_data);
    }
}

static gboolean
on_news (gpointer user_data)
{
  g_autoptr(TbxSimModel) self = g_object_ref (user_data);
  GQueue finished;

  g_mutex_lock (&self->lock);
  finished = self->finished;
  g_queue_init (&self->finished);
  g_mutex_unlock (&self->lock);
  tell_finished (&finished);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return G_SOURCE_CONTINUE;
}

static TbxSimChannel *
model_open (TbxSimHost     *host,
            TbxSimProtocol  protocol,
            TbxSimTransport transport,
            const char     *owner)
{
  TbxSimModel *self = TBX_SIM_MODEL (host);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  TbxSimModelChannel *channel;
  guint live = 0;

  if (protocol != TBX_SIM_RPCI && protocol != TBX_SIM_TCLO)
    return NULL;
  for (guint i = 0; i < self->channels->len; i++)
    live += !((TbxSimModelChannel *) g_ptr_array_index (self->channels, i))->closed;
  if (live >= TBX_SIM_MAX_CHANNELS)
    return NULL;
  if (tbx_sim_faults_strike (self->faults, TBX_SIM_FAULT_REFUSE_OPEN, protocol,
                             TBX_SIM_STEP_OPEN) != 0)
    return NULL;
  channel = tbx_sim_model_channel_new (self, protocol, transport, owner);
  if (protocol == TBX_SIM_TCLO)
    {
      tbx_sim_model_channel_say (channel, channel->sign_at_us);
      tbx_sim_model_set_clock (self, channel->sign_at_us
                                       + (gint64) self->options.dead_after_ms * 1000);
    }
  tbx_sim_model_changed (self);
  return TBX_SIM_CHANNEL (channel);
}

static TbxSimStrikes
model_step (TbxSimHost *host, TbxSimProtocol protocol, TbxSimStep step, guint *delay_ms)
{
  TbxSimModel *self = TBX_SIM_MODEL (host);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return tbx_sim_faults_at_step (self->faults, protocol, step, delay_ms);
}

static void
model_count (TbxSimHost *host, TbxSimCounter counter, guint n)
{
  TbxSimModel *self = TBX_SIM_MODEL (host);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->counters[counter] += n;
}

static void
tbx_sim_model_dispose (GObject *object)
{
  TbxSimModel *self = TBX_SIM_MODEL (object);

  g_source_destroy (self->clock);
  g_source_destroy (self->news);
  G_OBJECT_CLASS (tbx_sim_model_parent_class)->dispose (object);
}

static void
tbx_sim_model_finalize (GObject *object)
{
  TbxSimModel *self = TBX_SIM_MODEL (object);

  g_source_unref (self->clock);
  g_source_unref (self->news);
  tell_finished (&self->finished);
  g_queue_clear_full (&self->violations, g_free);
  g_ptr_array_unref (self->channels);
  tbx_sim_faults_free (self->faults);
  tbx_sim_rpci_free (self->rpci);
  tbx_sim_guest_free (self->guest);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (tbx_sim_model_parent_class)->finalize (object);
}

static void
tbx_sim_model_class_init (TbxSimModelClass *klass)
{
  TbxSimHostClass *host_class = TBX_SIM_HOST_CLASS (klass);

  host_class->open = model_open;
  host_class->step = model_step;
  host_class->count = model_count;
  G_OBJECT_CLASS (klass)->dispose = tbx_sim_model_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_sim_model_finalize;
  /* Something that tbx_sim_model_describe() shows may be different now.  Emitted
   * in the host's main context, while somebody watches. */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_sim_model_init (TbxSimModel *self)
{
  g_mutex_init (&self->lock);
  self->guest = tbx_sim_guest_new ();
  self->rpci = tbx_sim_rpci_new (self->guest);
  self->faults = tbx_sim_faults_new ();
  self->channels = g_ptr_array_new ();
  self->clock_due_us = G_MAXINT64;
  self->clock = tbx_sim_alarm_new ("vmxsim clock", on_clock, self);
  self->news = tbx_sim_alarm_new ("vmxsim news", on_news, self);
}

/**
 * tbx_sim_model_new:
 * @options: how it behaves; copied
 *
 * Its timers and callbacks run in the thread's default main context.
 *
 * Returns: (transfer full): a host without a guest
 */
TbxSimModel *
tbx_sim_model_new (const TbxSimModelOptions *options)
{
  TbxSimModel *self = g_object_new (TBX_TYPE_SIM_MODEL, NULL);

  self->options = *options;
  return self;
}

/**
 * tbx_sim_model_set_variable:
 * @self: the host
 * @key: the whole key, which begins with "guestinfo."
 * @value: any bytes
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`, `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_sim_model_set_variable (TbxSimModel *self, const char *key, GBytes *value, GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return tbx_sim_guest_set_variable (self->guest, key, value, error);
}

/**
 * tbx_sim_model_get_variable:
 * @self: the host
 * @key: the whole key
 *
 * Returns: (transfer full) (nullable): its value, or %NULL when it has none
 */
GBytes *
tbx_sim_model_get_variable (TbxSimModel *self, const char *key)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GBytes *value = tbx_sim_guest_get_variable (self->guest, key);

  return value != NULL ? g_bytes_ref (value) : NULL;
}

/**
 * tbx_sim_model_override:
 * @self: the host
 * @prefix: first bytes of the RPCI requests that are meant; not empty
 * @reply: what they get instead
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TOO_LARGE` when there are too many.
 */
gboolean
tbx_sim_model_override (TbxSimModel *self, const char *prefix, GBytes *reply, GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return tbx_sim_rpci_override (self->rpci, prefix, reply, error);
}

/**
 * tbx_sim_model_restore:
 * @self: the host
 * @prefix: as given to [method@Tbx.SimModel.override]; "" for all
 *
 * Returns: how many were taken away
 */
guint
tbx_sim_model_restore (TbxSimModel *self, const char *prefix)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return tbx_sim_rpci_restore (self->rpci, prefix);
}

/**
 * tbx_sim_model_add_fault:
 * @self: the host
 * @rule: what is to go wrong
 * @error: return location for an error
 *
 * Errors: those of [func@Tbx.SimFaults.add].
 */
gboolean
tbx_sim_model_add_fault (TbxSimModel *self, const TbxSimFaultRule *rule, GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return tbx_sim_faults_add (self->faults, rule, error);
}

/* Returns how many faults are set and not used up. */
guint
tbx_sim_model_n_faults (TbxSimModel *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return tbx_sim_faults_pending (self->faults);
}

void
tbx_sim_model_clear_faults (TbxSimModel *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  tbx_sim_faults_clear (self->faults);
}

/**
 * tbx_sim_model_close_channels:
 * @self: the host
 * @protocol: which channels, or 0 for all
 *
 * What a guest finds after it was resumed or moved.
 *
 * Returns: how many were open
 */
guint
tbx_sim_model_close_channels (TbxSimModel *self, guint32 protocol)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint n = 0;

  for (guint i = 0; i < self->channels->len; i++)
    {
      TbxSimModelChannel *channel = g_ptr_array_index (self->channels, i);

      if (channel->closed || (protocol != 0 && channel->protocol != protocol))
        continue;
      tbx_sim_model_channel_hangup (channel);
      n++;
    }
  tbx_sim_model_changed (self);
  return n;
}

/* The last one that took the name: an older one is what a crash has left. */
static TbxSimModelChannel *
find_app (TbxSimModel *self, const char *app)
{
  for (guint i = self->channels->len; i-- > 0;)
    {
      TbxSimModelChannel *channel = g_ptr_array_index (self->channels, i);

      if (channel->protocol == TBX_SIM_TCLO && !channel->closed
          && (app == NULL || g_strcmp0 (channel->name, app) == 0))
        return channel;
    }
  return NULL;
}

/**
 * tbx_sim_model_request:
 * @self: the host
 * @app: (nullable): name of the application to ask; %NULL for `toolbox`, or when
 *   there is no such, any
 * @text: what to ask; any bytes
 * @callback: (nullable) (scope async): called once, unless this fails
 * @user_data: for @callback
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_NOT_FOUND` when no such guest listens, `TBX_ERROR_BUSY`.
 */
gboolean
tbx_sim_model_request (TbxSimModel    *self,
                       const char     *app,
                       GBytes         *text,
                       TbxSimReplyFunc callback,
                       gpointer        user_data,
                       GError        **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  TbxSimModelChannel *channel = find_app (self, app != NULL ? app : TBX_APP_NAME);

  if (channel == NULL && app == NULL)
    channel = find_app (self, NULL);
  if (channel == NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, "no guest listens");
      return FALSE;
    }
  return tbx_sim_model_channel_queue (channel, tbx_sim_request_new (text, callback, user_data),
                                      error);
}

guint64
tbx_sim_model_get_counter (TbxSimModel *self, TbxSimCounter counter)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->counters[counter];
}

/**
 * tbx_sim_model_watch:
 * @self: the host
 *
 * Has the signal "changed" emitted, until [method@Tbx.SimModel.unwatch].
 * Without a watcher a transport's thread never wakes the host's.
 */
void
tbx_sim_model_watch (TbxSimModel *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->watchers++;
}

void
tbx_sim_model_unwatch (TbxSimModel *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_return_if_fail (self->watchers > 0);
  self->watchers--;
}
