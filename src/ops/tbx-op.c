/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-op.h"
#include "tbx-vix-codec.h"
#include "tbx-vix-errno.h"
#include <string.h>

#define PROGRESS_PERIOD_US (500 * 1000)

struct _TbxOp
{
  gatomicrefcount ref_count;
  TbxVixRequest   request;          /* its strings are in the body, which the caller keeps */
  guint32         request_flags;    /* TbxVixRequestFlags */
  char           *name;             /* that the host gave the request, or NULL (owned) */
  gsize           name_size;        /* bytes */
  guint8         *reply;            /* where the payload goes (not owned) */
  gsize           reply_capacity;   /* bytes */
  TbxOpDone       done;             /* NULL once it is answered */
  TbxOpProgress   progress;
  gpointer        user_data;
  gint64          progress_us;      /* when it was told last, monotonic time */
};

/**
 * tbx_op_new:
 * @request: decoded and checked; copied, but its strings must stay until @done
 * @request_flags: of the VIX header
 * @reply: where the payload goes; must stay until @done
 * @reply_capacity: its size in bytes
 * @done: (scope async): told once
 * @progress: (nullable) (scope notified): told while a long operation gets on
 * @user_data: passed to both
 *
 * Returns: (transfer full): free with tbx_op_unref()
 */
TbxOp *
tbx_op_new (const TbxVixRequest *request,
            guint32              request_flags,
            guint8              *reply,
            gsize                reply_capacity,
            TbxOpDone            done,
            TbxOpProgress        progress,
            gpointer             user_data)
{
  TbxOp *self = g_new0 (TbxOp, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->request = *request;
  self->request_flags = request_flags;
  self->reply = reply;
  self->reply_capacity = reply_capacity;
  self->done = done;
  self->progress = progress;
  self->user_data = user_data;
  self->progress_us = g_get_monotonic_time ();
  return self;
}

TbxOp *
tbx_op_ref (TbxOp *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * tbx_op_unref:
 * @self: (transfer full): the request
 *
 * The last reference to one that was not answered fails it.
 */
void
tbx_op_unref (TbxOp *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->done != NULL)
    {
      g_critical ("Operation %s gave no answer", tbx_vix_opcode_get_name (self->request.opcode));
      self->done (self, TBX_VIX_FAIL, 0, 0, self->user_data);
    }
  g_free (self->name);
  g_free (self);
}

/**
 * tbx_op_set_name:
 * @self: a request
 * @name: (array length=size): what the host calls it; opaque, copied
 * @size: its length in bytes
 *
 * Only the legacy requests that report the end of a program later need one.
 */
void
tbx_op_set_name (TbxOp *self, const char *name, gsize size)
{
  g_free (self->name);
  self->name = g_strndup (name, size);
  self->name_size = size;
}

/**
 * tbx_op_get_name:
 * @self: the request
 * @size: (out): its length in bytes
 *
 * Returns: (transfer none) (nullable): what the host calls it
 */
const char *
tbx_op_get_name (TbxOp *self, gsize *size)
{
  *size = self->name_size;
  return self->name;
}

/**
 * tbx_op_get_request:
 * @self: a request that was not answered yet
 *
 * Returns: (transfer none): its strings are valid until it is answered
 */
const TbxVixRequest *
tbx_op_get_request (TbxOp *self)
{
  return &self->request;
}

/**
 * tbx_op_get_escape:
 * @self: the request
 *
 * Returns: whether the legacy lists escape their strings
 */
gboolean
tbx_op_get_escape (TbxOp *self)
{
  return (self->request_flags & TBX_VIX_REQUEST_ESCAPE_XML_DATA) != 0;
}

/**
 * tbx_op_get_reply:
 * @self: a request that was not answered yet
 * @capacity: (out): size of the buffer, bytes
 *
 * Returns: (transfer none): where a handler may build its payload, to end with
 *   tbx_op_return_in_place()
 */
guint8 *
tbx_op_get_reply (TbxOp *self, gsize *capacity)
{
  *capacity = self->reply_capacity;
  return self->reply;
}

/**
 * tbx_op_progress:
 * @self: a request that was not answered yet
 *
 * Called by an operation that may take long, as often as it likes, whenever it got
 * on: it has 60 s instead of 5 s then.
 */
void
tbx_op_progress (TbxOp *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->progress == NULL || self->done == NULL
      || now_us - self->progress_us < PROGRESS_PERIOD_US)
    return;
  self->progress_us = now_us;
  self->progress (self, self->user_data);
}

/**
 * tbx_op_prolong:
 * @self: an operation that is not answered
 *
 * Tells progress at once: somebody else is asked, who has a deadline of his own.
 */
void
tbx_op_prolong (TbxOp *self)
{
  self->progress_us = 0;
  tbx_op_progress (self);
}

static void
op_settle (TbxOp *self, TbxVixCode code, int error_number, gsize size)
{
  TbxOpDone done = g_steal_pointer (&self->done);

  g_return_if_fail (done != NULL);
  done (self, code, error_number, size, self->user_data);
}

/**
 * tbx_op_return:
 * @self: a request that was not answered yet
 * @code: %TBX_VIX_OK or what went wrong
 * @error_number: the errno behind it, or 0
 *
 * Answers without a payload.
 */
void
tbx_op_return (TbxOp *self, TbxVixCode code, int error_number)
{
  op_settle (self, code, error_number, 0);
}

/**
 * tbx_op_return_errno:
 * @self: a request that was not answered yet
 * @error_number: an errno, not 0
 *
 * Answers with the code that the errno translates to.
 */
void
tbx_op_return_errno (TbxOp *self, int error_number)
{
  op_settle (self, tbx_vix_code_from_errno (error_number), error_number, 0);
}

/**
 * tbx_op_return_data:
 * @self: a request that was not answered yet
 * @data: the payload; without a NUL when it is text
 * @size: its length in bytes; more than fits answers `TBX_VIX_OUT_OF_MEMORY`
 */
void
tbx_op_return_data (TbxOp *self, gconstpointer data, gsize size)
{
  if (size > self->reply_capacity)
    {
      op_settle (self, TBX_VIX_OUT_OF_MEMORY, 0, 0);
      return;
    }
  if (size > 0)
    memcpy (self->reply, data, size);
  op_settle (self, TBX_VIX_OK, 0, size);
}

/**
 * tbx_op_return_in_place:
 * @self: a request that was not answered yet
 * @size: bytes that the handler put into the reply buffer
 */
void
tbx_op_return_in_place (TbxOp *self, gsize size)
{
  g_return_if_fail (size <= self->reply_capacity);
  op_settle (self, TBX_VIX_OK, 0, size);
}
