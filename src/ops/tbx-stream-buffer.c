/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-stream-buffer.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* Memory is given back in such pieces: one call for many pages. */
#define GIVE_BACK_BYTES (256 * 1024)

struct _TbxStreamBuffer
{
  guint8 *data;       /* mapped, @size bytes */
  gsize   size;       /* whole pages */
  gsize   page;       /* bytes */
  gsize   capacity;   /* bytes that it holds at most */
  guint64 head;       /* position behind what is in it */
  guint64 tail;       /* position of the first byte that is still in it */
  guint64 given;      /* pages before this position are given back, or used again */
};

/**
 * tbx_stream_buffer_new:
 * @capacity: bytes
 *
 * Takes addresses only; memory comes with the bytes.
 *
 * Returns: (transfer full) (nullable): free with tbx_stream_buffer_free(); %NULL, and
 *   errno is set, where there are no addresses left
 */
TbxStreamBuffer *
tbx_stream_buffer_new (gsize capacity)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize size = (capacity + page - 1) / page * page;
  gpointer data = mmap (NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  TbxStreamBuffer *self;

  if (data == MAP_FAILED)
    return NULL;
  /* Or the first byte may bring two megabytes with it. */
  madvise (data, size, MADV_NOHUGEPAGE);
  self = g_new0 (TbxStreamBuffer, 1);
  self->data = data;
  self->size = size;
  self->page = page;
  self->capacity = capacity;
  return self;
}

void
tbx_stream_buffer_free (TbxStreamBuffer *self)
{
  munmap (self->data, self->size);
  g_free (self);
}

guint64
tbx_stream_buffer_get_head (TbxStreamBuffer *self)
{
  return self->head;
}

guint64
tbx_stream_buffer_get_tail (TbxStreamBuffer *self)
{
  return self->tail;
}

gsize
tbx_stream_buffer_get_held (TbxStreamBuffer *self)
{
  return (gsize) (self->head - self->tail);
}

gsize
tbx_stream_buffer_get_room (TbxStreamBuffer *self)
{
  return self->capacity - tbx_stream_buffer_get_held (self);
}

/* Where @size bytes from @position on are: one piece, or two around the end. */
static int
buffer_pieces (TbxStreamBuffer *self, guint64 position, gsize size, struct iovec pieces[2])
{
  gsize start = (gsize) (position % self->size);
  gsize first = MIN (size, self->size - start);

  pieces[0] = (struct iovec) { self->data + start, first };
  pieces[1] = (struct iovec) { self->data, size - first };
  return size > first ? 2 : 1;
}

/**
 * tbx_stream_buffer_fill:
 * @self: a buffer with room
 * @fd: what to read from
 * @most: bytes at most, of which there is room for
 *
 * Returns: how many came, 0 at the end, -1 with errno
 */
gssize
tbx_stream_buffer_fill (TbxStreamBuffer *self, int fd, gsize most)
{
  struct iovec pieces[2];
  int n_pieces = buffer_pieces (self, self->head, most, pieces);
  gssize n;

  g_return_val_if_fail (most > 0 && most <= tbx_stream_buffer_get_room (self), -1);
  do
    n = readv (fd, pieces, n_pieces);
  while (n < 0 && errno == EINTR);
  self->head += (guint64) MAX (n, 0);
  return n;
}

/**
 * tbx_stream_buffer_drain:
 * @self: a buffer that is not empty
 * @fd: what to write to
 *
 * What could be written is not in the buffer any more.
 *
 * Returns: how many bytes those are, or -1 with errno
 */
gssize
tbx_stream_buffer_drain (TbxStreamBuffer *self, int fd)
{
  struct iovec pieces[2];
  int n_pieces = buffer_pieces (self, self->tail, tbx_stream_buffer_get_held (self), pieces);
  gssize n;

  do
    n = writev (fd, pieces, n_pieces);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    tbx_stream_buffer_release (self, self->tail + (guint64) n);
  return n;
}

/* @size bytes, of which there is room for. */
void
tbx_stream_buffer_put (TbxStreamBuffer *self, const guint8 *data, gsize size)
{
  struct iovec pieces[2];

  g_return_if_fail (size <= tbx_stream_buffer_get_room (self));
  buffer_pieces (self, self->head, size, pieces);
  memcpy (pieces[0].iov_base, data, pieces[0].iov_len);
  memcpy (pieces[1].iov_base, data + pieces[0].iov_len, pieces[1].iov_len);
  self->head += size;
}

/**
 * tbx_stream_buffer_peek:
 * @self: a buffer
 * @position: from where, not released yet
 * @buffer: (array length=size): where to
 * @size: how many bytes at most
 *
 * Returns: how many there are from there on, up to @size
 */
gsize
tbx_stream_buffer_peek (TbxStreamBuffer *self, guint64 position, guint8 *buffer, gsize size)
{
  struct iovec pieces[2];

  g_return_val_if_fail (position >= self->tail, 0);
  if (position >= self->head)
    return 0;
  size = MIN (size, (gsize) (self->head - position));
  buffer_pieces (self, position, size, pieces);
  memcpy (buffer, pieces[0].iov_base, pieces[0].iov_len);
  memcpy (buffer + pieces[0].iov_len, pieces[1].iov_base, pieces[1].iov_len);
  return size;
}

/* Whole pages between @given and the tail, but those that newer bytes use again. */
static void
buffer_give_back (TbxStreamBuffer *self)
{
  guint64 to = self->tail / self->page * self->page;
  guint64 reused = self->head > self->size ? self->head - self->size : 0;
  guint64 from = MAX (self->given, (reused + self->page - 1) / self->page * self->page);
  struct iovec pieces[2];
  int n_pieces;

  self->given = to;
  if (from >= to)
    return;
  n_pieces = buffer_pieces (self, from, (gsize) (to - from), pieces);
  for (int i = 0; i < n_pieces; i++)
    madvise (pieces[i].iov_base, pieces[i].iov_len, MADV_DONTNEED);
}

/* What is before @position will not be asked for again. */
void
tbx_stream_buffer_release (TbxStreamBuffer *self, guint64 position)
{
  g_return_if_fail (position >= self->tail && position <= self->head);
  self->tail = position;
  if (self->tail - self->given >= GIVE_BACK_BYTES || self->tail == self->head)
    buffer_give_back (self);
}

/**
 * tbx_stream_buffer_trim:
 * @self: a buffer that nothing will be put into any more
 *
 * Gives back the addresses that were not used: where the kernel does not overcommit
 * memory, those count as much as memory does.
 */
void
tbx_stream_buffer_trim (TbxStreamBuffer *self)
{
  guint64 used = MAX (self->page, (self->head + self->page - 1) / self->page * self->page);

  if (used >= self->size)
    return;
  munmap (self->data + used, self->size - (gsize) used);
  self->size = (gsize) used;
  self->capacity = MIN (self->capacity, self->size);
}
