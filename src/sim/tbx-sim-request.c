/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-request.h"

/**
 * tbx_sim_request_new:
 * @text: what the guest gets
 * @callback: (nullable): called when it is over
 * @user_data: for @callback
 *
 * Returns: (transfer full): a request that was not sent yet
 */
TbxSimRequest *
tbx_sim_request_new (GBytes *text, TbxSimReplyFunc callback, gpointer user_data)
{
  TbxSimRequest *self = g_new0 (TbxSimRequest, 1);

  self->text = g_bytes_ref (text);
  self->callback = callback;
  self->user_data = user_data;
  return self;
}

void
tbx_sim_request_free (TbxSimRequest *self)
{
  g_bytes_unref (self->text);
  g_clear_pointer (&self->reply, g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self);
}
