/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Takes the compressed bytes as they come; FALSE ends the work. */
typedef gboolean (*TbxGzipSink) (const guint8 *data, gsize size, gpointer user_data);

/* One way to make a gzip member of bytes that come in pieces. */
typedef struct
{
  const char *name;
  gpointer  (*begin) (TbxGzipSink sink, gpointer user_data);   /* NULL: not to be had here */
  /* @last: nothing follows.  FALSE: the sink wanted no more. */
  gboolean  (*write) (gpointer self, const guint8 *data, gsize size, gboolean last);
  void      (*free)  (gpointer self);
} TbxGzipFuncs;

extern const TbxGzipFuncs tbx_gzip_isal;   /* where it is built */
extern const TbxGzipFuncs tbx_gzip_zlib;

/* One gzip member in the making. */
typedef struct _TbxGzip TbxGzip;

TbxGzip    *tbx_gzip_new      (TbxGzipSink sink, gpointer user_data);
void        tbx_gzip_free     (TbxGzip *self);
gboolean    tbx_gzip_write    (TbxGzip *self, const guint8 *data, gsize size, gboolean last);
const char *tbx_gzip_get_name (TbxGzip *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxGzip, tbx_gzip_free)

G_END_DECLS
