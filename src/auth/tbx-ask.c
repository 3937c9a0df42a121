/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ask.h"
#include <unistd.h>

struct _TbxAsk
{
  guint8          *data;      /* the packet, of which @message has the strings (owned) */
  TbxWorkerMessage message;
  int              fds[TBX_WORKER_MAX_FDS];   /* that came with it (owned); -1: none */
  uid_t            uid;       /* of the guest user, by the daemon's own knowledge */
  char            *user;      /* likewise, its name (owned) */
  TbxAskAnswered   answered;  /* NULL: nobody waits */
  gpointer         user_data;
};

/**
 * tbx_ask_new:
 * @packet: one of the messages that ask; its descriptors are taken
 * @answered: (scope async): told once, unless tbx_ask_orphan() comes first
 * @user_data: passed to it
 *
 * Returns: (transfer full): ends with one of the answers
 */
TbxAsk *
tbx_ask_new (TbxControlPacket *packet, TbxAskAnswered answered, gpointer user_data)
{
  TbxAsk *self = g_new0 (TbxAsk, 1);

  self->data = g_memdup2 (packet->data, packet->size);
  /* It was decoded once: the bytes are the same. */
  tbx_worker_message_decode (self->data, packet->size, TBX_WORKER_FROM_WORKER, &self->message, NULL);
  for (guint i = 0; i < TBX_WORKER_MAX_FDS; i++)
    self->fds[i] = tbx_control_packet_steal (packet, i);
  self->answered = answered;
  self->user_data = user_data;
  return self;
}

/* @user: copied */
void
tbx_ask_set_owner (TbxAsk *self, uid_t uid, const char *user)
{
  self->uid = uid;
  self->user = g_strdup (user);
}

/* Whoever asked is gone. */
void
tbx_ask_orphan (TbxAsk *self)
{
  self->answered = NULL;
}

TbxAskKind
tbx_ask_get_kind (TbxAsk *self)
{
  return self->message.type == TBX_WORKER_FILE_STAT || self->message.type == TBX_WORKER_FILE_OPEN
           ? TBX_ASK_FILES : TBX_ASK_PROGRAMS;
}

/**
 * tbx_ask_get_message:
 * @self: what is asked
 *
 * Returns: (transfer none): valid until it is answered
 */
const TbxWorkerMessage *
tbx_ask_get_message (TbxAsk *self)
{
  return &self->message;
}

guint32
tbx_ask_get_id (TbxAsk *self)
{
  switch (self->message.type)
    {
    case TBX_WORKER_PROGRAM_START:
      return self->message.start.id;
    case TBX_WORKER_PROGRAM_END:
      return self->message.end.id;
    default:
      return self->message.file.id;
    }
}

uid_t
tbx_ask_get_uid (TbxAsk *self)
{
  return self->uid;
}

const char *
tbx_ask_get_user (TbxAsk *self)
{
  return self->user;
}

/* Whether the worker that asked is still there. */
gboolean
tbx_ask_is_awaited (TbxAsk *self)
{
  return self->answered != NULL;
}

/**
 * tbx_ask_steal_fd:
 * @self: what is asked
 * @i: which of its descriptors
 *
 * Returns: (transfer full): that one, or -1
 */
int
tbx_ask_steal_fd (TbxAsk *self, guint i)
{
  int fd = self->fds[i];

  self->fds[i] = -1;
  return fd;
}

/* Every answer ends here, once. */
static void
ask_settle (TbxAsk *self, const TbxWorkerMessage *answer, const int *fds, guint n_fds)
{
  TbxAskAnswered answered = self->answered;

  self->answered = NULL;
  if (answered != NULL)
    answered (answer, fds, n_fds, tbx_ask_get_id (self), self->user_data);
  for (guint i = 0; i < TBX_WORKER_MAX_FDS; i++)
    if (self->fds[i] >= 0)
      close (self->fds[i]);
  g_free (self->user);
  g_free (self->data);
  g_free (self);
}

/**
 * tbx_ask_done:
 * @self: (transfer full): what was asked
 * @error_number: an errno; 0 for what has no other answer
 */
void
tbx_ask_done (TbxAsk *self, int error_number)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_ASK_DONE,
                                    .done = { tbx_ask_get_id (self), error_number } };

  ask_settle (self, &answer, NULL, 0);
}

/**
 * tbx_ask_found:
 * @self: (transfer full): FILE_STAT
 * @size: bytes; `G_MAXINT64` and above: nobody knows
 * @modified: Unix time, seconds
 * @mode: of which the lowest nine bits count
 */
void
tbx_ask_found (TbxAsk *self, guint64 size, gint64 modified, guint32 mode)
{
  const TbxWorkerMessage answer = {
    .type = TBX_WORKER_FILE_FOUND,
    .found = { tbx_ask_get_id (self), MIN (size, G_MAXINT64), modified, mode & 0777 },
  };

  ask_settle (self, &answer, NULL, 0);
}

/**
 * tbx_ask_opened:
 * @self: (transfer full): FILE_OPEN
 * @fd: (transfer full): the file
 */
void
tbx_ask_opened (TbxAsk *self, int fd)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_FILE_OPENED,
                                    .opened_id = tbx_ask_get_id (self) };

  ask_settle (self, &answer, &fd, 1);
  close (fd);
}

/**
 * tbx_ask_runs:
 * @self: (transfer full): PROGRAM_START
 * @pid: that the program is listed under
 * @start: Unix time, seconds
 */
void
tbx_ask_runs (TbxAsk *self, gint64 pid, gint64 start)
{
  const TbxWorkerMessage answer = { .type = TBX_WORKER_PROGRAM_RUNS,
                                    .runs = { tbx_ask_get_id (self), pid, start } };

  ask_settle (self, &answer, NULL, 0);
}
