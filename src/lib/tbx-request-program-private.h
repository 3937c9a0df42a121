/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-program.h"

G_BEGIN_DECLS

G_GNUC_INTERNAL
TbxRequestProgram *tbx_request_program_new (GDBusMethodInvocation *invocation,
                                            TbxRun                *run,
                                            GVariant              *spec,
                                            guint64                deadline_usec);

G_END_DECLS
