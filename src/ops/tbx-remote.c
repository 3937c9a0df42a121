/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-remote.h"
#include <errno.h>
#include <unistd.h>

struct _TbxRemote
{
  TbxRemoteSay say;         /* or NULL: there is no daemon */
  gpointer     say_data;
  GHashTable  *schemes;     /* set of names (owned) */
  GHashTable  *programs;    /* likewise */
  GHashTable  *asks;        /* id -> Ask (owned) */
  guint32      last_id;
};

typedef struct
{
  TbxRemoteAnswered answered;
  gpointer          user_data;
} Ask;

/**
 * tbx_remote_new:
 *
 * Returns: (transfer full): with nothing to ask for; free with tbx_remote_free()
 */
TbxRemote *
tbx_remote_new (void)
{
  TbxRemote *self = g_new0 (TbxRemote, 1);

  self->schemes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->programs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->asks = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

/* Nobody is told any more. */
void
tbx_remote_free (TbxRemote *self)
{
  g_hash_table_unref (self->schemes);
  g_hash_table_unref (self->programs);
  g_hash_table_unref (self->asks);
  g_free (self);
}

void
tbx_remote_set_say (TbxRemote *self, TbxRemoteSay say, gpointer user_data)
{
  self->say = say;
  self->say_data = user_data;
}

/**
 * tbx_remote_set_names:
 * @self: what clients serve
 * @names: what there is to ask for from now on; copied
 */
void
tbx_remote_set_names (TbxRemote *self, const TbxWorkerNames *names)
{
  const char *name;
  gsize pos = 0;

  g_hash_table_remove_all (self->schemes);
  g_hash_table_remove_all (self->programs);
  for (guint i = 0; tbx_worker_names_next (names, &pos, &name); i++)
    g_hash_table_add (i < names->n_schemes ? self->schemes : self->programs, g_strdup (name));
}

gboolean
tbx_remote_has_scheme (TbxRemote *self, const char *scheme)
{
  return g_hash_table_contains (self->schemes, scheme);
}

gboolean
tbx_remote_has_program (TbxRemote *self, const char *name)
{
  return g_hash_table_contains (self->programs, name);
}

/* A number that nothing which waits for an answer has; never 0. */
guint32
tbx_remote_next_id (TbxRemote *self)
{
  do
    self->last_id++;
  while (self->last_id == 0 || g_hash_table_contains (self->asks, GUINT_TO_POINTER (self->last_id)));
  return self->last_id;
}

/**
 * tbx_remote_ask:
 * @self: what clients serve
 * @id: what tbx_remote_next_id() gave
 * @message: a message that asks, with that id
 * @fds: (array length=n_fds): descriptors to go with it (still owned by the caller)
 * @n_fds: how many
 * @answered: (scope async): told once, unless tbx_remote_forget() comes first
 * @user_data: passed to it
 *
 * The daemon answers in time: it counts that of whom it asks.
 *
 * Returns: 0; or an errno, and nobody is told: `E2BIG` for more than a message may have
 */
int
tbx_remote_ask (TbxRemote              *self,
                guint32                 id,
                const TbxWorkerMessage *message,
                const int              *fds,
                guint                   n_fds,
                TbxRemoteAnswered       answered,
                gpointer                user_data)
{
  Ask *ask;
  int error_number = self->say == NULL ? EIO : self->say (message, fds, n_fds, self->say_data);

  if (error_number != 0)
    return error_number;
  ask = g_new (Ask, 1);
  *ask = (Ask) { answered, user_data };
  g_hash_table_insert (self->asks, GUINT_TO_POINTER (id), ask);
  return 0;
}

/* Whoever asked does not wait for the answer any longer. */
void
tbx_remote_forget (TbxRemote *self, guint32 id)
{
  g_hash_table_remove (self->asks, GUINT_TO_POINTER (id));
}

static guint32
id_of (const TbxWorkerMessage *answer)
{
  switch (answer->type)
    {
    case TBX_WORKER_FILE_FOUND:
      return answer->found.id;
    case TBX_WORKER_FILE_OPENED:
      return answer->opened_id;
    case TBX_WORKER_PROGRAM_RUNS:
      return answer->runs.id;
    default:
      return answer->done.id;
    }
}

/**
 * tbx_remote_take_answer:
 * @self: what clients serve
 * @answer: what the daemon answers
 * @fd: (transfer full): that came with it, or -1
 *
 * One that nobody waits for is dropped.
 */
void
tbx_remote_take_answer (TbxRemote *self, const TbxWorkerMessage *answer, int fd)
{
  gpointer id = GUINT_TO_POINTER (id_of (answer)), value;
  g_autofree Ask *ask = NULL;

  if (!g_hash_table_steal_extended (self->asks, id, NULL, &value))
    {
      if (fd >= 0)
        close (fd);
      return;
    }
  ask = value;
  ask->answered (answer, fd, ask->user_data);
}

/**
 * tbx_remote_reset:
 * @self: what clients serve
 *
 * The daemon started anew: it knows of nothing that was asked, and says what there is.
 */
void
tbx_remote_reset (TbxRemote *self)
{
  g_autoptr(GHashTable) asks = g_steal_pointer (&self->asks);
  GHashTableIter iter;
  Ask *ask;

  self->asks = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_hash_table_remove_all (self->schemes);
  g_hash_table_remove_all (self->programs);
  g_hash_table_iter_init (&iter, asks);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &ask))
    ask->answered (NULL, -1, ask->user_data);
}
