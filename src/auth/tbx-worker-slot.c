/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-slot.h"
#include "tbx-worker-store.h"
#include <string.h>

#define MAX_ABANDONED 4   /* of one user */

void
tbx_worker_slot_free (gpointer data)
{
  TbxWorkerSlot *slot = data;

  g_signal_handlers_disconnect_by_data (slot->worker, slot);
  tbx_worker_set_asked (slot->worker, NULL, NULL);
  g_object_unref (slot->worker);
  g_clear_pointer (&slot->admitted, tbx_account_unref);
  g_free (slot->id);
  g_free (slot->name);
  g_free (slot);
}

void
tbx_worker_slot_end (TbxWorkerSlot *slot)
{
  slot->ending = TRUE;
  tbx_worker_quit (slot->worker);
}

/* It gets requests, unless another of its account does. */
void
tbx_worker_slot_enter_service (TbxWorkerSlot *slot, GPtrArray *slots)
{
  slot->current = tbx_worker_slots_find_current (slots, slot->id) == NULL;
  if (slot->current)
    tbx_worker_store_keep (slot->worker, slot->uid, slot->id, slot->name);
  else if (!tbx_worker_get_busy (slot->worker))
    tbx_worker_slot_end (slot);
}

void
tbx_worker_slot_leave_service (TbxWorkerSlot *slot)
{
  if (slot->current)
    tbx_worker_store_forget (slot->uid, slot->id, slot->name);
  slot->current = FALSE;
}

TbxVixCode
tbx_worker_slot_admit (TbxWorkerSlot *slot, TbxAccount *account)
{
  g_clear_pointer (&slot->admitted, tbx_account_unref);
  slot->admitted = tbx_account_ref (account);
  return slot->admit == NULL ? TBX_VIX_OK : slot->admit (account, slot->user_data);
}

/* The session may have other groups than the name service knows: pam_group.  Nothing was
 * done for the host yet. */
TbxVixCode
tbx_worker_slot_admit_opened (TbxWorkerSlot *slot, TbxAccount *account)
{
  if (strcmp (account->id, slot->admitted->id) == 0)
    return TBX_VIX_OK;
  return tbx_worker_slot_admit (slot, account);
}

TbxWorkerSlot *
tbx_worker_slots_find_current (GPtrArray *slots, const char *id)
{
  for (guint i = 0; i < slots->len; i++)
    {
      TbxWorkerSlot *slot = g_ptr_array_index (slots, i);

      if (slot->current && strcmp (slot->id, id) == 0)
        return slot;
    }
  return NULL;
}

static gboolean
is_abandoned (const TbxWorkerSlot *slot)
{
  return tbx_worker_get_stage (slot->worker) == TBX_WORKER_ABANDONED;
}

static gboolean
is_of_user (const TbxWorkerSlot *slot, uid_t uid)
{
  const TbxAccount *account = tbx_worker_get_account (slot->worker);

  return slot->id != NULL ? slot->uid == uid : account != NULL && account->uid == uid;
}

/* Those that hang count for their users only, not for all. */
guint
tbx_worker_slots_count_able (GPtrArray *slots)
{
  guint n = 0;

  for (guint i = 0; i < slots->len; i++)
    n += !is_abandoned (g_ptr_array_index (slots, i));
  return n;
}

guint
tbx_worker_slots_count_of_user (GPtrArray *slots, uid_t uid)
{
  guint n = 0;

  for (guint i = 0; i < slots->len; i++)
    n += is_of_user (g_ptr_array_index (slots, i), uid);
  return n;
}

/* A worker that hangs holds memory and programs; a user has no right to any number. */
void
tbx_worker_slots_limit_abandoned (GPtrArray *slots, uid_t uid)
{
  TbxWorkerSlot *oldest = NULL;
  guint n = 0;

  for (guint i = 0; i < slots->len; i++)
    {
      TbxWorkerSlot *slot = g_ptr_array_index (slots, i);

      if (!is_of_user (slot, uid) || !is_abandoned (slot))
        continue;
      if (n++ == 0)
        oldest = slot;
    }
  if (n > MAX_ABANDONED)
    tbx_worker_kill (oldest->worker);
}

void
tbx_worker_slots_end_idle (GPtrArray *slots, gint64 limit_us)
{
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < slots->len; i++)
    {
      TbxWorkerSlot *slot = g_ptr_array_index (slots, i);
      gint64 idle_us = tbx_worker_get_idle_us (slot->worker);

      if (slot->current && idle_us >= 0 && now_us - idle_us >= limit_us)
        {
          /* No request may reach it any more: it is about to end. */
          tbx_worker_slot_leave_service (slot);
          tbx_worker_slot_end (slot);
        }
    }
}

/* Since when the one has been idle that was it first; G_MAXINT64: none is. */
gint64
tbx_worker_slots_first_idle_us (GPtrArray *slots)
{
  gint64 first_us = G_MAXINT64;

  for (guint i = 0; i < slots->len; i++)
    {
      const TbxWorkerSlot *slot = g_ptr_array_index (slots, i);
      gint64 idle_us = tbx_worker_get_idle_us (slot->worker);

      if (slot->current && idle_us >= 0)
        first_us = MIN (first_us, idle_us);
    }
  return first_us;
}

/* For who tells all of them: one that cannot be told is gone, and leaves the slots. */
GPtrArray *
tbx_worker_slots_dup_workers (GPtrArray *slots)
{
  GPtrArray *workers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < slots->len; i++)
    g_ptr_array_add (workers,
                     g_object_ref (((TbxWorkerSlot *) g_ptr_array_index (slots, i))->worker));
  return workers;
}
