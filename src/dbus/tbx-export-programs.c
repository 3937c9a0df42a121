/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-programs.h"
#include "tbx-export-process.h"
#include "tbx-names.h"

struct _TbxExportPrograms
{
  GObject                   parent_instance;
  TbxHostPrograms          *programs;   /* owned */
  TbxBusGate               *gate;       /* owned */
  GDBusObjectManagerServer *objects;    /* owned */
};

G_DEFINE_FINAL_TYPE (TbxExportPrograms, tbx_export_programs, G_TYPE_OBJECT)

static char *
program_object_path (TbxHostProgram *program)
{
  return g_strdup_printf (TBX_OBJECT_PATH "/process/%" G_GINT64_FORMAT,
                          tbx_host_program_get_facts (program)->pid);
}

static void
on_added (TbxHostPrograms *programs, TbxHostProgram *program, TbxExportPrograms *self)
{
  g_autofree char *path = program_object_path (program);
  g_autoptr(TbxExportProcess) process = tbx_export_process_new (program);
  g_autoptr(TbxBusObjectSkeleton) object = tbx_bus_object_skeleton_new (path);

  tbx_bus_gate_guard (self->gate, G_DBUS_INTERFACE_SKELETON (process));
  tbx_bus_object_skeleton_set_process (object, TBX_BUS_PROCESS (process));
  g_dbus_object_manager_server_export (self->objects, G_DBUS_OBJECT_SKELETON (object));
}

static void
on_removed (TbxHostPrograms *programs, TbxHostProgram *program, TbxExportPrograms *self)
{
  g_autofree char *path = program_object_path (program);

  g_dbus_object_manager_server_unexport (self->objects, path);
}

static void
tbx_export_programs_dispose (GObject *object)
{
  TbxExportPrograms *self = TBX_EXPORT_PROGRAMS (object);

  if (self->programs != NULL)
    {
      g_autoptr(GPtrArray) all = tbx_host_programs_dup (self->programs);

      g_signal_handlers_disconnect_by_data (self->programs, self);
      for (guint i = 0; i < all->len; i++)
        on_removed (self->programs, g_ptr_array_index (all, i), self);
    }
  g_clear_object (&self->programs);
  g_clear_object (&self->gate);
  g_clear_object (&self->objects);
  G_OBJECT_CLASS (tbx_export_programs_parent_class)->dispose (object);
}

static void
tbx_export_programs_class_init (TbxExportProgramsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbx_export_programs_dispose;
}

static void
tbx_export_programs_init (TbxExportPrograms *self)
{
}

/**
 * tbx_export_programs_new:
 * @programs: what is shown
 * @gate: stands before their methods
 * @objects: where their objects are put
 */
TbxExportPrograms *
tbx_export_programs_new (TbxHostPrograms          *programs,
                         TbxBusGate               *gate,
                         GDBusObjectManagerServer *objects)
{
  TbxExportPrograms *self = g_object_new (TBX_TYPE_EXPORT_PROGRAMS, NULL);
  g_autoptr(GPtrArray) all = tbx_host_programs_dup (programs);

  self->programs = g_object_ref (programs);
  self->gate = g_object_ref (gate);
  self->objects = g_object_ref (objects);
  g_signal_connect (programs, "added", G_CALLBACK (on_added), self);
  g_signal_connect (programs, "removed", G_CALLBACK (on_removed), self);
  for (guint i = 0; i < all->len; i++)
    on_added (programs, g_ptr_array_index (all, i), self);
  return self;
}
