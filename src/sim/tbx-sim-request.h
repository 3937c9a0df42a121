/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Called once, in the thread of the host's main context, with the guest's @reply
 * or the @error that took its place. */
typedef void (*TbxSimReplyFunc) (GBytes *reply, const GError *error, gpointer user_data);

/* One request to the guest (TCLO) on its way there and back. */
typedef struct
{
  GBytes         *text;        /* what the guest gets, owned */
  GBytes         *reply;       /* what it answered, owned; NULL before, and on failure */
  GError         *error;       /* why there is no reply, owned, or NULL */
  TbxSimReplyFunc callback;    /* or NULL when nobody asks */
  gpointer        user_data;   /* for it */
} TbxSimRequest;

TbxSimRequest *tbx_sim_request_new  (GBytes *text, TbxSimReplyFunc callback, gpointer user_data);
void           tbx_sim_request_free (TbxSimRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimRequest, tbx_sim_request_free)

G_END_DECLS
