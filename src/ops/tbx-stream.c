/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-stream.h"
#include "tbx-file-waits.h"
#include "tbx-stream-buffer.h"
#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

/* Read at once, at most: others have their turn. */
#define PUMP_BYTES (256 * 1024)

struct _TbxStream
{
  gatomicrefcount  ref_count;
  TbxStreamPool   *pool;        /* (owned) */
  TbxStreamBuffer *buffer;      /* (owned), NULL before the first byte */
  gsize            limit;       /* bytes in memory at most */
  int              fd;          /* that the program writes to; -1 once it has ended */
  guint            source_id;   /* on @fd, or 0: there is no room */
  gboolean         starved;     /* there is room, but no memory */
  gboolean         settled;     /* the program has ended */
  gboolean         flows;       /* what is read goes */
  gboolean         read_now;    /* by somebody who makes it flow */
  guint64          delivered;   /* position behind what was read, once it flows */
  gint64           changed_us;  /* real time */
  TbxFileWaits     waits;
};

/* One who reads it. */
typedef struct
{
  TbxFile    base;
  TbxStream *stream;   /* (owned) */
  gboolean   flows;    /* it is the one that makes it flow */
  guint64    start;    /* position that is its offset 0 */
  guint64    wanted;   /* position that it waits for */
} Reader;

static void stream_resume (gpointer user_data);

static guint64
stream_head (TbxStream *self)
{
  return self->buffer == NULL ? 0 : tbx_stream_buffer_get_head (self->buffer);
}

static guint64
stream_tail (TbxStream *self)
{
  return self->buffer == NULL ? 0 : tbx_stream_buffer_get_tail (self->buffer);
}

static gboolean
stream_is_full (TbxStream *self)
{
  return self->fd >= 0
         && (self->starved
             || (self->buffer != NULL && tbx_stream_buffer_get_room (self->buffer) == 0));
}

/* Whether there is anything to be told of it: what is incomplete only grows. */
static gboolean
stream_is_ready (TbxStream *self)
{
  return self->fd < 0 || self->settled || self->flows || stream_is_full (self);
}

static void
stream_end (TbxStream *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  tbx_stream_pool_forget (self->pool, self);
  self->starved = FALSE;
  close (self->fd);
  self->fd = -1;
  if (self->buffer != NULL && tbx_stream_buffer_get_head (self->buffer) == 0)
    g_clear_pointer (&self->buffer, tbx_stream_buffer_free);
  else if (self->buffer != NULL)
    tbx_stream_buffer_trim (self->buffer);
}

/* There is no room to read, but the end can be seen all the same. */
static void
stream_look_for_end (TbxStream *self)
{
  struct pollfd look = { .fd = self->fd, .events = POLLIN };

  if (poll (&look, 1, 0) == 1 && !(look.revents & POLLIN))
    stream_end (self);
}

static gsize
stream_room (TbxStream *self)
{
  if (self->buffer == NULL)
    self->buffer = tbx_stream_buffer_new (self->limit);
  /* Where so many addresses are not to be had it flows sooner. */
  if (self->buffer == NULL)
    self->buffer = tbx_stream_buffer_new (TBX_STREAM_POOL_LEAST_BYTES);
  if (self->buffer == NULL)
    return 0;
  return tbx_stream_pool_grant (self->pool, tbx_stream_buffer_get_held (self->buffer),
                                tbx_stream_buffer_get_room (self->buffer));
}

/* Takes what is there, as far as there is room.
 * Returns: whether more could be taken later */
static gboolean
stream_pump (TbxStream *self, gsize most)
{
  gsize room = 1;

  while (self->fd >= 0 && most > 0 && (room = stream_room (self)) > 0)
    {
      gssize n = tbx_stream_buffer_fill (self->buffer, self->fd, MIN (room, most));

      if (n < 0 && errno == EAGAIN)
        break;
      if (n <= 0)   /* a stream that cannot be read has no more than what was */
        {
          stream_end (self);
          break;
        }
      tbx_stream_pool_take (self->pool, (gsize) n);
      self->changed_us = g_get_real_time ();
      most -= (gsize) n;
    }
  if (self->fd >= 0 && room == 0)
    stream_look_for_end (self);
  self->starved = self->fd >= 0 && room == 0
                  && (self->buffer == NULL || tbx_stream_buffer_get_room (self->buffer) > 0);
  return self->fd >= 0 && room > 0;
}

/* Whoever waits for a part that is there now, or for the state that is new. */
static void
stream_tell (TbxStream *self)
{
  const gboolean is_new = self->fd < 0 || self->settled || (!self->flows && stream_is_full (self));

  tbx_file_waits_reach (&self->waits, is_new ? TBX_FILE_WAITS_FOR_CHANGE : stream_head (self));
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr(TbxStream) self = tbx_stream_ref (user_data);
  gboolean goes_on = stream_pump (self, PUMP_BYTES);

  if (!goes_on)
    g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->starved)
    tbx_stream_pool_wait (self->pool, stream_resume, self);
  stream_tell (self);
  return goes_on;
}

/* There may be room again. */
static void
stream_resume (gpointer user_data)
{
  TbxStream *self = user_data;
  gboolean goes_on = stream_pump (self, PUMP_BYTES);

  if (goes_on && self->source_id == 0)
    self->source_id = g_unix_fd_add (self->fd, G_IO_IN | G_IO_HUP, on_readable, self);
  else if (!goes_on)
    g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->starved)
    tbx_stream_pool_wait (self->pool, stream_resume, self);
  stream_tell (self);
}

/* What is before @position goes, and the program may write as much again. */
static void
stream_release (TbxStream *self, guint64 position)
{
  guint64 tail = stream_tail (self);

  if (position <= tail)
    return;
  tbx_stream_buffer_release (self->buffer, position);
  tbx_stream_pool_give_back (self->pool, (gsize) (position - tail));
}

/**
 * tbx_stream_new:
 * @fd: (transfer full): what the program writes can be read from it; does not block
 * @pool: that it shares memory with
 *
 * Returns: (transfer full): free with tbx_stream_unref()
 */
TbxStream *
tbx_stream_new (int fd, TbxStreamPool *pool)
{
  TbxStream *self = g_new0 (TbxStream, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->pool = tbx_stream_pool_ref (pool);
  self->limit = tbx_stream_pool_get_limit (pool);
  self->fd = fd;
  self->changed_us = g_get_real_time ();
  self->source_id = g_unix_fd_add (fd, G_IO_IN | G_IO_HUP, on_readable, self);
  return self;
}

TbxStream *
tbx_stream_ref (TbxStream *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_stream_unref (TbxStream *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->fd >= 0)
    stream_end (self);
  if (self->buffer != NULL)
    tbx_stream_pool_give_back (self->pool, tbx_stream_buffer_get_held (self->buffer));
  g_clear_pointer (&self->buffer, tbx_stream_buffer_free);
  tbx_file_waits_clear (&self->waits);
  tbx_stream_pool_unref (self->pool);
  g_free (self);
}

/**
 * tbx_stream_settle:
 * @self: a stream
 *
 * The program has ended: what it wrote is complete, though others that have the stream
 * from it may add to it.
 */
void
tbx_stream_settle (TbxStream *self)
{
  guint64 head;
  gboolean goes_on = self->fd >= 0;

  self->settled = TRUE;
  /* All that it left; how much others may add is limited by the room there is. */
  while (goes_on)
    {
      head = stream_head (self);
      goes_on = stream_pump (self, PUMP_BYTES) && stream_head (self) - head == PUMP_BYTES;
    }
  stream_resume (self);
}

/**
 * tbx_stream_stat:
 * @self: a stream
 * @info: (out): type, size, time and permissions
 *
 * Returns: 0; `EAGAIN` while it is not complete and there is room for more
 */
int
tbx_stream_stat (TbxStream *self, struct stat *info)
{
  if (self->fd >= 0 && self->source_id == 0)
    stream_resume (self);   /* it may have ended when there was no room for more */
  if (!stream_is_ready (self))
    return EAGAIN;
  *info = (struct stat) {
    .st_mode = S_IFREG | 0400,
    .st_uid = geteuid (),
    .st_gid = getegid (),
    .st_mtim = { self->changed_us / G_USEC_PER_SEC, self->changed_us % G_USEC_PER_SEC * 1000 },
    .st_size = G_MAXINT64,
  };
  info->st_atim = info->st_ctim = info->st_mtim;
  if (self->fd < 0 || (self->settled && !stream_is_full (self)))
    info->st_size = (off_t) (stream_head (self) - stream_tail (self));
  return 0;
}

/* @done of EAGAIN: so many are there already. */
static int
reader_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  Reader *self = (Reader *) file;
  TbxStream *stream = self->stream;
  guint64 position = self->start + offset;

  *done = 0;
  if (offset > G_MAXINT64 || (self->flows && position > stream->delivered))
    return EINVAL;
  if (position < stream_tail (stream))
    return ESTALE;   /* it flowed on, and this is gone */
  if (self->flows)
    stream_release (stream, position);
  if (stream->fd >= 0)
    stream_resume (stream);
  if (stream->buffer != NULL)
    *done = tbx_stream_buffer_peek (stream->buffer, position, buffer, size);
  if (self->flows)
    stream->delivered = MAX (stream->delivered, position + *done);
  self->wanted = position + size;
  return *done == size || stream->fd < 0 || stream->settled ? 0 : EAGAIN;
}

static int
reader_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
              gsize *done)
{
  *done = 0;
  return EBADF;
}

static int
reader_stat (TbxFile *file, struct stat *info)
{
  return tbx_stream_stat (((Reader *) file)->stream, info);
}

/* What was delivered has arrived. */
static int
reader_close (TbxFile *file)
{
  Reader *self = (Reader *) file;

  if (self->flows)
    {
      stream_release (self->stream, self->stream->delivered);
      stream_resume (self->stream);
    }
  return 0;
}

static void
reader_free (TbxFile *file)
{
  Reader *self = (Reader *) file;

  if (self->flows)
    self->stream->read_now = FALSE;
  tbx_stream_unref (self->stream);
  g_free (self);
}

static guint
reader_wait (TbxFile *file, TbxFileReady ready, gpointer user_data)
{
  Reader *self = (Reader *) file;

  return tbx_file_waits_add (&self->stream->waits, self->wanted, ready, user_data);
}

static const TbxFileFuncs reader_funcs = {
  reader_read, reader_write, reader_stat, reader_close, reader_free, reader_wait,
};

/**
 * tbx_stream_open:
 * @self: a stream
 * @error_number: (out): the errno of a failure
 *
 * Where there is room for no more the stream flows from now on: what was read goes when
 * the next part is asked for, and the program goes on.  Only one at a time may read it
 * then, and begins where the one before him ended.
 * Errors: `EAGAIN` as of tbx_stream_stat(); `EBUSY` when it flows for another.
 *
 * Returns: (transfer full) (nullable): free with tbx_file_free()
 */
TbxFile *
tbx_stream_open (TbxStream *self, int *error_number)
{
  struct stat info;
  Reader *reader;

  *error_number = tbx_stream_stat (self, &info);
  if (*error_number != 0)
    return NULL;
  self->flows = self->flows || stream_is_full (self);
  if (self->flows && self->read_now)
    {
      *error_number = EBUSY;
      return NULL;
    }
  self->read_now = self->flows;
  reader = g_new0 (Reader, 1);
  reader->base.funcs = &reader_funcs;
  reader->stream = tbx_stream_ref (self);
  reader->flows = self->flows;
  reader->start = stream_tail (self);
  self->delivered = reader->start;
  return &reader->base;
}

/* After `EAGAIN` of tbx_stream_stat() or tbx_stream_open(): as tbx_file_wait(). */
guint
tbx_stream_wait (TbxStream *self, TbxFileReady ready, gpointer user_data)
{
  return tbx_file_waits_add (&self->waits, TBX_FILE_WAITS_FOR_CHANGE, ready, user_data);
}
