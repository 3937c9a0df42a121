/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker that breaks the control protocol.  What it does wrong is the password with
 * which it is asked to log in; until then it behaves, and is believed to be whom the name
 * says. */

#include "tbx-control.h"
#include "tbx-vix-reply.h"
#include "tbx-worker-buffer.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_FD 3
#define N_FDS     30

/* What was said was heard, or the daemon has had enough: both are fine here. */
static gboolean
say (TbxWorkerMessage message)
{
  return tbx_control_send (SOCKET_FD, &message, -1, NULL);
}

static gboolean
hear (TbxWorkerMessageType type, TbxControlPacket *packet)
{
  while (tbx_control_receive (SOCKET_FD, TBX_WORKER_FROM_DAEMON, packet, NULL) == TBX_CONTROL_OK)
    {
      if (packet->message.type == type)
        return TRUE;
      tbx_control_packet_clear (packet);
    }
  return FALSE;
}

/* Does nothing until the daemon has done with it. */
static void
hear_end (void)
{
  char byte;

  while (recv (SOCKET_FD, &byte, 1, 0) > 0)
    ;
}

static void
say_account (TbxWorkerMessageType type, const char *name)
{
  say ((TbxWorkerMessage) { .type = type,
                            .login_result = { .uid = 65534, .gid = 65534, .name = name } });
}

static TbxWorkerMessage
reply (guint32 id, guint32 size)
{
  return (TbxWorkerMessage) { .type = TBX_WORKER_REPLY, .reply = { id, 0, 0, size } };
}

static TbxWorkerMessage
program (gint64 pid, gint64 end)
{
  return (TbxWorkerMessage) {
    .type = end == 0 ? TBX_WORKER_PROGRAM_STARTED : TBX_WORKER_PROGRAM_ENDED,
    .program = { pid, 1, end, 0, 0, "rogue", "rogue" },
  };
}

static void
flood (TbxWorkerMessage message)
{
  while (say (message))
    ;
}

static void
send_many_fds (void)
{
  union
  {
    struct cmsghdr header;
    char           room[CMSG_SPACE (N_FDS * sizeof (int))];
  } control = { 0 };
  struct iovec vector = { (gpointer) "E\0", 2 };
  struct msghdr header = { .msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control.room };
  int fds[N_FDS];

  for (int i = 0; i < N_FDS; i++)
    fds[i] = STDERR_FILENO;
  control.header = (struct cmsghdr) { .cmsg_len = CMSG_LEN (sizeof fds),
                                      .cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS };
  memcpy (CMSG_DATA (&control.header), fds, sizeof fds);
  sendmsg (SOCKET_FD, &header, MSG_NOSIGNAL);
}

static void
flood_programs (void)
{
  for (gint64 pid = 1000000; say (program (pid, 0)); pid++)
    ;
}

/* Programs of others: of PID 1 and the daemon it says that they are its own, and over. */
static void
claim (guint32 id)
{
  say (program (1, 0));
  say (program (getppid (), 0));
  say (program (getppid (), 1));
  say (reply (id, 0));
}

/* Replies, and changes what it replied ever after. */
static void
change_reply (TbxWorkerBuffer *buffer, guint32 id)
{
  guint8 *payload = tbx_worker_buffer_get_payload (buffer);

  memset (payload, 'x', TBX_VIX_PAYLOAD_MAX_BYTES);
  say (reply (id, TBX_VIX_PAYLOAD_MAX_BYTES));
  for (guint i = 0; i < 2000; i++)
    memset (payload, (int) i, TBX_VIX_PAYLOAD_MAX_BYTES);
}

static void
misbehave (const char *how, TbxWorkerBuffer *buffer, guint32 id)
{
  if (strcmp (how, "oversized") == 0)
    say (reply (id, G_MAXUINT32));
  else if (strcmp (how, "slightly-oversized") == 0)
    say (reply (id, TBX_VIX_PAYLOAD_MAX_BYTES + 1));
  else if (strcmp (how, "other-id") == 0)
    say (reply (id + 1, 0));
  else if (strcmp (how, "flood-state") == 0)
    flood ((TbxWorkerMessage) { .type = TBX_WORKER_STATE, .busy = TRUE });
  else if (strcmp (how, "flood-programs") == 0)
    flood_programs ();
  else if (strcmp (how, "flood-done") == 0)
    flood ((TbxWorkerMessage) { .type = TBX_WORKER_RUN_DONE, .run_done = "Run_Program_Done x" });
  else if (strcmp (how, "many-fds") == 0)
    send_many_fds ();
  else if (strcmp (how, "garbage") == 0)
    send (SOCKET_FD, "\x43\xff\xff\xff\xff", 5, MSG_NOSIGNAL);
  else if (strcmp (how, "half") == 0)
    send (SOCKET_FD, "\x43\1\0\0\0\0", 6, MSG_NOSIGNAL);
  else if (strcmp (how, "claim") == 0)
    claim (id);
  else if (strcmp (how, "change") == 0)
    change_reply (buffer, id);
  else if (strcmp (how, "close") == 0)
    exit (EXIT_SUCCESS);
  else if (strcmp (how, "twice") == 0)
    {
      say (reply (id, 0));
      say (reply (id, 0));
    }
  hear_end ();   /* "silent" does nothing else */
}

/* Says something it was not asked for. */
static void
say_out_of_turn (TbxWorkerMessage message)
{
  say (message);
  hear_end ();
}

static int
open_session (const char *name, const char *how)
{
  g_auto(TbxControlPacket) packet;
  int buffer;

  say_account (TBX_WORKER_LOGIN_RESULT, name);
  if (strcmp (how, "early") == 0)
    say_out_of_turn (program (77, 0));
  if (!hear (TBX_WORKER_CONTINUE, &packet))
    return -1;
  buffer = packet.fds[0];
  packet.fds[0] = -1;
  if (strcmp (how, "not-opened") != 0)
    say_account (TBX_WORKER_OPENED, name);
  if (strcmp (how, "opened-twice") == 0)
    say_account (TBX_WORKER_OPENED, "root");
  say ((TbxWorkerMessage) { .type = TBX_WORKER_READY });
  if (strcmp (how, "unsolicited") == 0)
    say_out_of_turn (reply (4711, 0));
  return buffer;
}

int
main (int argc, char **argv)
{
  g_auto(TbxControlPacket) login, request;
  g_autoptr(TbxWorkerBuffer) buffer = NULL;
  const char *how;
  int fd;

  alarm (60);   /* it ends whatever becomes of the test */
  if (!hear (TBX_WORKER_LOGIN, &login))
    return EXIT_FAILURE;
  how = login.message.login.password;
  say ((TbxWorkerMessage) {
    .type = TBX_WORKER_HELLO,
    .hello = { strcmp (how, "version") == 0 ? 99 : TBX_WORKER_PROTOCOL, (guint32) getpid () } });
  fd = open_session (login.message.login.name, how);
  buffer = fd < 0 ? NULL : tbx_worker_buffer_new_from_fd (fd, NULL);
  while (buffer != NULL && hear (TBX_WORKER_REQUEST, &request))
    misbehave (how, buffer, request.message.request.id);
  return EXIT_SUCCESS;
}
