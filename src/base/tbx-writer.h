/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* The one way to build bytes for outside.  It has a limit, keeps its first
 * failure and writes nothing after it.  Ends with tbx_writer_end(), or with
 * tbx_writer_clear() on another way out (g_auto does that). */
typedef struct
{
  GByteArray *out;     /* what is written (owned) */
  gsize       limit;   /* the most that may be written, bytes */
  const char *bad;     /* what went wrong first (static), or NULL */
} TbxWriter;

void    tbx_writer_init        (TbxWriter *w, gsize limit);
void    tbx_writer_clear       (TbxWriter *w);
gsize   tbx_writer_size        (const TbxWriter *w);
void    tbx_writer_fail        (TbxWriter *w, const char *reason);
void    tbx_writer_bytes       (TbxWriter *w, gconstpointer data, gsize n);
void    tbx_writer_zeros       (TbxWriter *w, gsize n);
void    tbx_writer_text        (TbxWriter *w, const char *text);
void    tbx_writer_printf      (TbxWriter *w, const char *format, ...) G_GNUC_PRINTF (2, 3);
void    tbx_writer_u8          (TbxWriter *w, guint8 v);
void    tbx_writer_u16le       (TbxWriter *w, guint16 v);
void    tbx_writer_u32le       (TbxWriter *w, guint32 v);
void    tbx_writer_u64le       (TbxWriter *w, guint64 v);
void    tbx_writer_u32be       (TbxWriter *w, guint32 v);
void    tbx_writer_patch_u32le (TbxWriter *w, gsize pos, guint32 v);
void    tbx_writer_patch_u32be (TbxWriter *w, gsize pos, guint32 v);
GBytes *tbx_writer_end         (TbxWriter *w, const char *what, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxWriter, tbx_writer_clear)

G_END_DECLS
