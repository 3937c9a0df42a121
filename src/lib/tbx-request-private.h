/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
void                   tbx_request_begin         (TbxRequest            *self,
                                                  GDBusMethodInvocation *invocation,
                                                  guint64                deadline_usec);
G_GNUC_INTERNAL
GDBusMethodInvocation *tbx_request_answer        (TbxRequest *self);
G_GNUC_INTERNAL
void                   tbx_request_return_denied (TbxRequest *self, const char *reason);

G_END_DECLS
