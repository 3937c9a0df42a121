/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

/* A file with one line for each message that passed: never what was in it. */
typedef struct _TbxSimTrace TbxSimTrace;

TbxSimTrace *tbx_sim_trace_new     (const char *path, GError **error);
void         tbx_sim_trace_free    (TbxSimTrace *self);
void         tbx_sim_trace_message (TbxSimTrace   *self,
                                    int            pid,
                                    guint          channel,
                                    TbxSimProtocol protocol,
                                    gboolean       from_guest,
                                    GBytes        *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimTrace, tbx_sim_trace_free)

G_END_DECLS
