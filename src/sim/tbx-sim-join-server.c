/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-join-server.h"
#include "tbx-reader.h"
#include "tbx-sim-join.h"
#include "tbx-writer.h"
#include <string.h>

struct _TbxSimJoinServer
{
  TbxSimHost *host;       /* owned */
  GHashTable *channels;   /* id -> TbxSimChannel *, owned */
  guint32     next_id;
};

static void
close_channel (gpointer channel)
{
  tbx_sim_channel_close (channel);
  g_object_unref (channel);
}

TbxSimJoinServer *
tbx_sim_join_server_new (TbxSimHost *host)
{
  TbxSimJoinServer *self = g_new0 (TbxSimJoinServer, 1);

  self->host = g_object_ref (host);
  self->channels = g_hash_table_new_full (NULL, NULL, NULL, close_channel);
  return self;
}

/* The guest is gone: so are its channels. */
void
tbx_sim_join_server_free (TbxSimJoinServer *self)
{
  g_hash_table_unref (self->channels);
  g_object_unref (self->host);
  g_free (self);
}

static void
put_status (TbxWriter *w, gboolean ok)
{
  tbx_writer_u8 (w, ok ? TBX_SIM_JOIN_OK : TBX_SIM_JOIN_NOTHING);
}

static void
do_open (TbxSimJoinServer *self, TbxReader *r, TbxWriter *w)
{
  guint32 protocol = tbx_reader_u32le (r);
  guint32 transport = tbx_reader_u32le (r);
  g_autofree char *owner = tbx_reader_utf8 (r, tbx_reader_left (r));
  TbxSimChannel *channel = NULL;

  if (transport > TBX_SIM_TRANSPORT_SOCKET)
    tbx_reader_fail (r, "unknown transport");
  if (r->bad == NULL)
    channel = tbx_sim_host_open (self->host, protocol, transport, owner);
  put_status (w, channel != NULL);
  if (channel == NULL)
    return;
  g_hash_table_insert (self->channels, GUINT_TO_POINTER (++self->next_id), channel);
  tbx_writer_u32le (w, self->next_id);
}

static void
do_step (TbxSimJoinServer *self, TbxReader *r, TbxWriter *w)
{
  guint32 protocol = tbx_reader_u32le (r);
  guint32 step = tbx_reader_u32le (r);
  TbxSimStrikes strikes = 0;
  guint delay_ms = 0;

  if (step >= TBX_SIM_N_STEPS)
    tbx_reader_fail (r, "unknown step");
  if (r->bad == NULL)
    strikes = tbx_sim_host_step (self->host, protocol, step, &delay_ms);
  put_status (w, TRUE);
  tbx_writer_u32le (w, strikes);
  tbx_writer_u32le (w, delay_ms);
}

static void
do_count (TbxSimJoinServer *self, TbxReader *r, TbxWriter *w)
{
  guint32 counter = tbx_reader_u32le (r);
  guint32 n = tbx_reader_u32le (r);

  if (counter >= TBX_SIM_N_COUNTERS)
    tbx_reader_fail (r, "unknown counter");
  if (r->bad == NULL)
    tbx_sim_host_count (self->host, counter, n);
  put_status (w, TRUE);
}

static void
do_deliver (TbxSimChannel *channel, TbxReader *r, TbxWriter *w)
{
  gsize size = tbx_reader_left (r);
  g_autoptr(GBytes) message = g_bytes_new (tbx_reader_bytes (r, size), size);

  tbx_sim_channel_deliver (channel, message);
  put_status (w, TRUE);
}

static void
do_peek (TbxSimChannel *channel, TbxWriter *w)
{
  g_autoptr(GBytes) message = tbx_sim_channel_peek (channel);

  put_status (w, message != NULL);
  if (message != NULL)
    tbx_writer_bytes (w, g_bytes_get_data (message, NULL), g_bytes_get_size (message));
}

static void
do_pop (TbxSimChannel *channel, TbxReader *r, TbxWriter *w)
{
  gboolean accepted = tbx_reader_u8 (r) != 0;

  if (r->bad == NULL)
    tbx_sim_channel_pop (channel, accepted);
  put_status (w, TRUE);
}

static void
do_on_channel (TbxSimJoinServer *self, guint8 op, TbxReader *r, TbxWriter *w)
{
  guint32 id = tbx_reader_u32le (r);
  TbxSimChannel *channel = g_hash_table_lookup (self->channels, GUINT_TO_POINTER (id));

  if (channel == NULL)
    tbx_reader_fail (r, "no such channel");
  else if (op == TBX_SIM_JOIN_DELIVER)
    do_deliver (channel, r, w);
  else if (op == TBX_SIM_JOIN_PEEK)
    do_peek (channel, w);
  else if (op == TBX_SIM_JOIN_POP)
    do_pop (channel, r, w);
  else
    {
      put_status (w, TRUE);
      if (op == TBX_SIM_JOIN_STATUS)
        tbx_writer_u8 (w, tbx_sim_channel_is_closed (channel));
      else
        g_hash_table_remove (self->channels, GUINT_TO_POINTER (id));
    }
}

static void
do_request (TbxSimJoinServer *self, TbxReader *r, TbxWriter *w)
{
  guint8 op = tbx_reader_u8 (r);

  switch (op)
    {
    case TBX_SIM_JOIN_OPEN:
      do_open (self, r, w);
      break;
    case TBX_SIM_JOIN_STEP:
      do_step (self, r, w);
      break;
    case TBX_SIM_JOIN_COUNT:
      do_count (self, r, w);
      break;
    case TBX_SIM_JOIN_DELIVER:
    case TBX_SIM_JOIN_PEEK:
    case TBX_SIM_JOIN_POP:
    case TBX_SIM_JOIN_CLOSE:
    case TBX_SIM_JOIN_STATUS:
      do_on_channel (self, op, r, w);
      break;
    default:
      tbx_reader_fail (r, "unknown request");
    }
}

/**
 * tbx_sim_join_server_consume:
 * @self: the server
 * @data: what came from the tracer
 * @size: its length in bytes
 * @reply: (out) (nullable): what to send back
 *
 * Does one request.
 *
 * Returns: bytes used; 0 when more are needed; -1 when they make no sense
 */
gssize
tbx_sim_join_server_consume (TbxSimJoinServer *self,
                             const guint8     *data,
                             gsize             size,
                             GBytes          **reply)
{
  g_auto(TbxWriter) w = { 0 };
  TbxReader r;
  guint32 length;

  *reply = NULL;
  tbx_writer_init (&w, TBX_SIM_JOIN_MAX_BYTES + sizeof length);
  tbx_reader_init_data (&r, data, size);
  if (size < sizeof length)
    return 0;
  length = tbx_reader_u32le (&r);
  if (length == 0 || length > TBX_SIM_JOIN_MAX_BYTES)
    return -1;
  if (size - sizeof length < length)
    return 0;
  tbx_reader_init_data (&r, data + sizeof length, length);
  tbx_writer_u32le (&w, 0);
  do_request (self, &r, &w);
  if (!tbx_reader_end (&r, "request", NULL))
    return -1;
  tbx_writer_patch_u32le (&w, 0, (guint32) (tbx_writer_size (&w) - sizeof length));
  *reply = tbx_writer_end (&w, "reply", NULL);
  return *reply == NULL ? -1 : (gssize) (sizeof length + length);
}
