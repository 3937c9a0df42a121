/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-tclo.h"
#include "tbx-error.h"

static void
fail_request (TbxSimRequest *request, GQueue *finished, const GError *why)
{
  request->error = g_error_copy (why);
  g_queue_push_tail (finished, request);
}

/**
 * tbx_sim_tclo_clear:
 * @self: the books
 * @finished: where requests go that are over
 * @why: what to tell those that asked
 *
 * The channel is gone, or its guest.
 */
void
tbx_sim_tclo_clear (TbxSimTclo *self, GQueue *finished, const GError *why)
{
  TbxSimRequest *request = g_steal_pointer (&self->owed);

  if (request != NULL)
    fail_request (request, finished, why);
  while ((request = g_queue_pop_head (&self->waiting)) != NULL)
    fail_request (request, finished, why);
}

/**
 * tbx_sim_tclo_queue:
 * @self: the books
 * @request: (transfer full): what to ask; freed on failure
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_BUSY` when too many wait already.
 */
gboolean
tbx_sim_tclo_queue (TbxSimTclo *self, TbxSimRequest *request, GError **error)
{
  if (g_queue_get_length (&self->waiting) >= TBX_SIM_MAX_WAITING)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_BUSY, "%d requests wait already",
                   TBX_SIM_MAX_WAITING);
      tbx_sim_request_free (request);
      return FALSE;
    }
  g_queue_push_tail (&self->waiting, request);
  return TRUE;
}

/* Returns whether nothing waits and nothing is owed. */
gboolean
tbx_sim_tclo_is_idle (const TbxSimTclo *self)
{
  return self->owed == NULL && self->waiting.length == 0;
}

/**
 * tbx_sim_tclo_peek:
 * @self: the books
 *
 * One request at a time: while a reply is owed there is nothing.
 *
 * Returns: (transfer full) (nullable): what the guest is to take next
 */
GBytes *
tbx_sim_tclo_peek (const TbxSimTclo *self)
{
  const TbxSimRequest *head = self->waiting.head != NULL ? self->waiting.head->data : NULL;

  return head == NULL || self->owed != NULL ? NULL : g_bytes_ref (head->text);
}

/**
 * tbx_sim_tclo_pop:
 * @self: the books
 * @accepted: whether the guest took it
 * @finished: where requests go that are over
 *
 * Returns: whether there was something to take away
 */
gboolean
tbx_sim_tclo_pop (TbxSimTclo *self, gboolean accepted, GQueue *finished)
{
  g_autoptr(GError) error = NULL;
  TbxSimRequest *request;

  if (self->owed != NULL || self->waiting.length == 0)
    return FALSE;
  request = g_queue_pop_head (&self->waiting);
  if (accepted)
    {
      self->owed = request;
      return TRUE;
    }
  g_set_error (&error, TBX_ERROR, TBX_ERROR_REFUSED, "the guest refused to take the request");
  fail_request (request, finished, error);
  return TRUE;
}

/**
 * tbx_sim_tclo_answer:
 * @self: the books
 * @reply: what the guest sent; not empty
 * @violation: (out): set when it should not have
 *
 * Returns: (transfer full) (nullable): the request that it answers, with its reply
 */
TbxSimRequest *
tbx_sim_tclo_answer (TbxSimTclo *self, GBytes *reply, const char **violation)
{
  TbxSimRequest *request = g_steal_pointer (&self->owed);

  if (request == NULL)
    {
      *violation = "reply without a request";
      return NULL;
    }
  self->replies++;
  request->reply = g_bytes_ref (reply);
  return request;
}

/**
 * tbx_sim_tclo_sign:
 * @self: the books
 * @transport: how the guest is connected
 * @violation: (out): set when this was not the time for it
 *
 * The guest gave a sign of life: an empty message over the backdoor, a ping
 * over a socket.
 * Source: docs/wire/transport.md, "Channel state" and "vsock peer".
 */
void
tbx_sim_tclo_sign (TbxSimTclo *self, TbxSimTransport transport, const char **violation)
{
  if (transport == TBX_SIM_TRANSPORT_BACKDOOR && self->owed != NULL)
    *violation = "poll while a reply is owed";
  else if (transport == TBX_SIM_TRANSPORT_SOCKET && self->replies == 0)
    *violation = "ping before the first reply";
}
