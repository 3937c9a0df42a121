/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-request-program-private.h"
#include "tbx-error.h"
#include "tbx-request-private.h"
#include "tbx-run-private.h"
#include "tbx-variant.h"

/**
 * TbxRequestProgram:
 *
 * The host starts the program of an [class@AgentProgram], as a guest user whose password was
 * verified.  To decline fails the start.
 *
 * The agent acts with its own rights, and has to check itself what the user may.
 *
 * Since: 1.0
 */
struct _TbxRequestProgram
{
  TbxRequest parent_instance;
  TbxRun    *run;    /* has not started (owned) */
  GVariant  *spec;   /* owned */
};

G_DEFINE_FINAL_TYPE (TbxRequestProgram, tbx_request_program, TBX_TYPE_REQUEST)

/**
 * tbx_request_program_get_name:
 * @self: a request
 *
 * An agent has one program; an object that serves several agents may tell them apart by this.
 *
 * Returns: (transfer none): name of the program, as it was registered
 *
 * Since: 1.0
 */
const char *
tbx_request_program_get_name (TbxRequestProgram *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), NULL);
  return tbx_variant_find_text (self->spec, "name");
}

/**
 * tbx_request_program_get_arguments:
 * @self: a request
 *
 * There is no shell, and nothing takes them apart.
 *
 * Returns: (transfer none): the arguments: one text, as the host has it
 *
 * Since: 1.0
 */
const char *
tbx_request_program_get_arguments (TbxRequestProgram *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), NULL);
  return tbx_variant_find_text (self->spec, "arguments");
}

/**
 * tbx_request_program_get_working_directory:
 * @self: a request
 *
 * It need not exist.
 *
 * Returns: (transfer none): where it is to run; maybe empty
 *
 * Since: 1.0
 */
const char *
tbx_request_program_get_working_directory (TbxRequestProgram *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), NULL);
  return tbx_variant_find_text (self->spec, "working-directory");
}

/**
 * tbx_request_program_get_user:
 * @self: a request
 *
 * For whom it is to run.
 *
 * Returns: (transfer none): login name of the guest user
 *
 * Since: 1.0
 */
const char *
tbx_request_program_get_user (TbxRequestProgram *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), NULL);
  return tbx_variant_find_text (self->spec, "user");
}

/**
 * tbx_request_program_get_pid:
 * @self: a request
 *
 * The host ends it by this number, and fetches its streams.
 *
 * Returns: the process id under which it is listed; no process has it
 *
 * Since: 1.0
 */
gint64
tbx_request_program_get_pid (TbxRequestProgram *self)
{
  gint64 pid = 0;

  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), 0);
  g_variant_lookup (self->spec, "pid", "x", &pid);
  return pid;
}

/**
 * tbx_request_program_get_spec:
 * @self: a request
 *
 * For what has no function of its own; unknown keys are to be ignored.
 *
 * Returns: (transfer none): a dictionary of all that is known: "name" (s), "arguments" (s),
 *   "working-directory" (s), "environment" (as), "user" (s), "uid" (u), "pid" (x)
 *
 * Since: 1.0
 */
GVariant *
tbx_request_program_get_spec (TbxRequestProgram *self)
{
  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), NULL);
  return self->spec;
}

/**
 * tbx_request_program_return_started:
 * @self: a request that has not been answered
 *
 * It runs from now on.
 *
 * Returns: (transfer full): the run, with its streams
 *
 * Since: 1.0
 */
TbxRun *
tbx_request_program_return_started (TbxRequestProgram *self)
{
  GDBusMethodInvocation *invocation;

  g_return_val_if_fail (TBX_IS_REQUEST_PROGRAM (self), NULL);
  invocation = tbx_request_answer (TBX_REQUEST (self));
  if (invocation == NULL)
    return NULL;
  tbx_run_start (self->run);
  g_dbus_method_invocation_return_value_with_unix_fd_list (
    invocation, g_variant_new ("(t)", tbx_run_get_handle (self->run)), NULL);
  return g_object_ref (self->run);
}

/**
 * tbx_request_program_deny:
 * @self: a request that has not been answered
 * @reason: for people
 *
 * The user may not start it.
 *
 * Since: 1.0
 */
void
tbx_request_program_deny (TbxRequestProgram *self, const char *reason)
{
  g_return_if_fail (TBX_IS_REQUEST_PROGRAM (self));
  g_return_if_fail (reason != NULL);
  tbx_request_return_denied (TBX_REQUEST (self), reason);
}

static void
request_program_decline (TbxRequest *request, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_error_literal (invocation, TBX_ERROR, TBX_ERROR_FAILED,
                                                 "Declined");
}

static void
tbx_request_program_finalize (GObject *object)
{
  TbxRequestProgram *self = TBX_REQUEST_PROGRAM (object);

  g_object_unref (self->run);
  g_variant_unref (self->spec);
  G_OBJECT_CLASS (tbx_request_program_parent_class)->finalize (object);
}

static void
tbx_request_program_class_init (TbxRequestProgramClass *klass)
{
  TBX_REQUEST_CLASS (klass)->decline = request_program_decline;
  G_OBJECT_CLASS (klass)->finalize = tbx_request_program_finalize;
}

static void
tbx_request_program_init (TbxRequestProgram *self)
{
}

/* Takes @invocation. */
TbxRequestProgram *
tbx_request_program_new (GDBusMethodInvocation *invocation,
                         TbxRun                *run,
                         GVariant              *spec,
                         guint64                deadline_usec)
{
  TbxRequestProgram *self = g_object_new (TBX_TYPE_REQUEST_PROGRAM, NULL);

  tbx_request_begin (TBX_REQUEST (self), invocation, deadline_usec);
  self->run = g_object_ref (run);
  self->spec = g_variant_ref (spec);
  return self;
}
