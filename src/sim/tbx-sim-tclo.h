/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"
#include "tbx-sim-request.h"

G_BEGIN_DECLS

#define TBX_SIM_MAX_WAITING 256   /* requests queued on one channel */

/* The host's books about one TCLO channel: what is to be asked, what is owed.
 * Not locked: its owner does that.
 * Source: docs/wire/transport.md, "Channel state". */
typedef struct
{
  GQueue         waiting;   /* of TbxSimRequest *, owned; the head is what the guest takes next */
  TbxSimRequest *owed;      /* taken by the guest, not answered; owned, or NULL */
  guint          replies;   /* how many came */
} TbxSimTclo;

void           tbx_sim_tclo_clear    (TbxSimTclo *self, GQueue *finished, const GError *why);
gboolean       tbx_sim_tclo_queue    (TbxSimTclo *self, TbxSimRequest *request, GError **error);
gboolean       tbx_sim_tclo_is_idle  (const TbxSimTclo *self);
GBytes        *tbx_sim_tclo_peek     (const TbxSimTclo *self);
gboolean       tbx_sim_tclo_pop      (TbxSimTclo *self, gboolean accepted, GQueue *finished);
TbxSimRequest *tbx_sim_tclo_answer   (TbxSimTclo *self, GBytes *reply, const char **violation);
void           tbx_sim_tclo_sign     (TbxSimTclo *self, TbxSimTransport transport,
                                      const char **violation);

G_END_DECLS
