/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-set.h"
#include "tbx-agent-private.h"
#include "tbx-error.h"

struct _TbxAgentSet
{
  GDBusConnection *connection;   /* owned */
  GPtrArray       *agents;       /* of TbxAgent (owned) */
  char            *owner;        /* unique name of the daemon, or NULL (owned) */
};

TbxAgentSet *
tbx_agent_set_new (GDBusConnection *connection)
{
  TbxAgentSet *self = g_new0 (TbxAgentSet, 1);

  self->connection = g_object_ref (connection);
  self->agents = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

void
tbx_agent_set_free (TbxAgentSet *self)
{
  while (self->agents->len > 0)
    tbx_agent_set_remove (self, g_ptr_array_index (self->agents, 0));
  g_ptr_array_unref (self->agents);
  g_object_unref (self->connection);
  g_free (self->owner);
  g_free (self);
}

static void
on_registered_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbxAgent) agent = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusMessage) reply =
    g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, &error);

  if (tbx_agent_registered (agent, reply, &error))
    return;
  g_dbus_error_strip_remote_error (error);
  g_warning ("toolboxd does not take %s any more: %s", G_OBJECT_TYPE_NAME (agent), error->message);
}

/* The daemon came, went, or was replaced by another of its kind. */
void
tbx_agent_set_set_owner (TbxAgentSet *self, const char *owner)
{
  if (g_strcmp0 (owner, self->owner) == 0)
    return;
  g_free (self->owner);
  self->owner = g_strdup (owner);
  for (guint i = 0; i < self->agents->len; i++)
    {
      TbxAgent *agent = g_ptr_array_index (self->agents, i);
      g_autoptr(GDBusMessage) call = NULL;

      tbx_agent_set_owner (agent, owner);
      if (owner == NULL)
        continue;
      call = tbx_agent_registration (agent);
      g_dbus_connection_send_message_with_reply (self->connection, call,
                                                 G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1, NULL, NULL,
                                                 on_registered_again, g_object_ref (agent));
    }
}

/* @call gets what registers @agent, or NULL where that has to wait for the daemon. */
static gboolean
set_begin (TbxAgentSet *self, TbxAgent *agent, GDBusMessage **call, GError **error)
{
  if (tbx_agent_is_exported (agent))
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_EXISTS, "The agent has a client already");
      return FALSE;
    }
  if (!tbx_agent_export (agent, self->connection, error))
    return FALSE;
  g_ptr_array_add (self->agents, g_object_ref (agent));
  tbx_agent_set_owner (agent, self->owner);
  *call = self->owner == NULL ? NULL : tbx_agent_registration (agent);
  return TRUE;
}

/* An agent that the daemon does not take is let go. */
static gboolean
set_end (TbxAgentSet *self, TbxAgent *agent, GDBusMessage *reply, GError **error)
{
  if (tbx_agent_registered (agent, reply, error))
    return TRUE;
  tbx_agent_set_remove (self, agent);
  return FALSE;
}

typedef struct
{
  TbxAgentSet *set;     /* the client's, whom the task keeps (not owned) */
  TbxAgent    *agent;   /* owned */
} Registering;

static void
registering_free (gpointer data)
{
  Registering *registering = data;

  g_object_unref (registering->agent);
  g_free (registering);
}

static void
on_registered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  Registering *registering = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr(GDBusMessage) reply =
    g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, &error);

  if (set_end (registering->set, registering->agent, reply, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Completes @task, whose source object keeps @self. */
void
tbx_agent_set_register_async (TbxAgentSet *self, TbxAgent *agent, GTask *task)
{
  g_autoptr(GDBusMessage) call = NULL;
  GError *error = NULL;
  Registering *registering;

  if (!set_begin (self, agent, &call, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (call == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  registering = g_new (Registering, 1);
  *registering = (Registering) { self, g_object_ref (agent) };
  g_task_set_task_data (task, registering, registering_free);
  g_dbus_connection_send_message_with_reply (self->connection, call,
                                             G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1, NULL,
                                             g_task_get_cancellable (task), on_registered,
                                             g_object_ref (task));
}

gboolean
tbx_agent_set_register_sync (TbxAgentSet  *self,
                             TbxAgent     *agent,
                             GCancellable *cancellable,
                             GError      **error)
{
  g_autoptr(GDBusMessage) call = NULL;
  g_autoptr(GDBusMessage) reply = NULL;

  if (!set_begin (self, agent, &call, error))
    return FALSE;
  if (call == NULL)
    return TRUE;
  reply = g_dbus_connection_send_message_with_reply_sync (self->connection, call,
                                                          G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1, NULL,
                                                          cancellable, error);
  return set_end (self, agent, reply, error);
}

/* Does nothing when @agent is of another. */
void
tbx_agent_set_remove (TbxAgentSet *self, TbxAgent *agent)
{
  g_autoptr(TbxAgent) kept = g_object_ref (agent);

  if (!g_ptr_array_remove (self->agents, agent))
    return;
  tbx_agent_unregister (agent);
  tbx_agent_unexport (agent);
}
