/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-process.h"
#include "tbx-bus-gate.h"
#include "tbx-error.h"

/* Shows one program that was started for the host, and lets it be ended, as .Process. */
struct _TbxExportProcess
{
  TbxBusProcessSkeleton parent_instance;
  TbxHostProgram       *program;   /* owned */
};

static void process_iface_init (TbxBusProcessIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportProcess, tbx_export_process, TBX_BUS_TYPE_PROCESS_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_PROCESS, process_iface_init))

/* The program has properties of the same names. */
static const char *const shown[] = {
  "pid", "name", "user", "uid", "start", "running", "end", "exit-code", "signal",
};

static gboolean
process_handle_get_command_line (TbxBusProcess *process, GDBusMethodInvocation *invocation)
{
  TbxExportProcess *self = TBX_EXPORT_PROCESS (process);

  tbx_bus_process_complete_get_command_line (process, invocation,
                                             tbx_host_program_get_facts (self->program)
                                               ->command_line);
  return TRUE;
}

static gboolean
process_handle_terminate (TbxBusProcess *process, GDBusMethodInvocation *invocation)
{
  TbxExportProcess *self = TBX_EXPORT_PROCESS (process);
  g_autoptr(GError) error = NULL;

  if (!tbx_host_program_terminate (self->program, &error))
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return TRUE;
    }
  g_info ("Process %" G_GINT64_FORMAT " is ended, asked for by %s",
          tbx_host_program_get_facts (self->program)->pid,
          g_dbus_method_invocation_get_sender (invocation));
  tbx_bus_process_complete_terminate (process, invocation);
  return TRUE;
}

static void
process_iface_init (TbxBusProcessIface *iface)
{
  iface->handle_get_command_line = process_handle_get_command_line;
  iface->handle_terminate = process_handle_terminate;
}

static void
tbx_export_process_finalize (GObject *object)
{
  g_clear_object (&TBX_EXPORT_PROCESS (object)->program);
  G_OBJECT_CLASS (tbx_export_process_parent_class)->finalize (object);
}

static void
tbx_export_process_class_init (TbxExportProcessClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_export_process_finalize;
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_process_init (TbxExportProcess *self)
{
}

/**
 * tbx_export_process_new:
 * @program: what is shown
 */
TbxExportProcess *
tbx_export_process_new (TbxHostProgram *program)
{
  TbxExportProcess *self = g_object_new (TBX_TYPE_EXPORT_PROCESS, NULL);

  self->program = g_object_ref (program);
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    g_object_bind_property (program, shown[i], self, shown[i], G_BINDING_SYNC_CREATE);
  tbx_bus_gate_set_owner (G_DBUS_INTERFACE_SKELETON (self),
                          tbx_host_program_get_facts (program)->uid);
  return self;
}
