/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-waits.h"

typedef struct
{
  GSource     *source;     /* (owned): lives as long as it is attached, too */
  guint64      position;   /* that wakes it */
} Wait;

typedef struct
{
  TbxFileReady ready;
  gpointer     user_data;
} Call;

static gboolean
on_due (gpointer user_data)
{
  Call *call = user_data;

  call->ready (call->user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_source_unref (wait->source);
  g_free (wait);
}

/* Whoever gave up has removed his source. */
static void
waits_prune (TbxFileWaits *self)
{
  for (GSList **l = &self->all; *l != NULL;)
    {
      Wait *wait = (*l)->data;

      if (g_source_is_destroyed (wait->source))
        {
          wait_free (wait);
          *l = g_slist_delete_link (*l, *l);
        }
      else
        l = &(*l)->next;
    }
}

/**
 * tbx_file_waits_add:
 * @self: zeroed at first
 * @position: to be reached, or `TBX_FILE_WAITS_FOR_CHANGE`
 * @ready: (scope async): called once, at the latest after `TBX_FILE_WAIT_MS`
 * @user_data: passed to @ready
 *
 * Returns: the id of a source, which outlives @self
 */
guint
tbx_file_waits_add (TbxFileWaits *self, guint64 position, TbxFileReady ready, gpointer user_data)
{
  GSource *source = g_timeout_source_new (TBX_FILE_WAIT_MS);
  Call *call = g_new (Call, 1);
  Wait *wait = g_new (Wait, 1);

  *call = (Call) { ready, user_data };
  g_source_set_static_name (source, "tbx-file-wait");
  g_source_set_callback (source, on_due, call, g_free);
  waits_prune (self);
  *wait = (Wait) { source, position };
  self->all = g_slist_prepend (self->all, wait);
  return g_source_attach (source, g_main_context_get_thread_default ());
}

/**
 * tbx_file_waits_reach:
 * @self: those that wait
 * @position: that is reached now; `TBX_FILE_WAITS_FOR_CHANGE`: there is more to see than
 *   that, for all of them
 *
 * Has those called soon that wait for it.
 */
void
tbx_file_waits_reach (TbxFileWaits *self, guint64 position)
{
  for (GSList *l = self->all; l != NULL; l = l->next)
    {
      Wait *wait = l->data;

      if (wait->position <= position)
        g_source_set_ready_time (wait->source, 0);
    }
}

/* They go on waiting, until their time is over. */
void
tbx_file_waits_clear (TbxFileWaits *self)
{
  g_slist_free_full (g_steal_pointer (&self->all), wait_free);
}
