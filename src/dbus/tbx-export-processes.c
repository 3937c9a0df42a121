/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-export-processes.h"
#include "tbx-authority.h"
#include "tbx-bus-gate.h"
#include "tbx-error.h"
#include "tbx-process-query.h"

#define MAX_PIDS    1024
#define MAX_LISTS   8            /* being made; a process may hold up who reads of it */
#define LIST_MOST_MS (5 * 1000)

#define READ_ACTION "org.toolboxd.read-command-lines"

/* Lists the processes of this guest, as .Processes. */
struct _TbxExportProcesses
{
  TbxBusProcessesSkeleton parent_instance;
  TbxHostPrograms        *programs;   /* owned */
  gint                   *n_lists;    /* threads that make one; outlives us (owned) */
};

/* One call. */
typedef struct
{
  TbxExportProcesses    *self;         /* owned */
  GDBusMethodInvocation *invocation;   /* owned until it is answered */
  TbxProcessQuery       *query;        /* owned, until a thread has it */
  GCancellable          *late;         /* owned */
  guint                  deadline_id;  /* source that answers without the thread, or 0 */
} Call;

/* What a thread works on. */
typedef struct
{
  TbxProcessQuery *query;     /* owned */
  gint            *n_lists;   /* owned */
} Work;

static void processes_iface_init (TbxBusProcessesIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TbxExportProcesses, tbx_export_processes,
                               TBX_BUS_TYPE_PROCESSES_SKELETON,
                               G_IMPLEMENT_INTERFACE (TBX_BUS_TYPE_PROCESSES,
                                                      processes_iface_init))

static void
call_free (Call *call)
{
  g_clear_handle_id (&call->deadline_id, g_source_remove);
  g_clear_pointer (&call->query, tbx_process_query_free);
  g_clear_object (&call->late);
  g_clear_object (&call->invocation);
  g_object_unref (call->self);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static void
work_free (gpointer data)
{
  Work *work = data;

  g_atomic_int_add (work->n_lists, -1);
  g_atomic_rc_box_release (work->n_lists);
  tbx_process_query_free (work->query);
  g_free (work);
}

static void
make_list (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Work *work = task_data;

  g_task_return_pointer (task, g_variant_ref_sink (tbx_process_query_run (work->query)),
                         (GDestroyNotify) g_variant_unref);
}

static void
on_list_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Call) call = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) list = g_task_propagate_pointer (G_TASK (result), &error);

  if (list == NULL)
    g_dbus_method_invocation_return_error (g_steal_pointer (&call->invocation), TBX_ERROR,
                                           TBX_ERROR_TIMED_OUT,
                                           "The system does not tell its processes in time");
  else
    tbx_bus_processes_complete_list (TBX_BUS_PROCESSES (call->self),
                                     g_steal_pointer (&call->invocation), list);
}

static gboolean
on_deadline (gpointer user_data)
{
  Call *call = user_data;

  call->deadline_id = 0;
  g_cancellable_cancel (call->late);
  return G_SOURCE_REMOVE;
}

/* Takes @call.  The list is made in a thread, for the name service and the memory of a
 * process may keep who asks waiting. */
static void
call_run (Call *call)
{
  TbxExportProcesses *self = call->self;
  g_autoptr(GTask) task = NULL;
  Work *work;

  if (g_atomic_int_get (self->n_lists) >= MAX_LISTS)
    {
      g_dbus_method_invocation_return_error (g_steal_pointer (&call->invocation), G_DBUS_ERROR,
                                             G_DBUS_ERROR_LIMITS_EXCEEDED,
                                             "%d lists are being made", MAX_LISTS);
      call_free (call);
      return;
    }
  g_atomic_int_inc (self->n_lists);
  work = g_new (Work, 1);
  *work = (Work) { g_steal_pointer (&call->query), g_atomic_rc_box_acquire (self->n_lists) };
  call->late = g_cancellable_new ();
  call->deadline_id = g_timeout_add (LIST_MOST_MS, on_deadline, call);
  task = g_task_new (NULL, call->late, on_list_made, call);
  g_task_set_task_data (task, work, work_free);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, make_list);
}

static void
on_verdict (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  if (tbx_authority_check_finish (result) == TBX_VERDICT_GRANTED)
    tbx_process_query_show_all (call->query);
  call_run (call);
}

static void
on_uid (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  tbx_process_query_set_viewer (call->query, tbx_authority_ask_uid_finish (result));
  if (!tbx_process_query_hides (call->query))
    call_run (call);
  else   /* a list is no reason to ask anybody for a password */
    tbx_authority_check_async (g_dbus_method_invocation_get_connection (call->invocation),
                               g_dbus_method_invocation_get_sender (call->invocation),
                               READ_ACTION, FALSE, on_verdict, call);
}

static gboolean
processes_handle_list (TbxBusProcesses       *processes,
                       GDBusMethodInvocation *invocation,
                       GVariant              *pids,
                       gboolean               all)
{
  TbxExportProcesses *self = TBX_EXPORT_PROCESSES (processes);
  Call *call;

  if (g_variant_n_children (pids) > MAX_PIDS)
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                             "More than %d process ids", MAX_PIDS);
      return TRUE;
    }
  call = g_new0 (Call, 1);
  call->self = g_object_ref (self);
  call->invocation = invocation;
  call->query = tbx_process_query_new (self->programs, pids, all);
  tbx_authority_ask_uid_async (g_dbus_method_invocation_get_connection (invocation),
                               g_dbus_method_invocation_get_sender (invocation), on_uid, call);
  return TRUE;
}

static void
processes_iface_init (TbxBusProcessesIface *iface)
{
  iface->handle_list = processes_handle_list;
}

static void
tbx_export_processes_finalize (GObject *object)
{
  TbxExportProcesses *self = TBX_EXPORT_PROCESSES (object);

  g_clear_object (&self->programs);
  g_atomic_rc_box_release (self->n_lists);
  G_OBJECT_CLASS (tbx_export_processes_parent_class)->finalize (object);
}

static void
tbx_export_processes_class_init (TbxExportProcessesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_export_processes_finalize;
  tbx_bus_gate_install (G_DBUS_INTERFACE_SKELETON_CLASS (klass));
}

static void
tbx_export_processes_init (TbxExportProcesses *self)
{
  self->n_lists = g_atomic_rc_box_new0 (gint);
}

/**
 * tbx_export_processes_new:
 * @programs: those that were started for the host
 */
TbxExportProcesses *
tbx_export_processes_new (TbxHostPrograms *programs)
{
  TbxExportProcesses *self = g_object_new (TBX_TYPE_EXPORT_PROCESSES, NULL);

  self->programs = g_object_ref (programs);
  return self;
}
