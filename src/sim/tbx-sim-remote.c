/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-remote.h"
#include "tbx-error.h"
#include "tbx-reader.h"
#include "tbx-sim-join.h"
#include "tbx-sim-listener.h"
#include "tbx-writer.h"
#include <string.h>

struct _TbxSimRemote
{
  TbxSimHost parent_instance;
  GMutex     lock;                            /* one exchange at a time */
  GSocket   *socket;                          /* owned; NULL when the other is gone */
  guint      uncounted[TBX_SIM_N_COUNTERS];   /* not told yet: not worth an exchange each */
};

G_DEFINE_FINAL_TYPE (TbxSimRemote, tbx_sim_remote, TBX_TYPE_SIM_HOST)

#define TBX_TYPE_SIM_REMOTE_CHANNEL (tbx_sim_remote_channel_get_type ())
G_DECLARE_FINAL_TYPE (TbxSimRemoteChannel, tbx_sim_remote_channel, TBX, SIM_REMOTE_CHANNEL,
                      TbxSimChannel)

struct _TbxSimRemoteChannel
{
  TbxSimChannel parent_instance;
  TbxSimRemote *remote;   /* owned */
  guint32       id;       /* as the other side knows it */
};

G_DEFINE_FINAL_TYPE (TbxSimRemoteChannel, tbx_sim_remote_channel, TBX_TYPE_SIM_CHANNEL)

/* Takes @frame, whose size it fills in.  Returns the reply with its first octet,
 * or NULL after the connection broke. */
static GBytes *
exchange (TbxSimRemote *self, TbxWriter *frame)
{
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *reply = NULL;
  guint32 size;

  tbx_writer_patch_u32le (frame, 0, (guint32) (tbx_writer_size (frame) - sizeof size));
  bytes = tbx_writer_end (frame, "request", NULL);
  if (self->socket == NULL || bytes == NULL)
    return NULL;
  if (tbx_sim_send_all (self->socket, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes))
      && tbx_sim_receive_all (self->socket, &size, sizeof size))
    {
      size = GUINT32_FROM_LE (size);
      if (size >= 1 && size <= TBX_SIM_JOIN_MAX_BYTES)
        {
          reply = g_malloc (size);
          if (tbx_sim_receive_all (self->socket, reply, size))
            return g_bytes_new_take (g_steal_pointer (&reply), size);
        }
    }
  g_warning ("The host that was joined is gone");
  g_clear_object (&self->socket);
  return NULL;
}

static void
begin (TbxWriter *w, TbxSimJoinOp op)
{
  tbx_writer_init (w, TBX_SIM_JOIN_MAX_BYTES + sizeof (guint32));
  tbx_writer_u32le (w, 0);
  tbx_writer_u8 (w, op);
}

/* Tells what was counted since the last exchange. */
static void
flush_counters (TbxSimRemote *self)
{
  for (guint i = 0; i < TBX_SIM_N_COUNTERS; i++)
    {
      g_autoptr(GBytes) reply = NULL;
      TbxWriter w;

      if (self->uncounted[i] == 0)
        continue;
      begin (&w, TBX_SIM_JOIN_COUNT);
      tbx_writer_u32le (&w, i);
      tbx_writer_u32le (&w, self->uncounted[i]);
      self->uncounted[i] = 0;
      reply = exchange (self, &w);
    }
}

/* The same, with the lock taken, and counters told before what they led to.
 * Sets a reader on what follows the first octet of the reply. */
static GBytes *
call (TbxSimRemote *self, TbxWriter *frame, TbxReader *r)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GBytes *reply;

  flush_counters (self);
  reply = exchange (self, frame);
  if (reply == NULL)
    return NULL;
  tbx_reader_init (r, reply);
  if (tbx_reader_u8 (r) == TBX_SIM_JOIN_OK)
    return reply;
  g_bytes_unref (reply);
  return NULL;
}

static GBytes *
channel_call (TbxSimChannel *channel, TbxSimJoinOp op, const guint8 *body, gsize size, TbxReader *r)
{
  TbxSimRemoteChannel *self = TBX_SIM_REMOTE_CHANNEL (channel);
  TbxWriter w;

  begin (&w, op);
  tbx_writer_u32le (&w, self->id);
  tbx_writer_bytes (&w, body, size);
  return call (self->remote, &w, r);
}

static void
remote_channel_deliver (TbxSimChannel *channel, GBytes *message)
{
  gsize size = 0;
  const guint8 *data = message != NULL ? g_bytes_get_data (message, &size) : NULL;
  g_autoptr(GBytes) reply = NULL;
  TbxReader r;

  reply = channel_call (channel, TBX_SIM_JOIN_DELIVER, data != NULL ? data : (const guint8 *) "",
                        size, &r);
}

static GBytes *
remote_channel_peek (TbxSimChannel *channel)
{
  g_autoptr(GBytes) reply = NULL;
  TbxReader r;

  reply = channel_call (channel, TBX_SIM_JOIN_PEEK, (const guint8 *) "", 0, &r);
  return reply == NULL ? NULL : g_bytes_new_from_bytes (reply, r.pos, tbx_reader_left (&r));
}

static void
remote_channel_pop (TbxSimChannel *channel, gboolean accepted)
{
  const guint8 body = accepted ? 1 : 0;
  g_autoptr(GBytes) reply = NULL;
  TbxReader r;

  reply = channel_call (channel, TBX_SIM_JOIN_POP, &body, 1, &r);
}

static gboolean
remote_channel_is_closed (TbxSimChannel *channel)
{
  g_autoptr(GBytes) reply = NULL;
  TbxReader r;

  reply = channel_call (channel, TBX_SIM_JOIN_STATUS, (const guint8 *) "", 0, &r);
  return reply == NULL || tbx_reader_u8 (&r) != 0;
}

/* A tracer does not push: its guest polls. */
static void
remote_channel_set_wake (TbxSimChannel *channel, GSource *source)
{
}

static void
remote_channel_close (TbxSimChannel *channel)
{
  g_autoptr(GBytes) reply = NULL;
  TbxReader r;

  reply = channel_call (channel, TBX_SIM_JOIN_CLOSE, (const guint8 *) "", 0, &r);
}

static void
tbx_sim_remote_channel_finalize (GObject *object)
{
  g_object_unref (TBX_SIM_REMOTE_CHANNEL (object)->remote);
  G_OBJECT_CLASS (tbx_sim_remote_channel_parent_class)->finalize (object);
}

static void
tbx_sim_remote_channel_class_init (TbxSimRemoteChannelClass *klass)
{
  TbxSimChannelClass *channel_class = TBX_SIM_CHANNEL_CLASS (klass);

  channel_class->deliver = remote_channel_deliver;
  channel_class->peek = remote_channel_peek;
  channel_class->pop = remote_channel_pop;
  channel_class->is_closed = remote_channel_is_closed;
  channel_class->set_wake = remote_channel_set_wake;
  channel_class->close = remote_channel_close;
  G_OBJECT_CLASS (klass)->finalize = tbx_sim_remote_channel_finalize;
}

static void
tbx_sim_remote_channel_init (TbxSimRemoteChannel *self)
{
}

static TbxSimChannel *
remote_open (TbxSimHost     *host,
             TbxSimProtocol  protocol,
             TbxSimTransport transport,
             const char     *owner)
{
  TbxSimRemote *self = TBX_SIM_REMOTE (host);
  g_autofree char *text = g_utf8_make_valid (owner, -1);
  g_autoptr(GBytes) reply = NULL;
  TbxSimRemoteChannel *channel;
  TbxReader r;
  TbxWriter w;

  begin (&w, TBX_SIM_JOIN_OPEN);
  tbx_writer_u32le (&w, protocol);
  tbx_writer_u32le (&w, transport);
  tbx_writer_text (&w, text);
  reply = call (self, &w, &r);
  if (reply == NULL)
    return NULL;
  channel = g_object_new (TBX_TYPE_SIM_REMOTE_CHANNEL, "protocol", (guint) protocol, NULL);
  channel->remote = g_object_ref (self);
  channel->id = tbx_reader_u32le (&r);
  return TBX_SIM_CHANNEL (channel);
}

static TbxSimStrikes
remote_step (TbxSimHost *host, TbxSimProtocol protocol, TbxSimStep step, guint *delay_ms)
{
  g_autoptr(GBytes) reply = NULL;
  TbxSimStrikes strikes;
  TbxReader r;
  TbxWriter w;

  begin (&w, TBX_SIM_JOIN_STEP);
  tbx_writer_u32le (&w, protocol);
  tbx_writer_u32le (&w, step);
  reply = call (TBX_SIM_REMOTE (host), &w, &r);
  if (reply == NULL)
    return 0;
  strikes = tbx_reader_u32le (&r);
  *delay_ms = tbx_reader_u32le (&r);
  return strikes;
}

static void
remote_count (TbxSimHost *host, TbxSimCounter counter, guint n)
{
  TbxSimRemote *self = TBX_SIM_REMOTE (host);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->uncounted[counter] += n;
}

static void
tbx_sim_remote_finalize (GObject *object)
{
  TbxSimRemote *self = TBX_SIM_REMOTE (object);

  flush_counters (self);
  g_clear_object (&self->socket);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (tbx_sim_remote_parent_class)->finalize (object);
}

static void
tbx_sim_remote_class_init (TbxSimRemoteClass *klass)
{
  TbxSimHostClass *host_class = TBX_SIM_HOST_CLASS (klass);

  host_class->open = remote_open;
  host_class->step = remote_step;
  host_class->count = remote_count;
  G_OBJECT_CLASS (klass)->finalize = tbx_sim_remote_finalize;
}

static void
tbx_sim_remote_init (TbxSimRemote *self)
{
  g_mutex_init (&self->lock);
}

/**
 * tbx_sim_remote_new:
 * @path: control socket of a live vmxsim
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TRANSPORT` when none is there, `TBX_ERROR_REFUSED` when it
 * is something else.
 *
 * Returns: (transfer full) (nullable): that vmxsim's host
 */
TbxSimRemote *
tbx_sim_remote_new (const char *path, GError **error)
{
  const gsize welcome_size = strlen (TBX_SIM_JOIN_WELCOME);
  g_autoptr(TbxSimRemote) self = NULL;
  g_autoptr(GSocket) socket = tbx_sim_connect (path, error);
  guint8 welcome[sizeof TBX_SIM_JOIN_WELCOME];

  if (socket == NULL)
    return NULL;
  if (!tbx_sim_send_all (socket, TBX_SIM_JOIN_HELLO, strlen (TBX_SIM_JOIN_HELLO))
      || !tbx_sim_receive_all (socket, welcome, welcome_size)
      || memcmp (welcome, TBX_SIM_JOIN_WELCOME, welcome_size) != 0)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_REFUSED, "%s: no vmxsim, or it takes no guest",
                   path);
      return NULL;
    }
  self = g_object_new (TBX_TYPE_SIM_REMOTE, NULL);
  self->socket = g_steal_pointer (&socket);
  return g_steal_pointer (&self);
}
