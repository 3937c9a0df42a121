/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"
#include "tbx-stream-pool.h"

G_BEGIN_DECLS

/* What a program writes, in memory until somebody reads it.  As a whole and as often as
 * he likes, once it is complete; where there is no room for the whole, once and in
 * order, while the program goes on.  Reference counted.
 * Source: docs/wire/hgfs.md, "Process streams". */
typedef struct _TbxStream TbxStream;

TbxStream *tbx_stream_new    (int fd, TbxStreamPool *pool);
TbxStream *tbx_stream_ref    (TbxStream *self);
void       tbx_stream_unref  (TbxStream *self);
void       tbx_stream_settle (TbxStream *self);
int        tbx_stream_stat   (TbxStream *self, struct stat *info);
TbxFile   *tbx_stream_open   (TbxStream *self, int *error_number);
guint      tbx_stream_wait   (TbxStream *self, TbxFileReady ready, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxStream, tbx_stream_unref)

G_END_DECLS
