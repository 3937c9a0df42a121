/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-programs.h"
#include "tbx-worker-codec.h"

/* Source: docs/wire/vix.md, "LIST_PROCESSES_EX (186)". */
#define KEEP_ENDED_US (TBX_WORKER_PROGRAM_LISTED_S * G_USEC_PER_SEC)

#define MAX_RUNNING 1024
#define MAX_ENDED   4096

struct _TbxPrograms
{
  GObject    parent_instance;
  GPtrArray *all;         /* of TbxProgram (owned), in start order */
  guint      n_running;
  guint      sweep_id;    /* source that drops what ended long ago, or 0 */
};

G_DEFINE_FINAL_TYPE (TbxPrograms, tbx_programs, G_TYPE_OBJECT)

enum { PROP_0, PROP_EMPTY, N_PROPS };
enum { SIGNAL_STARTED, SIGNAL_ENDED, N_SIGNALS };
static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void programs_sweep_later (TbxPrograms *self);

static void
programs_drop (TbxPrograms *self, guint i)
{
  g_ptr_array_remove_index (self->all, i);
  if (self->all->len == 0)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_EMPTY]);
}

/* The ended one that has been so for longest, or NULL. */
static TbxProgram *
programs_oldest (TbxPrograms *self, guint *index)
{
  TbxProgram *oldest = NULL;

  for (guint i = 0; i < self->all->len; i++)
    {
      TbxProgram *program = g_ptr_array_index (self->all, i);
      gint64 ended_us = tbx_program_get_ended_us (program);

      if (ended_us != 0 && (oldest == NULL || ended_us < tbx_program_get_ended_us (oldest)))
        {
          oldest = program;
          *index = i;
        }
    }
  return oldest;
}

static gboolean
on_sweep (gpointer user_data)
{
  TbxPrograms *self = user_data;
  gint64 limit_us = g_get_monotonic_time () - KEEP_ENDED_US;
  TbxProgram *program;
  guint i;

  self->sweep_id = 0;
  while ((program = programs_oldest (self, &i)) != NULL
         && tbx_program_get_ended_us (program) <= limit_us)
    programs_drop (self, i);
  programs_sweep_later (self);
  return G_SOURCE_REMOVE;
}

static void
programs_sweep_later (TbxPrograms *self)
{
  TbxProgram *program;
  gint64 left_us;
  guint i;

  if (self->sweep_id != 0 || (program = programs_oldest (self, &i)) == NULL)
    return;
  left_us = tbx_program_get_ended_us (program) + KEEP_ENDED_US - g_get_monotonic_time ();
  self->sweep_id = g_timeout_add_seconds ((guint) (MAX (left_us, 0) / G_USEC_PER_SEC) + 1,
                                          on_sweep, self);
}

/**
 * tbx_programs_full:
 * @self: the programs
 *
 * Returns: whether no more may be started until one ends
 */
gboolean
tbx_programs_full (TbxPrograms *self)
{
  return self->n_running >= MAX_RUNNING;
}

/**
 * tbx_programs_add:
 * @self: the programs
 * @program: (transfer none): newly started, or adopted
 *
 * A program that ended with the same pid makes room for it.
 */
void
tbx_programs_add (TbxPrograms *self, TbxProgram *program)
{
  TbxProgram *before = tbx_programs_find (self, tbx_program_get_record (program)->pid);

  if (before != NULL)
    tbx_programs_remove (self, before);
  g_ptr_array_add (self->all, tbx_program_ref (program));
  if (tbx_program_get_ended_us (program) == 0)
    self->n_running++;
  else
    programs_sweep_later (self);
  if (self->all->len == 1)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_EMPTY]);
  if (tbx_program_is_listed (program))
    g_signal_emit (self, signals[SIGNAL_STARTED], 0, tbx_program_get_record (program));
}

/**
 * tbx_programs_remove:
 * @self: the programs
 * @program: one of them
 *
 * It is listed no longer, and its end is not told.
 */
void
tbx_programs_remove (TbxPrograms *self, TbxProgram *program)
{
  guint i;

  if (!g_ptr_array_find (self->all, program, &i))
    return;
  if (tbx_program_get_ended_us (program) == 0)
    self->n_running--;
  programs_drop (self, i);
}

/**
 * tbx_programs_ended:
 * @self: the programs
 * @program: one of them, which has ended just now
 */
void
tbx_programs_ended (TbxPrograms *self, TbxProgram *program)
{
  guint oldest;

  self->n_running--;
  if (tbx_program_is_listed (program))
    g_signal_emit (self, signals[SIGNAL_ENDED], 0, tbx_program_get_record (program));
  else
    tbx_programs_remove (self, program);
  if (self->all->len - self->n_running > MAX_ENDED && programs_oldest (self, &oldest) != NULL)
    programs_drop (self, oldest);
  programs_sweep_later (self);
}

/**
 * tbx_programs_find:
 * @self: the programs
 * @pid: of a program that runs, or ended less than five minutes ago
 *
 * Returns: (transfer none) (nullable): the program
 */
TbxProgram *
tbx_programs_find (TbxPrograms *self, gint64 pid)
{
  for (guint i = 0; i < self->all->len; i++)
    {
      TbxProgram *program = g_ptr_array_index (self->all, i);

      if (tbx_program_get_record (program)->pid == pid)
        return program;
    }
  return NULL;
}

/**
 * tbx_programs_list:
 * @self: the programs
 *
 * Returns: (transfer none) (element-type TbxProgram): all, in start order
 */
GPtrArray *
tbx_programs_list (TbxPrograms *self)
{
  return self->all;
}

gboolean
tbx_programs_empty (TbxPrograms *self)
{
  return self->all->len == 0;
}

static void
tbx_programs_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_EMPTY:
      g_value_set_boolean (value, tbx_programs_empty (TBX_PROGRAMS (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbx_programs_dispose (GObject *object)
{
  TbxPrograms *self = TBX_PROGRAMS (object);

  g_clear_handle_id (&self->sweep_id, g_source_remove);
  for (guint i = 0; self->all != NULL && i < self->all->len; i++)
    tbx_program_detach (g_ptr_array_index (self->all, i));
  g_clear_pointer (&self->all, g_ptr_array_unref);
  G_OBJECT_CLASS (tbx_programs_parent_class)->dispose (object);
}

static void
tbx_programs_class_init (TbxProgramsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_programs_dispose;
  object_class->get_property = tbx_programs_get_property;

  /**
   * TbxPrograms:empty:
   *
   * Whether no exit code is owed or still listed.
   */
  props[PROP_EMPTY] = g_param_spec_boolean ("empty", NULL, NULL, TRUE,
                                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * TbxPrograms::started:
   * @self: the programs
   * @record: (type gpointer): a `TbxOpsProgram`
   */
  signals[SIGNAL_STARTED] = g_signal_new ("started", TBX_TYPE_PROGRAMS, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * TbxPrograms::ended:
   * @self: the programs
   * @record: (type gpointer): a `TbxOpsProgram`
   */
  signals[SIGNAL_ENDED] = g_signal_new ("ended", TBX_TYPE_PROGRAMS, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
tbx_programs_init (TbxPrograms *self)
{
  self->all = g_ptr_array_new_with_free_func ((GDestroyNotify) tbx_program_unref);
}

TbxPrograms *
tbx_programs_new (void)
{
  return g_object_new (TBX_TYPE_PROGRAMS, NULL);
}
