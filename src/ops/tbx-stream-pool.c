/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-stream-pool.h"

struct _TbxStreamPool
{
  gatomicrefcount ref_count;
  gsize           stream_limit;   /* bytes of one stream that is started now */
  guint64         limit;          /* bytes of all */
  guint64         used;           /* bytes */
  GHashTable     *waiting;        /* user data -> TbxStreamPoolFreed */
  guint           wake_id;        /* source that tells those that wait, or 0 */
};

/**
 * tbx_stream_pool_new:
 * @stream_limit_bytes: what one stream may hold
 *
 * Returns: (transfer full): free with tbx_stream_pool_unref()
 */
TbxStreamPool *
tbx_stream_pool_new (gsize stream_limit_bytes)
{
  TbxStreamPool *self = g_new0 (TbxStreamPool, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->waiting = g_hash_table_new (NULL, NULL);
  tbx_stream_pool_set_limit (self, stream_limit_bytes);
  return self;
}

TbxStreamPool *
tbx_stream_pool_ref (TbxStreamPool *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tbx_stream_pool_unref (TbxStreamPool *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_handle_id (&self->wake_id, g_source_remove);
  g_hash_table_unref (self->waiting);
  g_free (self);
}

/* For streams that begin from now on; what others hold counts as before. */
void
tbx_stream_pool_set_limit (TbxStreamPool *self, gsize stream_limit_bytes)
{
  self->stream_limit = stream_limit_bytes;
  self->limit = (guint64) stream_limit_bytes * TBX_STREAM_POOL_SHARES;
}

gsize
tbx_stream_pool_get_limit (TbxStreamPool *self)
{
  return self->stream_limit;
}

/**
 * tbx_stream_pool_grant:
 * @self: the pool
 * @held: bytes that a stream has
 * @wanted: more that it could use
 *
 * Returns: how many of those it may take now
 */
gsize
tbx_stream_pool_grant (TbxStreamPool *self, gsize held, gsize wanted)
{
  guint64 left = self->used < self->limit ? self->limit - self->used : 0;
  gsize least = held < TBX_STREAM_POOL_LEAST_BYTES ? TBX_STREAM_POOL_LEAST_BYTES - held : 0;

  return (gsize) MIN ((guint64) wanted, MAX (left, least));
}

void
tbx_stream_pool_take (TbxStreamPool *self, gsize size)
{
  self->used += size;
}

static gboolean
on_wake (gpointer user_data)
{
  TbxStreamPool *self = tbx_stream_pool_ref (user_data);
  g_autoptr(GHashTable) woken = g_steal_pointer (&self->waiting);
  GHashTableIter iter;
  gpointer key, value;

  self->wake_id = 0;
  self->waiting = g_hash_table_new (NULL, NULL);
  g_hash_table_iter_init (&iter, woken);
  while (g_hash_table_iter_next (&iter, &key, &value))
    ((TbxStreamPoolFreed) value) (key);
  tbx_stream_pool_unref (self);
  return G_SOURCE_REMOVE;
}

void
tbx_stream_pool_give_back (TbxStreamPool *self, gsize size)
{
  g_return_if_fail (size <= self->used);
  self->used -= size;
  if (size > 0 && self->wake_id == 0 && g_hash_table_size (self->waiting) > 0)
    self->wake_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_wake, self, NULL);
}

/**
 * tbx_stream_pool_wait:
 * @self: the pool
 * @freed: (scope async): called once, when there may be memory again; it starts or ends no
 *   stream
 * @user_data: passed to it
 */
void
tbx_stream_pool_wait (TbxStreamPool *self, TbxStreamPoolFreed freed, gpointer user_data)
{
  g_hash_table_insert (self->waiting, user_data, freed);
}

/* Whoever waits with @user_data does not any more. */
void
tbx_stream_pool_forget (TbxStreamPool *self, gpointer user_data)
{
  g_hash_table_remove (self->waiting, user_data);
}
