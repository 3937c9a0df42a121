/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-run-private.h"
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>

/**
 * TbxRun:
 *
 * One run of the program of an [class@AgentProgram]: from
 * [method@RequestProgram.return_started] to [method@Run.exit].
 *
 * One whose last reference goes before that has exited with 255.
 *
 * Since: 1.0
 */
struct _TbxRun
{
  GObject             parent_instance;
  TbxBusAgentProgram *skeleton;   /* owned */
  guint64             handle;
  GInputStream       *in;         /* owned; closes its descriptor, as the others do */
  GOutputStream      *out;        /* owned */
  GOutputStream      *err;        /* owned */
  gboolean            started;    /* the daemon was told so */
  gboolean            exited;
};

enum
{
  SIGNAL_TERMINATE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TbxRun, tbx_run, G_TYPE_OBJECT)

/**
 * tbx_run_get_stdin:
 * @self: a run
 *
 * Ends when the host has no more to send.
 *
 * Returns: (transfer none): what the host sends
 *
 * Since: 1.0
 */
GInputStream *
tbx_run_get_stdin (TbxRun *self)
{
  g_return_val_if_fail (TBX_IS_RUN (self), NULL);
  return self->in;
}

/**
 * tbx_run_get_stdout:
 * @self: a run
 *
 * Nobody need fetch it: write asynchronously, and give up when the run is terminated.
 *
 * Returns: (transfer none): what the host may fetch; a write waits while its buffer is full
 *
 * Since: 1.0
 */
GOutputStream *
tbx_run_get_stdout (TbxRun *self)
{
  g_return_val_if_fail (TBX_IS_RUN (self), NULL);
  return self->out;
}

/**
 * tbx_run_get_stderr:
 * @self: a run
 *
 * Nobody need fetch it: write asynchronously, and give up when the run is terminated.
 *
 * Returns: (transfer none): what the host may fetch; a write waits while its buffer is full
 *
 * Since: 1.0
 */
GOutputStream *
tbx_run_get_stderr (TbxRun *self)
{
  g_return_val_if_fail (TBX_IS_RUN (self), NULL);
  return self->err;
}

/**
 * tbx_run_has_exited:
 * @self: a run
 *
 * Its streams are closed then.
 *
 * Returns: whether it has ended
 *
 * Since: 1.0
 */
gboolean
tbx_run_has_exited (TbxRun *self)
{
  g_return_val_if_fail (TBX_IS_RUN (self), FALSE);
  return self->exited;
}

/* How many runs an object has that did not exit, and whether its agent is done with it. */
typedef struct
{
  guint    n;
  gboolean retired;
} Runs;

static G_DEFINE_QUARK (tbx-runs, runs_of)

static Runs *
runs_of (gpointer skeleton)
{
  Runs *runs = g_object_get_qdata (skeleton, runs_of_quark ());

  if (runs == NULL)
    {
      runs = g_new0 (Runs, 1);
      g_object_set_qdata_full (skeleton, runs_of_quark (), runs, g_free);
    }
  return runs;
}

static void
runs_check (gpointer skeleton)
{
  const Runs *runs = runs_of (skeleton);

  if (runs->retired && runs->n == 0)
    g_dbus_interface_skeleton_unexport (skeleton);
}

/* Takes @skeleton off the bus once nothing runs there. */
void
tbx_run_retire (GDBusInterfaceSkeleton *skeleton)
{
  runs_of (skeleton)->retired = TRUE;
  runs_check (skeleton);
}

/* The daemon sees the end of each stream before that of the program. */
static void
run_close (TbxRun *self)
{
  g_input_stream_close (self->in, NULL, NULL);
  g_output_stream_close (self->out, NULL, NULL);
  g_output_stream_close (self->err, NULL, NULL);
}

/**
 * tbx_run_exit:
 * @self: a run
 * @exit_code: 0 to 255; others count as 255
 *
 * It has ended.  Closes its streams; does nothing the second time.
 *
 * Since: 1.0
 */
void
tbx_run_exit (TbxRun *self, int exit_code)
{
  g_return_if_fail (TBX_IS_RUN (self));
  if (self->exited)
    return;
  self->exited = TRUE;
  run_close (self);
  if (self->started)
    tbx_bus_agent_program_emit_exited (self->skeleton, self->handle, exit_code);
  runs_of (self->skeleton)->n--;
  runs_check (self->skeleton);
}

/* The daemon is told so now; from then on it waits for the exit. */
void
tbx_run_start (TbxRun *self)
{
  self->started = TRUE;
}

guint64
tbx_run_get_handle (TbxRun *self)
{
  return self->handle;
}

/* The host wants it to end. */
void
tbx_run_terminate (TbxRun *self)
{
  g_signal_emit (self, signals[SIGNAL_TERMINATE], 0);
}

static void
tbx_run_dispose (GObject *object)
{
  tbx_run_exit (TBX_RUN (object), 255);
  G_OBJECT_CLASS (tbx_run_parent_class)->dispose (object);
}

static void
tbx_run_finalize (GObject *object)
{
  TbxRun *self = TBX_RUN (object);

  g_object_unref (self->in);
  g_object_unref (self->out);
  g_object_unref (self->err);
  g_object_unref (self->skeleton);
  G_OBJECT_CLASS (tbx_run_parent_class)->finalize (object);
}

static void
tbx_run_class_init (TbxRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_run_dispose;
  object_class->finalize = tbx_run_finalize;

  /**
   * TbxRun::terminate:
   * @self: the run
   *
   * The host wants it to end, and [method@Run.exit] to be called then.  It waits for a
   * second; after 5 the program counts as killed.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TERMINATE] = g_signal_new ("terminate", TBX_TYPE_RUN, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_run_init (TbxRun *self)
{
}

/* Takes the descriptors.  A write to a full pipe has to wait in the main loop. */
TbxRun *
tbx_run_new (TbxBusAgentProgram *skeleton, guint64 handle, int in, int out, int err)
{
  TbxRun *self = g_object_new (TBX_TYPE_RUN, NULL);

  self->skeleton = g_object_ref (skeleton);
  runs_of (skeleton)->n++;
  g_unix_set_fd_nonblocking (out, TRUE, NULL);
  g_unix_set_fd_nonblocking (err, TRUE, NULL);
  self->handle = handle;
  self->in = g_unix_input_stream_new (in, TRUE);
  self->out = g_unix_output_stream_new (out, TRUE);
  self->err = g_unix_output_stream_new (err, TRUE);
  return self;
}
