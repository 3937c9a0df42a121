/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-gzip.h"
#include <string.h>
#include <zlib.h>

/* Half as slow again as level 1 and a tenth smaller; level 6 gains little more. */
#define LEVEL     4
#define GZIP_BITS (15 + 16)
#define OUT_BYTES (64 * 1024)

typedef struct
{
  z_stream    stream;
  TbxGzipSink sink;
  gpointer    user_data;
  guint8      out[OUT_BYTES];
} ZlibGzip;

static gpointer
zlib_begin (TbxGzipSink sink, gpointer user_data)
{
  ZlibGzip *self = g_new (ZlibGzip, 1);

  memset (&self->stream, 0, sizeof self->stream);
  self->sink = sink;
  self->user_data = user_data;
  if (deflateInit2 (&self->stream, LEVEL, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    g_error ("zlib: no memory");
  return self;
}

static gboolean
zlib_write (gpointer data, const guint8 *bytes, gsize size, gboolean last)
{
  ZlibGzip *self = data;

  g_assert (size <= G_MAXUINT);
  self->stream.next_in = (Bytef *) bytes;
  self->stream.avail_in = (uInt) size;
  do
    {
      self->stream.next_out = self->out;
      self->stream.avail_out = OUT_BYTES;
      deflate (&self->stream, last ? Z_FINISH : Z_NO_FLUSH);
      if (self->stream.avail_out < OUT_BYTES
          && !self->sink (self->out, OUT_BYTES - self->stream.avail_out, self->user_data))
        return FALSE;
    }
  while (self->stream.avail_out == 0);
  return TRUE;
}

static void
zlib_free (gpointer data)
{
  ZlibGzip *self = data;

  deflateEnd (&self->stream);
  g_free (self);
}

const TbxGzipFuncs tbx_gzip_zlib = { "zlib", zlib_begin, zlib_write, zlib_free };
