/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power.h"
#include "tbx-error.h"
#include "tbx-power-preparation.h"

#define DEADLINE_MS 10000

/* A shutdown that was accepted and has not ended us by then does not happen. */
#define GOING_DOWN_MS 30000

/* Turns a power request of the host into its preparation, then into the operation,
 * and says once how that ended.  Knows no bus and no channel.
 * Source: docs/wire/power.md, "States". */
struct _TbxPower
{
  GObject              parent_instance;
  TbxPowerHolds       *holds;        /* owned */
  TbxPowerHandlers    *handlers;     /* owned */
  TbxPowerFiles       *files;        /* owned, or NULL */
  GPtrArray           *backends;     /* of TbxPowerBackend (owned), in the order of trial */
  guint                deadline_ms;  /* of a preparation */
  TbxPowerState        state;
  TbxPowerOperation    operation;    /* the pending one */
  TbxPowerOperation    last_failed;  /* a repetition of it is carried out, whoever refuses */
  TbxPowerPreparation *preparation;  /* owned, or NULL */
  GCancellable        *acting;       /* of the back end that is tried (owned), or NULL */
  guint                backend;      /* index of that one */
  char                *note;         /* what the preparation had to say (owned), or NULL */
  GString             *refusals;     /* why those before it did not (owned) */
  GVariant            *blockers;     /* a(ss): what it waits for (owned), or NULL */
  guint                watch_id;     /* source that gives up a shutdown, or 0 */
};

G_DEFINE_FINAL_TYPE (TbxPower, tbx_power, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, SIGNAL_REQUESTED, SIGNAL_COMPLETED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void power_act (TbxPower *self);

static void
power_set_state (TbxPower *self, TbxPowerState state, TbxPowerOperation operation)
{
  self->state = state;
  self->operation = operation;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static gboolean
on_not_gone_down (gpointer user_data)
{
  TbxPower *self = user_data;

  self->watch_id = 0;
  g_warning ("The shutdown was accepted, but did not begin within %d s", GOING_DOWN_MS / 1000);
  power_set_state (self, TBX_POWER_IDLE, TBX_POWER_NONE);
  return G_SOURCE_REMOVE;
}

/* Leaves whatever is under way behind. */
static void
power_drop (TbxPower *self)
{
  g_autoptr(TbxPowerPreparation) preparation = g_steal_pointer (&self->preparation);
  g_autoptr(GCancellable) acting = g_steal_pointer (&self->acting);

  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_pointer (&self->blockers, g_variant_unref);
  if (preparation != NULL)
    {
      g_signal_handlers_disconnect_by_data (preparation, self);
      tbx_power_preparation_abandon (preparation);
    }
  if (acting != NULL)
    {
      g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->backends, self->backend), self);
      g_cancellable_cancel (acting);
    }
}

/* Every way out of a request ends here, once. */
static void
power_complete (TbxPower *self, TbxPowerState next, gboolean success, const char *message)
{
  TbxPowerOperation operation = self->operation;
  g_autofree char *note = g_steal_pointer (&self->note);
  g_autofree char *text = note == NULL ? g_strdup (message) : g_strconcat (note, "; ", message, NULL);

  power_drop (self);
  self->last_failed = success ? TBX_POWER_NONE : operation;
  g_info ("%s: %s%s%s", tbx_power_operation_get_word (operation), success ? "done" : "failed",
          text[0] != '\0' ? ": " : "", text);
  if (next == TBX_POWER_GOING_DOWN)
    {
      self->watch_id = g_timeout_add (GOING_DOWN_MS, on_not_gone_down, self);
      g_source_set_name_by_id (self->watch_id, "tbx-power-going-down");
    }
  power_set_state (self, next, TBX_POWER_NONE);
  g_signal_emit (self, signals[SIGNAL_COMPLETED], 0, (guint) operation, success, text);
}

static void
on_blocked (TbxPowerBackend *backend, GVariant *blockers, TbxPower *self)
{
  g_clear_pointer (&self->blockers, g_variant_unref);
  self->blockers = g_variant_ref (blockers);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* What an answer of a back end belongs to. */
typedef struct
{
  TbxPower     *owner;    /* owned */
  GCancellable *acting;   /* owned */
} Attempt;

static void
on_acted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Attempt *attempt = user_data;
  g_autoptr(TbxPower) self = attempt->owner;
  g_autoptr(GCancellable) acting = attempt->acting;
  g_autoptr(GError) error = NULL;
  TbxPowerBackend *backend = TBX_POWER_BACKEND (source);
  gboolean done = tbx_power_backend_act_finish (backend, result, &error);

  if (self->acting != acting)   /* settled without it */
    return;
  g_signal_handlers_disconnect_by_data (backend, self);
  g_clear_object (&self->acting);
  g_clear_pointer (&self->blockers, g_variant_unref);
  if (done)
    {
      g_autofree char *message = g_strdup_printf ("accepted by %s", tbx_power_backend_get_name (backend));

      power_complete (self, TBX_POWER_GOING_DOWN, TRUE, message);
      return;
    }
  g_string_append_printf (self->refusals, "%s%s: %s", self->refusals->len > 0 ? "; " : "",
                          tbx_power_backend_get_name (backend), error->message);
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_REFUSED))
    {
      power_complete (self, TBX_POWER_IDLE, FALSE, self->refusals->str);
      return;
    }
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_NOT_FOUND))
    g_info ("%s: %s", tbx_power_backend_get_name (backend), error->message);
  else
    g_warning ("%s: %s", tbx_power_backend_get_name (backend), error->message);
  self->backend++;
  power_act (self);
}

/* Tries the next back end, if there is one. */
static void
power_act (TbxPower *self)
{
  TbxPowerBackend *backend;
  Attempt *attempt;

  if (self->backend >= self->backends->len)
    {
      power_complete (self, TBX_POWER_IDLE, FALSE,
                      self->refusals->len > 0 ? self->refusals->str : "there is no way to do it");
      return;
    }
  backend = g_ptr_array_index (self->backends, self->backend);
  self->acting = g_cancellable_new ();
  attempt = g_new (Attempt, 1);
  *attempt = (Attempt) { g_object_ref (self), g_object_ref (self->acting) };
  g_signal_connect (backend, "blocked", G_CALLBACK (on_blocked), self);
  tbx_power_backend_act_async (backend, self->operation, self->acting, on_acted, attempt);
}

/* Nobody minds, or it is the host's second attempt. */
static void
power_go_on (TbxPower *self, const char *message)
{
  if (!tbx_power_set_has (TBX_POWER_SET_GOING_DOWN, self->operation))
    {
      power_complete (self, TBX_POWER_IDLE, TRUE, message);
      return;
    }
  g_free (self->note);
  self->note = message[0] != '\0' ? g_strdup (message) : NULL;
  power_set_state (self, TBX_POWER_ACTING, self->operation);
  self->backend = 0;
  g_string_truncate (self->refusals, 0);
  power_act (self);
}

static void
on_prepared (TbxPowerPreparation *preparation, TbxPower *self)
{
  g_autoptr(TbxPowerPreparation) kept = g_steal_pointer (&self->preparation);
  const char *message = tbx_power_preparation_get_message (kept);

  g_signal_handlers_disconnect_by_data (kept, self);
  switch (tbx_power_preparation_get_outcome (kept))
    {
    case TBX_POWER_HANDLED:
      power_complete (self, TBX_POWER_IDLE, TRUE, message);
      break;
    case TBX_POWER_REFUSED:
      if (self->last_failed != self->operation)
        {
          power_complete (self, TBX_POWER_IDLE, FALSE, message);
          break;
        }
      g_warning ("%s: asked for again, so done although %s",
                 tbx_power_operation_get_word (self->operation), message);
      G_GNUC_FALLTHROUGH;
    case TBX_POWER_READY:
    default:
      power_go_on (self, message);
      break;
    }
}

static void
on_preparation_changed (TbxPowerPreparation *preparation, TbxPower *self)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/**
 * tbx_power_check:
 * @self: the power hub
 * @operation: what the host asks for
 *
 * Returns: what is to become of the request
 */
TbxPowerAnswer
tbx_power_check (TbxPower *self, TbxPowerOperation operation)
{
  switch (self->state)
    {
    case TBX_POWER_IDLE:
      return TBX_POWER_ANSWER_START;
    case TBX_POWER_GOING_DOWN:
      return tbx_power_set_has (TBX_POWER_SET_GOING_DOWN, operation) ? TBX_POWER_ANSWER_GOING_DOWN
                                                                     : TBX_POWER_ANSWER_BUSY;
    case TBX_POWER_PREPARING:
    case TBX_POWER_ACTING:
    default:
      return operation == self->operation ? TBX_POWER_ANSWER_PENDING : TBX_POWER_ANSWER_BUSY;
    }
}

/**
 * tbx_power_start:
 * @self: the power hub, which is idle
 * @operation: what the host asks for
 * @with_hooks: whether holds, handlers and files take part
 *
 * Emits "requested", and "completed" once it is settled, which may be before this
 * returns.
 */
void
tbx_power_start (TbxPower *self, TbxPowerOperation operation, gboolean with_hooks)
{
  const TbxPowerHooks hooks = { self->holds, self->handlers, self->files };
  gint64 deadline_us = g_get_monotonic_time ();

  g_return_if_fail (self->state == TBX_POWER_IDLE);
  self->state = TBX_POWER_PREPARING;
  self->operation = operation;
  if (with_hooks)
    {
      self->preparation = tbx_power_preparation_new (&hooks, operation, self->deadline_ms);
      g_signal_connect (self->preparation, "done", G_CALLBACK (on_prepared), self);
      g_signal_connect (self->preparation, "changed", G_CALLBACK (on_preparation_changed), self);
      tbx_power_preparation_start (self->preparation);
      deadline_us = tbx_power_preparation_get_deadline_us (self->preparation);
    }
  g_info ("The host asks for %s", tbx_power_operation_get_word (operation));
  g_signal_emit (self, signals[SIGNAL_REQUESTED], 0, (guint) operation, deadline_us);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  if (!with_hooks)
    power_go_on (self, "");
}

/**
 * tbx_power_shutdown_began:
 * @self: the power hub
 *
 * The guest goes down, whoever asked for it.  A request for that which is pending is
 * settled: the host has to know before the guest is gone.
 */
void
tbx_power_shutdown_began (TbxPower *self)
{
  gboolean wanted = tbx_power_set_has (TBX_POWER_SET_GOING_DOWN, self->operation);

  if (wanted)
    power_complete (self, TBX_POWER_GOING_DOWN, TRUE, "the guest is going down");
  else if (self->operation != TBX_POWER_NONE)
    return;
  g_clear_handle_id (&self->watch_id, g_source_remove);   /* it did begin */
  if (self->state != TBX_POWER_GOING_DOWN)
    power_set_state (self, TBX_POWER_GOING_DOWN, TBX_POWER_NONE);
}

/**
 * tbx_power_shutdown_cancelled:
 * @self: the power hub
 *
 * The guest does not go down after all.
 */
void
tbx_power_shutdown_cancelled (TbxPower *self)
{
  if (self->state != TBX_POWER_GOING_DOWN)
    return;
  g_clear_handle_id (&self->watch_id, g_source_remove);
  power_set_state (self, TBX_POWER_IDLE, TBX_POWER_NONE);
}

/**
 * tbx_power_abort:
 * @self: the power hub
 *
 * Ends a request that is pending as failed: the daemon stops.
 */
void
tbx_power_abort (TbxPower *self)
{
  if (self->operation != TBX_POWER_NONE)
    power_complete (self, TBX_POWER_IDLE, FALSE, "the daemon stops");
}

/**
 * tbx_power_add_backend:
 * @self: the power hub
 * @backend: (transfer none): a way to shut down, tried after those before
 */
void
tbx_power_add_backend (TbxPower *self, TbxPowerBackend *backend)
{
  g_ptr_array_add (self->backends, g_object_ref (backend));
}

/**
 * tbx_power_prepend_backend:
 * @self: the power hub, which is idle
 * @backend: (transfer none): a way to shut down, tried before all others
 */
void
tbx_power_prepend_backend (TbxPower *self, TbxPowerBackend *backend)
{
  g_ptr_array_insert (self->backends, 0, g_object_ref (backend));
}

/**
 * tbx_power_set_deadline_ms:
 * @self: the power hub
 * @deadline_ms: how long a preparation may take, milliseconds; counts from the next on
 */
void
tbx_power_set_deadline_ms (TbxPower *self, guint deadline_ms)
{
  self->deadline_ms = deadline_ms;
}

/**
 * tbx_power_get_deadline_ms:
 * @self: the power hub
 *
 * Returns: how long a preparation may take, milliseconds
 */
guint
tbx_power_get_deadline_ms (TbxPower *self)
{
  return self->deadline_ms;
}

/**
 * tbx_power_get_holds:
 * @self: the power hub
 *
 * Returns: (transfer none): where holds are taken
 */
TbxPowerHolds *
tbx_power_get_holds (TbxPower *self)
{
  return self->holds;
}

/**
 * tbx_power_get_handlers:
 * @self: the power hub
 *
 * Returns: (transfer none): where handlers are added
 */
TbxPowerHandlers *
tbx_power_get_handlers (TbxPower *self)
{
  return self->handlers;
}

/**
 * tbx_power_get_state:
 * @self: the power hub
 *
 * Returns: how far the pending request is
 */
TbxPowerState
tbx_power_get_state (TbxPower *self)
{
  return self->state;
}

/**
 * tbx_power_get_operation:
 * @self: the power hub
 *
 * Returns: what is pending, or %TBX_POWER_NONE
 */
TbxPowerOperation
tbx_power_get_operation (TbxPower *self)
{
  return self->operation;
}

/**
 * tbx_power_get_deadline_us:
 * @self: the power hub
 *
 * Returns: when the preparation ends at the latest, microseconds of the monotonic
 *   clock; 0 while nothing is prepared
 */
gint64
tbx_power_get_deadline_us (TbxPower *self)
{
  return self->preparation == NULL ? 0 : tbx_power_preparation_get_deadline_us (self->preparation);
}

/**
 * tbx_power_dup_waiting:
 * @self: the power hub
 *
 * Returns: (transfer full): `a(ss)`: who keeps the pending operation waiting: "hold",
 *   "handler", "file" or "inhibitor", and who; not floating
 */
GVariant *
tbx_power_dup_waiting (TbxPower *self)
{
  if (self->preparation != NULL)
    return tbx_power_preparation_dup_waiting (self->preparation);
  if (self->blockers != NULL)
    return g_variant_ref (self->blockers);
  return g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("(ss)"), NULL, 0));
}

static void
tbx_power_dispose (GObject *object)
{
  TbxPower *self = TBX_POWER (object);

  power_drop (self);
  if (self->files != NULL)
    tbx_power_files_kill (self->files);
  g_clear_object (&self->files);
  g_clear_object (&self->holds);
  g_clear_object (&self->handlers);
  g_ptr_array_set_size (self->backends, 0);
  G_OBJECT_CLASS (tbx_power_parent_class)->dispose (object);
}

static void
tbx_power_finalize (GObject *object)
{
  TbxPower *self = TBX_POWER (object);

  g_ptr_array_unref (self->backends);
  g_free (self->note);
  g_string_free (self->refusals, TRUE);
  G_OBJECT_CLASS (tbx_power_parent_class)->finalize (object);
}

static void
tbx_power_class_init (TbxPowerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_power_dispose;
  object_class->finalize = tbx_power_finalize;

  /**
   * TbxPower::changed:
   * @self: the power hub
   *
   * Its state, what is pending or who is waited for is another.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_POWER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);

  /**
   * TbxPower::requested:
   * @self: the power hub
   * @operation: what the host asks for
   * @deadline_us: when its preparation ends at the latest, monotonic clock
   */
  signals[SIGNAL_REQUESTED] = g_signal_new ("requested", TBX_TYPE_POWER, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT,
                                            G_TYPE_INT64);

  /**
   * TbxPower::completed:
   * @self: the power hub
   * @operation: what the host asked for
   * @success: whether it is done, or will be now
   * @message: why, or by whom; for people
   */
  signals[SIGNAL_COMPLETED] = g_signal_new ("completed", TBX_TYPE_POWER, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 3, G_TYPE_UINT,
                                            G_TYPE_BOOLEAN, G_TYPE_STRING);
}

static void
tbx_power_init (TbxPower *self)
{
  self->holds = tbx_power_holds_new ();
  self->handlers = tbx_power_handlers_new ();
  self->backends = g_ptr_array_new_with_free_func (g_object_unref);
  self->refusals = g_string_new (NULL);
  self->deadline_ms = DEADLINE_MS;
}

/**
 * tbx_power_new:
 * @files: (nullable): the administrator's files
 *
 * Returns: (transfer full): idle, and without a way to shut down
 */
TbxPower *
tbx_power_new (TbxPowerFiles *files)
{
  TbxPower *self = g_object_new (TBX_TYPE_POWER, NULL);

  g_set_object (&self->files, files);
  return self;
}
