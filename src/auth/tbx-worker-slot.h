/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-worker-pool.h"

G_BEGIN_DECLS

/* For tbx-worker-pool.c and tbx-worker-slot.c only: one worker of a pool, from its start to
 * its end, and what is asked about all of them. */
typedef struct
{
  TbxWorkerPool *pool;      /* (weak) */
  TbxWorker     *worker;    /* (owned) */
  char          *id;        /* of its account, or NULL while nobody is served (owned) */
  uid_t          uid;       /* of its account */
  char          *name;      /* of its account, or NULL (owned) */
  gboolean       current;   /* it gets the requests of its account */
  gboolean       ending;    /* it was told to, and did not say that it cannot */
  /* While somebody waits for its login. */
  TbxAdmit          admit;
  TbxAccount       *admitted;   /* what it was asked about (owned), or NULL */
  TbxWorkerPoolDone done;
  gpointer          user_data;
} TbxWorkerSlot;

void           tbx_worker_slot_free            (gpointer slot);
void           tbx_worker_slot_end             (TbxWorkerSlot *slot);
void           tbx_worker_slot_enter_service   (TbxWorkerSlot *slot, GPtrArray *slots);
void           tbx_worker_slot_leave_service   (TbxWorkerSlot *slot);
TbxVixCode     tbx_worker_slot_admit           (TbxWorkerSlot *slot, TbxAccount *account);
TbxVixCode     tbx_worker_slot_admit_opened    (TbxWorkerSlot *slot, TbxAccount *account);
TbxWorkerSlot *tbx_worker_slots_find_current   (GPtrArray *slots, const char *id);
guint          tbx_worker_slots_count_able     (GPtrArray *slots);
guint          tbx_worker_slots_count_of_user  (GPtrArray *slots, uid_t uid);
void           tbx_worker_slots_limit_abandoned (GPtrArray *slots, uid_t uid);
void           tbx_worker_slots_end_idle       (GPtrArray *slots, gint64 limit_us);
gint64         tbx_worker_slots_first_idle_us  (GPtrArray *slots);
GPtrArray     *tbx_worker_slots_dup_workers    (GPtrArray *slots);

G_END_DECLS
