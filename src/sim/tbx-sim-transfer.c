/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-transfer.h"
#include "tbx-error.h"
#include "tbx-sim-frames.h"
#include "tbx-vix-reply.h"
#include <string.h>

/* The host's id of every packet. */
#define PACKET_ID 0x80000000u

/* Requests that wait in the host while the guest works on one. */
#define AHEAD 4

struct _TbxSimTransfer
{
  TbxSimVix    *vix;       /* (not owned) */
  TbxSimFrames *frames;    /* (owned) */
  guint64       session;   /* or TBX_HGFS_NO_SESSION */
  guint32       handle;
  gboolean      broken;    /* nothing more can be sent or taken */
  gboolean      uploading;
  guint64       asked_bytes;      /* of a download: where the next request begins */
  guint64       taken_bytes;      /* likewise, that came */
  guint         n_asked;          /* requests whose replies are due */
  gsize         written[AHEAD];   /* bytes of those of an upload */
  GBytes       *reply;     /* that the last packet is in (owned), or NULL */
};

static gboolean
transfer_fail (TbxSimTransfer *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
transfer_fail (TbxSimTransfer *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("vmxsim: %s\n", text);
  self->vix->status = TBX_SIM_EXIT_REFUSED;
  return FALSE;
}

static GBytes *
encode_packet (TbxSimTransfer *self, TbxHgfsRequest *request)
{
  const TbxHgfsPacket header = {
    .framing = TBX_HGFS_FRAMING_V4,
    .version = 1,
    .id = PACKET_ID,
    .op = request->op,
    .flags = TBX_HGFS_FLAG_REQUEST,
    .session_id = self->session,
  };
  g_auto(TbxWriter) w = { 0 };

  tbx_writer_init (&w, TBX_HGFS_REPLY_MAX_BYTES);
  tbx_hgfs_request_encode (&header, request, &w);
  return tbx_writer_end (&w, "HGFS packet", NULL);
}

static gboolean
transfer_send (TbxSimTransfer *self, TbxHgfsRequest *request)
{
  TbxVixRequest vix = tbx_sim_vix_request (TBX_VIX_HGFS_PACKET);
  g_autoptr(GBytes) packet = encode_packet (self, request);
  g_autoptr(GBytes) message = NULL;
  g_autoptr(GError) error = NULL;

  if (packet == NULL)
    return transfer_fail (self, "the packet would be too large");
  vix.hgfs_packet.packet.data = g_bytes_get_data (packet, &vix.hgfs_packet.packet.size);
  message = tbx_sim_vix_encode (self->vix, &vix, &error);
  if (message != NULL && tbx_sim_frames_send (self->frames, message, &error))
    return TRUE;
  self->vix->status = tbx_sim_cli_fail (error);
  self->broken = TRUE;
  return FALSE;
}

/* Says what is no HGFS answer.
 * Returns: the status of an answer, or TBX_SIM_TRANSFER_FAILED */
static guint
transfer_refuse (TbxSimTransfer *self, const char *what)
{
  transfer_fail (self, "the guest answers %s", what);
  return TBX_SIM_TRANSFER_FAILED;
}

/* Decodes the next reply and gives its status; its data is valid until the one after it. */
static guint
transfer_take_status (TbxSimTransfer *self, guint32 op, TbxHgfsReply *reply)
{
  g_autoptr(GError) error = NULL;
  TbxHgfsPacket header;
  TbxVixReply answer;
  gconstpointer data;
  gsize size;

  g_clear_pointer (&self->reply, g_bytes_unref);
  self->reply = tbx_sim_frames_take (self->frames, &error);
  if (self->reply == NULL)
    {
      self->vix->status = tbx_sim_cli_fail (error);
      self->broken = TRUE;
      return TBX_SIM_TRANSFER_FAILED;
    }
  data = g_bytes_get_data (self->reply, &size);
  if (tbx_vix_reply_decode (data, size, TRUE, &answer) != TBX_VIX_OK)
    return transfer_refuse (self, "something else than a VIX reply");
  if (answer.code != TBX_VIX_OK)
    {
      transfer_fail (self, "%s: %u %s", tbx_hgfs_op_get_name (op), answer.code,
                     tbx_vix_code_get_name (answer.code));
      return TBX_SIM_TRANSFER_FAILED;
    }
  if (tbx_hgfs_packet_decode_reply (answer.payload, answer.payload_size, op, &header)
      != TBX_HGFS_OK)
    return transfer_refuse (self, "something else than an HGFS reply");
  if (header.status == TBX_HGFS_OK && tbx_hgfs_reply_decode (&header, reply) != TBX_HGFS_OK)
    return transfer_refuse (self, "a broken HGFS reply");
  return header.status;
}

static gboolean
transfer_take (TbxSimTransfer *self, guint32 op, TbxHgfsReply *reply)
{
  guint status = transfer_take_status (self, op, reply);

  if (status != TBX_HGFS_OK && status != TBX_SIM_TRANSFER_FAILED)
    transfer_fail (self, "%s: %u %s", tbx_hgfs_op_get_name (op), status,
                   tbx_hgfs_status_get_name (status));
  return status == TBX_HGFS_OK;
}

/**
 * tbx_sim_transfer_ask:
 * @self: a session, with no request on its way
 * @request: what to send
 * @reply: (out): where the status is `TBX_HGFS_OK`; valid until the next request
 *
 * For who can do something about a failure.
 *
 * Returns: the status that the guest answers, or %TBX_SIM_TRANSFER_FAILED
 */
guint
tbx_sim_transfer_ask (TbxSimTransfer *self, TbxHgfsRequest *request, TbxHgfsReply *reply)
{
  if (!transfer_send (self, request))
    return TBX_SIM_TRANSFER_FAILED;
  return transfer_take_status (self, request->op, reply);
}

static gboolean
transfer_call (TbxSimTransfer *self, TbxHgfsRequest *request, TbxHgfsReply *reply)
{
  return transfer_send (self, request) && transfer_take (self, request->op, reply);
}

static TbxHgfsRequest
new_request (guint32 op)
{
  TbxHgfsRequest request;

  memset (&request, 0, sizeof request);
  request.op = op;
  return request;
}

/**
 * tbx_sim_transfer_open_request:
 * @path: in the guest
 * @write: whether it is an upload
 * @storage: keeps the name until the request was sent
 *
 * Returns: what a host sends
 */
TbxHgfsRequest
tbx_sim_transfer_open_request (const char *path, gboolean write, GByteArray *storage)
{
  TbxHgfsRequest request = new_request (write ? TBX_HGFS_OPEN_V3 : TBX_HGFS_OPEN);

  request.open.mask = TBX_HGFS_OPEN_HAS_MODE | TBX_HGFS_OPEN_HAS_FLAGS
                      | TBX_HGFS_OPEN_HAS_OWNER_PERMS | TBX_HGFS_OPEN_HAS_NAME;
  request.open.mode = write ? TBX_HGFS_MODE_WRITE : TBX_HGFS_MODE_READ;
  request.open.flags = write ? TBX_HGFS_OPEN_CREATE_OR_TRUNCATE : TBX_HGFS_OPEN_EXISTING;
  request.open.perms.owner = 6;
  tbx_hgfs_name_init (&request.open.name, path, storage);
  return request;
}

/**
 * tbx_sim_transfer_new:
 * @vix: who asks; must outlive the transfer
 *
 * Returns: (transfer full) (nullable): an HGFS session
 */
TbxSimTransfer *
tbx_sim_transfer_new (TbxSimVix *vix)
{
  g_autoptr(TbxSimTransfer) self = g_new0 (TbxSimTransfer, 1);
  TbxHgfsRequest request = new_request (TBX_HGFS_CREATE_SESSION_V4);
  g_autoptr(GError) error = NULL;
  TbxHgfsReply reply;

  self->vix = vix;
  self->frames = tbx_sim_frames_new (vix->usage->control, &error);
  if (self->frames == NULL)
    {
      vix->status = tbx_sim_cli_fail (error);
      return NULL;
    }
  request.create_session.max_packet_bytes = TBX_HGFS_PACKET_BYTES;
  if (!transfer_call (self, &request, &reply))
    return NULL;
  self->session = reply.session.id;
  return g_steal_pointer (&self);
}

/* Whatever the replies say that are due yet: the guest must have nothing open. */
static void
transfer_end_session (TbxSimTransfer *self)
{
  TbxHgfsRequest request = new_request (TBX_HGFS_DESTROY_SESSION_V4);

  if (self->broken || !transfer_send (self, &request))
    return;
  for (guint n = self->n_asked + 1; n > 0; n--)
    {
      g_autoptr(GBytes) reply = tbx_sim_frames_take (self->frames, NULL);

      if (reply == NULL)
        return;
    }
}

void
tbx_sim_transfer_free (TbxSimTransfer *self)
{
  if (self->session != 0)
    transfer_end_session (self);
  g_clear_pointer (&self->frames, tbx_sim_frames_free);
  g_clear_pointer (&self->reply, g_bytes_unref);
  g_free (self);
}

/**
 * tbx_sim_transfer_open:
 * @self: a session
 * @path: in the guest
 * @write: whether it is an upload
 */
gboolean
tbx_sim_transfer_open (TbxSimTransfer *self, const char *path, gboolean write)
{
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  TbxHgfsRequest request = tbx_sim_transfer_open_request (path, write, storage);
  TbxHgfsReply reply;

  if (!transfer_call (self, &request, &reply))
    return FALSE;
  self->handle = reply.opened.handle;
  self->uploading = write;
  return TRUE;
}

/* Sets permissions by name, as a host does with the attributes of an upload. */
gboolean
tbx_sim_transfer_mode (TbxSimTransfer *self, const char *path, guint mode)
{
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  TbxHgfsRequest request = new_request (TBX_HGFS_SETATTR_V2);
  TbxHgfsReply reply;

  request.setattr.attr.mask = TBX_HGFS_ATTR_SPECIAL_PERMS | TBX_HGFS_ATTR_OWNER_PERMS
                              | TBX_HGFS_ATTR_GROUP_PERMS | TBX_HGFS_ATTR_OTHER_PERMS;
  request.setattr.attr.perms = (TbxHgfsPerms) {
    mode >> 9 & 7, mode >> 6 & 7, mode >> 3 & 7, mode & 7,
  };
  tbx_hgfs_name_init (&request.setattr.name, path, storage);
  return transfer_call (self, &request, &reply);
}

static gboolean
ask_for_next (TbxSimTransfer *self)
{
  TbxHgfsRequest request = new_request (TBX_HGFS_READ_V3);

  request.read.handle = self->handle;
  request.read.offset = self->asked_bytes;
  request.read.size = TBX_SIM_TRANSFER_BYTES;
  self->asked_bytes += TBX_SIM_TRANSFER_BYTES;
  self->n_asked++;
  return transfer_send (self, &request);
}

/**
 * tbx_sim_transfer_read:
 * @self: a session with an open file
 * @data: (out): the next part, valid until the next call
 * @size: (out): bytes; fewer than `TBX_SIM_TRANSFER_BYTES` are the end
 *
 * Asks for some parts ahead, so that a guest that polls finds the next request when
 * it has sent a reply.
 */
gboolean
tbx_sim_transfer_read (TbxSimTransfer *self, const guint8 **data, gsize *size)
{
  TbxHgfsReply reply;

  while (self->n_asked < AHEAD)
    if (!ask_for_next (self))
      return FALSE;
  self->n_asked--;
  if (!transfer_take (self, TBX_HGFS_READ_V3, &reply))
    return FALSE;
  *data = reply.moved.data.data;
  *size = reply.moved.data.size;
  self->taken_bytes += *size;
  return TRUE;
}

/**
 * tbx_sim_transfer_go_on:
 * @self: a session with an open file that gave a part which was not whole
 *
 * Has the next part be the one behind that, where it is not the end: what was asked for
 * ahead is asked for again.
 */
gboolean
tbx_sim_transfer_go_on (TbxSimTransfer *self)
{
  TbxHgfsReply reply;

  for (; self->n_asked > 0 && !self->broken; self->n_asked--)
    transfer_take_status (self, TBX_HGFS_READ_V3, &reply);
  self->asked_bytes = self->taken_bytes;
  return !self->broken;
}

/* What was asked for behind the end is of no interest. */
static gboolean
drain_reads (TbxSimTransfer *self)
{
  g_autoptr(GBytes) last = g_steal_pointer (&self->reply);
  TbxHgfsReply reply;

  while (self->n_asked > 0)
    {
      self->n_asked--;
      if (!transfer_take (self, TBX_HGFS_READ_V3, &reply))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_written (TbxSimTransfer *self)
{
  TbxHgfsReply reply;
  gsize size = self->written[0];

  self->n_asked--;
  memmove (self->written, self->written + 1, self->n_asked * sizeof self->written[0]);
  if (!transfer_take (self, TBX_HGFS_WRITE_V3, &reply))
    return FALSE;
  if (reply.moved.data.size == size)
    return TRUE;
  /* The next one says why. */
  return (self->n_asked == 0 || take_written (self))
         && transfer_fail (self, "the guest took a part of a write only");
}

/* Appends, as hosts do; the answers to some are awaited later. */
gboolean
tbx_sim_transfer_write (TbxSimTransfer *self, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      TbxHgfsRequest request = new_request (TBX_HGFS_WRITE_V3);
      gsize n = MIN (size, TBX_SIM_TRANSFER_BYTES);

      request.write.handle = self->handle;
      request.write.flags = TBX_HGFS_WRITE_APPEND;
      request.write.data = (TbxHgfsBytes) { data, (guint32) n };
      if ((self->n_asked == AHEAD && !take_written (self)) || !transfer_send (self, &request))
        return FALSE;
      self->written[self->n_asked++] = n;
      data += n;
      size -= n;
    }
  return TRUE;
}

/* After a failure the file is not closed: what was uploaded is discarded. */
gboolean
tbx_sim_transfer_close (TbxSimTransfer *self)
{
  TbxHgfsRequest request = new_request (TBX_HGFS_CLOSE);
  TbxHgfsReply reply;

  if (self->uploading)
    while (self->n_asked > 0)
      if (!take_written (self))
        return FALSE;
  if (!drain_reads (self))
    return FALSE;
  request.close.handle = self->handle;
  return transfer_call (self, &request, &reply);
}
