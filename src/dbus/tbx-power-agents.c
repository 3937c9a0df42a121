/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-agents.h"
#include "tbx-error.h"
#include "tbx-names.h"
#include <string.h>

struct _TbxPowerAgents
{
  GObject           parent_instance;
  TbxPowerHandlers *handlers;   /* owned */
  GPtrArray        *entries;    /* of Entry (owned) */
};

typedef struct
{
  TbxPowerAgents *owner;      /* not owned */
  TbxPowerAgent  *agent;      /* owned */
  guint           watch_id;   /* of its client's bus name */
} Entry;

G_DEFINE_FINAL_TYPE (TbxPowerAgents, tbx_power_agents, G_TYPE_OBJECT)

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_bus_unwatch_name (entry->watch_id);
  tbx_power_handlers_remove (entry->owner->handlers, TBX_POWER_HANDLER (entry->agent));
  g_object_unref (entry->agent);
  g_free (entry);
}

/* The client left, or the bus did. */
static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Entry *entry = user_data;

  g_info ("The power handler of %s has left", name);
  g_ptr_array_remove (entry->owner->entries, entry);
}

static Entry *
agents_find (TbxPowerAgents *self, const char *client, const char *object)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);

      if (tbx_power_agent_is (entry->agent, client, object))
        return entry;
    }
  return NULL;
}

static guint
agents_count (TbxPowerAgents *self, const char *client)
{
  guint n = 0;

  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);

      n += g_str_equal (tbx_power_agent_get_client (entry->agent), client);
    }
  return n;
}

/**
 * tbx_power_agents_add:
 * @self: the handlers
 * @connection: the bus that @client is on
 * @client: unique bus name
 * @object: path of its object
 * @operations: about what it is asked
 * @priority: higher is asked first
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` when @object is too long, `TBX_ERROR_EXISTS` when it is there already, `TBX_ERROR_TOO_LARGE` when
 * @client has 16, or all have as many as there may be.
 */
gboolean
tbx_power_agents_add (TbxPowerAgents  *self,
                      GDBusConnection *connection,
                      const char      *client,
                      const char      *object,
                      TbxPowerSet      operations,
                      gint             priority,
                      GError         **error)
{
  g_autoptr(TbxPowerAgent) agent = tbx_power_agent_new (connection, client, object);
  Entry *entry;

  if (strlen (object) > TBX_AGENT_PATH_MAX_BYTES)
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_MALFORMED, "the path is too long");
      return FALSE;
    }
  if (agents_find (self, client, object) != NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_EXISTS, "%s is registered already", object);
      return FALSE;
    }
  if (agents_count (self, client) >= TBX_POWER_AGENTS_MAX)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "%s has %d handlers already", client,
                   TBX_POWER_AGENTS_MAX);
      return FALSE;
    }
  if (!tbx_power_handlers_add (self->handlers, TBX_POWER_HANDLER (agent), operations, priority, error))
    return FALSE;
  entry = g_new (Entry, 1);
  *entry = (Entry) { self, g_steal_pointer (&agent), 0 };
  g_ptr_array_add (self->entries, entry);
  entry->watch_id = g_bus_watch_name_on_connection (connection, client, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                    NULL, on_vanished, entry, NULL);
  return TRUE;
}

/**
 * tbx_power_agents_remove:
 * @self: the handlers
 * @client: unique bus name
 * @object: path of its object
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_NOT_FOUND`.
 */
gboolean
tbx_power_agents_remove (TbxPowerAgents *self, const char *client, const char *object, GError **error)
{
  Entry *entry = agents_find (self, client, object);

  if (entry == NULL)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, "%s is not registered", object);
      return FALSE;
    }
  g_ptr_array_remove (self->entries, entry);
  return TRUE;
}

static void
tbx_power_agents_dispose (GObject *object)
{
  TbxPowerAgents *self = TBX_POWER_AGENTS (object);

  g_ptr_array_set_size (self->entries, 0);
  g_clear_object (&self->handlers);
  G_OBJECT_CLASS (tbx_power_agents_parent_class)->dispose (object);
}

static void
tbx_power_agents_finalize (GObject *object)
{
  g_ptr_array_unref (TBX_POWER_AGENTS (object)->entries);
  G_OBJECT_CLASS (tbx_power_agents_parent_class)->finalize (object);
}

static void
tbx_power_agents_class_init (TbxPowerAgentsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_power_agents_dispose;
  object_class->finalize = tbx_power_agents_finalize;
}

static void
tbx_power_agents_init (TbxPowerAgents *self)
{
  self->entries = g_ptr_array_new_with_free_func (entry_free);
}

/**
 * tbx_power_agents_new:
 * @handlers: where they take part
 */
TbxPowerAgents *
tbx_power_agents_new (TbxPowerHandlers *handlers)
{
  TbxPowerAgents *self = g_object_new (TBX_TYPE_POWER_AGENTS, NULL);

  self->handlers = g_object_ref (handlers);
  return self;
}
