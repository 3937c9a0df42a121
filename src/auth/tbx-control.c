/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-control.h"
#include "tbx-error.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than a message has are a fault of the sender, but those must be closed too. */
#define MAX_FDS (TBX_WORKER_MAX_FDS + 1)

/**
 * tbx_control_encode:
 * @message: what to say
 * @w: (out): gets the packet; to be cleared in any case
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_control_encode (const TbxWorkerMessage *message, TbxWriter *w, GError **error)
{
  tbx_writer_init (w, TBX_WORKER_MESSAGE_MAX_BYTES);
  tbx_worker_message_encode (message, w);
  if (w->bad == NULL)
    return TRUE;
  g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "control message: %s", w->bad);
  return FALSE;
}

/**
 * tbx_control_send_packet:
 * @socket: the control socket
 * @data: one encoded message
 * @size: its length in bytes
 * @fds: (array length=n_fds): descriptors to go with it (still owned by the caller)
 * @n_fds: at most %TBX_WORKER_MAX_FDS
 *
 * Returns: 0, or an errno
 */
int
tbx_control_send_packet (int           socket,
                         gconstpointer data,
                         gsize         size,
                         const int    *fds,
                         guint         n_fds)
{
  union
  {
    struct cmsghdr header;
    char           room[CMSG_SPACE (TBX_WORKER_MAX_FDS * sizeof (int))];
  } control = { 0 };
  struct iovec vector = { (gpointer) data, size };
  struct msghdr header = { .msg_iov = &vector, .msg_iovlen = 1 };
  gssize n;

  if (n_fds > 0)
    {
      header.msg_control = &control;
      header.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      control.header = (struct cmsghdr) { .cmsg_len = CMSG_LEN (n_fds * sizeof (int)),
                                          .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS };
      memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof (int));
    }
  do
    n = sendmsg (socket, &header, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n < 0 ? errno : 0;
}

void
tbx_control_set_error (GError **error, int error_number)
{
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "control socket: %s",
               g_strerror (error_number));
}

/**
 * tbx_control_send:
 * @socket: the control socket, a blocking one
 * @message: what to say
 * @fd: a descriptor to go with it (still owned by the caller), or -1
 * @error: return location for an error
 *
 * For a sender that has nothing else to do; see #TbxControlQueue for the others.
 * Errors: `TBX_ERROR_TRANSPORT`, `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_control_send (int socket, const TbxWorkerMessage *message, int fd, GError **error)
{
  g_auto(TbxWriter) w = { 0 };
  int error_number;

  if (!tbx_control_encode (message, &w, error))
    return FALSE;
  error_number = tbx_control_send_packet (socket, w.out->data, w.out->len, &fd, fd >= 0 ? 1 : 0);
  if (message->type == TBX_WORKER_LOGIN)
    explicit_bzero (w.out->data, w.out->len);
  if (error_number == 0)
    return TRUE;
  tbx_control_set_error (error, error_number);
  return FALSE;
}

/* Keeps as many as a message may have; tells how many there were. */
static guint
take_fds (struct msghdr *header, int fds[TBX_WORKER_MAX_FDS])
{
  guint n_fds = 0;

  for (struct cmsghdr *c = CMSG_FIRSTHDR (header); c != NULL; c = CMSG_NXTHDR (header, c))
    {
      gsize n = (c->cmsg_len - CMSG_LEN (0)) / sizeof (int);

      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
        continue;
      for (gsize i = 0; i < n; i++, n_fds++)
        {
          int each;

          memcpy (&each, CMSG_DATA (c) + i * sizeof each, sizeof each);
          if (n_fds < TBX_WORKER_MAX_FDS)
            fds[n_fds] = each;
          else
            close (each);
        }
    }
  return n_fds;
}

/**
 * tbx_control_receive:
 * @socket: the control socket
 * @sender: the other side
 * @packet: (out caller-allocates): set in any case; to be cleared
 * @error: set with %TBX_CONTROL_BAD
 *
 * Waits where the socket is a blocking one.  A message with a descriptor too many or
 * too few is malformed.
 * Errors: `TBX_ERROR_MALFORMED`.
 */
TbxControlResult
tbx_control_receive (int               socket,
                     TbxWorkerSender   sender,
                     TbxControlPacket *packet,
                     GError          **error)
{
  union
  {
    struct cmsghdr header;
    char           room[CMSG_SPACE (MAX_FDS * sizeof (int))];
  } control;
  struct iovec vector = { packet->data, sizeof packet->data };
  struct msghdr header = { .msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control.room };
  guint n_fds;
  gssize n;

  for (guint i = 0; i < TBX_WORKER_MAX_FDS; i++)
    packet->fds[i] = -1;
  packet->size = 0;
  /* Who ends without having read all makes this fail once, before what it said last. */
  do
    n = recvmsg (socket, &header, MSG_CMSG_CLOEXEC);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n < 0)
    return errno == EAGAIN ? TBX_CONTROL_AGAIN : TBX_CONTROL_END;
  n_fds = take_fds (&header, packet->fds);
  if (n == 0 && n_fds == 0)
    return TBX_CONTROL_END;
  packet->size = (gsize) n;
  if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "control message: too large");
      return TBX_CONTROL_BAD;
    }
  if (!tbx_worker_message_decode (packet->data, packet->size, sender, &packet->message, error))
    return TBX_CONTROL_BAD;
  if (n_fds == tbx_worker_message_count_fds (packet->message.type))
    return TBX_CONTROL_OK;
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "control message: %u descriptors", n_fds);
  return TBX_CONTROL_BAD;
}

/**
 * tbx_control_packet_steal:
 * @packet: what tbx_control_receive() gave
 * @i: which of its descriptors
 *
 * Returns: (transfer full): that one, which is the caller's now
 */
int
tbx_control_packet_steal (TbxControlPacket *packet, guint i)
{
  int fd = packet->fds[i];

  packet->fds[i] = -1;
  return fd;
}

/**
 * tbx_control_packet_clear:
 * @packet: what tbx_control_receive() gave
 *
 * Closes its descriptors and wipes its bytes, for it may be a password.
 */
void
tbx_control_packet_clear (TbxControlPacket *packet)
{
  for (guint i = 0; i < TBX_WORKER_MAX_FDS; i++)
    if (packet->fds[i] >= 0)
      close (tbx_control_packet_steal (packet, i));
  explicit_bzero (packet->data, packet->size);
  packet->size = 0;
}
