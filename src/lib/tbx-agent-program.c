/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-agent-program.h"
#include "tbx-agent-private.h"
#include "tbx-request-program-private.h"
#include "tbx-run-private.h"
#include "tbx-variant.h"
#include <unistd.h>

/**
 * TbxAgentProgram:
 *
 * Runs as a program: the host starts it by its name, and it is listed like a process.
 *
 * Since: 1.0
 */
typedef struct
{
  GHashTable *runs;          /* handle (owned) -> TbxRun (not owned) */
  guint64     last_handle;
} TbxAgentProgramPrivate;

enum
{
  SIGNAL_START,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_TYPE_WITH_PRIVATE (TbxAgentProgram, tbx_agent_program, TBX_TYPE_AGENT)

static gboolean
is_value (gpointer key, gpointer value, gpointer wanted)
{
  return value == wanted;
}

static void
on_run_gone (gpointer data, GObject *was)
{
  g_autoptr(GHashTable) runs = data;

  g_hash_table_foreach_remove (runs, is_value, was);
}

static TbxRun *
agent_new_run (TbxAgentProgram    *self,
               TbxBusAgentProgram *skeleton,
               GUnixFDList        *fds,
               GVariant           *handles[3],
               GError            **error)
{
  TbxAgentProgramPrivate *priv = tbx_agent_program_get_instance_private (self);
  int streams[3];
  TbxRun *run;

  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      streams[i] = tbx_variant_take_fd (g_variant_get_handle (handles[i]), fds, error);
      if (streams[i] >= 0)
        continue;
      while (i-- > 0)
        close (streams[i]);
      return NULL;
    }
  run = tbx_run_new (skeleton, ++priv->last_handle, streams[0], streams[1], streams[2]);
  g_object_weak_ref (G_OBJECT (run), on_run_gone, g_hash_table_ref (priv->runs));
  g_hash_table_insert (priv->runs, g_memdup2 (&priv->last_handle, sizeof priv->last_handle), run);
  return run;
}

static gboolean
on_start (TbxBusAgentProgram    *skeleton,
          GDBusMethodInvocation *invocation,
          GUnixFDList           *fds,
          GVariant              *spec,
          GVariant              *in,
          GVariant              *out,
          GVariant              *err,
          guint64                deadline_usec,
          TbxAgentProgram       *self)
{
  g_autoptr(GError) error = NULL;
  GVariant *handles[] = { in, out, err };
  g_autoptr(TbxRun) run = agent_new_run (self, skeleton, fds, handles, &error);
  g_autoptr(TbxRequestProgram) request = NULL;

  if (run == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  request = tbx_request_program_new (invocation, run, spec,
                                     deadline_usec);
  g_signal_emit (self, signals[SIGNAL_START], 0, request);
  return TRUE;
}

static gboolean
on_terminate (TbxBusAgentProgram    *skeleton,
              GDBusMethodInvocation *invocation,
              guint64                handle,
              GHashTable            *runs)
{
  TbxRun *run = g_hash_table_lookup (runs, &handle);

  if (run != NULL)
    {
      g_autoptr(TbxRun) kept = g_object_ref (run);

      tbx_run_terminate (kept);
    }
  tbx_bus_agent_program_complete_terminate (skeleton, invocation);
  return TRUE;
}

static void
unref_runs (gpointer data, GClosure *closure)
{
  g_hash_table_unref (data);
}

static GDBusInterfaceSkeleton *
agent_program_create_skeleton (TbxAgent *agent)
{
  TbxAgentProgramPrivate *priv = tbx_agent_program_get_instance_private (TBX_AGENT_PROGRAM (agent));
  TbxBusAgentProgram *skeleton = tbx_bus_agent_program_skeleton_new ();

  g_signal_connect_object (skeleton, "handle-start", G_CALLBACK (on_start), agent, 0);
  g_signal_connect_data (skeleton, "handle-terminate", G_CALLBACK (on_terminate),
                         g_hash_table_ref (priv->runs), unref_runs, 0);
  return G_DBUS_INTERFACE_SKELETON (skeleton);
}

/* What runs goes on: it can be terminated, and its end is told. */
static void
agent_program_retire (TbxAgent *agent, GDBusInterfaceSkeleton *skeleton)
{
  tbx_run_retire (skeleton);
}

static void
tbx_agent_program_finalize (GObject *object)
{
  TbxAgentProgramPrivate *priv = tbx_agent_program_get_instance_private (TBX_AGENT_PROGRAM (object));

  g_hash_table_unref (priv->runs);
  G_OBJECT_CLASS (tbx_agent_program_parent_class)->finalize (object);
}

static void
tbx_agent_program_class_init (TbxAgentProgramClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  TbxAgentClass *agent_class = TBX_AGENT_CLASS (klass);

  agent_class->interface = "Extensions";
  agent_class->register_method = "RegisterProgram";
  agent_class->unregister_method = "UnregisterProgram";
  agent_class->create_skeleton = agent_program_create_skeleton;
  agent_class->retire = agent_program_retire;
  object_class->finalize = tbx_agent_program_finalize;

  /**
   * TbxAgentProgram:name:
   *
   * 1 to 64 characters: letters, digits, "-", "_" and ".", the first a letter.
   *
   * Since: 1.0
   */
  tbx_agent_class_install_key (
    agent_class,
    g_param_spec_string ("name", NULL, NULL, "",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));

  /**
   * TbxAgentProgram::start:
   * @self: the agent
   * @request: what is asked
   *
   * The host starts the program: there are 4 seconds until it runs.
   *
   * Since: 1.0
   */
  signals[SIGNAL_START] =
    g_signal_new ("start", TBX_TYPE_AGENT_PROGRAM, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (TbxAgentProgramClass, start), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, TBX_TYPE_REQUEST_PROGRAM);
}

static void
tbx_agent_program_init (TbxAgentProgram *self)
{
  TbxAgentProgramPrivate *priv = tbx_agent_program_get_instance_private (self);

  priv->runs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

/**
 * tbx_agent_program_new:
 * @name: see [property@AgentProgram:name]
 *
 * Makes an agent that the host starts like a program.
 *
 * Returns: (transfer full): an agent that is not registered yet
 *
 * Since: 1.0
 */
TbxAgentProgram *
tbx_agent_program_new (const char *name)
{
  return g_object_new (TBX_TYPE_AGENT_PROGRAM, "name", name, NULL);
}
