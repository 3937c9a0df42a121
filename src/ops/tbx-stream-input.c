/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-stream-input.h"
#include "tbx-file-waits.h"
#include "tbx-stream-buffer.h"
#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

/* Kept at most until the program takes it. */
#define QUEUE_BYTES (1024 * 1024)

struct _TbxStreamInput
{
  gatomicrefcount  ref_count;
  TbxStreamPool   *pool;         /* (owned) */
  TbxStreamBuffer *queue;        /* what the program did not take yet (owned), or NULL */
  int              fd;           /* to the program; -1 once that is over */
  guint            source_id;    /* on @fd while something is kept, or 0 */
  gboolean         ends;         /* closed by the host: @fd is, when nothing is kept */
  gboolean         written_now;  /* by somebody who has it open */
  gboolean         lost;         /* the program did not take all that was kept */
  gint64           changed_us;   /* real time */
  TbxFileWaits     waits;
};

typedef struct
{
  TbxFile         base;
  TbxStreamInput *input;    /* (owned) */
  guint64         wanted;   /* position up to which the queue must be gone for what waits */
} Writer;

static gsize
input_kept (TbxStreamInput *self)
{
  return self->queue == NULL ? 0 : tbx_stream_buffer_get_held (self->queue);
}

/* Also where the program reads no more: what is kept is of no use then. */
static void
input_end (TbxStreamInput *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  self->lost = self->lost || input_kept (self) > 0;
  tbx_stream_pool_give_back (self->pool, input_kept (self));
  g_clear_pointer (&self->queue, tbx_stream_buffer_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  tbx_file_waits_reach (&self->waits, TBX_FILE_WAITS_FOR_CHANGE);
}

static gboolean
on_writable (gint fd, GIOCondition condition, gpointer user_data)
{
  TbxStreamInput *self = user_data;
  gssize n = tbx_stream_buffer_drain (self->queue, self->fd);

  if (n < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;
  if (n > 0)
    tbx_stream_pool_give_back (self->pool, (gsize) n);
  if (n <= 0 || (input_kept (self) == 0 && self->ends))
    {
      input_end (self);
      return G_SOURCE_REMOVE;
    }
  tbx_file_waits_reach (&self->waits, tbx_stream_buffer_get_tail (self->queue));
  if (input_kept (self) > 0)
    return G_SOURCE_CONTINUE;
  self->source_id = 0;
  return G_SOURCE_REMOVE;
}

/* Whether nobody reads it any more, and so nobody ever will. */
static void
input_look_for_end (TbxStreamInput *self)
{
  struct pollfd look = { .fd = self->fd };

  if (self->fd >= 0 && poll (&look, 1, 0) == 1 && look.revents & POLLERR)
    input_end (self);
}

/**
 * tbx_stream_input_new:
 * @fd: (transfer full): what is written to it the program can read; does not block
 * @pool: that it shares memory with
 *
 * Returns: (transfer full): free with tbx_stream_input_unref()
 */
TbxStreamInput *
tbx_stream_input_new (int fd, TbxStreamPool *pool)
{
  TbxStreamInput *self = g_new0 (TbxStreamInput, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->pool = tbx_stream_pool_ref (pool);
  self->fd = fd;
  self->changed_us = g_get_real_time ();
  return self;
}

TbxStreamInput *
tbx_stream_input_ref (TbxStreamInput *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_stream_input_unref (TbxStreamInput *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  input_end (self);
  tbx_file_waits_clear (&self->waits);
  tbx_stream_pool_unref (self->pool);
  g_free (self);
}

/* The program has ended: unless others read it, nobody ever will. */
void
tbx_stream_input_settle (TbxStreamInput *self)
{
  input_look_for_end (self);
}

/**
 * tbx_stream_input_stat:
 * @self: what a program reads
 * @info: (out): type, time and permissions; the size is 0
 *
 * Returns: 0; `EPIPE` when it was closed, or the program does not read any more
 */
int
tbx_stream_input_stat (TbxStreamInput *self, struct stat *info)
{
  input_look_for_end (self);
  if (self->fd < 0 || self->ends)
    return EPIPE;
  *info = (struct stat) {
    .st_mode = S_IFREG | 0200,
    .st_uid = geteuid (),
    .st_gid = getegid (),
    .st_mtim = { self->changed_us / G_USEC_PER_SEC, self->changed_us % G_USEC_PER_SEC * 1000 },
  };
  info->st_atim = info->st_ctim = info->st_mtim;
  return 0;
}

static int
writer_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  *done = 0;
  return EBADF;
}

/* Keeps what the program did not take of it.
 * Returns: 0; or `EAGAIN`, and nothing is kept */
static int
input_keep (TbxStreamInput *self, const guint8 *data, gsize size)
{
  if (tbx_stream_pool_grant (self->pool, input_kept (self),
                             tbx_stream_buffer_get_room (self->queue)) < size)
    return EAGAIN;
  tbx_stream_buffer_put (self->queue, data, size);
  tbx_stream_pool_take (self->pool, size);
  if (self->source_id == 0)
    self->source_id = g_unix_fd_add (self->fd, G_IO_OUT | G_IO_ERR, on_writable, self);
  return 0;
}

/* All of it, or nothing: so it can be tried again.  There always is room for one part
 * that the program took some of. */
static int
writer_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
              gsize *done)
{
  Writer *self = (Writer *) file;
  TbxStreamInput *input = self->input;
  gssize n = 0;
  int error_number = 0;

  *done = 0;
  if (size > TBX_STREAM_POOL_LEAST_BYTES)
    return EINVAL;
  input_look_for_end (input);
  if (input->fd < 0)
    return EPIPE;
  if (input->queue == NULL)
    input->queue = tbx_stream_buffer_new (QUEUE_BYTES);
  if (input->queue == NULL)
    return ENOMEM;
  if (input_kept (input) == 0 && size > 0)
    n = write (input->fd, data, size);
  if (n < 0 && errno != EAGAIN)
    {
      input_end (input);
      return EPIPE;
    }
  n = MAX (n, 0);
  if ((gsize) n < size)
    error_number = input_keep (input, data + n, size - (gsize) n);
  if (error_number != 0)
    {
      self->wanted = tbx_stream_buffer_get_head (input->queue) + size;
      self->wanted -= MIN (self->wanted, QUEUE_BYTES);
      return error_number;
    }
  input->changed_us = g_get_real_time ();
  *done = size;
  return 0;
}

static int
writer_stat (TbxFile *file, struct stat *info)
{
  return tbx_stream_input_stat (((Writer *) file)->input, info);
}

/* Whether it is closed, or its session ends: a program that waits for more would wait
 * for ever. */
static void
writer_free (TbxFile *file)
{
  TbxStreamInput *input = ((Writer *) file)->input;

  input->written_now = FALSE;
  input->ends = TRUE;
  if (input->fd >= 0 && input_kept (input) == 0)
    input_end (input);
  tbx_stream_input_unref (input);
  g_free (file);
}

/* What is kept still gets to the program, at its own pace. */
static int
writer_close (TbxFile *file)
{
  TbxStreamInput *input = ((Writer *) file)->input;

  input_look_for_end (input);
  return input->lost ? EPIPE : 0;
}

static guint
writer_wait (TbxFile *file, TbxFileReady ready, gpointer user_data)
{
  Writer *self = (Writer *) file;

  return tbx_file_waits_add (&self->input->waits, self->wanted, ready, user_data);
}

static const TbxFileFuncs writer_funcs = {
  writer_read, writer_write, writer_stat, writer_close, writer_free, writer_wait,
};

/**
 * tbx_stream_input_open:
 * @self: what a program reads
 * @error_number: (out): the errno of a failure
 *
 * That the file is closed, or given up, is the end of what the program reads.
 * Errors: `EPIPE` as of tbx_stream_input_stat(); `EBUSY` when somebody has it open.
 *
 * Returns: (transfer full) (nullable): free with tbx_file_free()
 */
TbxFile *
tbx_stream_input_open (TbxStreamInput *self, int *error_number)
{
  struct stat info;
  Writer *writer;

  *error_number = tbx_stream_input_stat (self, &info);
  if (*error_number == 0 && self->written_now)
    *error_number = EBUSY;
  if (*error_number != 0)
    return NULL;
  self->written_now = TRUE;
  writer = g_new0 (Writer, 1);
  writer->base.funcs = &writer_funcs;
  writer->input = tbx_stream_input_ref (self);
  return &writer->base;
}
