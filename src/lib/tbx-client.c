/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-client.h"
#include "tbx-agent-set.h"
#include "tbx-error.h"
#include "tbx-proxies.h"

/**
 * TbxClient:
 *
 * toolboxd, as a client of the bus sees it.
 *
 * It exists, and its proxies do, whether the daemon runs or not: watch
 * [property@Client:running].  The proxies are those of the D-Bus interfaces and have their
 * properties, methods and signals; manual pages by the name of each interface document them.
 *
 * A client whose bus has gone is not running any more, and needs another in its place.
 *
 * Callbacks and signals come in the main context that was the thread's default when the
 * client was made; agents are to be registered, and taken back, in that thread too.  The
 * functions whose names end with "_sync" block it: nothing comes while they wait.
 *
 * Since: 1.0
 */
struct _TbxClient
{
  GObject          parent_instance;
  GDBusConnection *connection;   /* owned */
  TbxProxies       proxies;
  TbxAgentSet     *agents;       /* owned; NULL until all proxies are there, closed by dispose */
  gboolean         running;
};

enum
{
  PROP_0,
  PROP_CONNECTION,
  PROP_RUNNING,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void initable_iface_init (GInitableIface *iface);
static void async_initable_iface_init (GAsyncInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxClient, tbx_client, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, initable_iface_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_INITABLE,
                                                      async_initable_iface_init))

/* The daemon came, went, or was replaced by another of its kind; or the bus is gone. */
static void
on_owner_changed (TbxClient *self)
{
  g_autofree char *owner = NULL;

  if (self->connection == NULL)   /* disposed of */
    return;
  if (!g_dbus_connection_is_closed (self->connection))
    owner = tbx_proxies_dup_owner (&self->proxies);

  tbx_agent_set_set_owner (self->agents, owner);
  if (self->running == (owner != NULL))
    return;
  self->running = owner != NULL;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_RUNNING]);
}

/* All proxies are there. */
static void
client_complete (TbxClient *self)
{
  self->agents = tbx_agent_set_new (self->connection);
  tbx_proxies_watch_owner (&self->proxies, G_CALLBACK (on_owner_changed), G_OBJECT (self));
  g_signal_connect_object (self->connection, "closed", G_CALLBACK (on_owner_changed), self,
                           G_CONNECT_SWAPPED);
  on_owner_changed (self);
}

/* GDBus itself complains loudly. */
static gboolean
client_check_bus (TbxClient *self, GError **error)
{
  if (!g_dbus_connection_is_closed (self->connection))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The connection is closed");
  return FALSE;
}

static gboolean
client_init_sync (GInitable *initable, GCancellable *cancellable, GError **error)
{
  TbxClient *self = TBX_CLIENT (initable);

  if (self->connection == NULL)
    self->connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, cancellable, error);
  if (self->connection == NULL || !client_check_bus (self, error)
      || !tbx_proxies_make_sync (&self->proxies, self->connection, cancellable, error))
    return FALSE;
  client_complete (self);
  return TRUE;
}

/* Takes @task. */
static void
client_make_proxies (TbxClient *self, GTask *task)
{
  g_autoptr(GTask) taken = task;
  GError *error = NULL;

  if (client_check_bus (self, &error))
    tbx_proxies_make_async (&self->proxies, self->connection, task);
  else
    g_task_return_error (task, error);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  TbxClient *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->connection = g_bus_get_finish (result, &error);
  if (self->connection == NULL)
    g_task_return_error (task, error);
  else
    client_make_proxies (self, g_steal_pointer (&task));
}

static void
client_init_async (GAsyncInitable     *initable,
                   int                 priority,
                   GCancellable       *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer            user_data)
{
  TbxClient *self = TBX_CLIENT (initable);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, client_init_async);
  g_task_set_priority (task, priority);
  if (self->connection == NULL)
    g_bus_get (G_BUS_TYPE_SYSTEM, cancellable, on_bus, g_steal_pointer (&task));
  else
    client_make_proxies (self, g_steal_pointer (&task));
}

static gboolean
client_init_finish (GAsyncInitable *initable, GAsyncResult *result, GError **error)
{
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  client_complete (TBX_CLIENT (initable));
  return TRUE;
}

static void
initable_iface_init (GInitableIface *iface)
{
  iface->init = client_init_sync;
}

static void
async_initable_iface_init (GAsyncInitableIface *iface)
{
  iface->init_async = client_init_async;
  iface->init_finish = client_init_finish;
}

/**
 * tbx_client_new_sync: (constructor)
 * @cancellable: (nullable): ends it early
 * @error: where an error goes
 *
 * A client on the system bus.  Blocks while the bus answers.
 *
 * Returns: (transfer full): the client, or %NULL where the bus cannot be reached; that the
 *   daemon does not run is no error
 *
 * Since: 1.0
 */
TbxClient *
tbx_client_new_sync (GCancellable *cancellable, GError **error)
{
  return g_initable_new (TBX_TYPE_CLIENT, cancellable, error, NULL);
}

/**
 * tbx_client_new_async:
 * @cancellable: (nullable): ends it early
 * @callback: (scope async): called when it is there, or failed
 * @user_data: passed to @callback
 *
 * Makes a client on the system bus.
 *
 * Since: 1.0
 */
void
tbx_client_new_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_async_initable_new_async (TBX_TYPE_CLIENT, G_PRIORITY_DEFAULT, cancellable, callback, user_data,
                              NULL);
}

/**
 * tbx_client_new_finish: (constructor)
 * @result: what the callback got
 * @error: where an error goes
 *
 * Ends [func@Client.new_async].
 *
 * Returns: (transfer full): the client, or %NULL where the bus cannot be reached; that the
 *   daemon does not run is no error
 *
 * Since: 1.0
 */
TbxClient *
tbx_client_new_finish (GAsyncResult *result, GError **error)
{
  g_autoptr(GObject) source = g_async_result_get_source_object (result);
  GObject *client = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, error);

  return client == NULL ? NULL : TBX_CLIENT (client);
}

/**
 * tbx_client_new_for_connection_async:
 * @connection: a bus; an own connection, with #GDBusConnection:exit-on-close off, lets a
 *   program outlive a restart of the bus
 * @cancellable: (nullable): ends it early
 * @callback: (scope async): called when it is there, or failed
 * @user_data: passed to @callback
 *
 * Makes a client on a bus that is connected already.
 *
 * Since: 1.0
 */
void
tbx_client_new_for_connection_async (GDBusConnection    *connection,
                                     GCancellable       *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer            user_data)
{
  g_return_if_fail (G_IS_DBUS_CONNECTION (connection));
  g_async_initable_new_async (TBX_TYPE_CLIENT, G_PRIORITY_DEFAULT, cancellable, callback, user_data,
                              "connection", connection, NULL);
}

/**
 * tbx_client_new_for_connection_finish: (constructor)
 * @result: what the callback got
 * @error: where an error goes
 *
 * Ends [func@Client.new_for_connection_async].
 *
 * Returns: (transfer full): the client, or %NULL where the bus does not answer
 *
 * Since: 1.0
 */
TbxClient *
tbx_client_new_for_connection_finish (GAsyncResult *result, GError **error)
{
  return tbx_client_new_finish (result, error);
}

/**
 * tbx_client_new_for_connection_sync: (constructor)
 * @connection: a bus
 * @cancellable: (nullable): ends it early
 * @error: where an error goes
 *
 * As [ctor@Client.new_sync], on a bus that is connected already.
 *
 * Returns: (transfer full): the client, or %NULL where the bus does not answer
 *
 * Since: 1.0
 */
TbxClient *
tbx_client_new_for_connection_sync (GDBusConnection *connection,
                                    GCancellable    *cancellable,
                                    GError         **error)
{
  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);
  return g_initable_new (TBX_TYPE_CLIENT, cancellable, error, "connection", connection, NULL);
}

/**
 * tbx_client_get_connection:
 * @self: a client
 *
 * It says when the bus is gone, by its signal `closed`.
 *
 * Returns: (transfer none): the bus
 *
 * Since: 1.0
 */
GDBusConnection *
tbx_client_get_connection (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return self->connection;
}

/**
 * tbx_client_is_running:
 * @self: a client
 *
 * While it does not run, calls of the proxies fail, and their properties have no values.
 *
 * Returns: whether the daemon is on the bus
 *
 * Since: 1.0
 */
gboolean
tbx_client_is_running (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), FALSE);
  return self->running;
}

/**
 * tbx_client_get_manager:
 * @self: a client
 *
 * The daemon itself, its channel to the host, its policy, and a signal for each guest operation.
 *
 * Returns: (transfer none): proxy of `org.toolboxd.Toolbox1.Manager`: the daemon, its
 *   channel to the host, its policy, and a signal for each guest operation
 *
 * Since: 1.0
 */
TbxBusManager *
tbx_client_get_manager (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return TBX_BUS_MANAGER (self->proxies.proxies[TBX_PROXY_MANAGER]);
}

/**
 * tbx_client_get_power:
 * @self: a client
 *
 * What the host asks for, and who holds it up.
 *
 * Returns: (transfer none): proxy of `org.toolboxd.Toolbox1.Power`: what the host asks for,
 *   and who holds it
 *
 * Since: 1.0
 */
TbxBusPower *
tbx_client_get_power (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return TBX_BUS_POWER (self->proxies.proxies[TBX_PROXY_POWER]);
}

/**
 * tbx_client_get_network:
 * @self: a client
 *
 * The address that the host shows first, and how to choose it.
 *
 * Returns: (transfer none): proxy of `org.toolboxd.Toolbox1.Network`: the primary address
 *
 * Since: 1.0
 */
TbxBusNetwork *
tbx_client_get_network (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return TBX_BUS_NETWORK (self->proxies.proxies[TBX_PROXY_NETWORK]);
}

/**
 * tbx_client_get_guest_info:
 * @self: a client
 *
 * The variables that guest and host share.
 *
 * Returns: (transfer none): proxy of `org.toolboxd.Toolbox1.GuestInfo`: the variables that
 *   guest and host share
 *
 * Since: 1.0
 */
TbxBusGuestInfo *
tbx_client_get_guest_info (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return TBX_BUS_GUEST_INFO (self->proxies.proxies[TBX_PROXY_GUEST_INFO]);
}

/**
 * tbx_client_get_processes:
 * @self: a client
 *
 * The processes of this guest, as the host may list them.
 *
 * Returns: (transfer none): proxy of `org.toolboxd.Toolbox1.Processes`: the processes of
 *   this guest
 *
 * Since: 1.0
 */
TbxBusProcesses *
tbx_client_get_processes (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return TBX_BUS_PROCESSES (self->proxies.proxies[TBX_PROXY_PROCESSES]);
}

/**
 * tbx_client_get_extensions:
 * @self: a client
 *
 * What clients do in the daemon's place, this one and others.
 *
 * Returns: (transfer none): proxy of `org.toolboxd.Toolbox1.Extensions`: what clients do in
 *   the daemon's place
 *
 * Since: 1.0
 */
TbxBusExtensions *
tbx_client_get_extensions (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return TBX_BUS_EXTENSIONS (self->proxies.proxies[TBX_PROXY_EXTENSIONS]);
}

/**
 * tbx_client_get_object_manager:
 * @self: a client
 *
 * The objects with `org.toolboxd.Toolbox1.Nic`, one for each network card, and with
 * `org.toolboxd.Toolbox1.Process`, one for each program that was started for the host.
 *
 * Returns: (transfer none): them, with signals for those that come and go
 *
 * Since: 1.0
 */
GDBusObjectManager *
tbx_client_get_object_manager (TbxClient *self)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), NULL);
  return G_DBUS_OBJECT_MANAGER (self->proxies.proxies[TBX_PROXY_OBJECTS]);
}

/**
 * tbx_client_register_async:
 * @self: a client
 * @agent: an agent that has no client yet
 * @cancellable: (nullable): ends it early
 * @callback: (scope async): called when it is registered, or failed
 * @user_data: passed to @callback
 *
 * Makes @agent known to the daemon, and again each time that the daemon starts anew.  Where
 * the daemon does not run, it succeeds at once, and the agent is registered when it does:
 * see [property@Agent:registered].  The client keeps the agent until
 * [method@Client.unregister].
 *
 * Polkit actions and errors are those of the method of its kind in
 * `org.toolboxd.Toolbox1.Power` and `.Extensions`; `TBX_ERROR_EXISTS` also when @agent has a
 * client.
 *
 * Since: 1.0
 */
void
tbx_client_register_async (TbxClient          *self,
                           TbxAgent           *agent,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (TBX_IS_CLIENT (self));
  g_return_if_fail (TBX_IS_AGENT (agent));
  g_return_if_fail (self->agents != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, tbx_client_register_async);
  tbx_agent_set_register_async (self->agents, agent, task);
}

/**
 * tbx_client_register_finish:
 * @self: a client
 * @result: what the callback got
 * @error: where an error goes
 *
 * Ends [method@Client.register_async].
 *
 * Returns: whether it is registered, or will be when the daemon runs
 *
 * Since: 1.0
 */
gboolean
tbx_client_register_finish (TbxClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * tbx_client_register_sync:
 * @self: a client
 * @agent: an agent that has no client yet
 * @cancellable: (nullable): ends it early
 * @error: where an error goes
 *
 * As [method@Client.register_async], but blocks until the daemon answers.
 *
 * Returns: whether it is registered, or will be when the daemon runs
 *
 * Since: 1.0
 */
gboolean
tbx_client_register_sync (TbxClient    *self,
                          TbxAgent     *agent,
                          GCancellable *cancellable,
                          GError      **error)
{
  g_return_val_if_fail (TBX_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (TBX_IS_AGENT (agent), FALSE);
  g_return_val_if_fail (self->agents != NULL, FALSE);
  return tbx_agent_set_register_sync (self->agents, agent, cancellable, error);
}

/**
 * tbx_client_unregister:
 * @self: a client
 * @agent: an agent
 *
 * The daemon asks @agent no more; what it was asked before may still be answered.  Does
 * nothing when it is not an agent of @self.
 *
 * Since: 1.0
 */
void
tbx_client_unregister (TbxClient *self, TbxAgent *agent)
{
  g_return_if_fail (TBX_IS_CLIENT (self));
  g_return_if_fail (TBX_IS_AGENT (agent));
  g_return_if_fail (self->agents != NULL);
  tbx_agent_set_remove (self->agents, agent);
}

static void
tbx_client_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TBX_CLIENT (object)->connection = g_value_dup_object (value);
}

static void
tbx_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbxClient *self = TBX_CLIENT (object);

  if (id == PROP_CONNECTION)
    g_value_set_object (value, self->connection);
  else
    g_value_set_boolean (value, self->running);
}

static void
tbx_client_dispose (GObject *object)
{
  TbxClient *self = TBX_CLIENT (object);

  if (self->agents != NULL)
    tbx_agent_set_close (self->agents);
  tbx_proxies_clear (&self->proxies);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (tbx_client_parent_class)->dispose (object);
}

static void
tbx_client_finalize (GObject *object)
{
  g_clear_pointer (&TBX_CLIENT (object)->agents, tbx_agent_set_unref);
  G_OBJECT_CLASS (tbx_client_parent_class)->finalize (object);
}

static void
tbx_client_class_init (TbxClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = tbx_client_set_property;
  object_class->get_property = tbx_client_get_property;
  object_class->dispose = tbx_client_dispose;
  object_class->finalize = tbx_client_finalize;

  (void) tbx_error_quark ();   /* so that errors from the bus keep their codes */

  /**
   * TbxClient:connection:
   *
   * The bus; the system bus unless another is given.
   *
   * Since: 1.0
   */
  props[PROP_CONNECTION] =
    g_param_spec_object ("connection", NULL, NULL, G_TYPE_DBUS_CONNECTION,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * TbxClient:running: (getter is_running)
   *
   * Whether the daemon is on the bus.
   *
   * Since: 1.0
   */
  props[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_client_init (TbxClient *self)
{
}
