/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-login.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestLogin *tbx_request_login_new (GDBusMethodInvocation *invocation,
                                        const char            *user,
                                        const char            *password,
                                        guint64                deadline_usec);

G_END_DECLS
