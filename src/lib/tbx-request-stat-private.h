/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-stat.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestStat *tbx_request_stat_new (GDBusMethodInvocation *invocation,
                                      const char            *path,
                                      const char            *query,
                                      GVariant              *details,
                                      guint64                deadline_usec);

G_END_DECLS
