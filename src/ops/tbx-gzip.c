/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-gzip.h"

struct _TbxGzip
{
  const TbxGzipFuncs *funcs;
  gpointer            stream;   /* of @funcs (owned) */
};

/**
 * tbx_gzip_new:
 * @sink: (scope forever): gets the compressed bytes, from tbx_gzip_write()
 * @user_data: passed to @sink
 *
 * By ISA-L where that is built and installed, else by zlib.
 *
 * Returns: (transfer full): free with tbx_gzip_free()
 */
TbxGzip *
tbx_gzip_new (TbxGzipSink sink, gpointer user_data)
{
  TbxGzip *self = g_new0 (TbxGzip, 1);

#ifdef TBX_HAVE_ISAL
  self->funcs = &tbx_gzip_isal;
  self->stream = self->funcs->begin (sink, user_data);
#endif
  if (self->stream == NULL)
    {
      self->funcs = &tbx_gzip_zlib;
      self->stream = self->funcs->begin (sink, user_data);
    }
  return self;
}

void
tbx_gzip_free (TbxGzip *self)
{
  self->funcs->free (self->stream);
  g_free (self);
}

/**
 * tbx_gzip_write:
 * @self: a member in the making
 * @data: (array length=size): what is compressed
 * @size: of @data, bytes; may be 0
 * @last: whether this is the end of the member
 *
 * Returns: %FALSE if the sink wanted no more
 */
gboolean
tbx_gzip_write (TbxGzip *self, const guint8 *data, gsize size, gboolean last)
{
  return self->funcs->write (self->stream, data, size, last);
}

/* Which library does it. */
const char *
tbx_gzip_get_name (TbxGzip *self)
{
  return self->funcs->name;
}
