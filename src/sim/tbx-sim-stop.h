/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-messages.h"
#include "tbx-sim-tasks.h"

G_BEGIN_DECLS

gboolean tbx_sim_stop_execute (TbxSimTask *task, TbxSimMessages *messages, int signo);
void     tbx_sim_stop_restore (TbxSimTask *task);

G_END_DECLS
