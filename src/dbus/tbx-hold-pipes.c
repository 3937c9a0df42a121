/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hold-pipes.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

/* Each client has the writing end of a pipe; when its last copy is closed, by the client
 * or by its death, we see the hang-up on ours.  What is written is never read. */
struct _TbxHoldPipes
{
  GObject        parent_instance;
  TbxPowerHolds *holds;   /* owned */
  GPtrArray     *pipes;   /* of Pipe (owned) */
};

typedef struct
{
  TbxHoldPipes *owner;      /* not owned */
  char         *client;     /* unique bus name of who took it (owned) */
  int           fd;         /* the reading end */
  guint         source_id;  /* that sees the hang-up, or 0 */
  guint         cookie;     /* of the hold */
} Pipe;

G_DEFINE_FINAL_TYPE (TbxHoldPipes, tbx_hold_pipes, G_TYPE_OBJECT)

static void
pipe_free (gpointer data)
{
  Pipe *end = data;

  g_clear_handle_id (&end->source_id, g_source_remove);
  close (end->fd);
  tbx_power_holds_release (end->owner->holds, end->cookie);
  g_free (end->client);
  g_free (end);
}

static gboolean
on_hang_up (gint fd, GIOCondition condition, gpointer user_data)
{
  Pipe *end = user_data;

  end->source_id = 0;
  g_ptr_array_remove (end->owner->pipes, end);
  return G_SOURCE_REMOVE;
}

static guint
pipes_count (TbxHoldPipes *self, const char *client)
{
  guint n = 0;

  for (guint i = 0; i < self->pipes->len; i++)
    n += g_str_equal (((Pipe *) g_ptr_array_index (self->pipes, i))->client, client);
  return n;
}

/**
 * tbx_hold_pipes_open:
 * @self: the holds
 * @client: unique bus name of who takes it
 * @operations: what is delayed
 * @who: name of who holds
 * @why: reason, for people
 * @error: return location for an error
 *
 * Takes a hold that ends with a descriptor.
 * Errors: those of tbx_power_holds_take(), `TBX_ERROR_TOO_LARGE` also when @client has
 * 16 already, `TBX_ERROR_FAILED` when there is no descriptor left.
 *
 * Returns: the descriptor, closed on exec, for @client alone; -1 on error
 */
int
tbx_hold_pipes_open (TbxHoldPipes *self,
                     const char   *client,
                     TbxPowerSet   operations,
                     const char   *who,
                     const char   *why,
                     GError      **error)
{
  int ends[2];
  Pipe *end;
  guint cookie;

  if (pipes_count (self, client) >= TBX_HOLD_PIPES_MAX)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%s has %d holds already", client,
                   TBX_HOLD_PIPES_MAX);
      return -1;
    }
  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) != 0)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "no pipe: %s", g_strerror (errno));
      return -1;
    }
  cookie = tbx_power_holds_take (self->holds, operations, who, why, error);
  if (cookie == 0)
    {
      close (ends[0]);
      close (ends[1]);
      return -1;
    }
  end = g_new (Pipe, 1);
  *end = (Pipe) { self, g_strdup (client), ends[0], 0, cookie };
  end->source_id = g_unix_fd_add (end->fd, G_IO_HUP | G_IO_ERR, on_hang_up, end);
  g_ptr_array_add (self->pipes, end);
  return ends[1];
}

static void
tbx_hold_pipes_dispose (GObject *object)
{
  TbxHoldPipes *self = TBX_HOLD_PIPES (object);

  g_ptr_array_set_size (self->pipes, 0);
  g_clear_object (&self->holds);
  G_OBJECT_CLASS (tbx_hold_pipes_parent_class)->dispose (object);
}

static void
tbx_hold_pipes_finalize (GObject *object)
{
  g_ptr_array_unref (TBX_HOLD_PIPES (object)->pipes);
  G_OBJECT_CLASS (tbx_hold_pipes_parent_class)->finalize (object);
}

static void
tbx_hold_pipes_class_init (TbxHoldPipesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_hold_pipes_dispose;
  object_class->finalize = tbx_hold_pipes_finalize;
}

static void
tbx_hold_pipes_init (TbxHoldPipes *self)
{
  self->pipes = g_ptr_array_new_with_free_func (pipe_free);
}

/**
 * tbx_hold_pipes_new:
 * @holds: where the holds are taken
 */
TbxHoldPipes *
tbx_hold_pipes_new (TbxPowerHolds *holds)
{
  TbxHoldPipes *self = g_object_new (TBX_TYPE_HOLD_PIPES, NULL);

  self->holds = g_object_ref (holds);
  return self;
}
