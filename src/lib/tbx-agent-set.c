/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-set.h"
#include "tbx-agent-private.h"
#include "tbx-error.h"

struct _TbxAgentSet
{
  GDBusConnection *connection;   /* owned */
  GPtrArray       *agents;       /* of TbxAgent (owned) */
  char            *owner;        /* unique name of the daemon, or NULL (owned) */
  gboolean         closed;
};

/* A registration that is under way. */
typedef struct
{
  TbxAgentSet *set;       /* owned */
  TbxAgent    *agent;     /* owned */
  guint        attempt;   /* its number */
} Registering;

static Registering *
registering_new (TbxAgentSet *set, TbxAgent *agent, guint attempt)
{
  Registering *registering = g_new (Registering, 1);

  *registering = (Registering) { tbx_agent_set_ref (set), g_object_ref (agent), attempt };
  return registering;
}

static void
registering_free (Registering *registering)
{
  tbx_agent_set_unref (registering->set);
  g_object_unref (registering->agent);
  g_free (registering);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Registering, registering_free)

TbxAgentSet *
tbx_agent_set_new (GDBusConnection *connection)
{
  TbxAgentSet *self = g_rc_box_new0 (TbxAgentSet);

  self->connection = g_object_ref (connection);
  self->agents = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

TbxAgentSet *
tbx_agent_set_ref (TbxAgentSet *self)
{
  return g_rc_box_acquire (self);
}

static void
set_clear (gpointer data)
{
  TbxAgentSet *self = data;

  g_ptr_array_unref (self->agents);
  g_object_unref (self->connection);
  g_free (self->owner);
}

void
tbx_agent_set_unref (TbxAgentSet *self)
{
  g_rc_box_release_full (self, set_clear);
}

/* Lets all agents go, and takes no other. */
void
tbx_agent_set_close (TbxAgentSet *self)
{
  self->closed = TRUE;
  while (self->agents->len > 0)
    tbx_agent_set_remove (self, g_ptr_array_index (self->agents, 0));
}

static void
on_registered_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Registering) registering = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusMessage) reply =
    g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, &error);

  if (tbx_agent_registered (registering->agent, registering->attempt, reply, &error)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_dbus_error_strip_remote_error (error);
  g_warning ("toolboxd does not take %s any more: %s", G_OBJECT_TYPE_NAME (registering->agent),
             error->message);
}

static void
set_register_again (TbxAgentSet *self, TbxAgent *agent)
{
  guint attempt;
  g_autoptr(GDBusMessage) call = tbx_agent_registration (agent, &attempt);

  g_dbus_connection_send_message_with_reply (self->connection, call, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                             -1, NULL, NULL, on_registered_again,
                                             registering_new (self, agent, attempt));
}

/* The daemon came, went, or was replaced by another of its kind.  Who hears of it may take
 * agents back, or end the client. */
void
tbx_agent_set_set_owner (TbxAgentSet *self, const char *owner)
{
  g_autoptr(TbxAgentSet) kept = NULL;
  g_autoptr(GPtrArray) agents = NULL;

  if (g_strcmp0 (owner, self->owner) == 0)
    return;
  kept = tbx_agent_set_ref (self);
  g_free (self->owner);
  self->owner = g_strdup (owner);
  agents = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < self->agents->len; i++)
    g_ptr_array_add (agents, g_object_ref (self->agents->pdata[i]));
  for (guint i = 0; i < agents->len; i++)
    {
      TbxAgent *agent = agents->pdata[i];

      if (!g_ptr_array_find (self->agents, agent, NULL))
        continue;
      tbx_agent_set_owner (agent, owner);
      if (owner != NULL && g_ptr_array_find (self->agents, agent, NULL))
        set_register_again (self, agent);
    }
}

/* @call gets what registers @agent, or NULL where that has to wait for the daemon. */
static gboolean
set_begin (TbxAgentSet *self, TbxAgent *agent, GDBusMessage **call, guint *attempt, GError **error)
{
  if (self->closed || g_dbus_connection_is_closed (self->connection))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The client has no bus any more");
      return FALSE;
    }
  if (tbx_agent_is_exported (agent))
    {
      g_set_error_literal (error, TBX_ERROR, TBX_ERROR_EXISTS, "The agent has a client already");
      return FALSE;
    }
  if (!tbx_agent_export (agent, self->connection, error))
    return FALSE;
  g_ptr_array_add (self->agents, g_object_ref (agent));
  tbx_agent_set_owner (agent, self->owner);
  *call = self->owner == NULL ? NULL : tbx_agent_registration (agent, attempt);
  return TRUE;
}

/* An agent that the daemon does not take is let go; one that was taken back, and given
 * again, is not touched. */
static gboolean
set_end (Registering *registering, GDBusMessage *reply, GError **error)
{
  if (tbx_agent_registered (registering->agent, registering->attempt, reply, error))
    return TRUE;
  if (tbx_agent_is_current (registering->agent, registering->attempt))
    tbx_agent_set_remove (registering->set, registering->agent);
  return FALSE;
}

static void
on_registered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  g_autoptr(GDBusMessage) reply =
    g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, &error);

  if (set_end (g_task_get_task_data (task), reply, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Completes @task. */
void
tbx_agent_set_register_async (TbxAgentSet *self, TbxAgent *agent, GTask *task)
{
  g_autoptr(GDBusMessage) call = NULL;
  GError *error = NULL;
  guint attempt;

  if (!set_begin (self, agent, &call, &attempt, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (call == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  /* What the daemon says counts, although it may have been cancelled meanwhile: so that it
   * is not registered when this fails, nor the other way round. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, registering_new (self, agent, attempt),
                        (GDestroyNotify) registering_free);
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
  g_autoptr(Registering) registering = NULL;
  g_autoptr(GDBusMessage) call = NULL;
  g_autoptr(GDBusMessage) reply = NULL;
  GError *failure = NULL;
  guint attempt;

  if (!set_begin (self, agent, &call, &attempt, error))
    return FALSE;
  if (call == NULL)
    return TRUE;
  registering = registering_new (self, agent, attempt);
  reply = g_dbus_connection_send_message_with_reply_sync (self->connection, call,
                                                          G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1, NULL,
                                                          cancellable, &failure);
  if (set_end (registering, reply, &failure))
    return TRUE;
  g_propagate_error (error, failure);
  return FALSE;
}

/* Does nothing when @agent is of another. */
void
tbx_agent_set_remove (TbxAgentSet *self, TbxAgent *agent)
{
  g_autoptr(TbxAgent) kept = g_object_ref (agent);

  if (g_ptr_array_remove (self->agents, agent))
    tbx_agent_unexport (agent);
}
