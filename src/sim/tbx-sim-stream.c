/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-stream.h"

#define READ_BYTES (64 * 1024)

/* A peer that has so much to take is not listened to. */
#define MAX_UNSENT_BYTES (1024 * 1024)

/* One connection that never blocks: bytes in, to a handler; bytes out, as the
 * peer takes them. */
struct _TbxSimStream
{
  GObject                    parent_instance;
  GSocket                   *socket;      /* owned; NULL when it is over */
  const TbxSimStreamHandler *handler;     /* static */
  gpointer                   user_data;   /* for it */
  GMainContext              *context;     /* owned */
  GSource                   *input;       /* owned; NULL while not reading */
  GSource                   *output;      /* owned; NULL while nothing waits to be sent */
  GByteArray                *received;    /* owned; not consumed yet */
  GQueue                     unsent;      /* of GBytes *, owned */
  gsize                      unsent_size; /* bytes in all of them, what was sent included */
  gsize                      sent;        /* bytes of the first that went out */
  gboolean                   finishing;   /* close when all is sent, read no more */
  gboolean                   held;        /* read no more for now */
  gboolean                   consuming;   /* in the handler */
};

G_DEFINE_FINAL_TYPE (TbxSimStream, tbx_sim_stream, G_TYPE_OBJECT)

static void stream_update (TbxSimStream *self);

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
stream_shut (TbxSimStream *self)
{
  drop_source (&self->input);
  drop_source (&self->output);
  if (self->socket != NULL)
    g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
  g_queue_clear_full (&self->unsent, (GDestroyNotify) g_bytes_unref);
  self->unsent_size = 0;
}

/**
 * tbx_sim_stream_close:
 * @self: a stream
 *
 * Ends it at once, whatever was not sent.  Does nothing when it is over.
 */
void
tbx_sim_stream_close (TbxSimStream *self)
{
  g_autoptr(TbxSimStream) keep = g_object_ref (self);

  if (self->socket == NULL)
    return;
  stream_shut (self);
  self->handler->ended (self, self->user_data);
}

/**
 * tbx_sim_stream_drop:
 * @self: (transfer full): a stream
 *
 * Ends it for an owner that goes away: its handler is not called any more.
 */
void
tbx_sim_stream_drop (TbxSimStream *self)
{
  stream_shut (self);
  g_object_unref (self);
}

static void
stream_consume (TbxSimStream *self)
{
  gsize used = 0;

  self->consuming = TRUE;
  while (self->socket != NULL && !self->finishing && !self->held
         && self->unsent_size <= MAX_UNSENT_BYTES && used < self->received->len)
    {
      gsize n = self->handler->consume (self, self->received->data + used,
                                        self->received->len - used, self->user_data);

      if (n == 0)
        break;
      used += n;
    }
  self->consuming = FALSE;
  g_byte_array_remove_range (self->received, 0, (guint) used);
}

static gboolean
on_input (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  g_autoptr(TbxSimStream) self = g_object_ref (user_data);
  g_autoptr(GError) error = NULL;
  guint before = self->received->len;
  gssize n;

  g_byte_array_set_size (self->received, before + READ_BYTES);
  n = g_socket_receive (socket, (char *) self->received->data + before, READ_BYTES, NULL, &error);
  g_byte_array_set_size (self->received, before + (guint) MAX (n, 0));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (n < 0)
    tbx_sim_stream_close (self);
  else if (n == 0)
    tbx_sim_stream_finish (self);
  else
    {
      stream_consume (self);
      stream_update (self);
    }
  return G_SOURCE_CONTINUE;
}

/* Returns %FALSE when the connection broke. */
static gboolean
stream_write (TbxSimStream *self)
{
  while (self->unsent.length > 0)
    {
      g_autoptr(GError) error = NULL;
      gsize size;
      const char *data = g_bytes_get_data (g_queue_peek_head (&self->unsent), &size);
      gssize n = g_socket_send (self->socket, data + self->sent, size - self->sent, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return TRUE;
      if (n < 0)
        return FALSE;
      self->sent += (gsize) n;
      if (self->sent < size)
        continue;
      g_bytes_unref (g_queue_pop_head (&self->unsent));
      self->unsent_size -= size;
      self->sent = 0;
    }
  return TRUE;
}

static gboolean
on_output (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  g_autoptr(TbxSimStream) self = g_object_ref (user_data);

  if (!stream_write (self))
    tbx_sim_stream_close (self);
  else if (self->unsent_size <= MAX_UNSENT_BYTES)
    stream_consume (self);   /* what was left lying meanwhile */
  stream_update (self);
  return G_SOURCE_CONTINUE;
}

static void
set_source (TbxSimStream *self, GSource **source, gboolean wanted, GIOCondition condition,
            GSocketSourceFunc callback)
{
  if (!wanted)
    {
      drop_source (source);
      return;
    }
  if (*source != NULL)
    return;
  *source = g_socket_create_source (self->socket, condition, NULL);
  g_source_set_callback (*source, G_SOURCE_FUNC (callback), self, NULL);
  g_source_attach (*source, self->context);
}

/* Has the sources that the state asks for, and ends what is finished. */
static void
stream_update (TbxSimStream *self)
{
  if (self->socket == NULL)
    return;
  if (self->finishing && self->unsent.length == 0)
    {
      tbx_sim_stream_close (self);
      return;
    }
  set_source (self, &self->input,
              !self->finishing && !self->held && self->unsent_size <= MAX_UNSENT_BYTES, G_IO_IN,
              on_input);
  set_source (self, &self->output, self->unsent.length > 0, G_IO_OUT, on_output);
}

/**
 * tbx_sim_stream_send:
 * @self: a stream
 * @bytes: what to send, after all that waits
 *
 * Does nothing when it is over.  A connection that breaks meanwhile is told
 * later, never from in here.
 */
void
tbx_sim_stream_send (TbxSimStream *self, GBytes *bytes)
{
  if (self->socket == NULL || self->finishing || g_bytes_get_size (bytes) == 0)
    return;
  g_queue_push_tail (&self->unsent, g_bytes_ref (bytes));
  self->unsent_size += g_bytes_get_size (bytes);
  if (self->unsent.length == 1)
    stream_write (self);   /* on failure the output source finds it again */
  stream_update (self);
}

/**
 * tbx_sim_stream_finish:
 * @self: a stream
 *
 * Reads nothing more, and ends it when all is sent.
 */
void
tbx_sim_stream_finish (TbxSimStream *self)
{
  self->finishing = TRUE;
  if (!self->consuming)
    stream_update (self);
}

/**
 * tbx_sim_stream_hold:
 * @self: a stream
 * @held: whether to read no more for now
 *
 * What was read and not consumed is offered again when it goes on.
 */
void
tbx_sim_stream_hold (TbxSimStream *self, gboolean held)
{
  g_autoptr(TbxSimStream) keep = g_object_ref (self);

  self->held = held;
  if (!held && !self->consuming)
    stream_consume (self);
  if (!self->consuming)
    stream_update (self);
}

/**
 * tbx_sim_stream_describe_peer:
 * @self: a stream
 *
 * Returns: (transfer full): who is at the other end, for people: "pid 42 (toolboxd)"
 */
char *
tbx_sim_stream_describe_peer (TbxSimStream *self)
{
  g_autoptr(GCredentials) credentials = NULL;
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;
  pid_t pid;

  if (self->socket != NULL)
    credentials = g_socket_get_credentials (self->socket, NULL);
  pid = credentials != NULL ? g_credentials_get_unix_pid (credentials, NULL) : -1;
  if (pid <= 0)
    return g_strdup ("unknown");
  path = g_strdup_printf ("/proc/%d/comm", (int) pid);
  if (!g_file_get_contents (path, &name, NULL, NULL))
    return g_strdup_printf ("pid %d", (int) pid);
  return g_strdup_printf ("pid %d (%s)", (int) pid, g_strchomp (name));
}

static void
tbx_sim_stream_finalize (GObject *object)
{
  TbxSimStream *self = TBX_SIM_STREAM (object);

  stream_shut (self);
  g_byte_array_unref (self->received);
  g_main_context_unref (self->context);
  G_OBJECT_CLASS (tbx_sim_stream_parent_class)->finalize (object);
}

static void
tbx_sim_stream_class_init (TbxSimStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_sim_stream_finalize;
}

static void
tbx_sim_stream_init (TbxSimStream *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->received = g_byte_array_new ();
}

/**
 * tbx_sim_stream_new:
 * @socket: a connection
 * @handler: what makes sense of it; static
 * @user_data: for @handler
 *
 * Returns: (transfer full): a stream in the thread's default main context
 */
TbxSimStream *
tbx_sim_stream_new (GSocket *socket, const TbxSimStreamHandler *handler, gpointer user_data)
{
  TbxSimStream *self = g_object_new (TBX_TYPE_SIM_STREAM, NULL);

  self->socket = g_object_ref (socket);
  self->handler = handler;
  self->user_data = user_data;
  g_socket_set_blocking (socket, FALSE);
  stream_update (self);
  return self;
}
