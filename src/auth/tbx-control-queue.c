/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-control-queue.h"
#include "tbx-control.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* So that one dispatch of the source is a bounded amount of work. */
#define MAX_AT_ONCE 64

typedef struct
{
  guint8 *data;   /* one packet (owned) */
  gsize   size;   /* bytes */
  int     fds[TBX_WORKER_MAX_FDS];   /* that go with it (owned) */
  guint   n_fds;
} Packet;

struct _TbxControlQueue
{
  int      socket;     /* does not block (not owned) */
  gsize    limit;      /* the most that may wait, bytes */
  gsize    waiting;    /* bytes of the packets */
  GQueue   packets;    /* of Packet (owned), the next one first */
  GSource *writable;   /* while packets wait (owned), or NULL */
};

/* It may be a password. */
static void
packet_free (gpointer data)
{
  Packet *packet = data;

  for (guint i = 0; i < packet->n_fds; i++)
    if (packet->fds[i] >= 0)
      close (packet->fds[i]);
  explicit_bzero (packet->data, packet->size);
  g_free (packet->data);
  g_free (packet);
}

static void
queue_drop_source (TbxControlQueue *self)
{
  if (self->writable == NULL)
    return;
  g_source_destroy (self->writable);
  g_clear_pointer (&self->writable, g_source_unref);
}

static void
queue_clear (TbxControlQueue *self)
{
  queue_drop_source (self);
  g_queue_clear_full (&self->packets, packet_free);
  self->waiting = 0;
}

/* Gives the errno that ended it: EAGAIN is the usual one, 0 when all are gone. */
static int
queue_flush (TbxControlQueue *self, guint most)
{
  Packet *packet;

  while (most-- > 0 && (packet = g_queue_peek_head (&self->packets)) != NULL)
    {
      int error_number = tbx_control_send_packet (self->socket, packet->data, packet->size,
                                                  packet->fds, packet->n_fds);

      if (error_number != 0)
        return error_number;
      self->waiting -= packet->size;
      packet_free (g_queue_pop_head (&self->packets));
    }
  return g_queue_is_empty (&self->packets) ? 0 : EAGAIN;
}

/* A peer that is gone is seen by who reads the socket. */
static gboolean
on_writable (gint fd, GIOCondition condition, gpointer user_data)
{
  TbxControlQueue *self = user_data;

  if (queue_flush (self, MAX_AT_ONCE) != EAGAIN)
    queue_clear (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
queue_keep (TbxControlQueue *self, const TbxWriter *w, const int *fds, guint n_fds, GError **error)
{
  Packet *packet;

  if (w->out->len > self->limit - self->waiting)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_BUSY,
                   "control socket: the other side does not read");
      return FALSE;
    }
  packet = g_new (Packet, 1);
  *packet = (Packet) { .data = g_memdup2 (w->out->data, w->out->len), .size = w->out->len,
                       .n_fds = n_fds };
  for (guint i = 0; i < n_fds; i++)
    packet->fds[i] = fcntl (fds[i], F_DUPFD_CLOEXEC, 3);
  self->waiting += packet->size;
  g_queue_push_tail (&self->packets, packet);
  if (self->writable != NULL)
    return TRUE;
  self->writable = g_unix_fd_source_new (self->socket, G_IO_OUT);
  g_source_set_static_name (self->writable, "tbx-control-writable");
  g_source_set_callback (self->writable, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_attach (self->writable, g_main_context_get_thread_default ());
  return TRUE;
}

/**
 * tbx_control_queue_send:
 * @self: the queue
 * @message: what to say
 * @fds: (array length=n_fds): descriptors to go with it (still owned by the caller)
 * @n_fds: at most %TBX_WORKER_MAX_FDS
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_BUSY` when more waits than the limit; `TBX_ERROR_TRANSPORT`,
 * `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_control_queue_send (TbxControlQueue        *self,
                        const TbxWorkerMessage *message,
                        const int              *fds,
                        guint                   n_fds,
                        GError                **error)
{
  g_auto(TbxWriter) w = { 0 };
  int error_number = EAGAIN;
  gboolean done;

  if (!tbx_control_encode (message, &w, error))
    return FALSE;
  if (g_queue_is_empty (&self->packets))
    error_number = tbx_control_send_packet (self->socket, w.out->data, w.out->len, fds, n_fds);
  done = error_number == 0;
  if (error_number == EAGAIN)
    done = queue_keep (self, &w, fds, n_fds, error);
  else if (!done)
    tbx_control_set_error (error, error_number);
  if (message->type == TBX_WORKER_LOGIN)
    explicit_bzero (w.out->data, w.out->len);
  return done;
}

/**
 * tbx_control_queue_new:
 * @socket: the control socket, which does not block; must outlive the queue
 * @limit: the most that may wait, bytes
 *
 * Returns: (transfer full): free with tbx_control_queue_free()
 */
TbxControlQueue *
tbx_control_queue_new (int socket, gsize limit)
{
  TbxControlQueue *self = g_new0 (TbxControlQueue, 1);

  self->socket = socket;
  self->limit = limit;
  g_queue_init (&self->packets);
  return self;
}

/**
 * tbx_control_queue_free:
 * @self: (transfer full): the queue
 *
 * What waits is not said any more, but for what the socket takes now.
 */
void
tbx_control_queue_free (TbxControlQueue *self)
{
  queue_flush (self, G_MAXUINT);
  queue_clear (self);
  g_free (self);
}
