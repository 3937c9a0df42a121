/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-private.h"
#include <errno.h>

/* What a worker asks clients on the bus for, and what it is told of them. */

static void
on_answered (const TbxWorkerMessage *answer, const int *fds, guint n_fds, guint32 id,
             gpointer user_data)
{
  g_autoptr(TbxWorker) self = g_object_ref (user_data);

  g_hash_table_remove (self->asks, GUINT_TO_POINTER (id));
  tbx_worker_say_fds (self, answer, fds, n_fds);
}

static void
refuse (TbxWorker *self, guint32 id)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_ASK_DONE, .done = { id, EBUSY } };

  tbx_worker_say (self, &answer, -1);
}

/* One user may not take up all that an agent may have to answer. */
void
tbx_worker_take_ask (TbxWorker *self, TbxControlPacket *packet)
{
  TbxAsk *ask;
  guint32 id;

  if (self->attaching)   /* meant for the daemon before us */
    return;
  ask = tbx_ask_new (packet, on_answered, self);
  id = tbx_ask_get_id (ask);
  if (g_hash_table_contains (self->asks, GUINT_TO_POINTER (id)))
    {
      tbx_ask_orphan (ask);
      tbx_ask_done (ask, 0);
      tbx_worker_misbehaved (self, "it asks for two things under one number");
    }
  else if (self->asked == NULL || g_hash_table_size (self->asks) >= TBX_WORKER_ASKS_MAX)
    {
      tbx_ask_orphan (ask);
      tbx_ask_done (ask, 0);
      refuse (self, id);
    }
  else
    {
      g_hash_table_insert (self->asks, GUINT_TO_POINTER (id), ask);
      self->asked (ask, self->asked_data);
    }
}

/* Whoever still answers does so in vain; descriptors are closed then. */
void
tbx_worker_orphan_asks (TbxWorker *self)
{
  GHashTableIter iter;
  TbxAsk *ask;

  g_hash_table_iter_init (&iter, self->asks);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &ask))
    tbx_ask_orphan (ask);
  g_hash_table_remove_all (self->asks);
}

/**
 * tbx_worker_set_asked:
 * @self: a new worker
 * @asked: (scope forever): gets what it asks for
 * @user_data: passed to it
 */
void
tbx_worker_set_asked (TbxWorker *self, TbxAskFunc asked, gpointer user_data)
{
  self->asked = asked;
  self->asked_data = user_data;
}

void
tbx_worker_say_names (TbxWorker *self)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_NAMES, .names = self->names };

  self->names_stale = FALSE;
  tbx_worker_say (self, &message, -1);
}

/**
 * tbx_worker_set_names:
 * @self: a worker
 * @names: what it may ask for from now on
 * @list: that @names is in
 */
void
tbx_worker_set_names (TbxWorker *self, const TbxWorkerNames *names, GBytes *list)
{
  g_bytes_ref (list);
  g_clear_pointer (&self->names_list, g_bytes_unref);
  self->names_list = list;
  self->names = *names;
  /* Before that it does not listen; it is told when it is given its buffer.  One that hangs
   * reads nothing, however often they change. */
  self->names_stale = self->stage == TBX_WORKER_ABANDONED;
  if (self->stage == TBX_WORKER_OPENING || self->stage == TBX_WORKER_SERVING)
    tbx_worker_say_names (self);
}

/**
 * tbx_worker_program_exited:
 * @self: a worker
 * @exited: how a program ended that a client on the bus ran
 *
 * From here on it is known, whether the worker hears of it or not.
 */
void
tbx_worker_program_exited (TbxWorker *self, const TbxWorkerProgramExited *exited)
{
  const TbxWorkerMessage message = { .type = TBX_WORKER_PROGRAM_EXITED, .exited = *exited };

  tbx_program_table_settle (self->programs, exited);
  if (self->stage == TBX_WORKER_SERVING || self->stage == TBX_WORKER_ABANDONED)
    tbx_worker_say (self, &message, -1);
}
