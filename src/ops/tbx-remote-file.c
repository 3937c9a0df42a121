/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-remote-file.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* What one read or write may take, from the first part of it to the last, milliseconds. */
#define WHOLE_MS (30 * 1000)

/* A descriptor that an agent gave: a pipe, a socket or a file, in which nothing is sought.
 * Read in order, of which the last part can be read again; or written in order. */
typedef struct
{
  TbxFile     base;
  int         fd;            /* does not block (owned); -1 once closed */
  struct stat info;          /* what is told of it */
  guint64     position;      /* reading: of the first byte in @buffer; writing: of the next
                              * byte that was not written with success */
  GByteArray *buffer;        /* reading: what was read last (owned) */
  gsize       part;          /* writing: bytes behind @position that are written already */
  gboolean    ended;         /* reading: there is no more */
  int         error_number;  /* that broke it, or 0 */
  gint64      began_us;      /* monotonic time, when what waits began to; 0: nothing does */
  gint64      got_on_us;     /* monotonic time, when the agent did anything last */
} File;

static gboolean
is_late (gint64 since_us, guint limit_ms)
{
  return g_get_monotonic_time () - since_us >= (gint64) limit_ms * 1000;
}

/* Nothing more can be had now.
 * Returns: `EAGAIN`; `ETIMEDOUT` when the agent does nothing, `EINTR` when it is slow */
static int
file_wait_more (File *self)
{
  if (self->began_us == 0)
    self->began_us = g_get_monotonic_time ();
  if (is_late (MAX (self->began_us, self->got_on_us), TBX_REMOTE_FILE_WAIT_MS))
    return ETIMEDOUT;
  return is_late (self->began_us, WHOLE_MS) ? EINTR : EAGAIN;
}

/* What the agent's end gives, until @size bytes are there. */
static int
reader_fill (File *self, gsize size)
{
  while (self->buffer->len < size && !self->ended)
    {
      guint used = self->buffer->len;
      gssize n;

      g_byte_array_set_size (self->buffer, (guint) size);
      n = read (self->fd, self->buffer->data + used, size - used);
      g_byte_array_set_size (self->buffer, used + (guint) MAX (n, 0));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return file_wait_more (self);
      if (n < 0)
        return EIO;
      self->ended = n == 0;
      self->got_on_us = g_get_monotonic_time ();
    }
  return 0;
}

/* What came before @offset has arrived.  A short read may be taken for the end, and so is
 * none of an agent that hangs: what came of it can be read again. */
static int
reader_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  File *self = (File *) file;
  int error_number;

  *done = 0;
  if (offset >= self->position && offset - self->position > self->buffer->len && self->ended)
    return 0;   /* hosts ask ahead of their answers */
  if (offset < self->position || offset - self->position > self->buffer->len)
    return EINVAL;
  if (offset > self->position)
    g_byte_array_remove_range (self->buffer, 0, (guint) (offset - self->position));
  self->position = offset;
  error_number = reader_fill (self, size);
  if (error_number == EAGAIN)
    return EAGAIN;
  self->began_us = 0;
  if (error_number != 0 && (error_number != EINTR || self->buffer->len == 0))
    return EIO;
  *done = MIN (size, self->buffer->len);
  memcpy (buffer, self->buffer->data, *done);
  return 0;
}

static int
reader_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
              gsize *done)
{
  *done = 0;
  return EBADF;
}

static int
writer_read (TbxFile *file, guint64 offset, guint8 *buffer, gsize size, gsize *done)
{
  *done = 0;
  return EBADF;
}

/* Gives 0 or an errno; what was written stays written, whatever comes of the rest. */
static int
writer_drain (File *self, const guint8 *data, gsize size)
{
  while (self->part < size)
    {
      gssize n = write (self->fd, data + self->part, size - self->part);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return file_wait_more (self);
      if (n < 0)
        return errno;
      self->part += (gsize) n;
      self->got_on_us = g_get_monotonic_time ();
    }
  return 0;
}

static int
writer_write (TbxFile *file, guint64 offset, gboolean append, const guint8 *data, gsize size,
              gsize *done)
{
  File *self = (File *) file;
  int error_number;

  *done = 0;
  if (self->error_number != 0)
    return self->error_number;
  if (append)
    offset = self->position;
  if (offset != self->position || size < self->part)
    return EINVAL;
  error_number = writer_drain (self, data, size);
  if (error_number == EAGAIN)
    return EAGAIN;
  self->began_us = 0;
  if (error_number != 0)
    return self->error_number = error_number == EINTR ? ETIMEDOUT : error_number;
  self->position += size;
  self->part = 0;
  self->info.st_size = (off_t) self->position;
  *done = size;
  return 0;
}

static int
file_stat (TbxFile *file, struct stat *info)
{
  *info = ((File *) file)->info;
  return 0;
}

static int
file_shut (File *self)
{
  int error_number = self->fd >= 0 && close (self->fd) < 0 ? errno : 0;

  self->fd = -1;
  return error_number;
}

static int
reader_close (TbxFile *file)
{
  file_shut ((File *) file);
  return 0;
}

/* An agent that reads until the end is there until then. */
static int
writer_close (TbxFile *file)
{
  File *self = (File *) file;
  struct pollfd look = { .fd = self->fd };
  int error_number = self->error_number;

  if (error_number == 0 && self->fd >= 0 && poll (&look, 1, 0) == 1
      && look.revents & (POLLERR | POLLHUP))
    error_number = EPIPE;
  self->error_number = file_shut (self);
  return error_number != 0 ? error_number : self->error_number;
}

static void
file_free (TbxFile *file)
{
  File *self = (File *) file;

  file_shut (self);
  g_clear_pointer (&self->buffer, g_byte_array_unref);
  g_free (self);
}

/* One who waits. */
typedef struct
{
  TbxFileReady ready;
  gpointer     user_data;
} Wait;

static gboolean
on_ready (gint fd, GIOCondition condition, gpointer user_data)
{
  const Wait *wait = user_data;

  wait->ready (wait->user_data);
  return G_SOURCE_REMOVE;
}

static guint
wait_for (int fd, GIOCondition condition, TbxFileReady ready, gpointer user_data)
{
  g_autoptr(GSource) source = g_unix_fd_source_new (fd, condition);
  Wait *wait = g_new (Wait, 1);

  *wait = (Wait) { ready, user_data };
  g_source_set_static_name (source, "tbx-remote-file");
  g_source_set_ready_time (source, g_get_monotonic_time () + TBX_FILE_WAIT_MS * 1000);
  g_source_set_callback (source, G_SOURCE_FUNC (on_ready), wait, g_free);
  return g_source_attach (source, g_main_context_get_thread_default ());
}

static guint
reader_wait (TbxFile *file, TbxFileReady ready, gpointer user_data)
{
  return wait_for (((File *) file)->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, ready, user_data);
}

static guint
writer_wait (TbxFile *file, TbxFileReady ready, gpointer user_data)
{
  return wait_for (((File *) file)->fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, ready, user_data);
}

/* That it is waited for at all is progress: it ends by itself. */
static gint64
file_got_on (TbxFile *file)
{
  File *self = (File *) file;

  return self->began_us != 0 ? g_get_monotonic_time () : self->got_on_us;
}

static const TbxFileFuncs reader_funcs = {
  reader_read, reader_write, file_stat, reader_close, file_free, reader_wait, file_got_on,
};

static const TbxFileFuncs writer_funcs = {
  writer_read, writer_write, file_stat, writer_close, file_free, writer_wait, file_got_on,
};

static TbxFile *
file_new (const TbxFileFuncs *funcs, int fd, const struct stat *info)
{
  File *self = g_new0 (File, 1);

  g_unix_set_fd_nonblocking (fd, TRUE, NULL);
  self->base.funcs = funcs;
  self->fd = fd;
  self->info = *info;
  self->got_on_us = g_get_monotonic_time ();
  self->buffer = g_byte_array_new ();
  return &self->base;
}

/**
 * tbx_remote_reader_new:
 * @fd: (transfer full): what an agent gave for reading
 * @info: what is told of it
 *
 * Read in order, and the last part again; other offsets give `EINVAL`.  A read waits until
 * all of it is there.  An agent that gives nothing for 4 s is an `EIO`; of one that is slow,
 * what there is after 30 s is given.
 * Source: docs/wire/hgfs.md, "Files that clients on the bus serve".
 *
 * Returns: (transfer full): a file
 */
TbxFile *
tbx_remote_reader_new (int fd, const struct stat *info)
{
  return file_new (&reader_funcs, fd, info);
}

/**
 * tbx_remote_writer_new:
 * @fd: (transfer full): what an agent gave for writing
 * @info: what is told of it
 *
 * Written in order; other offsets give `EINVAL`.  An agent that takes nothing for 4 s, or
 * not all of a write within 30 s, is an `ETIMEDOUT`; after an error there are only errors.
 * Source: docs/wire/hgfs.md, "Files that clients on the bus serve".
 *
 * Returns: (transfer full): a file
 */
TbxFile *
tbx_remote_writer_new (int fd, const struct stat *info)
{
  return file_new (&writer_funcs, fd, info);
}
