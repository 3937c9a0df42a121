/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-refusals.h"

#define FIRST_MS  250
#define MOST_MS   2000
#define MAX_USERS 256

typedef struct
{
  guint  delay_ms;   /* of the last refusal */
  gint64 last_us;    /* when that was, monotonic time */
} Refusal;

struct _TbxRefusals
{
  GHashTable *users;   /* name as given (owned) -> Refusal (owned) */
  TbxClock    clock;
};

/**
 * tbx_refusals_new:
 * @clock: (scope forever): the time
 *
 * Returns: (transfer full): free with tbx_refusals_free()
 */
TbxRefusals *
tbx_refusals_new (TbxClock clock)
{
  TbxRefusals *self = g_new0 (TbxRefusals, 1);

  self->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->clock = clock;
  return self;
}

void
tbx_refusals_free (TbxRefusals *self)
{
  g_hash_table_unref (self->users);
  g_free (self);
}

/* The host chooses the names: a table that is full loses the user who was refused
 * longest ago. */
static void
refusals_make_room (TbxRefusals *self)
{
  GHashTableIter iter;
  const char *name, *oldest = NULL;
  gint64 oldest_us = G_MAXINT64;
  Refusal *refusal;

  if (g_hash_table_size (self->users) < MAX_USERS)
    return;
  g_hash_table_iter_init (&iter, self->users);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, (gpointer *) &refusal))
    if (refusal->last_us < oldest_us)
      {
        oldest_us = refusal->last_us;
        oldest = name;
      }
  g_hash_table_remove (self->users, oldest);
}

/**
 * tbx_refusals_next:
 * @self: the table
 * @name: of a user whom PAM refused, as it was given
 *
 * Counts one more refusal.
 *
 * Returns: how long to hold it back, in milliseconds
 */
guint
tbx_refusals_next (TbxRefusals *self, const char *name)
{
  Refusal *refusal = g_hash_table_lookup (self->users, name);

  if (refusal == NULL)
    {
      refusals_make_room (self);
      refusal = g_new0 (Refusal, 1);
      g_hash_table_insert (self->users, g_strdup (name), refusal);
      refusal->delay_ms = FIRST_MS;
    }
  else
    refusal->delay_ms = MIN (2 * refusal->delay_ms, MOST_MS);
  refusal->last_us = self->clock ();
  return refusal->delay_ms;
}

/**
 * tbx_refusals_reset:
 * @self: the table
 * @name: of a user who logged in, as it was given
 */
void
tbx_refusals_reset (TbxRefusals *self, const char *name)
{
  g_hash_table_remove (self->users, name);
}
