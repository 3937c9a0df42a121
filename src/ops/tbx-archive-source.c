/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-source.h"
#include <errno.h>
#include <string.h>
#include <zlib.h>

#define IN_BYTES    (64 * 1024)
#define OUT_BYTES   (128 * 1024)
#define GZIP_BITS   (15 + 16)
/* A gzip member is longer than its header; what ends a download is shorter. */
#define GZIP_HEADER 10

static const guint8 magic[] = { 0x1f, 0x8b, 0x08 };

typedef enum
{
  SOURCE_START,     /* nothing was seen yet */
  SOURCE_PLAIN,
  SOURCE_MEMBER,    /* in a gzip member */
  SOURCE_END,       /* what follows does not count */
} SourceState;

struct _TbxArchiveSource
{
  TbxRing     *ring;         /* (not owned) */
  SourceState  state;
  gboolean     inflating;    /* @stream is set up */
  z_stream     stream;       /* its input is what is left in @in */
  gboolean     in_ended;     /* there is no more than that */
  guint        ratio;        /* a gzip may be so many times larger when unpacked … */
  guint64      ratio_from;   /* … once it is larger than this, bytes */
  guint64      taken;        /* bytes from the ring */
  guint64      bytes;        /* of the tar archive so far */
  int          error_number; /* why there is no more */
  guint8       in[IN_BYTES];
  guint8       out[OUT_BYTES];
};

/**
 * tbx_archive_source_new:
 * @ring: what is uploaded
 * @ratio: how many times larger than itself a gzip may become
 * @ratio_from: when that is asked for, bytes of the tar archive
 *
 * Returns: (transfer full): free with tbx_archive_source_free()
 */
TbxArchiveSource *
tbx_archive_source_new (TbxRing *ring, guint ratio, guint64 ratio_from)
{
  TbxArchiveSource *self = g_malloc (sizeof *self);

  memset (self, 0, G_STRUCT_OFFSET (TbxArchiveSource, in));
  self->ring = ring;
  self->ratio = ratio;
  self->ratio_from = ratio_from;
  return self;
}

void
tbx_archive_source_free (TbxArchiveSource *self)
{
  if (self->inflating)
    inflateEnd (&self->stream);
  g_free (self);
}

static gssize
source_fail (TbxArchiveSource *self, int error_number)
{
  if (self->error_number == 0)
    self->error_number = error_number;
  return -1;
}

/* Has at least @wanted bytes in @in, if so many follow. */
static gboolean
source_fill (TbxArchiveSource *self, gsize wanted)
{
  z_stream *stream = &self->stream;

  if (stream->avail_in < wanted)
    {
      memmove (self->in, stream->next_in, stream->avail_in);
      stream->next_in = self->in;
    }
  while (stream->avail_in < wanted && !self->in_ended)
    {
      gssize n = tbx_ring_take (self->ring, self->in + stream->avail_in,
                                IN_BYTES - stream->avail_in);

      if (n < 0)
        {
          source_fail (self, ECANCELED);
          return FALSE;
        }
      self->in_ended = n == 0;
      self->taken += (gsize) n;
      stream->avail_in += (uInt) n;
    }
  return TRUE;
}

static gboolean
source_has_magic (TbxArchiveSource *self, gsize size)
{
  return self->stream.avail_in >= size && memcmp (self->stream.next_in, magic, sizeof magic) == 0;
}

static gboolean
source_start (TbxArchiveSource *self)
{
  self->stream.next_in = self->in;
  if (!source_fill (self, sizeof magic))
    return FALSE;
  self->state = SOURCE_PLAIN;
  if (source_has_magic (self, sizeof magic))
    {
      if (inflateInit2 (&self->stream, GZIP_BITS) != Z_OK)
        g_error ("zlib: no memory");
      self->inflating = TRUE;
      self->state = SOURCE_MEMBER;
    }
  return TRUE;
}

static gssize
source_read_plain (TbxArchiveSource *self, const void **block)
{
  gssize n;

  if (!source_fill (self, 1))
    return -1;
  n = (gssize) self->stream.avail_in;
  *block = self->stream.next_in;
  self->stream.next_in += n;
  self->stream.avail_in = 0;
  return n;
}

/* A member ended: another may follow, as gzip itself takes it. */
static gboolean
source_next_member (TbxArchiveSource *self)
{
  if (!source_fill (self, GZIP_HEADER))
    return FALSE;
  if (source_has_magic (self, GZIP_HEADER))
    inflateReset (&self->stream);
  else
    self->state = SOURCE_END;
  return TRUE;
}

static gssize
source_read_member (TbxArchiveSource *self, const void **block)
{
  z_stream *stream = &self->stream;
  gsize n = 0;
  int result;

  while (n == 0 && self->state == SOURCE_MEMBER)
    {
      if (!source_fill (self, 1))
        return -1;
      stream->next_out = self->out;
      stream->avail_out = OUT_BYTES;
      result = inflate (stream, Z_NO_FLUSH);
      n = OUT_BYTES - stream->avail_out;
      if (result == Z_STREAM_END)
        {
          if (!source_next_member (self))
            return -1;
        }
      else if (result != Z_OK)   /* damaged, or it ends before its end */
        return source_fail (self, EBADMSG);
    }
  *block = self->out;
  return (gssize) n;
}

/* Takes what is behind the end, so that the host gets rid of it. */
static gssize
source_drain (TbxArchiveSource *self)
{
  do
    self->stream.avail_in = 0;
  while (!self->in_ended && source_fill (self, 1));
  return self->error_number == 0 ? 0 : -1;
}

/**
 * tbx_archive_source_read:
 * @self: a source
 * @block: (out): the next bytes, until the next call
 *
 * Waits for the host.
 *
 * Returns: how many, 0 at the end, -1 after an error
 */
gssize
tbx_archive_source_read (TbxArchiveSource *self, const void **block)
{
  gssize n;

  if (self->error_number != 0)
    return -1;
  if (self->state == SOURCE_START && !source_start (self))
    return -1;
  if (self->state == SOURCE_END)
    return source_drain (self);
  if (self->state == SOURCE_PLAIN)
    n = source_read_plain (self, block);
  else
    n = source_read_member (self, block);
  if (n == 0 && self->state == SOURCE_END)
    return source_drain (self);
  if (n > 0)
    self->bytes += (guint64) n;
  if (self->inflating && self->bytes > self->ratio_from && self->bytes / self->ratio > self->taken)
    return source_fail (self, EFBIG);
  return n;
}

/* Bytes of the tar archive that were read so far. */
guint64
tbx_archive_source_get_bytes (TbxArchiveSource *self)
{
  return self->bytes;
}

/* Why a read gave -1: `EBADMSG` for a damaged or truncated gzip, `EFBIG` when it becomes
 * too large, `ECANCELED` when the host gave up; else 0. */
int
tbx_archive_source_get_error (TbxArchiveSource *self)
{
  return self->error_number;
}
