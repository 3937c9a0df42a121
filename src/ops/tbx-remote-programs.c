/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include "tbx-streams.h"
#include <errno.h>
#include <string.h>

/* Programs that clients on the bus run: started and ended by the daemon, with pipes of ours. */

/* TerminateProcess answers at the latest after it, as for others. */
#define ANSWER_AFTER_MS 1000

/* One that is being started. */
typedef struct
{
  TbxOps     *ops;       /* (not owned): it ends after all that it asked */
  TbxOp      *op;        /* (owned) */
  TbxStreams *streams;   /* (owned) */
  char       *name;      /* (owned) */
  char       *shown;     /* command line, for lists (owned) */
} Starting;

static void
starting_free (Starting *self)
{
  tbx_op_unref (self->op);
  tbx_streams_unref (self->streams);
  g_free (self->name);
  g_free (self->shown);
  g_free (self);
}

static void
on_program_ended (TbxProgram *program, gpointer user_data)
{
  tbx_programs_ended (tbx_ops_get_programs (user_data), program);
}

static void
starting_runs (Starting *self, const TbxWorkerProgramRuns *runs)
{
  g_autoptr(TbxProgram) program = tbx_program_new_remote (self->name, self->shown, runs->pid,
                                                          runs->start, on_program_ended, self->ops);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, runs->pid);

  tbx_program_set_streams (program, self->streams);
  tbx_programs_add (tbx_ops_get_programs (self->ops), program);
  tbx_op_return_data (self->op, text, strlen (text));
}

static void
starting_fail (Starting *self, int error_number)
{
  if (error_number == EACCES)
    tbx_op_return (self->op, TBX_VIX_GUEST_USER_PERMISSIONS, error_number);
  else if (error_number == ENOENT)   /* it went just now */
    tbx_op_return (self->op, TBX_VIX_FILE_NOT_FOUND, error_number);
  else
    tbx_op_return (self->op, TBX_VIX_PROGRAM_NOT_STARTED, error_number);
}

static void
on_started (const TbxWorkerMessage *answer, int fd, gpointer user_data)
{
  Starting *self = user_data;

  if (answer != NULL && answer->type == TBX_WORKER_PROGRAM_RUNS)
    starting_runs (self, &answer->runs);
  else if (answer != NULL && answer->type == TBX_WORKER_ASK_DONE && answer->done.error_number > 0)
    starting_fail (self, answer->done.error_number);
  else
    starting_fail (self, EIO);
  starting_free (self);
}

/* Each text as one of UTF-8, for a message of the bus may have no other. */
static GByteArray *
environment_of (const TbxVixStrings *strings)
{
  GByteArray *all = g_byte_array_new ();
  const char *each = NULL;

  while ((each = tbx_vix_strings_next (strings, each)) != NULL)
    {
      g_autofree char *text = g_utf8_make_valid (each, -1);

      g_byte_array_append (all, (const guint8 *) text, (guint) strlen (text) + 1);
    }
  return all;
}

static int
starting_ask (Starting *self, const TbxVixStartProgram *request, const TbxStreamsEnds *ends)
{
  TbxRemote *remote = tbx_ops_get_remote (self->ops);
  g_autofree char *arguments = g_utf8_make_valid (request->arguments != NULL ? request->arguments
                                                                            : "", -1);
  g_autofree char *directory = g_utf8_make_valid (request->working_dir != NULL
                                                    ? request->working_dir : "", -1);
  g_autoptr(GByteArray) environment = environment_of (&request->environment);
  const guint32 id = tbx_remote_next_id (remote);
  const TbxWorkerMessage message = {
    .type = TBX_WORKER_PROGRAM_START,
    .start = { id, self->name, arguments, directory, (const char *) environment->data,
               environment->len },
  };
  const int fds[] = { ends->in, ends->out, ends->err };

  return tbx_remote_ask (remote, id, &message, fds, G_N_ELEMENTS (fds), on_started, self);
}

/* Source: docs/wire/vix.md, "StartProgram in detail". */
void
tbx_remote_program_start (TbxOps *self, TbxOp *op, const char *name, const char *shown)
{
  g_auto(TbxStreamsEnds) ends = { -1, -1, -1 };
  Starting *starting;
  TbxStreams *streams = NULL;
  int error_number = EAGAIN;

  if (!tbx_programs_full (tbx_ops_get_programs (self)))
    streams = tbx_streams_new (tbx_ops_get_stream_pool (self), &ends, &error_number);
  if (streams == NULL)
    {
      tbx_op_return (op, TBX_VIX_PROGRAM_NOT_STARTED, error_number);
      return;
    }
  starting = g_new (Starting, 1);
  *starting = (Starting) { self, tbx_op_ref (op), streams, g_strdup (name), g_strdup (shown) };
  tbx_op_prolong (op);
  error_number = starting_ask (starting, &tbx_op_get_request (op)->start_program, &ends);
  if (error_number == 0)
    return;
  starting_fail (starting, error_number);
  starting_free (starting);
}

/* One that was asked to end. */
typedef struct
{
  TbxOps *ops;         /* (owned) */
  TbxOp  *op;          /* (owned) */
  gint64  pid;
  gulong  ended_id;    /* handler of its end */
  guint   answer_id;   /* source that answers at the latest, or 0 */
} Ending;

static void
ending_answer (Ending *self, TbxVixCode code, int error_number)
{
  g_clear_signal_handler (&self->ended_id, tbx_ops_get_programs (self->ops));
  g_clear_handle_id (&self->answer_id, g_source_remove);
  if (code == TBX_VIX_OK && error_number != 0)
    tbx_op_return_errno (self->op, error_number);
  else
    tbx_op_return (self->op, code, error_number);
  tbx_op_unref (self->op);
  g_object_unref (self->ops);
  g_free (self);
}

static void
on_one_ended (TbxPrograms *programs, const TbxOpsProgram *record, Ending *self)
{
  if (record->pid == self->pid)
    ending_answer (self, TBX_VIX_OK, 0);
}

static gboolean
on_answer_due (gpointer user_data)
{
  Ending *self = user_data;

  self->answer_id = 0;
  ending_answer (self, TBX_VIX_OK, 0);
  return G_SOURCE_REMOVE;
}

/* Its end may come before or after it. */
static void
on_told (const TbxWorkerMessage *answer, int fd, gpointer user_data)
{
  Ending *self = user_data;
  int error_number = answer != NULL && answer->type == TBX_WORKER_ASK_DONE
                       ? answer->done.error_number : EIO;
  TbxProgram *program = tbx_programs_find (tbx_ops_get_programs (self->ops), self->pid);

  if (error_number == 0 && program != NULL && tbx_program_get_ended_us (program) == 0)
    {
      self->ended_id = g_signal_connect (tbx_ops_get_programs (self->ops), "ended",
                                         G_CALLBACK (on_one_ended), self);
      self->answer_id = g_timeout_add (ANSWER_AFTER_MS, on_answer_due, self);
    }
  else
    ending_answer (self, TBX_VIX_OK, error_number);
}

/* Source: docs/wire/vix.md, "TERMINATE_PROCESS (193), KILL_PROCESS (85)". */
void
tbx_remote_program_terminate (TbxOps *self, TbxOp *op, gint64 pid)
{
  TbxRemote *remote = tbx_ops_get_remote (self);
  TbxProgram *program = tbx_programs_find (tbx_ops_get_programs (self), pid);
  const guint32 id = tbx_remote_next_id (remote);
  const TbxWorkerMessage message = { .type = TBX_WORKER_PROGRAM_END, .end = { id, pid } };
  Ending *ending;
  int error_number;

  if (program == NULL || tbx_program_get_ended_us (program) != 0)
    {
      tbx_op_return_errno (op, ESRCH);
      return;
    }
  ending = g_new0 (Ending, 1);
  *ending = (Ending) { .ops = g_object_ref (self), .op = tbx_op_ref (op), .pid = pid };
  error_number = tbx_remote_ask (remote, id, &message, NULL, 0, on_told, ending);
  if (error_number != 0)
    ending_answer (ending, TBX_VIX_OK, error_number);
}

/**
 * tbx_ops_program_exited:
 * @self: the operations
 * @exited: how a program ended that a client on the bus ran
 */
void
tbx_ops_program_exited (TbxOps *self, const TbxWorkerProgramExited *exited)
{
  TbxProgram *program = tbx_programs_find (tbx_ops_get_programs (self), exited->pid);

  if (program != NULL)
    tbx_program_exited (program, exited);
}

/**
 * tbx_ops_lose_remote_programs:
 * @self: the operations
 *
 * The daemon started anew: nobody will tell how they end, and so they have.
 */
void
tbx_ops_lose_remote_programs (TbxOps *self)
{
  GPtrArray *programs = tbx_programs_list (tbx_ops_get_programs (self));
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) tbx_program_unref);
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0; i < programs->len; i++)
    g_ptr_array_add (all, tbx_program_ref (g_ptr_array_index (programs, i)));
  for (guint i = 0; i < all->len; i++)
    tbx_program_exited (all->pdata[i], &(TbxWorkerProgramExited) { .end = now, .exit_code = 255 });
}
