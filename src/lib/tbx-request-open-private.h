/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-open.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestOpen *tbx_request_open_new (GDBusMethodInvocation *invocation,
                                      const char            *path,
                                      const char            *query,
                                      gboolean               writing,
                                      GVariant              *details,
                                      guint64                deadline_usec);

G_END_DECLS
