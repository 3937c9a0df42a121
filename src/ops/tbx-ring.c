/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ring.h"
#include <errno.h>
#include <string.h>

struct _TbxRing
{
  GMutex   lock;           /* of all below but the content of @data */
  GCond    changed;        /* the thread waits for this */
  guint64  head;           /* position behind what is in it */
  guint64  tail;           /* position of the first byte that is still in it */
  gboolean ended;          /* the loop offers no more */
  gboolean cancelled;      /* the loop wants no more of the thread */
  gboolean finished;       /* the thread does no more */
  int      error_number;   /* with which it finished */
  gint64   alive_us;       /* when the thread got on last, monotonic time */

  /* What the loop waits for: any of these, or the thread's end. */
  guint64  wanted_head;
  guint64  wanted_tail;
  GSource *waiting;        /* woken then (a reference), or NULL */

  guint8   data[TBX_RING_BYTES];
};

TbxRing *
tbx_ring_new (void)
{
  TbxRing *self = g_malloc (sizeof *self);

  memset (self, 0, G_STRUCT_OFFSET (TbxRing, data));
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->wanted_head = self->wanted_tail = G_MAXUINT64;
  self->alive_us = g_get_monotonic_time ();
  return self;
}

/* The thread has ended before. */
void
tbx_ring_free (TbxRing *self)
{
  g_clear_pointer (&self->waiting, g_source_unref);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
ring_copy_in (TbxRing *self, guint64 position, const guint8 *data, gsize size)
{
  gsize start = position % TBX_RING_BYTES;
  gsize first = MIN (size, TBX_RING_BYTES - start);

  memcpy (self->data + start, data, first);
  memcpy (self->data, data + first, size - first);
}

static void
ring_copy_out (TbxRing *self, guint64 position, guint8 *buffer, gsize size)
{
  gsize start = position % TBX_RING_BYTES;
  gsize first = MIN (size, TBX_RING_BYTES - start);

  memcpy (buffer, self->data + start, first);
  memcpy (buffer + first, self->data, size - first);
}

static gsize
ring_room (TbxRing *self)
{
  return TBX_RING_BYTES - (gsize) (self->head - self->tail);
}

/* Locked: wakes the loop if what it waits for is there. */
static void
ring_wake (TbxRing *self)
{
  if (self->waiting == NULL
      || !(self->finished || self->head >= self->wanted_head || self->tail >= self->wanted_tail))
    return;
  g_source_set_ready_time (self->waiting, 0);
  g_clear_pointer (&self->waiting, g_source_unref);
}

/**
 * tbx_ring_put:
 * @self: a ring
 * @data: (array length=size): the next bytes
 * @size: of @data, bytes
 *
 * Waits for room.  Once the ring is full that is until half of it is free: it costs
 * less to fill it in a stretch than to change threads for each read.
 *
 * Returns: %FALSE when the loop's side was cancelled
 */
gboolean
tbx_ring_put (TbxRing *self, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gsize n;

      g_mutex_lock (&self->lock);
      if (ring_room (self) == 0)
        while (!self->cancelled && ring_room (self) < TBX_RING_BYTES / 2)
          g_cond_wait (&self->changed, &self->lock);
      n = self->cancelled ? 0 : MIN (size, ring_room (self));
      g_mutex_unlock (&self->lock);
      if (n == 0)
        return FALSE;
      ring_copy_in (self, self->head, data, n);
      g_mutex_lock (&self->lock);
      self->head += n;
      self->alive_us = g_get_monotonic_time ();
      ring_wake (self);
      g_mutex_unlock (&self->lock);
      data += n;
      size -= n;
    }
  return TRUE;
}

/**
 * tbx_ring_take:
 * @self: a ring
 * @buffer: (array length=size): where the next bytes go
 * @size: of @buffer, bytes
 *
 * Waits until there are any.
 *
 * Returns: how many, 0 at the end, -1 when the loop's side was cancelled
 */
gssize
tbx_ring_take (TbxRing *self, guint8 *buffer, gsize size)
{
  gsize n;

  g_mutex_lock (&self->lock);
  while (self->head == self->tail && !self->ended && !self->cancelled)
    g_cond_wait (&self->changed, &self->lock);
  n = MIN (size, (gsize) (self->head - self->tail));
  if (self->cancelled)
    {
      g_mutex_unlock (&self->lock);
      return -1;
    }
  g_mutex_unlock (&self->lock);
  ring_copy_out (self, self->tail, buffer, n);
  g_mutex_lock (&self->lock);
  self->tail += n;
  self->alive_us = g_get_monotonic_time ();
  ring_wake (self);
  g_mutex_unlock (&self->lock);
  return (gssize) n;
}

/* The thread asks this where it works for long without putting or taking: whenever it
 * got on. */
gboolean
tbx_ring_is_cancelled (TbxRing *self)
{
  gboolean cancelled;

  g_mutex_lock (&self->lock);
  cancelled = self->cancelled;
  self->alive_us = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
  return cancelled;
}

/* The last that the thread does: it is done, or failed. */
void
tbx_ring_finish (TbxRing *self, int error_number)
{
  g_mutex_lock (&self->lock);
  self->finished = TRUE;
  self->error_number = error_number;
  ring_wake (self);
  g_mutex_unlock (&self->lock);
}

/**
 * tbx_ring_read:
 * @self: a ring
 * @position: from where, not released yet
 * @buffer: (array length=size): where to
 * @size: how many bytes, at most %TBX_RING_MAX_BYTES
 * @done: (out): how many there were: less only at the end of the stream
 *
 * Returns: 0, `EAGAIN` while there are fewer, or what the thread failed with
 */
int
tbx_ring_read (TbxRing *self, guint64 position, guint8 *buffer, gsize size, gsize *done)
{
  gsize available;
  int error_number = 0;

  *done = 0;
  if (size > TBX_RING_MAX_BYTES)
    return EINVAL;
  g_mutex_lock (&self->lock);
  g_assert (position >= self->tail && position <= self->head);
  available = (gsize) (self->head - position);
  if (available < size)
    error_number = self->finished ? self->error_number : EAGAIN;
  self->wanted_head = position + size;
  self->wanted_tail = G_MAXUINT64;
  g_mutex_unlock (&self->lock);
  if (error_number != 0)
    return error_number;
  *done = MIN (size, available);
  ring_copy_out (self, position, buffer, *done);
  return 0;
}

/* What is before @position will not be read again. */
void
tbx_ring_release (TbxRing *self, guint64 position)
{
  g_mutex_lock (&self->lock);
  g_assert (position >= self->tail && position <= self->head);
  self->tail = position;
  if (ring_room (self) >= TBX_RING_BYTES / 2)
    g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

/**
 * tbx_ring_offer:
 * @self: a ring
 * @data: (array length=size): the next bytes
 * @size: of @data, bytes, at most %TBX_RING_MAX_BYTES
 *
 * Returns: 0 when all are taken; `EAGAIN`, and none is, while there is no room; or
 *   what the thread failed with
 */
int
tbx_ring_offer (TbxRing *self, const guint8 *data, gsize size)
{
  gboolean room;
  int error_number = 0;

  if (size > TBX_RING_MAX_BYTES)
    return EINVAL;
  g_mutex_lock (&self->lock);
  room = ring_room (self) >= size;
  if (self->finished)
    error_number = self->error_number != 0 ? self->error_number : EPIPE;
  else if (!room)
    error_number = EAGAIN;
  self->wanted_head = G_MAXUINT64;
  self->wanted_tail = self->head - TBX_RING_BYTES / 2;
  g_mutex_unlock (&self->lock);
  if (error_number != 0)
    return error_number;
  ring_copy_in (self, self->head, data, size);
  g_mutex_lock (&self->lock);
  self->head += size;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  return 0;
}

/**
 * tbx_ring_end:
 * @self: a ring
 *
 * Nothing more is offered.
 *
 * Returns: `EAGAIN` while the thread is still at work on what was, then what it
 *   finished with: 0 or an errno
 */
int
tbx_ring_end (TbxRing *self)
{
  int error_number;

  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  self->wanted_head = self->wanted_tail = G_MAXUINT64;
  error_number = self->finished ? self->error_number : EAGAIN;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  return error_number;
}

/**
 * tbx_ring_got_on:
 * @self: a ring
 *
 * Returns: when the thread put, took, or asked whether it is cancelled last, monotonic
 *   time in microseconds
 */
gint64
tbx_ring_got_on (TbxRing *self)
{
  gint64 alive_us;

  g_mutex_lock (&self->lock);
  alive_us = self->alive_us;
  g_mutex_unlock (&self->lock);
  return alive_us;
}

/* The thread is to stop at once. */
void
tbx_ring_cancel (TbxRing *self)
{
  g_mutex_lock (&self->lock);
  self->cancelled = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

typedef struct
{
  GSource      base;
  TbxFileReady ready;
  gpointer     user_data;
} WaitSource;

static gboolean
wait_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  WaitSource *self = (WaitSource *) source;

  self->ready (self->user_data);
  return G_SOURCE_REMOVE;
}

static GSourceFuncs wait_source_funcs = { .dispatch = wait_source_dispatch };

/**
 * tbx_ring_wait:
 * @self: a ring that gave `EAGAIN`
 * @ready: (scope async): called once, when it is worth to try again, and at the latest
 *   after %TBX_FILE_WAIT_MS
 * @user_data: passed to @ready
 *
 * Returns: the id of a source
 */
guint
tbx_ring_wait (TbxRing *self, TbxFileReady ready, gpointer user_data)
{
  GSource *source = g_source_new (&wait_source_funcs, sizeof (WaitSource));
  guint id;

  ((WaitSource *) source)->ready = ready;
  ((WaitSource *) source)->user_data = user_data;
  g_source_set_static_name (source, "tbx-ring");
  g_source_set_ready_time (source, g_get_monotonic_time () + TBX_FILE_WAIT_MS * 1000);
  id = g_source_attach (source, g_main_context_get_thread_default ());
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->waiting, g_source_unref);
  self->waiting = source;
  ring_wake (self);
  g_mutex_unlock (&self->lock);
  return id;
}
