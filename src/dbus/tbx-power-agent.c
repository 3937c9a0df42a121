/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-agent.h"
#include "tbx-clip.h"
#include "tbx-error.h"
#include "tbx-names.h"

#define AGENT_INTERFACE TBX_BUS_NAME ".Agent.Power"

struct _TbxPowerAgent
{
  GObject          parent_instance;
  GDBusConnection *connection;   /* owned */
  char            *client;       /* unique bus name (owned) */
  char            *object;       /* its path there (owned) */
  char            *name;         /* both, for people (owned) */
};

static void handler_iface_init (TbxPowerHandlerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxPowerAgent, tbx_power_agent, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_POWER_HANDLER, handler_iface_init))

static const char *
agent_get_name (TbxPowerHandler *handler)
{
  return TBX_POWER_AGENT (handler)->name;
}

static void
on_handled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *why = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result,
                                                            &error);

  if (reply != NULL)
    {
      g_task_return_pointer (task, g_steal_pointer (&reply), (GDestroyNotify) g_variant_unref);
      return;
    }
  g_dbus_error_strip_remote_error (error);
  why = tbx_clip_text (error->message, TBX_CLIP_MAX_BYTES);
  g_task_return_error (task, g_error_new_literal (error->domain, error->code, why));
}

static void
agent_handle_async (TbxPowerHandler    *handler,
                    TbxPowerOperation   operation,
                    gint64              deadline_us,
                    GCancellable       *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer            user_data)
{
  TbxPowerAgent *self = TBX_POWER_AGENT (handler);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  gint64 left_ms = (deadline_us - g_get_monotonic_time ()) / 1000;

  g_dbus_connection_call (self->connection, self->client, self->object, AGENT_INTERFACE, "Handle",
                          g_variant_new ("(st)", tbx_power_operation_get_word (operation),
                                         (guint64) MAX (deadline_us, 0)),
                          G_VARIANT_TYPE ("(bs)"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          (int) CLAMP (left_ms, 1, G_MAXINT), cancellable, on_handled, task);
}

static gboolean
agent_handle_finish (TbxPowerHandler *handler,
                     GAsyncResult    *result,
                     gboolean        *handled,
                     char           **message,
                     GError         **error)
{
  g_autoptr(GVariant) reply = g_task_propagate_pointer (G_TASK (result), error);
  const char *text;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(b&s)", handled, &text);
  *message = tbx_clip_text (text, TBX_CLIP_MAX_BYTES);
  return TRUE;
}

static void
handler_iface_init (TbxPowerHandlerInterface *iface)
{
  iface->get_name = agent_get_name;
  iface->handle_async = agent_handle_async;
  iface->handle_finish = agent_handle_finish;
}

/**
 * tbx_power_agent_is:
 * @self: a handler
 * @client: unique bus name
 * @object: path of an object
 *
 * Returns: whether @self is that object of @client
 */
gboolean
tbx_power_agent_is (TbxPowerAgent *self, const char *client, const char *object)
{
  return g_str_equal (self->client, client) && g_str_equal (self->object, object);
}

/**
 * tbx_power_agent_get_client:
 * @self: a handler
 *
 * Returns: (transfer none): unique bus name of whose it is
 */
const char *
tbx_power_agent_get_client (TbxPowerAgent *self)
{
  return self->client;
}

static void
tbx_power_agent_finalize (GObject *object)
{
  TbxPowerAgent *self = TBX_POWER_AGENT (object);

  g_clear_object (&self->connection);
  g_free (self->client);
  g_free (self->object);
  g_free (self->name);
  G_OBJECT_CLASS (tbx_power_agent_parent_class)->finalize (object);
}

static void
tbx_power_agent_class_init (TbxPowerAgentClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_power_agent_finalize;
}

static void
tbx_power_agent_init (TbxPowerAgent *self)
{
}

/**
 * tbx_power_agent_new:
 * @connection: the bus that @client is on
 * @client: unique bus name
 * @object: path of an object with the interface `Agent.Power`
 */
TbxPowerAgent *
tbx_power_agent_new (GDBusConnection *connection, const char *client, const char *object)
{
  TbxPowerAgent *self = g_object_new (TBX_TYPE_POWER_AGENT, NULL);

  self->connection = g_object_ref (connection);
  self->client = g_strdup (client);
  self->object = g_strdup (object);
  self->name = g_strconcat (client, " ", object, NULL);
  return self;
}
