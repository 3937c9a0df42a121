/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-command.h"
#include "tbx-error.h"

/* It only has to ask for the shutdown, not to see it. */
#define COMMAND_MS 30000

struct _TbxPowerCommand
{
  GObject parent_instance;
  char   *program;   /* absolute path (owned); empty: there is none */
};

/* Data of the task that is one call of the command. */
typedef struct
{
  GSubprocess *process;      /* owned */
  guint        deadline_id;  /* source that kills it, or 0 */
} Call;

static void backend_iface_init (TbxPowerBackendInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxPowerCommand, tbx_power_command, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TBX_TYPE_POWER_BACKEND, backend_iface_init))

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_handle_id (&call->deadline_id, g_source_remove);
  g_clear_object (&call->process);
  g_free (call);
}

static const char *
command_get_name (TbxPowerBackend *backend)
{
  return "the shutdown command";
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;

  if (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static gboolean
on_deadline (gpointer user_data)
{
  Call *call = g_task_get_task_data (user_data);

  call->deadline_id = 0;
  g_subprocess_force_exit (call->process);
  return G_SOURCE_REMOVE;
}

static void
command_act_async (TbxPowerBackend    *backend,
                   TbxPowerOperation   operation,
                   GCancellable       *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer            user_data)
{
  TbxPowerCommand *self = TBX_POWER_COMMAND (backend);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr(GError) error = NULL;
  const char *argv[] = { self->program, operation == TBX_POWER_REBOOT ? "-r" : "-h", "now", NULL };
  Call *call;

  if (self->program[0] == '\0')
    {
      g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_NOT_FOUND, "none is configured");
      return;
    }
  call = g_new0 (Call, 1);
  g_task_set_task_data (task, call, call_free);
  call->process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
  if (call->process == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  g_info ("Running %s %s %s", argv[0], argv[1], argv[2]);
  call->deadline_id = g_timeout_add (COMMAND_MS, on_deadline, task);
  g_subprocess_wait_check_async (call->process, NULL, on_exited, g_steal_pointer (&task));
}

static gboolean
command_act_finish (TbxPowerBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
backend_iface_init (TbxPowerBackendInterface *iface)
{
  iface->get_name = command_get_name;
  iface->act_async = command_act_async;
  iface->act_finish = command_act_finish;
}

static void
tbx_power_command_finalize (GObject *object)
{
  g_free (TBX_POWER_COMMAND (object)->program);
  G_OBJECT_CLASS (tbx_power_command_parent_class)->finalize (object);
}

static void
tbx_power_command_class_init (TbxPowerCommandClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_power_command_finalize;
}

static void
tbx_power_command_init (TbxPowerCommand *self)
{
}

/**
 * tbx_power_command_new:
 * @program: (type filename): absolute path of what takes the arguments of shutdown(8);
 *   empty: there is none
 */
TbxPowerCommand *
tbx_power_command_new (const char *program)
{
  TbxPowerCommand *self = g_object_new (TBX_TYPE_POWER_COMMAND, NULL);

  self->program = g_strdup (program);
  return self;
}
