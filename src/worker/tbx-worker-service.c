/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-service.h"
#include "tbx-control.h"
#include "tbx-control-queue.h"
#include "tbx-error.h"
#include "tbx-memory.h"
#include "tbx-program-table.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* What may wait while no daemon is there to read it: all programs that are listed. */
#define MAX_WAITING_BYTES (64 * 1024 * 1024)

struct _TbxWorkerService
{
  TbxControlQueue *queue;      /* to the daemon (owned) */
  TbxWorkerBuffer *buffer;     /* of the daemon that we serve now (owned) */
  TbxOps          *ops;        /* (owned) */
  TbxProgramTable *programs;   /* for a daemon that attaches (owned) */
  GMainLoop       *loop;
  guint            source_id;
  gboolean         calling;    /* a request uses the buffer */
};

/* One request that is being executed.  It keeps its buffer: the daemon that sent it
 * may have ended meanwhile, and another has brought its own. */
typedef struct
{
  TbxWorkerService *service;
  TbxWorkerBuffer  *buffer;   /* (owned) */
  guint32           id;       /* of the request */
} Call;

static void
service_say (TbxWorkerService *self, const TbxWorkerMessage *message)
{
  g_autoptr(GError) error = NULL;

  if (tbx_control_queue_send (self->queue, message, NULL, 0, &error))
    return;
  /* Gone is gone; all else is a fault. */
  if (!g_error_matches (error, TBX_ERROR, TBX_ERROR_TRANSPORT))
    g_warning ("The daemon cannot be told: %s", error->message);
  g_main_loop_quit (self->loop);
}

/* For TbxRemote: asks the daemon.  Gives an errno. */
static int
on_remote_say (const TbxWorkerMessage *message, const int *fds, guint n_fds, gpointer user_data)
{
  TbxWorkerService *self = user_data;
  g_autoptr(GError) error = NULL;

  if (tbx_control_queue_send (self->queue, message, fds, n_fds, &error))
    return 0;
  if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TOO_LARGE))
    return E2BIG;
  return EIO;   /* a daemon that is gone is seen by who reads the socket */
}

static void
call_free (Call *call)
{
  /* Another buffer is free whatever became of this one. */
  if (call->service->buffer == call->buffer)
    call->service->calling = FALSE;
  tbx_worker_buffer_unref (call->buffer);
  g_free (call);
}

static void
reply (TbxWorkerService *self, guint32 id, TbxVixCode code, int error_number, gsize size)
{
  const TbxWorkerMessage message = {
    .type = TBX_WORKER_REPLY,
    .reply = { id, code, error_number, (guint32) size },
  };

  service_say (self, &message);
}

static void
on_op_done (TbxOp *op, TbxVixCode code, int error_number, gsize size, gpointer user_data)
{
  Call *call = user_data;
  TbxWorkerService *self = call->service;
  gboolean current = call->buffer == self->buffer;
  guint32 id = call->id;

  call_free (call);
  if (current)
    reply (self, id, code, error_number, size);
}

static void
on_op_progress (TbxOp *op, gpointer user_data)
{
  Call *call = user_data;
  const TbxWorkerMessage message = { .type = TBX_WORKER_PROGRESS, .progress_id = call->id };

  if (call->buffer == call->service->buffer)
    service_say (call->service, &message);
}

static void
service_execute (TbxWorkerService *self, const TbxWorkerRequest *asked)
{
  g_autoptr(TbxOp) op = NULL;
  TbxVixRequest request;
  TbxVixCode code = TBX_VIX_FAIL;
  gboolean raw = asked->opcode == TBX_WORKER_RAW_HGFS;
  Call *call;

  if (self->calling)
    code = TBX_VIX_OBJECT_IS_BUSY;
  else if (asked->body_size <= TBX_WORKER_BODY_MAX_BYTES)
    code = tbx_vix_request_decode (raw ? TBX_VIX_HGFS_PACKET : asked->opcode,
                                   tbx_worker_buffer_get_body (self->buffer),
                                   asked->body_size, &request);
  if (code == TBX_VIX_OK)
    code = tbx_vix_request_check (&request);
  if (code != TBX_VIX_OK)
    {
      reply (self, asked->id, code, 0, 0);
      return;
    }
  call = g_new (Call, 1);
  *call = (Call) { self, tbx_worker_buffer_ref (self->buffer), asked->id };
  self->calling = TRUE;
  op = tbx_op_new (&request, asked->request_flags, tbx_worker_buffer_get_payload (self->buffer),
                   TBX_VIX_PAYLOAD_MAX_BYTES, on_op_done, on_op_progress, call);
  tbx_op_set_name (op, (const char *) asked->name, asked->name_size);
  if (raw)
    tbx_ops_execute_raw_hgfs (self->ops, op);
  else
    tbx_ops_execute (self->ops, op);
}

static void
service_say_state (TbxWorkerService *self)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_STATE,
                                     .busy = tbx_ops_get_busy (self->ops) };

  service_say (self, &message);
}

static char *
dup_short (const char *text, gsize limit)
{
  g_autofree char *cut = g_strndup (text, limit);
  g_autofree char *valid = g_utf8_make_valid (cut, -1);
  const char *end;

  /* A cut character became a longer replacement. */
  if (strlen (valid) <= limit)
    return g_steal_pointer (&valid);
  end = g_utf8_find_prev_char (valid, valid + limit);
  return g_strndup (valid, (gsize) (end - valid));
}

static void
service_say_program (TbxWorkerService *self, const TbxWorkerProgram *program)
{
  const TbxWorkerMessage message = {
    .type = program->end == 0 ? TBX_WORKER_PROGRAM_STARTED : TBX_WORKER_PROGRAM_ENDED,
    .program = *program,
  };

  service_say (self, &message);
}

/* Also of one that was adopted, which may have ended before. */
static void
on_program_changed (TbxOps *ops, const TbxOpsProgram *program, TbxWorkerService *self)
{
  g_autofree char *command = dup_short (program->command, TBX_WORKER_COMMAND_MAX_BYTES);
  g_autofree char *line = dup_short (program->command_line, TBX_WORKER_COMMAND_LINE_MAX_BYTES);
  const TbxWorkerProgram told = { program->pid, program->start, program->end,
                                  program->exit_code, program->signal, command, line };

  tbx_program_table_put (self->programs, &told);
  service_say_program (self, &told);
}

static void
on_run_done (TbxOps *ops, const char *request, TbxWorkerService *self)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_RUN_DONE, .run_done = request };

  service_say (self, &message);
}

/* One that another worker of the user started is listed like ours. */
static void
service_adopt (TbxWorkerService *self, const TbxWorkerProgram *program)
{
  const TbxOpsProgram record = {
    .pid = program->pid,
    .command = program->command,
    .command_line = program->command_line,
    .start = program->start,
    .end = program->end,
    .exit_code = program->exit_code,
    .signal = program->signal,
  };

  tbx_ops_adopt_program (self->ops, &record);
}

static void
on_busy_changed (TbxWorkerService *self)
{
  /* Not busy: the ended ones are not listed any more. */
  if (!tbx_ops_get_busy (self->ops))
    {
      tbx_program_table_free (self->programs);
      self->programs = tbx_program_table_new ();
    }
  service_say_state (self);
}

/* A daemon that started anew gets to know what this worker holds. */
static void
service_attach (TbxWorkerService *self, int fd, gboolean gated)
{
  g_autoptr(GError) error = NULL;
  TbxWorkerBuffer *buffer = tbx_worker_buffer_new_from_fd (fd, &error);
  const TbxWorkerMessage message = { .type = TBX_WORKER_HELLO,
                                     .hello = { TBX_WORKER_PROTOCOL, (guint32) getpid () } };
  g_autoptr(GList) programs = NULL;

  if (buffer == NULL)
    {
      g_warning ("A daemon attaches in vain: %s", error->message);
      g_main_loop_quit (self->loop);
      return;
    }
  tbx_worker_buffer_unref (self->buffer);
  self->buffer = buffer;
  self->calling = FALSE;
  tbx_ops_set_gated (self->ops, gated);
  tbx_remote_reset (tbx_ops_get_remote (self->ops));
  service_say (self, &message);
  tbx_ops_lose_remote_programs (self->ops);
  programs = tbx_program_table_list (self->programs);
  for (GList *each = programs; each != NULL; each = each->next)
    service_say_program (self, each->data);
  service_say_state (self);
}

/* The daemon asked whether we are of use; only what is not busy ends. */
static void
service_quit (TbxWorkerService *self)
{
  if (self->calling || tbx_ops_get_busy (self->ops))
    service_say_state (self);
  else
    g_main_loop_quit (self->loop);
}

static void
service_dispatch (TbxWorkerService *self, TbxControlPacket *packet)
{
  switch (packet->message.type)
    {
    case TBX_WORKER_REQUEST:
      service_execute (self, &packet->message.request);
      break;
    case TBX_WORKER_ATTACH:
      service_attach (self, packet->fds[0], packet->message.gated);
      packet->fds[0] = -1;
      break;
    case TBX_WORKER_QUIT:
      service_quit (self);
      break;
    case TBX_WORKER_ADOPT:
      service_adopt (self, &packet->message.program);
      break;
    case TBX_WORKER_SETTINGS:
      tbx_ops_set_settings (self->ops, &packet->message.settings);
      break;
    case TBX_WORKER_OPEN_GATE:
      tbx_ops_open_gate (self->ops, packet->message.gate_pid);
      break;
    case TBX_WORKER_NAMES:
      tbx_remote_set_names (tbx_ops_get_remote (self->ops), &packet->message.names);
      break;
    case TBX_WORKER_PROGRAM_EXITED:
      tbx_ops_program_exited (self->ops, &packet->message.exited);
      break;
    case TBX_WORKER_ASK_DONE:
    case TBX_WORKER_FILE_FOUND:
    case TBX_WORKER_FILE_OPENED:
    case TBX_WORKER_PROGRAM_RUNS:
      tbx_remote_take_answer (tbx_ops_get_remote (self->ops), &packet->message,
                              tbx_control_packet_steal (packet, 0));
      break;
    default:
      g_warning ("The daemon sent what does not belong here (%d)", packet->message.type);
      g_main_loop_quit (self->loop);
    }
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer user_data)
{
  TbxWorkerService *self = user_data;
  g_autoptr(GError) error = NULL;
  g_auto(TbxControlPacket) packet;

  switch (tbx_control_receive (fd, TBX_WORKER_FROM_DAEMON, &packet, &error))
    {
    case TBX_CONTROL_OK:
      service_dispatch (self, &packet);
      return G_SOURCE_CONTINUE;
    case TBX_CONTROL_AGAIN:
      return G_SOURCE_CONTINUE;
    case TBX_CONTROL_BAD:
      g_warning ("The daemon is not understood: %s", error->message);
      break;
    case TBX_CONTROL_END:
      break;
    }
  self->source_id = 0;
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/**
 * tbx_worker_service_new:
 * @socket: to the daemon; must outlive the service
 * @buffer: (transfer full): what the daemon gave
 * @ops: the user's operations
 *
 * Returns: (transfer full): free with tbx_worker_service_free()
 */
TbxWorkerService *
tbx_worker_service_new (int socket, TbxWorkerBuffer *buffer, TbxOps *ops)
{
  TbxWorkerService *self = g_new0 (TbxWorkerService, 1);
  g_autoptr(GSource) source = NULL;

  g_unix_set_fd_nonblocking (socket, TRUE, NULL);
  self->queue = tbx_control_queue_new (socket, MAX_WAITING_BYTES);
  self->buffer = buffer;
  self->ops = g_object_ref (ops);
  tbx_remote_set_say (tbx_ops_get_remote (ops), on_remote_say, self);
  self->programs = tbx_program_table_new ();
  self->loop = g_main_loop_new (NULL, FALSE);
  source = g_unix_fd_source_new (socket, G_IO_IN);
  g_source_set_static_name (source, "tbx-worker-socket");
  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), self, NULL);
  /* Else GLib takes the descriptor out of its loop meanwhile, which costs four system
   * calls; nothing here runs the loop from within. */
  g_source_set_can_recurse (source, TRUE);
  self->source_id = g_source_attach (source, NULL);
  g_signal_connect (ops, "program-started", G_CALLBACK (on_program_changed), self);
  g_signal_connect (ops, "program-ended", G_CALLBACK (on_program_changed), self);
  g_signal_connect (ops, "run-program-done", G_CALLBACK (on_run_done), self);
  g_signal_connect_swapped (ops, "notify::busy", G_CALLBACK (on_busy_changed), self);
  return self;
}

/**
 * tbx_worker_service_run:
 * @self: the service
 *
 * Serves until the daemon says that this worker is of no use any more, or is gone.
 */
void
tbx_worker_service_run (TbxWorkerService *self)
{
  tbx_memory_settle_later ();
  g_main_loop_run (self->loop);
}

void
tbx_worker_service_free (TbxWorkerService *self)
{
  g_signal_handlers_disconnect_by_data (self->ops, self);
  tbx_remote_set_say (tbx_ops_get_remote (self->ops), NULL, NULL);
  g_clear_handle_id (&self->source_id, g_source_remove);
  g_clear_object (&self->ops);
  g_clear_pointer (&self->queue, tbx_control_queue_free);
  g_clear_pointer (&self->programs, tbx_program_table_free);
  g_clear_pointer (&self->buffer, tbx_worker_buffer_unref);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_free (self);
}
