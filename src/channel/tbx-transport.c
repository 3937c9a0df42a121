/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-transport.h"
#include "tbx-backdoor-channel.h"
#include "tbx-error.h"
#include "tbx-socket-channel.h"
#include <string.h>

struct _TbxTransport
{
  gboolean automatic;     /* not named by the user: detect before use */
  char    *socket_path;   /* NULL: the backdoor (owned) */
};

/**
 * tbx_transport_new:
 * @name: "auto", "backdoor" or "socket:PATH"
 * @error: return location for an error
 *
 * Touches nothing yet.
 * Errors: `TBX_ERROR_MALFORMED` for any other name.
 *
 * Returns: (transfer full) (nullable): free with tbx_transport_free()
 */
TbxTransport *
tbx_transport_new (const char *name, GError **error)
{
  TbxTransport *self;

  if (strcmp (name, "auto") != 0 && strcmp (name, "backdoor") != 0
      && !(g_str_has_prefix (name, "socket:/") && g_utf8_validate (name, -1, NULL)))
    {
      g_autofree char *shown = g_utf8_make_valid (name, -1);

      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED,
                   "“%s” is no transport; there are auto, backdoor and socket:PATH, with an absolute "
                   "path", shown);
      return NULL;
    }
  self = g_new0 (TbxTransport, 1);
  self->automatic = strcmp (name, "auto") == 0;
  if (g_str_has_prefix (name, "socket:"))
    self->socket_path = g_strdup (name + strlen ("socket:"));
  return self;
}

/**
 * tbx_transport_free:
 * @self: (transfer full): the transport; its channels do not need it
 */
void
tbx_transport_free (TbxTransport *self)
{
  g_free (self->socket_path);
  g_free (self);
}

/**
 * tbx_transport_is_automatic:
 * @self: the transport
 *
 * Returns: whether VMware must be detected before the first channel is opened,
 *   for the user named no transport
 */
gboolean
tbx_transport_is_automatic (TbxTransport *self)
{
  return self->automatic;
}

/**
 * tbx_transport_needs_backdoor:
 * @self: the transport
 *
 * Returns: whether channels will execute backdoor calls, so that
 *   tbx_hypervisor_detect() must have succeeded
 */
gboolean
tbx_transport_needs_backdoor (TbxTransport *self)
{
  return self->socket_path == NULL;
}

/**
 * tbx_transport_create_channel:
 * @self: the transport
 * @protocol: what the channel is for
 * @one_shot: RPCI: whether it is for a single request
 *
 * Returns: (transfer full): a closed channel
 */
TbxChannel *
tbx_transport_create_channel (TbxTransport *self, TbxProtocol protocol, gboolean one_shot)
{
  if (self->socket_path != NULL)
    return tbx_socket_channel_new (protocol, self->socket_path, one_shot);
  return tbx_backdoor_channel_new (protocol, &tbx_backdoor_native_calls);
}
