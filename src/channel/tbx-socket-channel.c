/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-socket-channel.h"
#include "tbx-error.h"
#include "tbx-packet-codec.h"
#include "tbx-source.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* A host that takes nothing for this long is gone. */
#define SEND_TIMEOUT_US (10 * G_USEC_PER_SEC)
#define PING_PERIOD_MS  1000

/* Read at most in one dispatch, so that a flood of packets starves nobody. */
#define MAX_READ_BYTES (1024 * 1024)

#define KEEP_BUFFER_BYTES (128 * 1024)

/* A channel over a stream socket: the packets of vsock on a path, for development.
 * The host pushes; nothing is polled.  After four bytes that name the protocol the
 * rules are those of docs/wire/transport.md, "RPCI exchange" and "TCLO exchange". */
struct _TbxSocketChannel
{
  TbxChannel  parent_instance;
  char       *path;           /* of the host's socket */
  gboolean    one_shot;       /* RPCI: the host closes after its reply */

  int         fd;             /* -1 while closed */
  GSource    *source;         /* watches @fd (owned) */
  gpointer    fd_tag;         /* of @fd in @source */

  GQueue      unsent;         /* of GBytes: what the socket did not take yet */
  gsize       unsent_pos;     /* bytes gone of the first */

  guint8     *buffer;         /* packet being read: length word, body, NUL (owned) */
  gsize       capacity;       /* of @buffer, bytes */
  gsize       filled;         /* bytes read of this packet */

  gboolean    owes_reply;     /* TCLO: a request is with the handler: read no other */
  gboolean    dispatching;    /* our source runs: the end must wait for it */
  gboolean    end_pending;    /* closed while dispatching */
  guint       ping_id;        /* TCLO: source of the heartbeat after the first reply, or 0 */
};

typedef struct
{
  GSource           parent;
  TbxSocketChannel *channel;   /* owns us */
} SocketSource;

G_DEFINE_FINAL_TYPE (TbxSocketChannel, tbx_socket_channel, TBX_TYPE_CHANNEL)

static void
channel_end (TbxSocketChannel *self)
{
  self->end_pending = FALSE;
  g_clear_handle_id (&self->ping_id, g_source_remove);
  tbx_source_clear (&self->source);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_queue_clear_full (&self->unsent, (GDestroyNotify) g_bytes_unref);
  g_clear_pointer (&self->buffer, g_free);
  self->capacity = self->filled = self->unsent_pos = 0;
}

static gboolean
fail_errno (GError **error, const char *what, int code)
{
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "%s: %s", what, g_strerror (code));
  return FALSE;
}

static void
fail_closed (GError **error)
{
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "the host closed the channel");
}

static void
update_watch (TbxSocketChannel *self)
{
  GIOCondition events = 0;

  if (!self->owes_reply)
    events |= G_IO_IN;
  if (!g_queue_is_empty (&self->unsent))
    events |= G_IO_OUT;
  g_source_modify_unix_fd (self->source, self->fd_tag, events);
  if (g_queue_is_empty (&self->unsent))
    g_source_set_ready_time (self->source, -1);
  else if (g_source_get_ready_time (self->source) < 0)
    g_source_set_ready_time (self->source, g_get_monotonic_time () + SEND_TIMEOUT_US);
}

/* Sends what waits, as far as the socket takes it. */
static gboolean
flush_unsent (TbxSocketChannel *self, GError **error)
{
  GBytes *first;

  while ((first = g_queue_peek_head (&self->unsent)) != NULL)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (first, &size);
      gssize n = send (self->fd, data + self->unsent_pos, size - self->unsent_pos, MSG_NOSIGNAL);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        break;
      if (n < 0)
        return fail_errno (error, "sending to the host", errno);
      g_source_set_ready_time (self->source, -1);   /* progress: the time-out begins anew */
      self->unsent_pos += (gsize) n;
      if (self->unsent_pos < size)
        break;
      g_bytes_unref (g_queue_pop_head (&self->unsent));
      self->unsent_pos = 0;
    }
  update_watch (self);
  return TRUE;
}

/* Sends head, payload and tail in one call, without copying the payload unless the
 * socket is full. */
static gboolean
send_packet (TbxSocketChannel *self, GBytes *message, GError **error)
{
  TbxPacket packet = { .type = TBX_PACKET_DATA, .fast_close = self->one_shot };
  guint8 head[TBX_PACKET_HEADER_BYTES], tail[TBX_PACKET_CLOSE_BYTES];
  gssize sent = 0;

  packet.payload = g_bytes_get_data (message, &packet.payload_size);
  if (g_queue_is_empty (&self->unsent))
    {
      struct iovec parts[] = {
        { head, sizeof head },
        { (gpointer) packet.payload, packet.payload_size },
        { tail, sizeof tail },
      };
      struct msghdr header = { .msg_iov = parts, .msg_iovlen = self->one_shot ? 3 : 2 };

      tbx_packet_head (&packet, head);
      tbx_packet_tail (tail);
      do
        sent = sendmsg (self->fd, &header, MSG_NOSIGNAL);
      while (sent < 0 && errno == EINTR);
      if (sent < 0 && errno != EAGAIN)
        return fail_errno (error, "sending to the host", errno);
      sent = MAX (sent, 0);
      if ((gsize) sent == sizeof head + packet.payload_size + (self->one_shot ? sizeof tail : 0))
        return TRUE;
      self->unsent_pos = (gsize) sent;
    }
  g_queue_push_tail (&self->unsent, tbx_packet_encode (&packet));
  update_watch (self);
  return TRUE;
}

static gboolean
on_ping (gpointer user_data)
{
  TbxSocketChannel *self = user_data;
  const TbxPacket ping = { .type = TBX_PACKET_PING };

  /* One ping in the queue says as much as many. */
  if (g_queue_is_empty (&self->unsent))
    {
      g_autoptr(GError) error = NULL;

      g_queue_push_tail (&self->unsent, tbx_packet_encode (&ping));
      if (!flush_unsent (self, &error))
        tbx_channel_failed (TBX_CHANNEL (self), error);
    }
  return G_SOURCE_CONTINUE;
}

static gsize
packet_length (TbxSocketChannel *self)
{
  guint32 length;

  memcpy (&length, self->buffer, sizeof length);
  return GUINT32_FROM_BE (length);
}

static void
take_packet (TbxSocketChannel *self, GError **error)
{
  gsize length = packet_length (self);
  TbxPacket packet;

  self->filled = 0;
  if (!tbx_packet_decode (self->buffer + TBX_PACKET_LENGTH_BYTES, length, &packet, error)
      || packet.payload == NULL)   /* a ping of the host: nothing to answer */
    return;
  if (tbx_channel_get_protocol (TBX_CHANNEL (self)) == TBX_PROTOCOL_TCLO)
    {
      self->owes_reply = TRUE;
      update_watch (self);
    }
  /* The handler may count on a NUL after the message; what it replaces is the
   * start of the next entry, which was decoded already. */
  self->buffer[(gsize) (packet.payload - self->buffer) + packet.payload_size] = '\0';
  tbx_channel_received (TBX_CHANNEL (self), packet.payload, packet.payload_size);
}

static void
reserve_buffer (TbxSocketChannel *self, gsize size)
{
  if (size <= self->capacity && self->capacity <= KEEP_BUFFER_BYTES)
    return;
  self->capacity = MAX (size, 4096);
  self->buffer = g_realloc (self->buffer, self->capacity);
}

/* Reads towards the end of one packet.  Returns the bytes got, 0 when none are left
 * for now. */
static gsize
read_some (TbxSocketChannel *self, GError **error)
{
  gsize want = TBX_PACKET_LENGTH_BYTES;
  gssize n;

  if (self->filled >= TBX_PACKET_LENGTH_BYTES)
    want += packet_length (self);
  if (self->filled == 0)
    reserve_buffer (self, want);
  do
    n = recv (self->fd, self->buffer + self->filled, want - self->filled, 0);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    fail_closed (error);
  if (n < 0 && errno != EAGAIN)
    fail_errno (error, "receiving from the host", errno);
  if (n <= 0)
    return 0;
  self->filled += (gsize) n;
  if (self->filled == TBX_PACKET_LENGTH_BYTES)
    {
      if (!tbx_packet_length_valid ((guint32) packet_length (self), error))
        return 0;
      reserve_buffer (self, TBX_PACKET_LENGTH_BYTES + packet_length (self) + 1);
    }
  else if (self->filled > TBX_PACKET_LENGTH_BYTES && self->filled == want)
    take_packet (self, error);
  return (gsize) n;
}

static gboolean
socket_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_autoptr(TbxSocketChannel) self = g_object_ref (((SocketSource *) source)->channel);
  GIOCondition events = g_source_query_unix_fd (source, self->fd_tag);
  g_autoptr(GError) error = NULL;
  gsize total = 0, n = 1;

  self->dispatching = TRUE;
  if (events & G_IO_OUT)
    flush_unsent (self, &error);
  else if (!g_queue_is_empty (&self->unsent)
           && g_source_get_time (source) >= g_source_get_ready_time (source))
    fail_errno (&error, "sending to the host", ETIMEDOUT);
  if (error == NULL && self->owes_reply && events & (G_IO_HUP | G_IO_ERR))
    fail_closed (&error);
  while (error == NULL && n > 0 && total < MAX_READ_BYTES && events & (G_IO_IN | G_IO_HUP | G_IO_ERR)
         && !self->owes_reply && !self->end_pending)
    total += n = read_some (self, &error);
  self->dispatching = FALSE;

  if (self->end_pending)
    {
      if (error == NULL)
        flush_unsent (self, NULL);
      channel_end (self);
    }
  else if (error != NULL)
    {
      channel_end (self);
      tbx_channel_failed (TBX_CHANNEL (self), error);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs socket_source_funcs = { .dispatch = socket_source_dispatch };

static int
connect_path (const char *path, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (strlen (path) >= sizeof address.sun_path)
    {
      fail_errno (error, path, ENAMETOOLONG);
      return -1;
    }
  strcpy (address.sun_path, path);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  fail_errno (error, path, errno);
  if (fd >= 0)
    close (fd);
  return -1;
}

static gboolean
tbx_socket_channel_open (TbxChannel *channel, GError **error)
{
  TbxSocketChannel *self = TBX_SOCKET_CHANNEL (channel);
  gboolean tclo = tbx_channel_get_protocol (channel) == TBX_PROTOCOL_TCLO;

  if (self->end_pending)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_BUSY, "the channel is still being closed");
      return FALSE;
    }
  self->fd = connect_path (self->path, error);
  if (self->fd < 0)
    return FALSE;
  self->owes_reply = FALSE;
  self->source = g_source_new (&socket_source_funcs, sizeof (SocketSource));
  ((SocketSource *) self->source)->channel = self;
  g_source_set_static_name (self->source, tclo ? "tbx-socket-tclo" : "tbx-socket-rpci");
  g_source_set_can_recurse (self->source, TRUE);   /* saves four system calls a message */
  self->fd_tag = g_source_add_unix_fd (self->source, self->fd, G_IO_IN);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  g_queue_push_tail (&self->unsent, g_bytes_new_static (tclo ? "TCLO" : "RPCI", 4));
  if (!flush_unsent (self, error))
    {
      channel_end (self);
      return FALSE;
    }
  tbx_channel_opened (channel);
  return TRUE;
}

static gboolean
tbx_socket_channel_send (TbxChannel *channel, GBytes *message, GError **error)
{
  TbxSocketChannel *self = TBX_SOCKET_CHANNEL (channel);

  if (tbx_channel_get_protocol (channel) == TBX_PROTOCOL_TCLO)
    {
      g_return_val_if_fail (self->owes_reply, FALSE);
      self->owes_reply = FALSE;
      update_watch (self);
      if (self->ping_id == 0)
        {
          self->ping_id = g_timeout_add (PING_PERIOD_MS, on_ping, self);
          g_source_set_name_by_id (self->ping_id, "tbx-socket-ping");
        }
    }
  return send_packet (self, message, error);
}

static void
tbx_socket_channel_close (TbxChannel *channel)
{
  TbxSocketChannel *self = TBX_SOCKET_CHANNEL (channel);

  if (self->dispatching)
    {
      self->end_pending = TRUE;
      return;
    }
  if (self->fd >= 0)
    flush_unsent (self, NULL);
  channel_end (self);
}

static void
tbx_socket_channel_finalize (GObject *object)
{
  TbxSocketChannel *self = TBX_SOCKET_CHANNEL (object);

  g_free (self->path);
  G_OBJECT_CLASS (tbx_socket_channel_parent_class)->finalize (object);
}

static void
tbx_socket_channel_dispose (GObject *object)
{
  tbx_channel_close (TBX_CHANNEL (object));
  G_OBJECT_CLASS (tbx_socket_channel_parent_class)->dispose (object);
}

static void
tbx_socket_channel_class_init (TbxSocketChannelClass *klass)
{
  TbxChannelClass *channel_class = TBX_CHANNEL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tbx_socket_channel_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbx_socket_channel_finalize;
  channel_class->transport = "socket";
  channel_class->max_send_bytes = TBX_SOCKET_MAX_SEND_BYTES;
  channel_class->open = tbx_socket_channel_open;
  channel_class->send = tbx_socket_channel_send;
  channel_class->close = tbx_socket_channel_close;
}

static void
tbx_socket_channel_init (TbxSocketChannel *self)
{
  self->fd = -1;
  g_queue_init (&self->unsent);
}

/**
 * tbx_socket_channel_new:
 * @protocol: what the channel is for
 * @path: (type filename): where the host listens
 * @one_shot: RPCI: whether to ask the host to close after its first reply
 *
 * Returns: (transfer full): a closed channel
 */
TbxChannel *
tbx_socket_channel_new (TbxProtocol protocol, const char *path, gboolean one_shot)
{
  TbxSocketChannel *self = g_object_new (TBX_TYPE_SOCKET_CHANNEL, "protocol", (guint) protocol, NULL);

  self->path = g_strdup (path);
  self->one_shot = one_shot && protocol == TBX_PROTOCOL_RPCI;
  return TBX_CHANNEL (self);
}
