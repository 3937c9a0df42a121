/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-handlers.h"
#include "tbx-error.h"

struct _TbxPowerHandlers
{
  GObject          parent_instance;
  GPtrArray       *entries;   /* of Entry (owned), in the order in which they are asked */
  TbxPowerHandler *asked;     /* who is asked now, or NULL (owned) */
};

typedef struct
{
  TbxPowerHandler *handler;   /* owned */
  TbxPowerSet      operations;
  gint             priority;
} Entry;

/* Data of the task that is a round. */
typedef struct
{
  GPtrArray        *left;         /* of TbxPowerHandler (owned): who is still to be asked */
  TbxPowerOperation operation;
  gint64            deadline_us;  /* of the round, monotonic clock */
  GCancellable     *question;     /* the one that is open (owned), or NULL */
  const char       *name;         /* of who is asked (not owned: the question keeps them) */
  guint             share_id;     /* source that ends it, or 0 */
  TbxPowerOutcome   outcome;
  char             *message;      /* owned, or NULL */
} Round;

/* What an answer belongs to. */
typedef struct
{
  GTask        *task;       /* the round (owned) */
  GCancellable *question;   /* owned */
} Question;

G_DEFINE_FINAL_TYPE (TbxPowerHandlers, tbx_power_handlers, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void round_proceed (GTask *task);

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_object_unref (entry->handler);
  g_free (entry);
}

static void
round_free (gpointer data)
{
  Round *round = data;

  g_clear_handle_id (&round->share_id, g_source_remove);
  g_ptr_array_unref (round->left);
  g_clear_object (&round->question);
  g_free (round->message);
  g_free (round);
}

static guint
handlers_find (TbxPowerHandlers *self, TbxPowerHandler *handler)
{
  for (guint i = 0; i < self->entries->len; i++)
    if (((Entry *) g_ptr_array_index (self->entries, i))->handler == handler)
      return i;
  return G_MAXUINT;
}

static void
handlers_set_asked (TbxPowerHandlers *self, TbxPowerHandler *handler)
{
  if (g_set_object (&self->asked, handler))
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* The open question counts no longer. */
static void
round_close_question (GTask *task)
{
  Round *round = g_task_get_task_data (task);
  g_autoptr(GCancellable) question = g_steal_pointer (&round->question);

  g_clear_handle_id (&round->share_id, g_source_remove);
  handlers_set_asked (g_task_get_source_object (task), NULL);
  g_cancellable_cancel (question);
}

static void
round_end (GTask *task, TbxPowerOutcome outcome, char *message)
{
  Round *round = g_task_get_task_data (task);

  round->outcome = outcome;
  round->message = message;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autoptr(GTask) task = question->task;
  g_autoptr(GCancellable) cancellable = question->question;
  g_autoptr(GError) error = NULL;
  g_autofree char *message = NULL;
  TbxPowerHandler *handler = TBX_POWER_HANDLER (source);
  Round *round = g_task_get_task_data (task);
  gboolean handled = FALSE;

  tbx_power_handler_handle_finish (handler, result, &handled, &message, &error);
  if (round->question != cancellable)   /* too late */
    return;
  round_close_question (task);
  if (error == NULL && handled)
    {
      g_info ("%s handles %s", tbx_power_handler_get_name (handler),
              tbx_power_operation_get_word (round->operation));
      round_end (task, TBX_POWER_HANDLED, g_steal_pointer (&message));
      return;
    }
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_REFUSED))
    {
      round_end (task, TBX_POWER_REFUSED,
                 g_strdup_printf ("refused by %s: %s", tbx_power_handler_get_name (handler),
                                  error->message));
      return;
    }
  if (error != NULL)
    g_warning ("%s does not count: %s", tbx_power_handler_get_name (handler), error->message);
  round_proceed (task);
}

static gboolean
on_share_elapsed (gpointer user_data)
{
  GTask *task = user_data;
  Round *round = g_task_get_task_data (task);

  round->share_id = 0;
  g_warning ("%s does not count: no answer in time", round->name);
  round_close_question (task);
  round_proceed (task);
  return G_SOURCE_REMOVE;
}

/* Each may take its share of the time that is left, so that one that hangs does not
 * take the turn of those after it. */
static void
round_ask (GTask *task, TbxPowerHandler *handler, guint n_left)
{
  Round *round = g_task_get_task_data (task);
  gint64 now_us = g_get_monotonic_time ();
  gint64 share_us = MAX (round->deadline_us - now_us, 0) / n_left;
  Question *question = g_new (Question, 1);

  round->question = g_cancellable_new ();
  round->name = tbx_power_handler_get_name (handler);
  *question = (Question) { g_object_ref (task), g_object_ref (round->question) };
  round->share_id = g_timeout_add ((guint) (share_us / 1000), on_share_elapsed, task);
  handlers_set_asked (g_task_get_source_object (task), handler);
  tbx_power_handler_handle_async (handler, round->operation, now_us + share_us, round->question,
                                  on_answer, question);
}

/* Asks the next that is still registered, if there is one. */
static void
round_proceed (GTask *task)
{
  TbxPowerHandlers *self = g_task_get_source_object (task);
  Round *round = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    {
      g_object_unref (task);
      return;
    }
  while (round->left->len > 0)
    {
      g_autoptr(TbxPowerHandler) handler = g_object_ref (g_ptr_array_index (round->left, 0));
      guint n_left = round->left->len;

      g_ptr_array_remove_index (round->left, 0);
      if (handlers_find (self, handler) == G_MAXUINT)
        continue;
      round_ask (task, handler, n_left);
      return;
    }
  round_end (task, TBX_POWER_READY, NULL);
}

/**
 * tbx_power_handlers_ask_async:
 * @self: the handlers
 * @operation: what is to happen
 * @deadline_us: when the round ends, microseconds of the monotonic clock
 * @cancellable: (nullable): asks nobody any more
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Asks those that want @operation, the highest priority first and of equal ones the
 * oldest, until one handles or refuses it.  One that fails or is silent for its
 * share of the time counts as not registered.
 * Source: docs/wire/power.md, "Handlers".
 */
void
tbx_power_handlers_ask_async (TbxPowerHandlers   *self,
                              TbxPowerOperation   operation,
                              gint64              deadline_us,
                              GCancellable       *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer            user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Round *round = g_new0 (Round, 1);

  g_task_set_name (task, "tbx-power-round");
  g_task_set_task_data (task, round, round_free);
  round->operation = operation;
  round->deadline_us = deadline_us;
  round->left = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);

      if (tbx_power_set_has (entry->operations, operation))
        g_ptr_array_add (round->left, g_object_ref (entry->handler));
    }
  round_proceed (task);
}

/**
 * tbx_power_handlers_ask_finish:
 * @self: the handlers
 * @result: what the callback got
 * @outcome: (out): what they decided
 * @message: (out) (transfer full): text for people; may be empty
 * @error: return location for an error: `G_IO_ERROR_CANCELLED`
 */
gboolean
tbx_power_handlers_ask_finish (TbxPowerHandlers *self,
                               GAsyncResult     *result,
                               TbxPowerOutcome  *outcome,
                               char            **message,
                               GError          **error)
{
  Round *round = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *outcome = round->outcome;
  *message = round->message != NULL ? g_steal_pointer (&round->message) : g_strdup ("");
  return TRUE;
}

/**
 * tbx_power_handlers_add:
 * @self: the handlers
 * @handler: who is to be asked
 * @operations: about what
 * @priority: higher is asked first
 * @error: return location for an error
 *
 * Counts from the next request on.
 * Errors: `TBX_ERROR_TOO_LARGE` when there are too many.
 */
gboolean
tbx_power_handlers_add (TbxPowerHandlers *self,
                        TbxPowerHandler  *handler,
                        TbxPowerSet       operations,
                        gint              priority,
                        GError          **error)
{
  Entry *entry;
  guint pos = 0;

  if (self->entries->len >= TBX_POWER_MAX_HANDLERS)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "there are %d handlers already",
                   TBX_POWER_MAX_HANDLERS);
      return FALSE;
    }
  while (pos < self->entries->len
         && ((Entry *) g_ptr_array_index (self->entries, pos))->priority >= priority)
    pos++;
  entry = g_new (Entry, 1);
  *entry = (Entry) { g_object_ref (handler), operations, priority };
  g_ptr_array_insert (self->entries, (gint) pos, entry);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return TRUE;
}

/**
 * tbx_power_handlers_remove:
 * @self: the handlers
 * @handler: one that was added
 *
 * It is asked no more; what it answers to an open question still counts.
 */
void
tbx_power_handlers_remove (TbxPowerHandlers *self, TbxPowerHandler *handler)
{
  guint i = handlers_find (self, handler);

  if (i == G_MAXUINT)
    return;
  g_ptr_array_remove_index (self->entries, i);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/**
 * tbx_power_handlers_dup_all:
 * @self: the handlers
 *
 * Returns: (transfer full): `a(ssi)`: operations, name, priority, in the order in
 *   which they are asked; not floating
 */
GVariant *
tbx_power_handlers_dup_all (TbxPowerHandlers *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssi)"));
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);
      g_autofree char *operations = tbx_power_set_format (entry->operations);

      g_variant_builder_add (&builder, "(ssi)", operations,
                             tbx_power_handler_get_name (entry->handler), entry->priority);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * tbx_power_handlers_append_who:
 * @self: the handlers
 * @builder: of `a(ss)`; gets "handler" and who is asked now, if anybody is
 */
void
tbx_power_handlers_append_who (TbxPowerHandlers *self, GVariantBuilder *builder)
{
  if (self->asked != NULL)
    g_variant_builder_add (builder, "(ss)", "handler", tbx_power_handler_get_name (self->asked));
}

static void
tbx_power_handlers_dispose (GObject *object)
{
  TbxPowerHandlers *self = TBX_POWER_HANDLERS (object);

  g_clear_object (&self->asked);
  g_ptr_array_set_size (self->entries, 0);
  G_OBJECT_CLASS (tbx_power_handlers_parent_class)->dispose (object);
}

static void
tbx_power_handlers_finalize (GObject *object)
{
  g_ptr_array_unref (TBX_POWER_HANDLERS (object)->entries);
  G_OBJECT_CLASS (tbx_power_handlers_parent_class)->finalize (object);
}

static void
tbx_power_handlers_class_init (TbxPowerHandlersClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_power_handlers_dispose;
  object_class->finalize = tbx_power_handlers_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_POWER_HANDLERS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_power_handlers_init (TbxPowerHandlers *self)
{
  self->entries = g_ptr_array_new_with_free_func (entry_free);
}

/**
 * tbx_power_handlers_new:
 *
 * Returns: (transfer full): no handler yet
 */
TbxPowerHandlers *
tbx_power_handlers_new (void)
{
  return g_object_new (TBX_TYPE_POWER_HANDLERS, NULL);
}
