/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/types.h>
#include "tbx-sim-registers.h"

G_BEGIN_DECLS

TbxSimMemory tbx_sim_memory_of   (pid_t tid);
gboolean     tbx_sim_memory_poke (pid_t tid, guint64 address, gconstpointer bytes, gsize size);

G_END_DECLS
