/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"
#include "tbx-stream-pool.h"

G_BEGIN_DECLS

/* What a program reads: written once and in order, by one at a time; its end is that
 * somebody closes it.  A part that the program does not take yet is kept meanwhile.
 * Reference counted.
 * Source: docs/wire/hgfs.md, "Process streams". */
typedef struct _TbxStreamInput TbxStreamInput;

TbxStreamInput *tbx_stream_input_new    (int fd, TbxStreamPool *pool);
TbxStreamInput *tbx_stream_input_ref    (TbxStreamInput *self);
void            tbx_stream_input_unref  (TbxStreamInput *self);
void            tbx_stream_input_settle (TbxStreamInput *self);
int             tbx_stream_input_stat   (TbxStreamInput *self, struct stat *info);
TbxFile        *tbx_stream_input_open   (TbxStreamInput *self, int *error_number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxStreamInput, tbx_stream_input_unref)

G_END_DECLS
