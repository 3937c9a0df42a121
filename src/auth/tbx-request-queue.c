/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-queue.h"
#include "tbx-vix-errors.h"
#include <string.h>

typedef struct
{
  TbxWorkerRequest message;    /* its id is set when it is sent */
  gboolean         binary;
  guint8          *name;       /* of the request (owned), or NULL */
  GBytes          *body;       /* (owned), NULL once it is in the buffer */
  TbxWorkerReplied replied;    /* NULL once it is answered */
  gpointer         user_data;
} Request;

/* The reply that is on its way to the host, in the buffer. */
typedef struct
{
  TbxRequestQueue *queue;      /* (owned) */
  GDestroyNotify   released;
  gpointer         user_data;
} Reply;

struct _TbxRequestQueue
{
  grefcount        ref_count;   /* a reply that is on its way keeps it */
  TbxWorkerBuffer *buffer;      /* (owned) */
  gboolean         held;        /* the buffer's reply is on its way to the host */
  Request         *current;     /* whose body is in the buffer, or NULL (owned) */
  gboolean         sent;        /* the worker has it */
  GQueue           waiting;     /* of Request (owned) */
  guint32          last_id;
};

static void
request_free (Request *request)
{
  g_clear_pointer (&request->body, g_bytes_unref);
  g_free (request->name);
  g_free (request);
}

static void
request_answer (Request *request, guint32 code, int error_number, GBytes *reply)
{
  TbxWorkerReplied replied = g_steal_pointer (&request->replied);

  if (replied != NULL)
    replied (code, error_number, reply, request->user_data);
}

/**
 * tbx_request_queue_new:
 * @buffer: where the worker finds bodies and leaves payloads
 *
 * Returns: (transfer full): free with tbx_request_queue_free()
 */
TbxRequestQueue *
tbx_request_queue_new (TbxWorkerBuffer *buffer)
{
  TbxRequestQueue *self = g_new0 (TbxRequestQueue, 1);

  g_ref_count_init (&self->ref_count);
  self->buffer = tbx_worker_buffer_ref (buffer);
  g_queue_init (&self->waiting);
  return self;
}

static void
queue_unref (TbxRequestQueue *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;
  tbx_worker_buffer_unref (self->buffer);
  g_free (self);
}

/**
 * tbx_request_queue_free:
 * @self: (transfer full): the queue
 *
 * Whoever still waits gets a failure.
 */
void
tbx_request_queue_free (TbxRequestQueue *self)
{
  tbx_request_queue_fail (self, TBX_VIX_FAIL, 0);
  g_clear_pointer (&self->current, request_free);
  queue_unref (self);
}

static void
queue_fill_buffer (TbxRequestQueue *self, Request *request, gconstpointer body)
{
  if (request->message.body_size > 0)
    memcpy (tbx_worker_buffer_get_body (self->buffer), body, request->message.body_size);
  self->current = request;
  self->sent = FALSE;
}

/**
 * tbx_request_queue_push:
 * @self: the queue
 * @asked: what to execute; copied; its `id` does not count
 * @body: (nullable): of the request, at most `TBX_WORKER_BODY_MAX_BYTES`; copied, and
 *   only once where none waits before it
 * @binary: whether a binary reply was asked for
 * @replied: (scope async): told once
 * @user_data: passed to it
 */
void
tbx_request_queue_push (TbxRequestQueue *self,
                        const TbxWorkerRequest *asked,
                        gconstpointer    body,
                        gboolean         binary,
                        TbxWorkerReplied replied,
                        gpointer         user_data)
{
  Request *request = g_new (Request, 1);

  g_assert (asked->body_size <= TBX_WORKER_BODY_MAX_BYTES);
  *request = (Request) { *asked,  binary,    g_memdup2 (asked->name, asked->name_size), NULL,
                         replied, user_data };
  request->message.name = request->name;
  if (self->current == NULL && !self->held && g_queue_is_empty (&self->waiting))
    {
      queue_fill_buffer (self, request, body);
      return;
    }
  request->body = g_bytes_new (body, asked->body_size);
  g_queue_push_tail (&self->waiting, request);
}

/**
 * tbx_request_queue_next:
 * @self: the queue
 * @request: (out): what to tell the worker
 *
 * Returns: whether there is something for the worker to do, that it does not know yet
 */
gboolean
tbx_request_queue_next (TbxRequestQueue *self, TbxWorkerRequest *request)
{
  Request *next;

  if (self->current == NULL && !self->held
      && (next = g_queue_pop_head (&self->waiting)) != NULL)
    {
      g_autoptr(GBytes) body = g_steal_pointer (&next->body);

      queue_fill_buffer (self, next, g_bytes_get_data (body, NULL));
    }
  if (self->current == NULL || self->sent)
    return FALSE;
  self->sent = TRUE;
  self->current->message.id = ++self->last_id;
  *request = self->current->message;
  return TRUE;
}

/**
 * tbx_request_queue_is_current:
 * @self: the queue
 * @id: that the worker names
 *
 * Returns: whether the worker executes just that one
 */
gboolean
tbx_request_queue_is_current (TbxRequestQueue *self, guint32 id)
{
  return tbx_request_queue_has_current (self) && self->current->message.id == id;
}

gboolean
tbx_request_queue_has_current (TbxRequestQueue *self)
{
  return self->current != NULL && self->sent;
}

/* Nobody uses the reply any more, so the buffer may be written again. */
static void
reply_free (gpointer data)
{
  Reply *reply = data;

  reply->queue->held = FALSE;
  queue_unref (reply->queue);
  reply->released (reply->user_data);
  g_free (reply);
}

/**
 * tbx_request_queue_settle:
 * @self: the queue
 * @reply: to the current request, its size checked
 * @released: called when the buffer is free again, maybe before this returns
 * @user_data: passed to it
 *
 * Passes the reply on; one that came too late goes nowhere.
 */
void
tbx_request_queue_settle (TbxRequestQueue      *self,
                          const TbxWorkerReply *reply,
                          GDestroyNotify        released,
                          gpointer              user_data)
{
  Request *request = g_steal_pointer (&self->current);
  g_autoptr(GBytes) bytes = NULL;
  Reply *held = g_new (Reply, 1);

  *held = (Reply) { self, released, user_data };
  g_ref_count_inc (&self->ref_count);
  self->held = TRUE;
  if (reply->code == TBX_VIX_OK && request->replied != NULL)
    bytes = tbx_worker_buffer_frame (self->buffer, request->binary, reply->size, reply_free, held);
  else
    reply_free (held);
  request_answer (request, reply->code, reply->error_number, bytes);
  request_free (request);
}

/**
 * tbx_request_queue_fail:
 * @self: the queue
 * @code: what all who wait are told
 * @error_number: an errno, or 0
 *
 * The current request stays the current one: its worker may answer it yet.
 */
void
tbx_request_queue_fail (TbxRequestQueue *self, guint32 code, int error_number)
{
  GQueue waiting = self->waiting;
  Request *request;

  g_queue_init (&self->waiting);
  if (self->current != NULL)
    request_answer (self->current, code, error_number, NULL);
  while ((request = g_queue_pop_head (&waiting)) != NULL)
    {
      request_answer (request, code, error_number, NULL);
      request_free (request);
    }
}
