/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

/* The channels of a guest whose tracer is in another process. */
typedef struct _TbxSimJoinServer TbxSimJoinServer;

TbxSimJoinServer *tbx_sim_join_server_new     (TbxSimHost *host);
void              tbx_sim_join_server_free    (TbxSimJoinServer *self);
gssize            tbx_sim_join_server_consume (TbxSimJoinServer *self, const guint8 *data,
                                               gsize size, GBytes **reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimJoinServer, tbx_sim_join_server_free)

G_END_DECLS
