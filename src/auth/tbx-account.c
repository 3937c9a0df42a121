/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-account.h"

typedef struct
{
  TbxAccount      account;
  gatomicrefcount ref_count;
  char           *name;
  char          **groups;
  char           *id;
} Account;

/* Everything that decides what its processes may do; the order of groups does not. */
static char *
account_identify (const TbxWorkerLoginResult *result, GPtrArray *pairs)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *head = g_strdup_printf ("%u %u %s", result->uid, result->gid, result->name);

  g_checksum_update (checksum, (const guint8 *) head, -1);
  for (guint i = 0; i < pairs->len; i++)
    {
      const char *pair = g_ptr_array_index (pairs, i);

      g_checksum_update (checksum, (const guint8 *) "\n", 1);
      g_checksum_update (checksum, (const guint8 *) pair, -1);
    }
  return g_strndup (g_checksum_get_string (checksum), 32);
}

static gint
compare_strings (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/**
 * tbx_account_new:
 * @result: of a login whose verdict is yes, from the half of the worker that is still
 *   root's
 *
 * Returns: (transfer full): the account
 */
TbxAccount *
tbx_account_new (const TbxWorkerLoginResult *result)
{
  Account *self = g_new0 (Account, 1);
  g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  const char *name;
  guint32 gid;
  gsize pos = 0;

  while (tbx_worker_groups_next (result, &pos, &gid, &name))
    {
      g_ptr_array_add (names, g_strdup (name));
      g_ptr_array_add (pairs, g_strdup_printf ("%u %s", gid, name));
    }
  g_ptr_array_add (names, NULL);
  g_ptr_array_sort (pairs, compare_strings);
  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (result->name);
  self->groups = (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
  self->id = account_identify (result, pairs);
  self->account = (TbxAccount) { self->name, result->uid, result->gid,
                                 (const char *const *) self->groups, self->id };
  return &self->account;
}

TbxAccount *
tbx_account_ref (TbxAccount *self)
{
  g_atomic_ref_count_inc (&((Account *) self)->ref_count);
  return self;
}

void
tbx_account_unref (TbxAccount *self)
{
  Account *account = (Account *) self;

  if (!g_atomic_ref_count_dec (&account->ref_count))
    return;
  g_free (account->name);
  g_strfreev (account->groups);
  g_free (account->id);
  g_free (account);
}
