/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"
#include "tbx-sim-registers.h"
#include "tbx-sim-trace.h"

G_BEGIN_DECLS

typedef enum
{
  TBX_SIM_BANDWIDTH_HIGH,       /* each payload may go in one instruction */
  TBX_SIM_BANDWIDTH_LOW,        /* never */
  TBX_SIM_BANDWIDTH_ALTERNATE,  /* every second payload may */
} TbxSimBandwidth;

/* The message channels, as a guest uses them through registers. */
typedef struct _TbxSimMessages TbxSimMessages;

TbxSimMessages *tbx_sim_messages_new           (TbxSimHost     *host,
                                                TbxSimBandwidth bandwidth,
                                                TbxSimTrace    *trace);
void            tbx_sim_messages_free          (TbxSimMessages *self);
void            tbx_sim_messages_pin           (TbxSimMessages *self, guint id, guint64 cookie);
void            tbx_sim_messages_low           (TbxSimMessages *self, TbxSimAccess *access);
gboolean        tbx_sim_messages_high          (TbxSimMessages *self, TbxSimAccess *access);
void            tbx_sim_messages_process_ended (TbxSimMessages *self, int pid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimMessages, tbx_sim_messages_free)

G_END_DECLS
