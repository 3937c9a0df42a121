/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-handlers.h"
#include "tbx-round-trip.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SCRIPT_TRIES 1000

/* What is started for a legacy request: its end is reported, its script removed. */
typedef struct
{
  TbxOps  *ops;            /* (not owned): it owns the program */
  char    *request_name;   /* (owned) */
  gsize    name_size;      /* bytes */
  char    *script;         /* file to be removed, or NULL (owned) */
  gboolean silent;         /* the host does not want to know */
} LegacyRun;

static void
legacy_run_free (gpointer data)
{
  LegacyRun *run = data;

  if (run->script != NULL)
    unlink (run->script);
  g_free (run->script);
  g_free (run->request_name);
  g_free (run);
}

/* Without the spaces and quotes that hosts and scripts may write around it. */
static char *
clean_program (const char *program)
{
  gsize size;
  const char *path = tbx_vix_program_path (program, &size);

  return g_strndup (path, size);
}

static const char *
user_path (TbxOps *self)
{
  const char *path = g_environ_getenv (tbx_ops_get_user (self)->environment, "PATH");

  return path != NULL ? path : "/usr/local/bin:/usr/bin:/bin";
}

/* A bare name is looked for as the user's shell would. */
static char *
find_in_path (TbxOps *self, const char *name)
{
  g_auto(GStrv) folders = g_strsplit (user_path (self), ":", -1);

  for (gsize i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], name, NULL);
      struct stat info;

      if (path[0] == '/' && stat (path, &info) == 0 && S_ISREG (info.st_mode)
          && access (path, X_OK) == 0)
        return g_steal_pointer (&path);
    }
  return NULL;
}

/* Whether the user can start it; else the request is answered. */
static char *
resolve_program (TbxOps *self, TbxOp *op, const char *program, TbxVixCode missing)
{
  g_autofree char *path = clean_program (program);
  struct stat info;

  if (strchr (path, '/') == NULL)
    {
      g_autofree char *found = path[0] == '\0' ? NULL : find_in_path (self, path);

      if (found == NULL)
        tbx_op_return (op, path[0] == '\0' ? TBX_VIX_INVALID_ARG : TBX_VIX_FILE_NOT_FOUND,
                       path[0] == '\0' ? 0 : ENOENT);
      return g_steal_pointer (&found);
    }
  if (path[0] != '/')
    tbx_op_return (op, TBX_VIX_INVALID_ARG, 0);
  else if (stat (path, &info) < 0)
    {
      if (missing != TBX_VIX_OK)
        tbx_op_return (op, missing, errno);
      else
        tbx_op_return_errno (op, errno);
    }
  else if (S_ISDIR (info.st_mode))
    tbx_op_return (op, TBX_VIX_NOT_A_FILE, EISDIR);
  else if (access (path, X_OK) < 0)
    tbx_op_return (op, TBX_VIX_GUEST_USER_PERMISSIONS, errno);
  else
    return g_steal_pointer (&path);
  return NULL;
}

static char *
resolve_directory (TbxOps *self, TbxOp *op, const char *wanted)
{
  const char *home = tbx_ops_get_user (self)->home;
  struct stat info;

  if (wanted == NULL || wanted[0] == '\0')
    {
      gboolean usable = home != NULL && stat (home, &info) == 0 && S_ISDIR (info.st_mode);

      return g_strdup (usable ? home : "/");
    }
  if (stat (wanted, &info) < 0)
    tbx_op_return (op, TBX_VIX_NOT_A_DIRECTORY, errno);
  else if (!S_ISDIR (info.st_mode))
    tbx_op_return (op, TBX_VIX_NOT_A_DIRECTORY, ENOTDIR);
  else if (access (wanted, X_OK) < 0)
    tbx_op_return_errno (op, errno);
  else
    return g_strdup (wanted);
  return NULL;
}

static void
return_pid (TbxOp *op, gint64 pid)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, pid);

  tbx_op_return_data (op, text, strlen (text));
}

/* What is to be started, and what becomes of it. */
typedef struct
{
  const char     *path;         /* of the program */
  const char     *shown;        /* command line, for lists */
  TbxLaunch       launch;       /* without descriptors */
  gboolean        listed;       /* in the list of programs */
  gboolean        has_streams;  /* that the host can read and write */
  TbxProgramEnded ended;        /* told once */
  gpointer        user_data;
  GDestroyNotify  destroy;      /* of @user_data, on failure too; or NULL */
} Start;

static TbxProgram *
start_gated (TbxOps *self, Start *what, int *error_number)
{
  g_autofree char *command = g_path_get_basename (what->path);
  TbxProgram *program;
  int gate_fd;

  what->launch.gate_fd = tbx_ops_make_gate (self, &gate_fd);
  program = tbx_program_start (command, what->shown, &what->launch, what->listed, what->ended,
                               what->user_data, what->destroy, error_number);
  if (what->launch.gate_fd >= 0)
    close (what->launch.gate_fd);
  if (program != NULL)
    tbx_ops_keep_gate (self, tbx_program_get_record (program)->pid, gate_fd);
  else if (gate_fd >= 0)
    close (gate_fd);
  return program;
}

static void
refuse_start (TbxOp *op, Start *what, int error_number)
{
  if (what->destroy != NULL)
    what->destroy (what->user_data);
  tbx_op_return (op, TBX_VIX_PROGRAM_NOT_STARTED, error_number);
}

/* What all ways of starting have in common, once it is known what is executed. */
static void
start (TbxOps *self, TbxOp *op, Start *what)
{
  TbxPrograms *programs = tbx_ops_get_programs (self);
  g_auto(TbxStreamsEnds) ends = { -1, -1, -1 };
  g_autoptr(TbxStreams) streams = NULL;
  g_autoptr(TbxProgram) program = NULL;
  int error_number = EAGAIN;

  if (tbx_programs_full (programs))
    {
      refuse_start (op, what, error_number);
      return;
    }
  if (what->has_streams)
    {
      streams = tbx_streams_new (tbx_ops_get_stream_pool (self), &ends, &error_number);
      if (streams == NULL)
        {
          refuse_start (op, what, error_number);
          return;
        }
    }
  what->launch.stdin_fd = ends.in;
  what->launch.stdout_fd = ends.out;
  what->launch.stderr_fd = ends.err;
  program = start_gated (self, what, &error_number);
  if (program == NULL)
    {
      tbx_op_return (op, TBX_VIX_PROGRAM_NOT_STARTED, error_number);
      return;
    }
  if (streams != NULL)
    tbx_program_set_streams (program, streams);
  tbx_programs_add (programs, program);
  return_pid (op, tbx_program_get_record (program)->pid);
}

static void
on_program_ended (TbxProgram *program, gpointer user_data)
{
  tbx_programs_ended (tbx_ops_get_programs (user_data), program);
}

/* Our own image carries the request: it is there whatever became of its file.  @target is
 * in memory that the next request may be in before the child has read it. */
static void
start_round_trip (TbxOps *self, TbxOp *op, const char *target, Start *what)
{
  g_autofree char *copy = g_strdup (target);
  const char *const arguments[] = { "/proc/self/exe", TBX_ROUND_TRIP_OPTION, copy, NULL };

  what->path = TBX_ROUND_TRIP_PROGRAM;
  what->launch.arguments = arguments;
  start (self, op, what);
}

static void
start_by_shell (TbxOps *self, TbxOp *op, const char *path, const char *arguments, Start *what)
{
  g_autofree char *quoted = g_shell_quote (path);
  g_autofree char *command = g_strconcat (quoted, " ", arguments, NULL);

  what->path = path;
  what->launch.command = command;
  start (self, op, what);
}

/* A bare name asks for streams: those of a program by its path may be where its command
 * line says.
 * Source: docs/wire/vix.md, "StartProgram in detail". */
void
tbx_handle_start_program (TbxOps *self, TbxOp *op)
{
  const TbxVixStartProgram *request = &tbx_op_get_request (op)->start_program;
  const char *arguments = request->arguments != NULL ? request->arguments : "";
  g_auto(GStrv) environment = tbx_vix_strings_dup (&request->environment);
  g_autofree char *program = clean_program (request->program);
  g_autofree char *shown = g_strdup_printf ("\"%s\" %s", program, arguments);
  g_autofree char *directory = NULL, *path = NULL;
  Start what = {
    .shown = shown,
    .listed = TRUE,
    .has_streams = strchr (program, '/') == NULL,
    .ended = on_program_ended,
    .user_data = self,
  };
  gboolean is_round_trip = strcmp (program, TBX_ROUND_TRIP_PROGRAM) == 0
                           && tbx_ops_get_settings (self)->http_round_trip;

  if (!is_round_trip && tbx_remote_has_program (tbx_ops_get_remote (self), program))
    {
      tbx_remote_program_start (self, op, program, shown);
      return;
    }
  if (!is_round_trip && (path = resolve_program (self, op, program, TBX_VIX_OK)) == NULL)
    return;
  directory = resolve_directory (self, op, request->working_dir);
  if (directory == NULL)
    return;
  what.launch.directory = directory;
  what.launch.environment = (const char *const *) (request->environment.count > 0
                                                   ? environment
                                                   : tbx_ops_get_user (self)->environment);
  if (is_round_trip)
    start_round_trip (self, op, arguments, &what);
  else
    start_by_shell (self, op, path, arguments, &what);
}

static void
on_legacy_ended (TbxProgram *program, gpointer user_data)
{
  LegacyRun *run = user_data;
  const TbxOpsProgram *record = tbx_program_get_record (program);

  if (!run->silent)
    {
      g_autofree char *text = tbx_vix_run_program_done (run->request_name, run->name_size,
                                                        TBX_VIX_OK, 0, record->exit_code,
                                                        record->pid);

      g_signal_emit_by_name (run->ops, "run-program-done", text);
    }
  tbx_programs_ended (tbx_ops_get_programs (run->ops), program);
}

static LegacyRun *
legacy_run_new (TbxOps *self, TbxOp *op, gint32 options)
{
  LegacyRun *run = g_new0 (LegacyRun, 1);
  const char *name = tbx_op_get_name (op, &run->name_size);

  run->ops = self;
  run->request_name = g_strndup (name != NULL ? name : "", run->name_size);
  run->silent = (options & TBX_VIX_RUN_RETURN_IMMEDIATELY) != 0;
  return run;
}

static void
start_legacy (TbxOps *self, TbxOp *op, const char *path, const char *command, LegacyRun *run)
{
  g_autofree char *directory = resolve_directory (self, op, NULL);
  Start what = {
    .path = path,
    .shown = command,
    .launch = {
      .command = command,
      .directory = directory,
      .environment = (const char *const *) tbx_ops_get_user (self)->environment,
    },
    .ended = on_legacy_ended,
    .user_data = run,
    .destroy = legacy_run_free,
  };

  start (self, op, &what);
}

/* Source: docs/wire/vix.md, "RUN_PROGRAM (4) and RUN_SCRIPT_IN_GUEST (46) – legacy". */
void
tbx_handle_run_program (TbxOps *self, TbxOp *op)
{
  const TbxVixRunProgram *request = &tbx_op_get_request (op)->run_program;
  const char *arguments = request->arguments != NULL ? request->arguments : "";
  g_autofree char *path = resolve_program (self, op, request->program, TBX_VIX_FILE_NOT_FOUND);
  g_autofree char *quoted = NULL, *command = NULL;

  if (path == NULL)
    return;
  quoted = g_shell_quote (path);
  command = g_strconcat (quoted, " ", arguments, NULL);
  start_legacy (self, op, path, command, legacy_run_new (self, op, request->options));
}

static char *
write_script (const char *text, int *error_number)
{
  for (int i = 0; i < MAX_SCRIPT_TRIES; i++)
    {
      g_autofree char *path = g_strdup_printf ("/tmp/vixScript%d", i);
      int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
      gsize size = strlen (text);
      gssize n = 0;

      if (fd < 0 && errno == EEXIST)
        continue;
      if (fd >= 0)
        n = write (fd, text, size);
      *error_number = fd < 0 || n < 0 ? errno : ENOSPC;
      if (fd >= 0)
        close (fd);
      if (fd >= 0 && n == (gssize) size)
        return g_steal_pointer (&path);
      if (fd >= 0)
        unlink (path);
      return NULL;
    }
  *error_number = EEXIST;
  return NULL;
}

void
tbx_handle_run_script (TbxOps *self, TbxOp *op)
{
  const TbxVixRunScript *request = &tbx_op_get_request (op)->run_script;
  const char *interpreter = request->interpreter[0] != '\0' ? request->interpreter : "/bin/sh";
  g_autofree char *path = resolve_program (self, op, interpreter, TBX_VIX_FILE_NOT_FOUND);
  g_autofree char *quoted = NULL, *command = NULL;
  LegacyRun *run;
  int error_number;

  if (path == NULL)
    return;
  run = legacy_run_new (self, op, request->options);
  run->script = write_script (request->script, &error_number);
  if (run->script == NULL)
    {
      legacy_run_free (run);
      tbx_op_return_errno (op, error_number);
      return;
    }
  quoted = g_shell_quote (path);
  command = g_strdup_printf ("%s %s", quoted, run->script);
  start_legacy (self, op, path, command, run);
}
