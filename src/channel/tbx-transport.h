/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-channel.h"

G_BEGIN_DECLS

/* Makes channels of the kind that was asked for: "auto", "backdoor" or "socket:PATH". */
typedef struct _TbxTransport TbxTransport;

TbxTransport *tbx_transport_new            (const char *name, GError **error);
void          tbx_transport_free           (TbxTransport *self);
gboolean      tbx_transport_is_automatic   (TbxTransport *self);
gboolean      tbx_transport_needs_backdoor (TbxTransport *self);
TbxChannel   *tbx_transport_create_channel (TbxTransport *self,
                                            TbxProtocol   protocol,
                                            gboolean      one_shot);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxTransport, tbx_transport_free)

G_END_DECLS
