/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-power.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestPower *tbx_request_power_new (GDBusMethodInvocation *invocation,
                                        const char            *operation,
                                        guint64                deadline_usec);

G_END_DECLS
