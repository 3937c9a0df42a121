/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-exchange.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Parts that are read in a row once the program takes no more: each stands for one that it
 * can take then. */
#define BURST 16

/* One stream that the program writes. */
typedef struct
{
  const char        *name;
  TbxSimExchangeTake take;
  guint32            handle;
  guint64            offset;      /* bytes that came */
  gboolean           is_open;
  gboolean           is_plenty;   /* the last part was a whole one */
  gboolean           ended;
} Output;

typedef struct
{
  const TbxSimExchange *exchange;
  TbxSimTransfer       *transfer;    /* (owned) */
  Output                outputs[2];
  guint32               input;       /* handle */
  gboolean              input_ended;
  gsize                 input_pos;   /* of the bytes that are given */
  gboolean              failed;      /* and it was said why */
  gsize                 size;        /* of what is in @part */
  guint8                part[TBX_SIM_TRANSFER_BYTES];   /* to be written next */
} Exchange;

static char *
stream_path (Exchange *self, const char *name)
{
  return g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/%s", self->exchange->pid, name);
}

/* Whether it went well; that the guest has nothing to say yet is no failure. */
static gboolean
ask (Exchange *self, TbxHgfsRequest *request, TbxHgfsReply *reply, const char *name)
{
  guint status = tbx_sim_transfer_ask (self->transfer, request, reply);

  if (status == TBX_HGFS_OK)
    return TRUE;
  if (status == TBX_HGFS_GENERIC_ERROR)
    return FALSE;
  if (status != TBX_SIM_TRANSFER_FAILED)
    g_printerr ("vmxsim: %s: %s: %u %s\n", name, tbx_hgfs_op_get_name (request->op), status,
                tbx_hgfs_status_get_name (status));
  self->exchange->vix->status = TBX_SIM_EXIT_REFUSED;
  self->failed = TRUE;
  return FALSE;
}

static gboolean
open_stream (Exchange *self, const char *name, gboolean write, guint32 *handle)
{
  g_autoptr(GByteArray) storage = g_byte_array_new ();
  g_autofree char *path = stream_path (self, name);
  TbxHgfsRequest request = tbx_sim_transfer_open_request (path, write, storage);
  TbxHgfsReply reply;

  if (!ask (self, &request, &reply, name))
    return FALSE;
  *handle = reply.opened.handle;
  return TRUE;
}

static void
close_stream (Exchange *self, const char *name, guint32 handle)
{
  TbxHgfsRequest request;
  TbxHgfsReply reply;

  memset (&request, 0, sizeof request);
  request.op = TBX_HGFS_CLOSE;
  request.close.handle = handle;
  /* That the program did not want all of its input is its own affair. */
  ask (self, &request, &reply, name);
}

/* Gets the next part of what the program reads. */
static void
load_part (Exchange *self)
{
  const TbxSimExchange *exchange = self->exchange;
  gssize n = 0;

  if (exchange->input >= 0)
    do
      n = read (exchange->input, self->part, sizeof self->part);
    while (n < 0 && errno == EINTR);
  else if (exchange->bytes != NULL)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (exchange->bytes, &size);

      n = (gssize) MIN (sizeof self->part, size - self->input_pos);
      memcpy (self->part, data + self->input_pos, (gsize) n);
      self->input_pos += (gsize) n;
    }
  if (n < 0)
    g_printerr ("vmxsim: standard input: %s\n", g_strerror (errno));
  self->failed |= n < 0;
  self->size = (gsize) MAX (n, 0);
}

/* Whether the program takes more, or has all. */
static gboolean
write_part (Exchange *self)
{
  TbxHgfsRequest request;
  TbxHgfsReply reply;

  if (self->size == 0)
    load_part (self);
  if (self->size == 0)
    {
      close_stream (self, "stdin", self->input);
      self->input_ended = TRUE;
      return TRUE;
    }
  memset (&request, 0, sizeof request);
  request.op = TBX_HGFS_WRITE_V3;
  request.write.handle = self->input;
  request.write.flags = TBX_HGFS_WRITE_APPEND;
  request.write.data = (TbxHgfsBytes) { self->part, (guint32) self->size };
  if (!ask (self, &request, &reply, "stdin"))
    return FALSE;
  tbx_sim_progress_add (self->exchange->progress, self->part, self->size);
  self->size = 0;
  return TRUE;
}

static void
end_output (Exchange *self, Output *output)
{
  close_stream (self, output->name, output->handle);
  output->ended = TRUE;
}

/* Whether more may be had soon. */
static gboolean
read_part (Exchange *self, Output *output)
{
  TbxHgfsRequest request;
  TbxHgfsReply reply;
  TbxHgfsBytes data;

  memset (&request, 0, sizeof request);
  request.op = TBX_HGFS_READ_V3;
  request.read.handle = output->handle;
  request.read.offset = output->offset;
  request.read.size = TBX_SIM_TRANSFER_BYTES;
  output->is_plenty = FALSE;
  if (!ask (self, &request, &reply, output->name))
    return FALSE;
  data = reply.moved.data;
  if (data.size == 0)
    {
      end_output (self, output);
      return FALSE;
    }
  tbx_sim_progress_add (self->exchange->progress, data.data, data.size);
  output->offset += data.size;
  output->is_plenty = data.size == TBX_SIM_TRANSFER_BYTES;
  if (!output->take (data.data, data.size, self->exchange->user_data))
    self->failed = TRUE;
  return output->is_plenty;
}

static gboolean
outputs_are_plenty (Exchange *self)
{
  return (self->outputs[0].is_plenty && !self->outputs[0].ended)
         || (self->outputs[1].is_plenty && !self->outputs[1].ended);
}

static void
read_burst (Exchange *self, Output *output, guint n_parts)
{
  while (n_parts-- > 0 && output->is_open && !output->ended && !self->failed)
    if (!read_part (self, output))
      break;
}

/* Reads a part of those that have plenty. */
static void
read_plenty (Exchange *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->outputs); i++)
    if (self->outputs[i].is_plenty)
      read_burst (self, &self->outputs[i], 1);
}

/* Reads of each what there is: much of it, and of those too that could not be opened yet;
 * but that may take a second, in which one that flows would stand still.  It is let flow:
 * a program that waits for its other output to be read writes no more to this one. */
static void
read_outputs (Exchange *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->outputs); i++)
    read_burst (self, &self->outputs[i], BURST);
  if (outputs_are_plenty (self))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (self->outputs) && !self->failed; i++)
    {
      Output *output = &self->outputs[i];

      if (output->ended || output->is_open)
        continue;
      output->is_open = open_stream (self, output->name, FALSE, &output->handle);
      read_burst (self, output, BURST);
    }
}

/* One part of each that goes on: what the program takes and what it writes keep in step.
 * A stream is not there to be read before the program has ended, or there is no room for
 * more of it: asking for it takes a second, and is for when nothing else is to be done. */
static void
exchange_step (Exchange *self)
{
  gboolean taken = !self->input_ended && write_part (self);

  if (self->failed)
    return;
  if (!taken)
    read_outputs (self);
  else if (outputs_are_plenty (self))
    read_plenty (self);
}

/**
 * tbx_sim_exchange_run:
 * @exchange: between what and what
 *
 * Returns: whether all that the program wrote came, until it had ended or closed both
 */
gboolean
tbx_sim_exchange_run (const TbxSimExchange *exchange)
{
  g_autofree Exchange *self = g_new0 (Exchange, 1);
  static const char *const names[] = { "stdout", "stderr" };

  self->exchange = exchange;
  self->transfer = tbx_sim_transfer_new (exchange->vix);
  if (self->transfer == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    self->outputs[i] = (Output) { .name = names[i], .take = exchange->take[i] };
  /* A program that reads nothing may have ended by now. */
  self->input_ended = !open_stream (self, "stdin", TRUE, &self->input);
  while (!self->failed && !(self->outputs[0].ended && self->outputs[1].ended))
    exchange_step (self);
  tbx_sim_transfer_free (self->transfer);
  return !self->failed;
}
