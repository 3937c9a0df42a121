/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include "tbx-process-list.h"
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* TerminateProcess: SIGTERM, an answer when the process is gone or this is over, and
 * SIGKILL in the background.  Source: docs/design.md, "Processes". */
#define ANSWER_AFTER_MS 1000
#define KILL_AFTER_MS   5000

/* No list may become longer, however many processes there are. */
#define MAX_LIST_BYTES (16 * 1024 * 1024)

/* A process list being made: the host's programs first, then the others. */
typedef struct
{
  TbxOps   *ops;
  GString  *text;
  gboolean  brief;     /* the legacy form */
  gboolean  escape;    /* of the legacy form */
} List;

static gboolean
list_append (List *list, const TbxVixProcess *process)
{
  if (list->brief)
    return tbx_vix_process_append_short (list->text, TBX_VIX_PAYLOAD_MAX_BYTES, process,
                                         list->escape);
  return tbx_vix_process_append (list->text, MAX_LIST_BYTES, process);
}

static gboolean
list_append_program (List *list, TbxProgram *program)
{
  const TbxOpsProgram *record = tbx_program_get_record (program);

  return list_append (list, &(TbxVixProcess) {
    .command = record->command,
    .command_line = record->command_line,
    .pid = record->pid,
    .user = tbx_ops_get_user (list->ops)->name,
    .start = record->start,
    .exit_code = record->exit_code,
    .end = record->end,
  });
}

static TbxProgram *
find_listed (TbxOps *ops, gint64 pid)
{
  TbxProgram *program = tbx_programs_find (tbx_ops_get_programs (ops), pid);

  return program != NULL && tbx_program_is_listed (program) ? program : NULL;
}

static gboolean
on_system_process (const TbxVixProcess *process, uid_t uid, gpointer user_data)
{
  List *list = user_data;

  /* One that has the pid of an ended program is hidden by it, as long as that is listed. */
  return find_listed (list->ops, process->pid) != NULL || list_append (list, process);
}

static void
list_all (List *list)
{
  g_autoptr(TbxProcessList) system = tbx_process_list_new ();
  GPtrArray *programs = tbx_programs_list (tbx_ops_get_programs (list->ops));

  for (guint i = 0; !list->brief && i < programs->len; i++)
    if (tbx_program_is_listed (g_ptr_array_index (programs, i)))
      list_append_program (list, g_ptr_array_index (programs, i));
  tbx_process_list_foreach (system, on_system_process, list);
}

/* In the order of the request, each once. */
static void
list_some (List *list, const TbxVixPids *pids)
{
  g_autoptr(TbxProcessList) system = tbx_process_list_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint32 i = 0; i < pids->count; i++)
    {
      gint64 pid = tbx_vix_pids_get (pids, i);
      TbxProgram *program = find_listed (list->ops, pid);

      if (!g_hash_table_add (seen, g_memdup2 (&pid, sizeof pid)))
        continue;
      if (program != NULL)
        list_append_program (list, program);
      else
        tbx_process_list_one (system, pid, on_system_process, list);
    }
}

static void
return_page (TbxOps *self, TbxOp *op, guint32 key, gsize offset)
{
  GString *text = tbx_listings_find (tbx_ops_get_listings (self), key);
  g_autoptr(GString) page = g_string_new (NULL);
  TbxVixCode code = TBX_VIX_FAIL;

  if (text != NULL)
    code = tbx_vix_process_list_page (page, text->str, text->len, key, offset);
  if (code != TBX_VIX_OK)
    {
      tbx_op_return (op, code, 0);
      return;
    }
  if (strstr (page->str, "<leftToSend>0<") != NULL)
    tbx_listings_remove (tbx_ops_get_listings (self), key);
  tbx_op_return_data (op, page->str, page->len);
}

/* Source: docs/wire/vix.md, "LIST_PROCESSES_EX (186)". */
void
tbx_handle_list_processes (TbxOps *self, TbxOp *op)
{
  const TbxVixListProcesses *request = &tbx_op_get_request (op)->list_processes;
  g_autoptr(GString) text = NULL;
  List list = { .ops = self };

  if (request->key != 0)
    {
      return_page (self, op, request->key, request->offset);
      return;
    }
  text = list.text = g_string_sized_new (16 * 1024);
  if (request->pids.count == 0)
    list_all (&list);
  else
    list_some (&list, &request->pids);
  if (tbx_vix_process_list_fits (text->len))
    tbx_op_return_data (op, text->str, text->len);
  else
    return_page (self, op,
                 tbx_listings_add (tbx_ops_get_listings (self), g_steal_pointer (&text)), 0);
}

/* Source: docs/wire/vix.md, "LIST_PROCESSES (75) – legacy". */
void
tbx_handle_list_processes_short (TbxOps *self, TbxOp *op)
{
  g_autoptr(GString) text = g_string_sized_new (16 * 1024);
  List list = { self, text, TRUE, tbx_op_get_escape (op) };

  tbx_vix_legacy_list_header (text, FALSE, FALSE, list.escape);
  list_all (&list);
  tbx_op_return_data (op, text->str, text->len);
}

/* A process that was asked to end: watched until it has, or until it was killed. */
typedef struct
{
  TbxOp *op;           /* not answered yet, or NULL (owned) */
  int    pidfd;
  guint  gone_id;      /* source on @pidfd, or 0 */
  guint  answer_id;    /* source that answers at the latest, or 0 */
  guint  kill_id;      /* source that sends SIGKILL, or 0 */
} Termination;

static void
termination_answer (Termination *self)
{
  g_autoptr(TbxOp) op = g_steal_pointer (&self->op);

  g_clear_handle_id (&self->answer_id, g_source_remove);
  if (op != NULL)
    tbx_op_return (op, TBX_VIX_OK, 0);
}

static void
termination_end (Termination *self)
{
  termination_answer (self);
  g_clear_handle_id (&self->gone_id, g_source_remove);
  g_clear_handle_id (&self->kill_id, g_source_remove);
  close (self->pidfd);
  g_free (self);
}

static gboolean
on_gone (gint fd, GIOCondition condition, gpointer user_data)
{
  Termination *self = user_data;

  self->gone_id = 0;
  termination_end (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_answer_due (gpointer user_data)
{
  Termination *self = user_data;

  self->answer_id = 0;
  termination_answer (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_kill_due (gpointer user_data)
{
  Termination *self = user_data;

  self->kill_id = 0;
  pidfd_send_signal (self->pidfd, SIGKILL, NULL, 0);
  termination_end (self);
  return G_SOURCE_REMOVE;
}

static void
return_kill_errno (TbxOp *op, int error_number)
{
  if (error_number == EPERM || error_number == EACCES)
    tbx_op_return (op, TBX_VIX_GUEST_USER_PERMISSIONS, error_number);
  else   /* of a thread pidfd_open() says EINVAL or, in later kernels, ENOENT */
    tbx_op_return_errno (op, error_number == EINVAL || error_number == ENOENT ? ESRCH
                                                                               : error_number);
}

/* Whether a process is a worker: another's, the root half of one, or one that was abandoned.
 * A program that waits at its gate is none, though it looks like one. */
static gboolean
is_worker (TbxOps *ops, gint64 pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/exe", pid);
  struct stat own, other;

  return tbx_programs_find (tbx_ops_get_programs (ops), pid) == NULL
         && stat ("/proc/self/exe", &own) == 0 && stat (path, &other) == 0
         && own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* Gives a descriptor of the process that was asked to end, or -1 and errno. */
static int
ask_to_end (TbxOps *ops, pid_t pid)
{
  int pidfd = pidfd_open (pid, 0);
  int error_number;

  if (pidfd < 0)
    return -1;
  if (is_worker (ops, pid))
    error_number = EPERM;
  else if (pidfd_send_signal (pidfd, SIGTERM, NULL, 0) < 0)
    error_number = errno;
  else
    return pidfd;
  close (pidfd);
  errno = error_number;
  return -1;
}

/* Through a pidfd, so that nobody else is hit who got the pid in between.
 * Source: docs/wire/vix.md, "TERMINATE_PROCESS (193), KILL_PROCESS (85)". */
void
tbx_handle_terminate_process (TbxOps *self, TbxOp *op)
{
  gint64 pid = tbx_op_get_request (op)->terminate_process.pid;
  TbxProgram *program = find_listed (self, pid);
  Termination *termination;
  int pidfd;

  if (tbx_ops_is_protected (self, pid))
    {
      tbx_op_return (op, TBX_VIX_GUEST_USER_PERMISSIONS, EPERM);
      return;
    }
  /* The host means the program that it sees under this number, which may be another's now. */
  if (pid < 0 || pid > G_MAXINT32
      || (program != NULL && tbx_program_get_ended_us (program) != 0))
    {
      tbx_op_return_errno (op, ESRCH);
      return;
    }
  if (pid >= TBX_WORKER_FIRST_AGENT_PID)
    {
      tbx_remote_program_terminate (self, op, pid);
      return;
    }
  pidfd = ask_to_end (self, (pid_t) pid);
  if (pidfd < 0)
    {
      return_kill_errno (op, errno);
      return;
    }
  termination = g_new0 (Termination, 1);
  termination->op = tbx_op_ref (op);
  termination->pidfd = pidfd;
  termination->gone_id = g_unix_fd_add (pidfd, G_IO_IN, on_gone, termination);
  termination->answer_id = g_timeout_add (ANSWER_AFTER_MS, on_answer_due, termination);
  termination->kill_id = g_timeout_add (KILL_AFTER_MS, on_kill_due, termination);
}
