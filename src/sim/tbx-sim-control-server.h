/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-model.h"

G_BEGIN_DECLS

/* The socket through which people and tests see and steer the host. */
typedef struct _TbxSimControlServer TbxSimControlServer;

typedef void (*TbxSimQuitFunc) (gpointer user_data);

TbxSimControlServer *tbx_sim_control_server_new  (TbxSimModel *model, const char *path,
                                                  TbxSimQuitFunc quit, gpointer user_data,
                                                  GError **error);
void                 tbx_sim_control_server_free (TbxSimControlServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimControlServer, tbx_sim_control_server_free)

G_END_DECLS
