/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-file.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
void tbx_request_file_begin (TbxRequestFile        *self,
                             GDBusMethodInvocation *invocation,
                             const char            *path,
                             const char            *query,
                             GVariant              *details,
                             guint64                deadline_usec);

G_END_DECLS
