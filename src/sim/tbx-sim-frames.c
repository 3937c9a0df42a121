/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-frames.h"
#include "tbx-error.h"
#include "tbx-sim-listener.h"
#include "tbx-sim-message.h"
#include <string.h>

#define START "{\"command\":\"frames\"}\n"

struct _TbxSimFrames
{
  GSocket *socket;   /* (owned) */
};

static gboolean
hung_up (GError **error)
{
  g_set_error_literal (error, TBX_ERROR, TBX_ERROR_TRANSPORT,
                       "the host has hung up: the guest does not answer");
  return FALSE;
}

static gboolean
frames_send (TbxSimFrames *self, gconstpointer data, gsize size, GError **error)
{
  return tbx_sim_send_all (self->socket, data, size) || hung_up (error);
}

static gboolean
frames_receive (TbxSimFrames *self, gpointer data, gsize size, GError **error)
{
  return tbx_sim_receive_all (self->socket, data, size) || hung_up (error);
}

/**
 * tbx_sim_frames_new:
 * @control: control socket of a live vmxsim
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TRANSPORT`.
 *
 * Returns: (transfer full) (nullable): free with tbx_sim_frames_free()
 */
TbxSimFrames *
tbx_sim_frames_new (const char *control, GError **error)
{
  g_autoptr(TbxSimFrames) self = g_new0 (TbxSimFrames, 1);
  char byte = '\0';

  self->socket = tbx_sim_connect (control, error);
  if (self->socket == NULL || !frames_send (self, START, strlen (START), error))
    return NULL;
  while (byte != '\n')   /* the one line that says yes */
    if (!frames_receive (self, &byte, 1, error))
      return NULL;
  return g_steal_pointer (&self);
}

void
tbx_sim_frames_free (TbxSimFrames *self)
{
  g_clear_object (&self->socket);
  g_free (self);
}

/**
 * tbx_sim_frames_send:
 * @self: the connection, with fewer than `TBX_SIM_MAX_FRAMES_ASKED` replies due
 * @request: a TCLO request
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TRANSPORT`.
 */
gboolean
tbx_sim_frames_send (TbxSimFrames *self, GBytes *request, GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (request, &size);
  guint32 length = GUINT32_TO_LE ((guint32) size);

  return frames_send (self, &length, sizeof length, error) && frames_send (self, data, size, error);
}

/**
 * tbx_sim_frames_take:
 * @self: the connection
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TRANSPORT`, also when the guest does not answer.
 *
 * Returns: (transfer full) (nullable): the reply to the oldest request that has none yet
 */
GBytes *
tbx_sim_frames_take (TbxSimFrames *self, GError **error)
{
  guint32 length;
  guint8 *reply;
  gsize size;

  if (!frames_receive (self, &length, sizeof length, error))
    return NULL;
  size = GUINT32_FROM_LE (length);
  if (size > TBX_SIM_MAX_LINE_BYTES)
    {
      hung_up (error);
      return NULL;
    }
  reply = g_malloc (size + 1);
  if (frames_receive (self, reply, size, error))
    return g_bytes_new_take (reply, size);
  g_free (reply);
  return NULL;
}
