/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-remains.h"
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

struct _TbxWorkerRemains
{
  GPtrArray *all;   /* of One (owned) */
};

/* One process that has not ended yet. */
typedef struct
{
  TbxWorkerRemains *remains;     /* (weak) */
  uid_t             uid;         /* whose it is */
  int               pidfd;       /* (owned) */
  guint             source_id;   /* sees its end */
} One;

static void
one_free (gpointer data)
{
  One *one = data;

  g_clear_handle_id (&one->source_id, g_source_remove);
  close (one->pidfd);
  g_free (one);
}

static gboolean
on_ended (gint fd, GIOCondition condition, gpointer user_data)
{
  One *one = user_data;

  one->source_id = 0;
  g_ptr_array_remove_fast (one->remains->all, one);
  return G_SOURCE_REMOVE;
}

/**
 * tbx_worker_remains_add:
 * @self: the remains
 * @uid: whose worker it was
 * @pidfd: of its process, or -1 when nobody knows it; still the caller's
 */
void
tbx_worker_remains_add (TbxWorkerRemains *self, uid_t uid, int pidfd)
{
  int copy = pidfd < 0 ? -1 : fcntl (pidfd, F_DUPFD_CLOEXEC, 3);
  One *one;

  if (copy < 0)
    return;
  one = g_new (One, 1);
  *one = (One) { self, uid, copy, g_unix_fd_add (copy, G_IO_IN, on_ended, one) };
  g_source_set_name_by_id (one->source_id, "tbx-worker-remains");
  g_ptr_array_add (self->all, one);
}

/**
 * tbx_worker_remains_count:
 * @self: the remains
 * @uid: of a user
 *
 * Returns: how many processes of workers of that user are still there
 */
guint
tbx_worker_remains_count (TbxWorkerRemains *self, uid_t uid)
{
  guint n = 0;

  for (guint i = 0; i < self->all->len; i++)
    n += ((const One *) g_ptr_array_index (self->all, i))->uid == uid;
  return n;
}

TbxWorkerRemains *
tbx_worker_remains_new (void)
{
  TbxWorkerRemains *self = g_new (TbxWorkerRemains, 1);

  self->all = g_ptr_array_new_with_free_func (one_free);
  return self;
}

void
tbx_worker_remains_free (TbxWorkerRemains *self)
{
  g_ptr_array_unref (self->all);
  g_free (self);
}
