/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-backdoor-message.h"
#include "tbx-error.h"
#include <string.h>

#define COMMAND_MESSAGE 30u

enum { OPEN, SEND_SIZE, SEND_PAYLOAD, RECV_SIZE, RECV_PAYLOAD, RECV_STATUS, CLOSE };

enum
{
  STATUS_SUCCESS    = 0x01,
  STATUS_DORECV     = 0x02,
  STATUS_CHECKPOINT = 0x10,
  STATUS_HIGH       = 0x80,
};

enum { TYPE_SIZE = 1, TYPE_PAYLOAD = 2 };   /* what a receive step answers */

#define PROTOCOL_RPCI 0x49435052u
#define PROTOCOL_TCLO 0x4F4C4354u
#define FLAG_COOKIE   0x80000000u

/* A host that reports checkpoints without end must not spin us for ever. */
#define MAX_RESTARTS 100

/* A buffer that one huge message made is given back by the next. */
#define KEEP_BUFFER_BYTES (128 * 1024)

/* How a step, or a whole operation, came out. */
typedef enum
{
  DONE,
  RESTART,   /* a checkpoint: begin the whole operation again */
  BROKEN,
} Outcome;

const TbxBackdoorCalls tbx_backdoor_native_calls = {
  tbx_backdoor_low, tbx_backdoor_high_out, tbx_backdoor_high_in,
};

/* What one low-bandwidth call answered. */
typedef struct
{
  guint16 status;
  guint16 type;
  guint32 value;
} Reply;

static Reply
message_call (TbxBackdoorMessages *self, guint step, guint32 value)
{
  TbxBackdoorCall call = {
    .ax = TBX_BACKDOOR_MAGIC,
    .bx = value,
    .cx = (guint32) step << 16 | COMMAND_MESSAGE,
    .dx = (guint32) self->id << 16 | TBX_BACKDOOR_LOW_PORT,
    .si = self->cookie_high,
    .di = self->cookie_low,
  };

  self->calls->low (&call);
  return (Reply) { (guint16) (call.cx >> 16), (guint16) (call.dx >> 16), call.bx };
}

static Outcome
status_outcome (guint16 status, const char *step, GError **error)
{
  if (status & STATUS_SUCCESS)
    return DONE;
  if (status & STATUS_CHECKPOINT)
    return RESTART;
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "%s failed with status 0x%02x", step, status);
  return BROKEN;
}

/**
 * tbx_backdoor_messages_init:
 * @self: (out): a closed channel
 * @calls: how to reach the host; usually &tbx_backdoor_native_calls
 */
void
tbx_backdoor_messages_init (TbxBackdoorMessages *self, const TbxBackdoorCalls *calls)
{
  *self = (TbxBackdoorMessages) { .calls = calls };
}

/**
 * tbx_backdoor_messages_open:
 * @self: a closed channel
 * @protocol: what it is for
 * @error: return location for an error
 *
 * Asks for a channel with a cookie first, then for one without, as old hosts want.
 * Errors: `TBX_ERROR_TRANSPORT`.
 */
gboolean
tbx_backdoor_messages_open (TbxBackdoorMessages *self, TbxProtocol protocol, GError **error)
{
  guint32 number = protocol == TBX_PROTOCOL_RPCI ? PROTOCOL_RPCI : PROTOCOL_TCLO;

  g_return_val_if_fail (!self->open, FALSE);
  for (int with_cookie = 1; with_cookie >= 0; with_cookie--)
    {
      TbxBackdoorCall call = {
        .ax = TBX_BACKDOOR_MAGIC,
        .bx = number | (with_cookie ? FLAG_COOKIE : 0),
        .cx = OPEN << 16 | COMMAND_MESSAGE,
        .dx = TBX_BACKDOOR_LOW_PORT,
      };

      self->calls->low (&call);
      if (call.cx >> 16 & STATUS_SUCCESS)
        {
          self->open = TRUE;
          self->id = (guint16) (call.dx >> 16);
          self->cookie_high = call.si;
          self->cookie_low = call.di;
          return TRUE;
        }
    }
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "the host opens no %s channel",
               protocol == TBX_PROTOCOL_RPCI ? "RPCI" : "TCLO");
  return FALSE;
}

static Outcome
send_high (TbxBackdoorMessages *self, gconstpointer data, gsize size, GError **error)
{
  TbxBackdoorBulk bulk = {
    .bx = STATUS_SUCCESS << 16,
    .dx = (guint32) self->id << 16 | TBX_BACKDOOR_HIGH_PORT,
    .cookie_high = self->cookie_high,
    .cookie_low = self->cookie_low,
    .data = (gpointer) data,
    .size = size,
  };

  self->calls->high_out (&bulk);
  return status_outcome ((guint16) (bulk.bx >> 16), "sending a payload", error);
}

static Outcome
send_low (TbxBackdoorMessages *self, const guint8 *data, gsize size, GError **error)
{
  Outcome outcome = DONE;

  for (gsize pos = 0; pos < size && outcome == DONE; pos += 4)
    {
      guint32 word = 0;

      memcpy (&word, data + pos, MIN (4, size - pos));
      outcome = status_outcome (message_call (self, SEND_PAYLOAD, GUINT32_FROM_LE (word)).status,
                                "sending a payload", error);
    }
  return outcome;
}

static Outcome
send_once (TbxBackdoorMessages *self, gconstpointer data, gsize size, GError **error)
{
  guint16 status = message_call (self, SEND_SIZE, (guint32) size).status;
  Outcome outcome = status_outcome (status, "announcing a message", error);

  if (outcome != DONE || size == 0)
    return outcome;
  return status & STATUS_HIGH ? send_high (self, data, size, error)
                              : send_low (self, data, size, error);
}

static gboolean
give_up_restarting (GError **error)
{
  g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT,
               "the host interrupted the message %d times", MAX_RESTARTS);
  return FALSE;
}

/**
 * tbx_backdoor_messages_send:
 * @self: an open channel
 * @data: (nullable): the message
 * @size: its length in bytes; 0 is the empty message
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TRANSPORT`.  The channel stays open; close it then.
 */
gboolean
tbx_backdoor_messages_send (TbxBackdoorMessages *self,
                            gconstpointer        data,
                            gsize                size,
                            GError             **error)
{
  g_return_val_if_fail (self->open && size <= G_MAXUINT32, FALSE);
  for (int i = 0; i < MAX_RESTARTS; i++)
    {
      Outcome outcome = send_once (self, data, size, error);

      if (outcome != RESTART)
        return outcome == DONE;
    }
  return give_up_restarting (error);
}

/* Tells the host that its message was not taken; there is nothing to do about its
 * answer. */
static Outcome
receive_reject (TbxBackdoorMessages *self, guint step)
{
  Reply reply = message_call (self, step, 0);

  if (!(reply.status & STATUS_SUCCESS))
    g_debug ("The host did not take the rejection of a message: status 0x%02x", reply.status);
  return BROKEN;
}

static gboolean
receive_room (TbxBackdoorMessages *self, gsize size, GError **error)
{
  if (self->capacity <= KEEP_BUFFER_BYTES && size + 1 <= self->capacity)
    return TRUE;
  g_free (self->buffer);
  self->capacity = MAX (size + 1, 4096);
  self->buffer = g_try_malloc (self->capacity);
  if (self->buffer == NULL)
    {
      self->capacity = 0;
      g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "no memory for a message of %"
                   G_GSIZE_FORMAT " bytes", size);
      return FALSE;
    }
  /* Touched, so that no page fault is taken in the middle of a transfer. */
  memset (self->buffer, 0, self->capacity);
  return TRUE;
}

static Outcome
receive_high (TbxBackdoorMessages *self, gsize size, GError **error)
{
  TbxBackdoorBulk bulk = {
    .bx = STATUS_SUCCESS << 16,
    .dx = (guint32) self->id << 16 | TBX_BACKDOOR_HIGH_PORT,
    .cookie_high = self->cookie_high,
    .cookie_low = self->cookie_low,
    .data = self->buffer,
    .size = size,
  };
  Outcome outcome;

  self->calls->high_in (&bulk);
  outcome = status_outcome ((guint16) (bulk.bx >> 16), "receiving a payload", error);
  return outcome == BROKEN ? receive_reject (self, RECV_PAYLOAD) : outcome;
}

static Outcome
receive_low (TbxBackdoorMessages *self, gsize size, GError **error)
{
  for (gsize pos = 0; pos < size; pos += 4)
    {
      Reply reply = message_call (self, RECV_PAYLOAD, 1);
      Outcome outcome = status_outcome (reply.status, "receiving a payload", error);
      guint32 word = GUINT32_TO_LE (reply.value);

      if (outcome == DONE && reply.type != TYPE_PAYLOAD)
        {
          g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "payload step answered with type %u",
                       reply.type);
          outcome = BROKEN;
        }
      if (outcome != DONE)
        return outcome == BROKEN ? receive_reject (self, RECV_PAYLOAD) : outcome;
      memcpy (self->buffer + pos, &word, MIN (4, size - pos));
    }
  return DONE;
}

static Outcome
receive_payload (TbxBackdoorMessages *self, Reply announced, GError **error)
{
  gsize size = announced.value;
  Outcome outcome = DONE;
  guint16 status;

  if (announced.type != TYPE_SIZE)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "size step answered with type %u",
                   announced.type);
      return receive_reject (self, RECV_STATUS);
    }
  if (size > TBX_CHANNEL_MAX_RECEIVE_BYTES)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TRANSPORT, "a message of %" G_GSIZE_FORMAT
                   " bytes was announced", size);
      return receive_reject (self, RECV_PAYLOAD);
    }
  if (!receive_room (self, size, error))
    return receive_reject (self, size > 0 ? RECV_PAYLOAD : RECV_STATUS);
  if (size > 0)
    outcome = announced.status & STATUS_HIGH ? receive_high (self, size, error)
                                             : receive_low (self, size, error);
  if (outcome != DONE)
    return outcome;
  self->buffer[size] = '\0';
  status = message_call (self, RECV_STATUS, 1).status;
  outcome = status_outcome (status, "acknowledging a message", error);
  return outcome == BROKEN ? receive_reject (self, RECV_STATUS) : outcome;
}

/**
 * tbx_backdoor_messages_receive:
 * @self: an open channel
 * @data: (out) (transfer none) (nullable): the message, with a NUL after it, valid
 *   until the next call; %NULL when none is waiting
 * @size: (out): its length in bytes
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TRANSPORT`.  The channel stays open; close it then.
 */
gboolean
tbx_backdoor_messages_receive (TbxBackdoorMessages *self,
                               const guint8       **data,
                               gsize               *size,
                               GError             **error)
{
  g_return_val_if_fail (self->open, FALSE);
  for (int i = 0; i < MAX_RESTARTS; i++)
    {
      Reply announced = message_call (self, RECV_SIZE, 0);
      Outcome outcome = status_outcome (announced.status, "asking for a message", error);
      gboolean waiting = (announced.status & STATUS_DORECV) != 0;

      if (outcome == DONE && waiting)
        outcome = receive_payload (self, announced, error);
      if (outcome == BROKEN)
        return FALSE;
      if (outcome == DONE)
        {
          *data = waiting ? self->buffer : NULL;
          *size = waiting ? announced.value : 0;
          return TRUE;
        }
    }
  return give_up_restarting (error);
}

/**
 * tbx_backdoor_messages_close:
 * @self: a channel; nothing happens to a closed one
 *
 * The local state is gone whatever the host says: it may have dropped the channel
 * long ago.
 */
void
tbx_backdoor_messages_close (TbxBackdoorMessages *self)
{
  if (self->open && !(message_call (self, CLOSE, 0).status & STATUS_SUCCESS))
    g_debug ("The host had closed channel %u already", self->id);
  self->open = FALSE;
  g_clear_pointer (&self->buffer, g_free);
  self->capacity = 0;
}
