/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-preparation.h"
#include "tbx-error.h"

struct _TbxPowerPreparation
{
  GObject           parent_instance;
  TbxPowerHolds    *holds;        /* owned */
  TbxPowerHandlers *handlers;     /* owned */
  TbxPowerFiles    *files;        /* owned, or NULL */
  TbxPowerOperation operation;
  gint64            deadline_us;  /* monotonic clock */
  guint             deadline_ms;  /* from the start on */
  guint             deadline_id;  /* source of it, or 0 */
  GCancellable     *asking;       /* ends the round of the handlers (owned) */
  gboolean          asked;        /* that round is over */
  gboolean          ran;          /* the files have ended */
  gboolean          over;         /* "done" was emitted, or nobody waits for it */
  TbxPowerOutcome   outcome;
  char             *message;      /* for people; owned, or NULL: nothing to say */
};

G_DEFINE_FINAL_TYPE (TbxPowerPreparation, tbx_power_preparation, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, SIGNAL_DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
preparation_end (TbxPowerPreparation *self)
{
  self->over = TRUE;
  g_clear_handle_id (&self->deadline_id, g_source_remove);
  g_signal_emit (self, signals[SIGNAL_DONE], 0);
}

/* Nobody has to be held up for what is done already, or does not happen. */
static gboolean
preparation_is_held (TbxPowerPreparation *self)
{
  return self->outcome == TBX_POWER_READY && tbx_power_holds_count (self->holds, self->operation) > 0;
}

static void
preparation_proceed (TbxPowerPreparation *self)
{
  if (self->over)
    return;
  if (self->asked && self->ran && !preparation_is_held (self))
    preparation_end (self);
  else
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* What a handler did or refused stands, whatever the files say. */
static void
preparation_decide (TbxPowerPreparation *self, TbxPowerOutcome outcome, const char *message)
{
  if (self->outcome == TBX_POWER_HANDLED || outcome == TBX_POWER_READY)
    return;
  self->outcome = outcome;
  g_free (self->message);
  self->message = g_strdup (message);
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxPowerPreparation) self = user_data;
  g_autofree char *message = NULL;
  TbxPowerOutcome outcome;

  self->asked = TRUE;
  if (tbx_power_handlers_ask_finish (TBX_POWER_HANDLERS (source), result, &outcome, &message, NULL)
      && !self->over)
    preparation_decide (self, outcome, message);
  preparation_proceed (self);
}

static void
on_ran (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxPowerPreparation) self = user_data;
  g_autoptr(GError) error = NULL;

  self->ran = TRUE;
  tbx_power_files_run_finish (TBX_POWER_FILES (source), result, &error);
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_REFUSED) && !self->over)
    preparation_decide (self, TBX_POWER_REFUSED, error->message);
  preparation_proceed (self);
}

/* The host's wish prevails over who is not ready. */
static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr(TbxPowerPreparation) self = g_object_ref (user_data);
  g_autoptr(GVariant) waiting = tbx_power_preparation_dup_waiting (self);
  g_autoptr(GString) late = g_string_new (NULL);
  GVariantIter iter;
  const char *kind;
  const char *who;

  self->deadline_id = 0;
  g_variant_iter_init (&iter, waiting);
  while (g_variant_iter_next (&iter, "(&s&s)", &kind, &who))
    g_string_append_printf (late, "%s%s %s", late->len > 0 ? ", " : "not ready in time: ", kind, who);
  if (late->len > 0)
    g_warning ("%s: %s", tbx_power_operation_get_word (self->operation), late->str);
  if (self->outcome == TBX_POWER_READY)
    {
      g_free (self->message);
      self->message = g_string_free (g_steal_pointer (&late), FALSE);
    }
  preparation_end (self);
  g_cancellable_cancel (self->asking);
  if (self->files != NULL && !self->ran)
    tbx_power_files_kill (self->files);
  return G_SOURCE_REMOVE;
}

static void
on_changed (TbxPowerPreparation *self)
{
  preparation_proceed (self);
}

/**
 * tbx_power_preparation_start:
 * @self: a preparation that was not started
 *
 * Starts all that takes part.  "done" comes from the main loop, never from here.
 */
void
tbx_power_preparation_start (TbxPowerPreparation *self)
{
  self->deadline_us = g_get_monotonic_time () + (gint64) self->deadline_ms * 1000;
  self->deadline_id = g_timeout_add (self->deadline_ms, on_deadline, self);
  g_signal_connect_object (self->holds, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->handlers, "changed", G_CALLBACK (on_changed), self,
                           G_CONNECT_SWAPPED);
  tbx_power_handlers_ask_async (self->handlers, self->operation, self->deadline_us, self->asking,
                                on_asked, g_object_ref (self));
  if (self->files == NULL)
    {
      self->ran = TRUE;
      return;
    }
  g_signal_connect_object (self->files, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  tbx_power_files_run_async (self->files, self->operation, on_ran, g_object_ref (self));
}

/**
 * tbx_power_preparation_abandon:
 * @self: a preparation
 *
 * Nobody waits for it any more.  What runs goes on, but nobody else is asked.
 */
void
tbx_power_preparation_abandon (TbxPowerPreparation *self)
{
  self->over = TRUE;
  g_clear_handle_id (&self->deadline_id, g_source_remove);
  g_cancellable_cancel (self->asking);
}

/**
 * tbx_power_preparation_get_deadline_us:
 * @self: a preparation that was started
 *
 * Returns: when it ends at the latest, microseconds of the monotonic clock
 */
gint64
tbx_power_preparation_get_deadline_us (TbxPowerPreparation *self)
{
  return self->deadline_us;
}

/**
 * tbx_power_preparation_get_outcome:
 * @self: a preparation that is done
 *
 * Returns: what those who take part made of it
 */
TbxPowerOutcome
tbx_power_preparation_get_outcome (TbxPowerPreparation *self)
{
  return self->outcome;
}

/**
 * tbx_power_preparation_get_message:
 * @self: a preparation that is done
 *
 * Returns: (transfer none): who refused and why, or who was not ready; may be empty
 */
const char *
tbx_power_preparation_get_message (TbxPowerPreparation *self)
{
  return self->message != NULL ? self->message : "";
}

/**
 * tbx_power_preparation_dup_waiting:
 * @self: a preparation
 *
 * Returns: (transfer full): `a(ss)`: "hold", "handler" or "file", and who; not floating
 */
GVariant *
tbx_power_preparation_dup_waiting (TbxPowerPreparation *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  if (!self->over)
    {
      if (self->outcome == TBX_POWER_READY)
        tbx_power_holds_append_who (self->holds, self->operation, &builder);
      tbx_power_handlers_append_who (self->handlers, &builder);
      if (self->files != NULL)
        tbx_power_files_append_who (self->files, &builder);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
tbx_power_preparation_dispose (GObject *object)
{
  TbxPowerPreparation *self = TBX_POWER_PREPARATION (object);

  g_clear_handle_id (&self->deadline_id, g_source_remove);
  g_clear_object (&self->holds);
  g_clear_object (&self->handlers);
  g_clear_object (&self->files);
  g_clear_object (&self->asking);
  G_OBJECT_CLASS (tbx_power_preparation_parent_class)->dispose (object);
}

static void
tbx_power_preparation_finalize (GObject *object)
{
  g_free (TBX_POWER_PREPARATION (object)->message);
  G_OBJECT_CLASS (tbx_power_preparation_parent_class)->finalize (object);
}

static void
tbx_power_preparation_class_init (TbxPowerPreparationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_power_preparation_dispose;
  object_class->finalize = tbx_power_preparation_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_POWER_PREPARATION, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DONE] = g_signal_new ("done", TBX_TYPE_POWER_PREPARATION, G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_power_preparation_init (TbxPowerPreparation *self)
{
  self->asking = g_cancellable_new ();
}

/**
 * tbx_power_preparation_new:
 * @hooks: what takes part
 * @operation: what is prepared
 * @deadline_ms: how long it may take, milliseconds
 */
TbxPowerPreparation *
tbx_power_preparation_new (const TbxPowerHooks *hooks,
                           TbxPowerOperation    operation,
                           guint                deadline_ms)
{
  TbxPowerPreparation *self = g_object_new (TBX_TYPE_POWER_PREPARATION, NULL);

  self->holds = g_object_ref (hooks->holds);
  self->handlers = g_object_ref (hooks->handlers);
  g_set_object (&self->files, hooks->files);
  self->operation = operation;
  self->deadline_ms = deadline_ms;
  return self;
}
