/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-connection.h"
#include "tbx-control-queue.h"
#include <glib-unix.h>
#include <unistd.h>

/* What may wait for a worker to read it: a thousand programs, the longest there are. */
#define MAX_WAITING_BYTES (12 * 1024 * 1024)

struct _TbxWorkerConnection
{
  int                             socket;     /* (owned) */
  TbxControlQueue                *queue;      /* (owned) */
  GSource                        *readable;   /* (owned) */
  GSource                        *alarm;      /* (owned) */
  const TbxWorkerConnectionFuncs *funcs;      /* static */
  gpointer                        user_data;
  gint64 due_us;   /* when to tell the owner, monotonic time; -1: never */
};

/* Any of the functions may free the connection. */
static gboolean
on_readable (gint fd, GIOCondition condition, gpointer user_data)
{
  TbxWorkerConnection *self = user_data;
  g_autoptr(GError) error = NULL;
  g_auto(TbxControlPacket) packet;

  switch (tbx_control_receive (fd, TBX_WORKER_FROM_WORKER, &packet, &error))
    {
    case TBX_CONTROL_OK:
      self->funcs->packet (&packet, self->user_data);
      break;
    case TBX_CONTROL_BAD:
      self->funcs->closed (error->message, self->user_data);
      break;
    case TBX_CONTROL_END:
      self->funcs->closed (NULL, self->user_data);
      break;
    case TBX_CONTROL_AGAIN:
      break;
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_alarm (gpointer user_data)
{
  TbxWorkerConnection *self = user_data;
  gboolean due = self->due_us >= 0 && self->due_us <= g_get_monotonic_time ();

  /* It was set for something that came in time; now for what is waited for by now. */
  if (!due)
    {
      g_source_set_ready_time (self->alarm, self->due_us);
      return G_SOURCE_CONTINUE;
    }
  self->due_us = -1;
  g_source_set_ready_time (self->alarm, -1);
  self->funcs->due (self->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_alarm (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs alarm_funcs = { .dispatch = dispatch_alarm };

/**
 * tbx_worker_connection_new:
 * @socket: (transfer full): to the worker; does not block
 * @funcs: (scope forever): told what comes; each may free the connection
 * @user_data: passed to them
 *
 * Returns: (transfer full): free with tbx_worker_connection_free()
 */
TbxWorkerConnection *
tbx_worker_connection_new (int socket, const TbxWorkerConnectionFuncs *funcs, gpointer user_data)
{
  TbxWorkerConnection *self = g_new0 (TbxWorkerConnection, 1);
  GMainContext *context = g_main_context_get_thread_default ();

  self->socket = socket;
  self->queue = tbx_control_queue_new (socket, MAX_WAITING_BYTES);
  self->due_us = -1;
  self->funcs = funcs;
  self->user_data = user_data;
  self->readable = g_unix_fd_source_new (socket, G_IO_IN);
  g_source_set_static_name (self->readable, "tbx-worker-readable");
  g_source_set_callback (self->readable, G_SOURCE_FUNC (on_readable), self, NULL);
  /* Else GLib takes the descriptor out of its loop meanwhile, which costs four system
   * calls; nothing here runs the loop from within. */
  g_source_set_can_recurse (self->readable, TRUE);
  g_source_attach (self->readable, context);
  self->alarm = g_source_new (&alarm_funcs, sizeof (GSource));
  g_source_set_static_name (self->alarm, "tbx-worker-deadline");
  g_source_set_callback (self->alarm, on_alarm, self, NULL);
  g_source_attach (self->alarm, context);
  return self;
}

/**
 * tbx_worker_connection_free:
 * @self: (transfer full): the connection
 *
 * The worker sees its end.
 */
void
tbx_worker_connection_free (TbxWorkerConnection *self)
{
  g_source_destroy (self->readable);
  g_source_unref (self->readable);
  g_source_destroy (self->alarm);
  g_source_unref (self->alarm);
  tbx_control_queue_free (self->queue);
  close (self->socket);
  g_free (self);
}

/**
 * tbx_worker_connection_send:
 * @self: the connection
 * @message: what to say
 * @fds: (array length=n_fds): descriptors to go with it (still owned by the caller)
 * @n_fds: at most %TBX_WORKER_MAX_FDS
 * @error: return location for an error
 *
 * Never waits; what the socket does not take now goes later, in order.
 * Errors: `TBX_ERROR_BUSY` when too much waits already; `TBX_ERROR_TRANSPORT`,
 * `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_worker_connection_send (TbxWorkerConnection    *self,
                            const TbxWorkerMessage *message,
                            const int              *fds,
                            guint                   n_fds,
                            GError                **error)
{
  return tbx_control_queue_send (self->queue, message, fds, n_fds, error);
}

/**
 * tbx_worker_connection_wait_until:
 * @self: the connection
 * @time_us: when to be told, monotonic time in microseconds; -1 for never
 */
void
tbx_worker_connection_wait_until (TbxWorkerConnection *self, gint64 time_us)
{
  gint64 set_us = g_source_get_ready_time (self->alarm);

  self->due_us = time_us;
  /* One that rings too early is set anew then: each packet of a transfer has a deadline,
   * and to set it costs two system calls. */
  if (time_us >= 0 && (set_us < 0 || time_us < set_us))
    g_source_set_ready_time (self->alarm, time_us);
}

int
tbx_worker_connection_get_socket (TbxWorkerConnection *self)
{
  return self->socket;
}
