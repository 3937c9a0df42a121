/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-host-program.h"
#include "tbx-error.h"
#include "tbx-process-identity.h"
#include <glib-unix.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* Between SIGTERM and SIGKILL, as for a request of the host.
 * Source: docs/design.md, "Processes". */
#define KILL_AFTER_MS 5000

#define MAX_EXIT_CODE 255
#define MAX_SIGNAL    64

/* What is known of it comes from its worker, which is the user's: it is checked before
 * anything is done to a process. */
struct _TbxHostProgram
{
  GObject             parent_instance;
  TbxHostProgramFacts facts;        /* its strings are owned */
  TbxProcessIdentity  identity;
  TbxHostProgramTerminate terminate;   /* or NULL: it is a process */
  gpointer            terminate_data;
  guint               kill_id;      /* source that ends it by force, or 0 */
  guint               orphan_id;    /* source that sees the end without its parent, or 0 */
  int                 orphan_fd;    /* pidfd of that source (owned), or -1 */
};

G_DEFINE_FINAL_TYPE (TbxHostProgram, tbx_host_program, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_PID,
  PROP_NAME,
  PROP_USER,
  PROP_UID,
  PROP_START,
  PROP_RUNNING,
  PROP_END,
  PROP_EXIT_CODE,
  PROP_SIGNAL,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
program_forget_orphan (TbxHostProgram *self)
{
  g_clear_handle_id (&self->orphan_id, g_source_remove);
  if (self->orphan_fd >= 0)
    close (self->orphan_fd);
  self->orphan_fd = -1;
}

static void
program_set_ended (TbxHostProgram *self, gint64 end, int exit_code, int signal)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gboolean signalled = signal > 0 && signal <= MAX_SIGNAL;
  gboolean exited = !signalled && exit_code >= 0 && exit_code <= MAX_EXIT_CODE;

  g_clear_handle_id (&self->kill_id, g_source_remove);
  program_forget_orphan (self);
  self->facts.running = FALSE;
  self->facts.end = (guint64) (end > 0 && end <= now ? end : now);
  self->facts.exit_code = exited ? exit_code : -1;
  self->facts.signal = signalled ? signal : 0;
  for (guint i = PROP_RUNNING; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (self), props[i]);
}

static gboolean
on_orphan_ended (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr(TbxHostProgram) self = g_object_ref (user_data);

  self->orphan_id = 0;
  program_set_ended (self, 0, -1, 0);
  return G_SOURCE_REMOVE;
}

/* Its parent is gone and nobody will tell how it ends; when it does can be seen. */
static gboolean
program_watch_orphan (TbxHostProgram *self)
{
  if (self->orphan_fd < 0)
    self->orphan_fd = tbx_process_identity_open (&self->identity, NULL);
  if (self->orphan_fd < 0)
    return FALSE;
  if (self->orphan_id == 0)
    self->orphan_id = g_unix_fd_add (self->orphan_fd, G_IO_IN, on_orphan_ended, self);
  return TRUE;
}

/**
 * tbx_host_program_end:
 * @self: a program
 * @program: how it ended, as its worker says
 *
 * Does nothing when it has ended before.  Where nobody can tell how it ends, for the
 * worker did, it goes on until it is seen to be gone.
 */
void
tbx_host_program_end (TbxHostProgram *self, const TbxWorkerProgram *program)
{
  if (!self->facts.running)
    return;
  if (program->exit_code == -1 && program->signal == 0 && program_watch_orphan (self))
    return;
  program_set_ended (self, program->end, program->exit_code, program->signal);
}

static gboolean
program_send (TbxHostProgram *self, int number, GError **error)
{
  int fd = tbx_process_identity_open (&self->identity, error);

  if (fd < 0)
    return FALSE;
  pidfd_send_signal (fd, number, NULL, 0);
  close (fd);
  return TRUE;
}

static gboolean
on_kill_due (gpointer user_data)
{
  TbxHostProgram *self = user_data;

  self->kill_id = 0;
  program_send (self, SIGKILL, NULL);
  return G_SOURCE_REMOVE;
}

/**
 * tbx_host_program_set_terminate:
 * @self: a program
 * @terminate: (nullable) (scope forever): has it end, for it is no process; %NULL: nobody can
 * @user_data: passed to it
 */
void
tbx_host_program_set_terminate (TbxHostProgram         *self,
                                TbxHostProgramTerminate terminate,
                                gpointer                user_data)
{
  self->terminate = terminate;
  self->terminate_data = user_data;
}

/**
 * tbx_host_program_terminate:
 * @self: a program
 * @error: return location for an error
 *
 * Sends SIGTERM, and SIGKILL five seconds later where that did not help.  Never reaches
 * another process, nor one that the user could not signal.
 * Errors: `TBX_ERROR_NOT_FOUND` when it has ended, `TBX_ERROR_REFUSED` when it runs as
 * another user by now.
 */
gboolean
tbx_host_program_terminate (TbxHostProgram *self, GError **error)
{
  if (!self->facts.running)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND, "Process %" G_GINT64_FORMAT " has ended",
                   self->facts.pid);
      return FALSE;
    }
  if (self->terminate != NULL)
    {
      self->terminate (self->facts.pid, self->terminate_data);
      return TRUE;
    }
  if (!program_send (self, SIGTERM, error))
    return FALSE;
  if (self->kill_id == 0)
    {
      self->kill_id = g_timeout_add (KILL_AFTER_MS, on_kill_due, self);
      g_source_set_name_by_id (self->kill_id, "tbx-host-program-kill");
    }
  return TRUE;
}

/**
 * tbx_host_program_is_alive:
 * @self: a program
 *
 * Looks at the process itself, so that no word of a worker stands for it.
 *
 * Returns: whether it is there now, as a process of its user
 */
gboolean
tbx_host_program_is_alive (TbxHostProgram *self)
{
  int fd = self->facts.running ? tbx_process_identity_open (&self->identity, NULL) : -1;

  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

/**
 * tbx_host_program_get_facts:
 * @self: a program
 *
 * Returns: (transfer none): valid until the main loop runs again
 */
const TbxHostProgramFacts *
tbx_host_program_get_facts (TbxHostProgram *self)
{
  return &self->facts;
}

static void
tbx_host_program_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  const TbxHostProgramFacts *facts = &TBX_HOST_PROGRAM (object)->facts;

  switch (prop_id)
    {
    case PROP_PID:
      g_value_set_int64 (value, facts->pid);
      break;
    case PROP_NAME:
      g_value_set_string (value, facts->name);
      break;
    case PROP_USER:
      g_value_set_string (value, facts->user);
      break;
    case PROP_UID:
      g_value_set_uint (value, facts->uid);
      break;
    case PROP_START:
      g_value_set_uint64 (value, facts->start);
      break;
    case PROP_RUNNING:
      g_value_set_boolean (value, facts->running);
      break;
    case PROP_END:
      g_value_set_uint64 (value, facts->end);
      break;
    case PROP_EXIT_CODE:
      g_value_set_int (value, facts->exit_code);
      break;
    case PROP_SIGNAL:
      g_value_set_int (value, facts->signal);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tbx_host_program_finalize (GObject *object)
{
  TbxHostProgram *self = TBX_HOST_PROGRAM (object);

  g_clear_handle_id (&self->kill_id, g_source_remove);
  program_forget_orphan (self);
  g_free ((char *) self->facts.name);
  g_free ((char *) self->facts.user);
  g_free ((char *) self->facts.command_line);
  G_OBJECT_CLASS (tbx_host_program_parent_class)->finalize (object);
}

static void
tbx_host_program_class_init (TbxHostProgramClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tbx_host_program_get_property;
  object_class->finalize = tbx_host_program_finalize;
  props[PROP_PID] = g_param_spec_int64 ("pid", NULL, NULL, 0, G_MAXINT64, 0, flags);
  props[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  props[PROP_USER] = g_param_spec_string ("user", NULL, NULL, NULL, flags);
  props[PROP_UID] = g_param_spec_uint ("uid", NULL, NULL, 0, G_MAXUINT, 0, flags);
  props[PROP_START] = g_param_spec_uint64 ("start", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, TRUE, flags);
  props[PROP_END] = g_param_spec_uint64 ("end", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_EXIT_CODE] = g_param_spec_int ("exit-code", NULL, NULL, -1, MAX_EXIT_CODE, -1, flags);
  props[PROP_SIGNAL] = g_param_spec_int ("signal", NULL, NULL, 0, MAX_SIGNAL, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbx_host_program_init (TbxHostProgram *self)
{
  self->orphan_fd = -1;
}

/**
 * tbx_host_program_new:
 * @program: as its worker told it; copied
 * @uid: of the worker's user
 * @user: name of that user
 *
 * Returns: (transfer full): a program, which may have ended already
 */
TbxHostProgram *
tbx_host_program_new (const TbxWorkerProgram *program, uid_t uid, const char *user)
{
  TbxHostProgram *self = g_object_new (TBX_TYPE_HOST_PROGRAM, NULL);

  self->facts = (TbxHostProgramFacts) {
    .pid = program->pid,
    .uid = uid,
    .name = g_strdup (program->command),
    .user = g_strdup (user),
    .command_line = g_strdup (program->command_line),
    .start = (guint64) MAX (program->start, 0),
    .exit_code = -1,
    .running = TRUE,
  };
  tbx_process_identity_take (&self->identity, program->pid, uid);
  if (program->end != 0)
    tbx_host_program_end (self, program);
  return self;
}
