/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-guest.h"
#include "tbx-error.h"
#include <string.h>

#define KEY_PREFIX "guestinfo."
#define MAX_LOG_LINE_BYTES 4096

static GHashTable *
text_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

TbxSimGuest *
tbx_sim_guest_new (void)
{
  TbxSimGuest *self = g_new0 (TbxSimGuest, 1);

  self->variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) g_bytes_unref);
  self->capabilities = text_table ();
  self->options = text_table ();
  self->state_changes = g_array_new (FALSE, FALSE, sizeof (TbxSimStateChange));
  self->install_type = -1;
  return self;
}

void
tbx_sim_guest_free (TbxSimGuest *self)
{
  g_hash_table_unref (self->variables);
  g_hash_table_unref (self->capabilities);
  g_hash_table_unref (self->options);
  g_array_unref (self->state_changes);
  g_queue_clear_full (&self->log, g_free);
  g_clear_pointer (&self->nics, tbx_nicinfo_free);
  g_free (self->version);
  g_free (self->host_name);
  g_free (self->os_short);
  g_free (self->os_full);
  g_free (self->os_properties);
  g_free (self->build);
  g_free (self->health);
  g_free (self->loop_owner);
  g_free (self);
}

/**
 * tbx_sim_guest_set_variable:
 * @self: the guest
 * @key: the whole key, which begins with "guestinfo."
 * @value: its value; any bytes
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` for another kind of key, `TBX_ERROR_TOO_LARGE`.
 */
gboolean
tbx_sim_guest_set_variable (TbxSimGuest *self, const char *key, GBytes *value, GError **error)
{
  gsize length = strlen (key);

  if (!g_str_has_prefix (key, KEY_PREFIX) || length == strlen (KEY_PREFIX)
      || !g_utf8_validate (key, -1, NULL))
    g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "Invalid key");
  else if (length > TBX_SIM_MAX_KEY_BYTES
           || (g_hash_table_size (self->variables) >= TBX_SIM_MAX_VARIABLES
               && !g_hash_table_contains (self->variables, key)))
    g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "Too many variables, or key too long");
  else
    {
      g_hash_table_replace (self->variables, g_strdup (key), g_bytes_ref (value));
      return TRUE;
    }
  return FALSE;
}

/**
 * tbx_sim_guest_get_variable:
 * @self: the guest
 * @key: the whole key
 *
 * Returns: (transfer none) (nullable): its value, or %NULL when it has none
 */
GBytes *
tbx_sim_guest_get_variable (TbxSimGuest *self, const char *key)
{
  return g_hash_table_lookup (self->variables, key);
}

/**
 * tbx_sim_guest_set_text:
 * @table: one of a guest's tables of text
 * @name: the name
 * @value: the value
 * @limit: most names that the table may have
 *
 * Returns: %FALSE when something is not UTF-8 or the table is full
 */
gboolean
tbx_sim_guest_set_text (GHashTable *table, const char *name, const char *value, guint limit)
{
  if (!g_utf8_validate (name, -1, NULL) || !g_utf8_validate (value, -1, NULL))
    return FALSE;
  if (g_hash_table_size (table) >= limit && !g_hash_table_contains (table, name))
    return FALSE;
  g_hash_table_replace (table, g_strdup (name), g_strdup (value));
  return TRUE;
}

/**
 * tbx_sim_guest_add_log:
 * @self: the guest
 * @line: a line for the log of the virtual machine; bytes that are not UTF-8 are replaced
 *
 * The oldest line goes when there are too many.
 */
void
tbx_sim_guest_add_log (TbxSimGuest *self, const char *line)
{
  g_queue_push_tail (&self->log,
                     g_utf8_make_valid (line, strnlen (line, MAX_LOG_LINE_BYTES)));
  if (g_queue_get_length (&self->log) > TBX_SIM_MAX_LOG_LINES)
    g_free (g_queue_pop_head (&self->log));
}

/**
 * tbx_sim_guest_add_state:
 * @self: the guest
 * @state: number of the state change
 * @succeeded: what the guest says about it
 */
void
tbx_sim_guest_add_state (TbxSimGuest *self, guint state, gboolean succeeded)
{
  TbxSimStateChange change = { .state = state, .succeeded = succeeded };

  g_array_append_val (self->state_changes, change);
  if (self->state_changes->len > TBX_SIM_MAX_STATE_CHANGES)
    g_array_remove_index (self->state_changes, 0);
}
