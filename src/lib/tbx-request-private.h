/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
void                   tbx_request_begin  (TbxRequest            *self,
                                           GDBusMethodInvocation *invocation,
                                           gint64                 deadline_us);
G_GNUC_INTERNAL
GDBusMethodInvocation *tbx_request_answer (TbxRequest *self);

G_END_DECLS
