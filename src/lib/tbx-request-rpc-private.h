/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-rpc.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestRpc *tbx_request_rpc_new (GDBusMethodInvocation *invocation,
                                    const char            *command,
                                    GBytes                *arguments,
                                    guint64                deadline_usec);

G_END_DECLS
