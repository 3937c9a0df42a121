/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-file-handler.h"
#include "tbx-agent-private.h"
#include "tbx-bus-api.h"
#include "tbx-request-open-private.h"
#include "tbx-request-stat-private.h"

enum
{
  SIGNAL_STAT,
  SIGNAL_OPEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/**
 * TbxAgentFileHandler:
 *
 * Serves the files whose names begin with "/SCHEME:/", in transfers from and to the guest.
 *
 * Since: 1.0
 */
G_DEFINE_TYPE (TbxAgentFileHandler, tbx_agent_file_handler, TBX_TYPE_AGENT)

static gboolean
on_stat (TbxBusAgentFileHandler *skeleton,
         GDBusMethodInvocation  *invocation,
         const char             *path,
         const char             *query,
         GVariant               *details,
         guint64                 deadline_usec,
         TbxAgentFileHandler    *self)
{
  g_autoptr(TbxRequestStat) request = tbx_request_stat_new (invocation, path, query, details,
                                                            deadline_usec);

  g_signal_emit (self, signals[SIGNAL_STAT], 0, request);
  return TRUE;
}

static gboolean
on_open (TbxBusAgentFileHandler *skeleton,
         GDBusMethodInvocation  *invocation,
         GUnixFDList            *fds,
         const char             *path,
         const char             *query,
         const char             *mode,
         GVariant               *details,
         guint64                 deadline_usec,
         TbxAgentFileHandler    *self)
{
  g_autoptr(TbxRequestOpen) request = tbx_request_open_new (invocation, path, query,
                                                            g_str_equal (mode, "write"), details,
                                                            deadline_usec);

  g_signal_emit (self, signals[SIGNAL_OPEN], 0, request);
  return TRUE;
}

static GDBusInterfaceSkeleton *
agent_file_handler_create_skeleton (TbxAgent *agent)
{
  TbxBusAgentFileHandler *skeleton = tbx_bus_agent_file_handler_skeleton_new ();

  g_signal_connect_object (skeleton, "handle-stat", G_CALLBACK (on_stat), agent, 0);
  g_signal_connect_object (skeleton, "handle-open", G_CALLBACK (on_open), agent, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

static void
tbx_agent_file_handler_class_init (TbxAgentFileHandlerClass *klass)
{
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterFileHandler";
  agent_class->unregister_method = "UnregisterFileHandler";
  agent_class->create_skeleton = agent_file_handler_create_skeleton;

  /**
   * TbxAgentFileHandler:scheme:
   *
   * 1 to 32 characters: a letter, then letters, digits, "+", "-" and "."; all lower case.
   *
   * Since: 1.0
   */
  tbx_agent_class_install_key (
    agent_class,
    g_param_spec_string ("scheme", NULL, NULL, "",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * TbxAgentFileHandler::stat:
   * @self: the agent
   * @request: what is asked
   *
   * The host asks for a file before a transfer: there are 4 seconds.
   *
   * Since: 1.0
   */
  signals[SIGNAL_STAT] =
    g_signal_new ("stat", TBX_TYPE_AGENT_FILE_HANDLER, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentFileHandlerClass, stat), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_STAT);

  /**
   * TbxAgentFileHandler::open:
   * @self: the agent
   * @request: what is asked
   *
   * A transfer begins: there are 4 seconds.
   *
   * Since: 1.0
   */
  signals[SIGNAL_OPEN] =
    g_signal_new ("open", TBX_TYPE_AGENT_FILE_HANDLER, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentFileHandlerClass, open), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_OPEN);
}

static void
tbx_agent_file_handler_init (TbxAgentFileHandler *self)
{
}

/**
 * tbx_agent_file_handler_new:
 * @scheme: see [property@AgentFileHandler:scheme]
 *
 * Makes an agent that serves the files of a scheme.
 *
 * Returns: (transfer full): an agent that is not registered yet
 *
 * Since: 1.0
 */
TbxAgentFileHandler *
tbx_agent_file_handler_new (const char *scheme)
{
  return g_object_new (TBX_TYPE_AGENT_FILE_HANDLER, "scheme", scheme, NULL);
}
