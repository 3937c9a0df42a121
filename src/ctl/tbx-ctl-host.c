/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ctl-host.h"
#include "tbx-ctl.h"
#include "tbx-hypervisor.h"
#include "tbx-transport.h"

struct _TbxCtlHost
{
  TbxTransport *transport;   /* (owned) */
  TbxHypervisor hypervisor;  /* what the backdoor says, where it is used */
  GError       *absent;      /* why the backdoor must not be used, or NULL (owned) */
};

/**
 * tbx_ctl_host_new:
 * @transport: "auto", "backdoor" or "socket:PATH"
 * @error: return location for an error
 *
 * Looks for VMware now, for that must happen before there are threads.
 * Errors: `TBX_ERROR_MALFORMED` for another name.
 *
 * Returns: (transfer full): the host, there or not
 */
TbxCtlHost *
tbx_ctl_host_new (const char *transport, GError **error)
{
  g_autoptr(TbxTransport) found = tbx_transport_new (transport, error);
  TbxCtlHost *self;

  if (found == NULL)
    return NULL;
  self = g_new0 (TbxCtlHost, 1);
  self->transport = g_steal_pointer (&found);
  if (tbx_transport_needs_backdoor (self->transport))
    tbx_hypervisor_detect (!tbx_transport_is_automatic (self->transport), &self->hypervisor,
                           &self->absent);
  return self;
}

/**
 * tbx_ctl_host_free:
 * @self: the host
 */
void
tbx_ctl_host_free (TbxCtlHost *self)
{
  tbx_transport_free (self->transport);
  g_clear_error (&self->absent);
  g_free (self);
}

/**
 * tbx_ctl_host_is_there:
 * @self: the host
 * @error: return location for an error
 *
 * Returns: whether requests make sense, else `TBX_ERROR_NOT_VIRTUAL`
 */
gboolean
tbx_ctl_host_is_there (TbxCtlHost *self, GError **error)
{
  if (self->absent == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (self->absent));
  return FALSE;
}

/**
 * tbx_ctl_host_get_product:
 * @self: a host that is there
 *
 * Returns: (transfer none) (nullable): for people; NULL for a transport that cannot tell
 */
const char *
tbx_ctl_host_get_product (TbxCtlHost *self)
{
  if (!tbx_transport_needs_backdoor (self->transport))
    return NULL;
  return tbx_hypervisor_product_name (&self->hypervisor);
}

/**
 * tbx_ctl_host_request:
 * @self: the host
 * @request: (transfer full): the request
 * @flags: how it may be sent
 * @error: return location for an error
 *
 * Sends @request over a channel of its own and waits for the reply.
 * Errors: as of tbx_rpci_send_async(), and `TBX_ERROR_NOT_VIRTUAL`.
 *
 * Returns: (transfer full): what the host replied after its "1 ", or NULL
 */
GBytes *
tbx_ctl_host_request (TbxCtlHost *self, GBytes *request, TbxRpciFlags flags, GError **error)
{
  g_autoptr(GBytes) owned = request;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(TbxChannel) channel = NULL;
  g_autoptr(TbxRpci) rpci = NULL;

  if (!tbx_ctl_host_is_there (self, error))
    return NULL;
  channel = tbx_transport_create_channel (self->transport, TBX_PROTOCOL_RPCI, TRUE);
  rpci = tbx_rpci_new (channel);
  tbx_rpci_send_async (rpci, owned, flags, NULL, tbx_ctl_on_ready, &result);
  tbx_ctl_wait (&result);
  return tbx_rpci_send_finish (rpci, result, error);
}
