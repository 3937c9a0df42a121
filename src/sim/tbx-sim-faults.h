/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-sim-host.h"

G_BEGIN_DECLS

typedef enum
{
  TBX_SIM_FAULT_CHECKPOINT,    /* a snapshot in the midst of a message */
  TBX_SIM_FAULT_DROP_COOKIE,   /* the host forgets a channel's cookie */
  TBX_SIM_FAULT_FAIL,          /* status 0 without a reason */
  TBX_SIM_FAULT_SLOW,          /* the host takes its time */
  TBX_SIM_FAULT_REFUSE_OPEN,   /* no new channel */
  TBX_SIM_FAULT_LOSE_REPLY,    /* an RPCI command runs, its reply is lost */
  TBX_SIM_FAULT_WRONG_TYPE,    /* a reply of a type that is not the step's */
  TBX_SIM_FAULT_MISSING,       /* a message is withdrawn, for now */
  TBX_SIM_FAULT_HUGE,          /* a message of 2^31 bytes is announced */
  TBX_SIM_FAULT_ENDLESS,       /* a message of 2^32 - 1 bytes is announced */
  TBX_SIM_FAULT_NOISE,         /* garbage in the registers that say nothing */
  TBX_SIM_FAULT_LOW,           /* no high bandwidth is offered */
  TBX_SIM_N_FAULTS
} TbxSimFault;

#define TBX_SIM_FAULT_FOREVER G_MAXUINT

/* One fault that a test has set. */
typedef struct
{
  TbxSimFault kind;
  guint32     protocol;   /* TbxSimProtocol, or 0 for any */
  guint       steps;      /* bits 1 << TbxSimStep; 0 for those where the kind can happen */
  guint       nth;        /* which matching step is the first, from 1 */
  guint       count;      /* how often, or TBX_SIM_FAULT_FOREVER */
  guint       delay_ms;   /* for SLOW: how long each takes, milliseconds */
  gint64      until_us;   /* monotonic time when it is over, microseconds; 0 for never */
} TbxSimFaultRule;

typedef struct _TbxSimFaults TbxSimFaults;

TbxSimFaults *tbx_sim_faults_new         (void);
void          tbx_sim_faults_free        (TbxSimFaults *self);
gboolean      tbx_sim_faults_add         (TbxSimFaults *self, const TbxSimFaultRule *rule,
                                          GError **error);
void          tbx_sim_faults_clear       (TbxSimFaults *self);
guint         tbx_sim_faults_pending     (TbxSimFaults *self);
guint         tbx_sim_faults_strike      (TbxSimFaults *self, TbxSimFault kind,
                                          TbxSimProtocol protocol, TbxSimStep step);
TbxSimStrikes tbx_sim_faults_at_step     (TbxSimFaults *self, TbxSimProtocol protocol,
                                          TbxSimStep step, guint *delay_ms);
gboolean      tbx_sim_fault_from_name    (const char *name, TbxSimFault *kind);
gboolean      tbx_sim_fault_step_by_name (const char *name, TbxSimStep *step);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxSimFaults, tbx_sim_faults_free)

G_END_DECLS
