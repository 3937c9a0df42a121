/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-vix.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestVix *tbx_request_vix_new (GDBusMethodInvocation *invocation,
                                    guint32                opcode,
                                    GBytes                *body,
                                    GVariant              *details,
                                    guint64                deadline_usec);

G_END_DECLS
