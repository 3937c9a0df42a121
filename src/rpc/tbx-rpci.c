/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-rpci.h"
#include "tbx-error.h"
#include <string.h>

#define REPLY_TIMEOUT_MS 30000

/* Requests that wait for the channel; more are a bug or an attack. */
#define MAX_QUEUED 1024

#define MAX_REFUSAL_BYTES 1024

/* The guest's own requests, one at a time over one channel that is kept open.  An
 * exchange that fails is repeated once over a reopened channel, so delivery is at
 * least once.  Source: docs/wire/transport.md, "Persistent channel". */
struct _TbxRpci
{
  GObject     parent_instance;
  TbxChannel *channel;       /* (owned) */
  GQueue      waiting;       /* of GTask (owned): requests, first in first out */
  GTask      *current;       /* the request that is served, or NULL (owned) */
  gboolean    sent;          /* it went out, its reply is due */
  gboolean    lost;          /* the channel was closed before the reply came */
  guint       timeout_id;    /* source of its time-out, or 0 */
  guint       next_id;       /* idle source that calls rpci_proceed(), or 0 */
};

typedef struct
{
  GBytes      *message;      /* (owned) */
  TbxRpciFlags flags;
  gboolean     sent_before;  /* this is the second try */
} Request;

G_DEFINE_FINAL_TYPE (TbxRpci, tbx_rpci, G_TYPE_OBJECT)

static void rpci_proceed (TbxRpci *self);

static void
request_free (gpointer data)
{
  Request *request = data;

  g_bytes_unref (request->message);
  g_free (request);
}

static GTask *
rpci_take_current (TbxRpci *self)
{
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  self->sent = self->lost = FALSE;
  return g_steal_pointer (&self->current);
}

static gboolean
on_next (gpointer user_data)
{
  g_autoptr(TbxRpci) self = g_object_ref (user_data);

  self->next_id = 0;
  rpci_proceed (self);
  return G_SOURCE_REMOVE;
}

/* Requests move on from the main loop only, so that a row of failures does not
 * become a recursion. */
static void
rpci_schedule (TbxRpci *self)
{
  if (self->next_id == 0 && (self->current != NULL || !g_queue_is_empty (&self->waiting)))
    {
      self->next_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_next, self, NULL);
      g_source_set_name_by_id (self->next_id, "tbx-rpci-next");
    }
}

static void
rpci_fail_current (TbxRpci *self, GError *error)
{
  g_autoptr(GTask) task = rpci_take_current (self);

  rpci_schedule (self);
  g_task_return_error (task, error);
}

/* The exchange broke: the channel is closed by now.  Once more over a fresh one, or
 * that was it. */
static void
rpci_exchange_broke (TbxRpci *self, const GError *error)
{
  Request *request = g_task_get_task_data (self->current);

  if (request->sent_before || request->flags & TBX_RPCI_NO_RESEND)
    {
      rpci_fail_current (self, g_error_copy (error));
      return;
    }
  request->sent_before = TRUE;
  g_queue_push_head (&self->waiting, rpci_take_current (self));
  rpci_schedule (self);
}

static gboolean
on_reply_timeout (gpointer user_data)
{
  TbxRpci *self = user_data;

  self->timeout_id = 0;
  /* A late reply would be taken for that of the next request. */
  tbx_channel_close (self->channel);
  rpci_fail_current (self, g_error_new (TBX_ERROR, TBX_ERROR_TIMED_OUT,
                                        "the host did not reply within %d s",
                                        REPLY_TIMEOUT_MS / 1000));
  return G_SOURCE_REMOVE;
}

static void
rpci_transmit (TbxRpci *self)
{
  Request *request = g_task_get_task_data (self->current);
  g_autoptr(GError) error = NULL;

  if (tbx_channel_send (self->channel, request->message, &error))
    {
      self->sent = TRUE;
      if (request->flags & TBX_RPCI_NO_TIMEOUT)
        return;
      self->timeout_id = g_timeout_add (REPLY_TIMEOUT_MS, on_reply_timeout, self);
      g_source_set_name_by_id (self->timeout_id, "tbx-rpci-timeout");
    }
  else if (g_error_matches (error, TBX_ERROR, TBX_ERROR_TOO_LARGE))
    rpci_fail_current (self, g_steal_pointer (&error));
  else
    rpci_exchange_broke (self, error);
}

static gboolean
request_taken_back (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  return !request->sent_before && g_task_return_error_if_cancelled (task);
}

/* Takes the first request that nobody took back. */
static void
rpci_take_next (TbxRpci *self)
{
  while ((self->current = g_queue_pop_head (&self->waiting)) != NULL
         && request_taken_back (self->current))
    g_object_unref (rpci_take_current (self));
}

/* Brings the first request as far as the channel lets it. */
static void
rpci_proceed (TbxRpci *self)
{
  g_autoptr(GError) error = NULL;

  if (self->lost)
    {
      error = g_error_new_literal (TBX_ERROR, TBX_ERROR_TRANSPORT,
                                   "the channel was closed before the reply came");
      rpci_exchange_broke (self, error);
      return;
    }
  if (self->current == NULL)
    rpci_take_next (self);
  if (self->current == NULL || self->sent)
    return;
  if (tbx_channel_get_state (self->channel) == TBX_CHANNEL_CLOSED
      && !tbx_channel_open (self->channel, &error))
    rpci_fail_current (self, g_steal_pointer (&error));
  else if (tbx_channel_get_state (self->channel) == TBX_CHANNEL_OPEN)
    rpci_transmit (self);
}

/* The link, too, closes and opens the channel.  What this means for the request is
 * looked at from the main loop: by then "failed" has told why. */
static void
on_channel_state (TbxRpci *self)
{
  TbxChannelState state = tbx_channel_get_state (self->channel);

  if (self->current == NULL || state == TBX_CHANNEL_OPENING)
    return;
  self->lost |= self->sent && state == TBX_CHANNEL_CLOSED;
  rpci_schedule (self);
}

static void
on_channel_failed (TbxRpci *self, const GError *error)
{
  if (self->current != NULL)
    rpci_exchange_broke (self, error);
}

/* The host's text as it is, made UTF-8; who shows it escapes it. */
static GError *
refusal_new (const guint8 *text, gsize size)
{
  gsize shown = strnlen ((const char *) text, MIN (size, MAX_REFUSAL_BYTES));
  g_autofree char *valid = g_utf8_make_valid ((const char *) text, (gssize) shown);

  return g_error_new_literal (TBX_ERROR,
                              strcmp (valid, "Unknown command") == 0 ? TBX_ERROR_UNSUPPORTED
                                                                     : TBX_ERROR_REFUSED,
                              valid[0] == '\0' ? "refused by the host" : valid);
}

static void
on_reply (TbxChannel *channel, const guint8 *data, gsize size, gpointer user_data)
{
  TbxRpci *self = user_data;
  g_autoptr(GTask) task = NULL;

  if (self->current == NULL)
    {
      g_debug ("The host sent a reply that nothing waits for");
      return;
    }
  if (size < 2 || (data[0] != '0' && data[0] != '1') || data[1] != ' ')
    {
      g_autoptr(GError) error = g_error_new (TBX_ERROR, TBX_ERROR_TRANSPORT,
                                             "the host replied without a status");

      tbx_channel_close (channel);
      rpci_exchange_broke (self, error);
      return;
    }
  task = rpci_take_current (self);
  rpci_schedule (self);
  if (data[0] == '1')
    g_task_return_pointer (task, g_bytes_new (data + 2, size - 2), (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, refusal_new (data + 2, size - 2));
}

/**
 * tbx_rpci_send_async:
 * @self: the client
 * @request: (transfer none): the whole request; tbx_rpci_text() makes one
 * @flags: how it may be sent
 * @cancellable: (nullable): takes back a request that was not sent yet
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Sends @request after those before it, and waits for the reply.
 * Errors: `TBX_ERROR_REFUSED` with the host's text, `TBX_ERROR_UNSUPPORTED` when it
 * does not know the command, `TBX_ERROR_TRANSPORT`, `TBX_ERROR_TIMED_OUT`,
 * `TBX_ERROR_TOO_LARGE`, `TBX_ERROR_MALFORMED` for an empty @request, and
 * `TBX_ERROR_BUSY` when 1,024 requests wait already.
 * Source: docs/wire/transport.md, "RPCI: guest-to-host requests".
 */
void
tbx_rpci_send_async (TbxRpci            *self,
                     GBytes             *request,
                     TbxRpciFlags        flags,
                     GCancellable       *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer            user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  Request *data = g_new0 (Request, 1);

  data->message = g_bytes_ref (request);
  data->flags = flags;
  g_task_set_source_tag (task, tbx_rpci_send_async);
  g_task_set_name (task, "tbx-rpci-send");
  /* Once sent, the reply decides: cancelling must not lose what the host did. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, data, request_free);
  if (g_bytes_get_size (request) == 0)
    {
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_MALFORMED, "an empty request");
      return;
    }
  if (g_queue_get_length (&self->waiting) >= MAX_QUEUED)
    {
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_BUSY, "%d requests wait for the host",
                               MAX_QUEUED);
      return;
    }
  g_queue_push_tail (&self->waiting, g_steal_pointer (&task));
  rpci_schedule (self);
}

/**
 * tbx_rpci_send_finish:
 * @self: the client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): what the host replied after its "1 "; may be empty
 */
GBytes *
tbx_rpci_send_finish (TbxRpci *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GBytes *text_new (const char *format, va_list args, gsize n_extra) G_GNUC_PRINTF (1, 0);

static GBytes *
text_new (const char *format, va_list args, gsize n_extra)
{
  char *text = g_strdup_vprintf (format, args);

  return g_bytes_new_take (text, strlen (text) + n_extra);
}

/**
 * tbx_rpci_text:
 * @format: printf format
 *
 * Returns: (transfer full): the text as a request, without a NUL
 */
GBytes *
tbx_rpci_text (const char *format, ...)
{
  GBytes *bytes;
  va_list args;

  va_start (args, format);
  bytes = text_new (format, args, 0);
  va_end (args);
  return bytes;
}

/**
 * tbx_rpci_text_nul:
 * @format: printf format
 *
 * Returns: (transfer full): the text as a request, with its NUL counted
 */
GBytes *
tbx_rpci_text_nul (const char *format, ...)
{
  GBytes *bytes;
  va_list args;

  va_start (args, format);
  bytes = text_new (format, args, 1);
  va_end (args);
  return bytes;
}

static void
tbx_rpci_dispose (GObject *object)
{
  TbxRpci *self = TBX_RPCI (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_handle_id (&self->next_id, g_source_remove);
  if (self->channel != NULL)
    {
      tbx_channel_set_message_handler (self->channel, NULL, NULL);
      tbx_channel_close (self->channel);
    }
  g_clear_object (&self->channel);
  G_OBJECT_CLASS (tbx_rpci_parent_class)->dispose (object);
}

static void
tbx_rpci_class_init (TbxRpciClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_rpci_dispose;
}

static void
tbx_rpci_init (TbxRpci *self)
{
  g_queue_init (&self->waiting);
}

/**
 * tbx_rpci_new:
 * @channel: an RPCI channel, opened when it is first needed
 *
 * Returns: (transfer full): the client of that channel; there must be no other
 */
TbxRpci *
tbx_rpci_new (TbxChannel *channel)
{
  TbxRpci *self = g_object_new (TBX_TYPE_RPCI, NULL);

  self->channel = g_object_ref (channel);
  tbx_channel_set_message_handler (channel, on_reply, self);
  g_signal_connect_object (channel, "notify::state", G_CALLBACK (on_channel_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (channel, "failed", G_CALLBACK (on_channel_failed), self,
                           G_CONNECT_SWAPPED);
  return self;
}
