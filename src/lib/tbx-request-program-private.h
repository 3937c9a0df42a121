/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-program.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestProgram *tbx_request_program_new (GDBusMethodInvocation *invocation,
                                            TbxRun                *run,
                                            GVariant              *spec,
                                            gint64                 deadline_us);

G_END_DECLS
