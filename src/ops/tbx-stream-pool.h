/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* What all streams of a worker together hold in memory.  Who gets none waits until
 * another gives some back. */
typedef struct _TbxStreamPool TbxStreamPool;

/* Of this many streams with all that they may hold. */
#define TBX_STREAM_POOL_SHARES 16

/* What each may hold in any case, so that all get on: more than a host asks for at once. */
#define TBX_STREAM_POOL_LEAST_BYTES (64 * 1024)

typedef void (*TbxStreamPoolFreed) (gpointer user_data);

TbxStreamPool *tbx_stream_pool_new       (gsize stream_limit_bytes);
TbxStreamPool *tbx_stream_pool_ref       (TbxStreamPool *self);
void           tbx_stream_pool_unref     (TbxStreamPool *self);
void           tbx_stream_pool_set_limit (TbxStreamPool *self, gsize stream_limit_bytes);
gsize          tbx_stream_pool_get_limit (TbxStreamPool *self);
gsize          tbx_stream_pool_grant     (TbxStreamPool *self, gsize held, gsize wanted);
void           tbx_stream_pool_take      (TbxStreamPool *self, gsize size);
void           tbx_stream_pool_give_back (TbxStreamPool *self, gsize size);
void           tbx_stream_pool_wait      (TbxStreamPool *self, TbxStreamPoolFreed freed,
                                          gpointer user_data);
void           tbx_stream_pool_forget    (TbxStreamPool *self, gpointer user_data);

G_END_DECLS
