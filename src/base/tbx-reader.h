/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The one way to read bytes that came from outside.  It never passes the end,
 * keeps its first failure, and answers zero, NULL or nothing after that, so a
 * decoder reads straight through and asks once.  A plain value: no freeing. */
typedef struct
{
  const guint8 *data;
  gsize         size;   /* bytes in @data */
  gsize         pos;    /* bytes taken, never more than @size */
  const char   *bad;    /* what went wrong first (static), or NULL */
} TbxReader;

void          tbx_reader_init       (TbxReader *r, GBytes *bytes);
void          tbx_reader_init_data  (TbxReader *r, gconstpointer data, gsize size);
gsize         tbx_reader_left       (const TbxReader *r);
void          tbx_reader_fail       (TbxReader *r, const char *reason);
const guint8 *tbx_reader_bytes      (TbxReader *r, gsize n);
guint8        tbx_reader_u8         (TbxReader *r);
guint16       tbx_reader_u16le      (TbxReader *r);
guint32       tbx_reader_u32le      (TbxReader *r);
guint64       tbx_reader_u64le      (TbxReader *r);
guint32       tbx_reader_u32be      (TbxReader *r);
char         *tbx_reader_utf8       (TbxReader *r, gsize n);
guint32       tbx_reader_count      (TbxReader *r, guint32 count, guint32 limit, gsize least_size);
gboolean      tbx_reader_ok         (const TbxReader *r, const char *what, GError **error);
gboolean      tbx_reader_end        (const TbxReader *r, const char *what, GError **error);

G_END_DECLS
