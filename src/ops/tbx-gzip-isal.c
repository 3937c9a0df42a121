/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-gzip.h"
#include "tbx-library.h"
#include <isa-l/igzip_lib.h>

#define LEVEL        3
#define LEVEL_BYTES  ISAL_DEF_LVL3_MEDIUM
#define ISAL_SONAME  "libisal.so.2"
#define OUT_BYTES    (64 * 1024)

typedef struct
{
  struct isal_zstream stream;
  TbxGzipSink         sink;
  gpointer            user_data;
  guint8              level_buffer[LEVEL_BYTES];
  guint8              out[OUT_BYTES];
} IsalGzip;

/* What of ISA-L is used. */
typedef struct
{
  __typeof__ (isal_deflate_init) *init;
  __typeof__ (isal_deflate)      *deflate;
} Isal;

static gboolean
load (Isal *isal)
{
  const TbxLibrarySymbol symbols[] = {
    { "isal_deflate_init", (gpointer *) &isal->init },
    { "isal_deflate", (gpointer *) &isal->deflate },
  };

  return tbx_library_load (ISAL_SONAME, symbols, G_N_ELEMENTS (symbols));
}

static const Isal *
get_isal (void)
{
  static Isal isal;
  static gsize state;   /* 1: there, 2: not */

  if (g_once_init_enter (&state))
    g_once_init_leave (&state, load (&isal) ? 1 : 2);
  return state == 1 ? &isal : NULL;
}

static gpointer
isal_begin (TbxGzipSink sink, gpointer user_data)
{
  const Isal *isal = get_isal ();
  IsalGzip *self;

  if (isal == NULL)
    return NULL;
  self = g_new0 (IsalGzip, 1);
  isal->init (&self->stream);
  self->stream.gzip_flag = IGZIP_GZIP;
  self->stream.level = LEVEL;
  self->stream.level_buf = self->level_buffer;
  self->stream.level_buf_size = LEVEL_BYTES;
  self->stream.flush = NO_FLUSH;
  self->sink = sink;
  self->user_data = user_data;
  return self;
}

static gboolean
isal_write (gpointer data, const guint8 *bytes, gsize size, gboolean last)
{
  IsalGzip *self = data;

  g_assert (size <= G_MAXUINT32);
  self->stream.next_in = (guint8 *) bytes;
  self->stream.avail_in = (guint32) size;
  self->stream.end_of_stream = last;
  do
    {
      self->stream.next_out = self->out;
      self->stream.avail_out = OUT_BYTES;
      get_isal ()->deflate (&self->stream);
      if (self->stream.avail_out < OUT_BYTES
          && !self->sink (self->out, OUT_BYTES - self->stream.avail_out, self->user_data))
        return FALSE;
    }
  while (self->stream.avail_out == 0 || self->stream.avail_in > 0);
  return TRUE;
}

const TbxGzipFuncs tbx_gzip_isal = { "ISA-L", isal_begin, isal_write, g_free };
