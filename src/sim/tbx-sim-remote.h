/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

/* A host that lives in another vmxsim.  Each call blocks for one exchange with
 * it, which is what a tracer wants: its guest waits for the host anyway. */
#define TBX_TYPE_SIM_REMOTE (tbx_sim_remote_get_type ())
G_DECLARE_FINAL_TYPE (TbxSimRemote, tbx_sim_remote, TBX, SIM_REMOTE, TbxSimHost)

TbxSimRemote *tbx_sim_remote_new (const char *path, GError **error);

G_END_DECLS
