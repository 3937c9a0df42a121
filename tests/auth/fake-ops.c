/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Operations that do what a test wants of a worker, in the place of the real ones: the
 * path of a DeleteFile request is the order, "/ORDER" or "/ORDER/ARGUMENT".  Nothing
 * else is there. */
struct _TbxOps
{
  GObject    parent_instance;
  TbxOpsUser user;       /* (owned) */
  gboolean   busy;
  gboolean   gated;
  GString   *adopted;    /* what was adopted, for the test to ask (owned) */
  GString   *gates;      /* pids whose gate was opened (owned) */
  TbxWorkerSettings settings;   /* as told last */
  TbxRemote *remote;     /* that nobody asks (owned) */
};

G_DEFINE_FINAL_TYPE (TbxOps, tbx_ops, G_TYPE_OBJECT)

enum { SIGNAL_PROGRAM_STARTED, SIGNAL_PROGRAM_ENDED, SIGNAL_RUN_DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

enum { PROP_BUSY = 1 };

static void
return_text (TbxOp *op, const char *text)
{
  tbx_op_return_data (op, text, strlen (text));
}

static void
order_echo (TbxOps *self, TbxOp *op, const char *argument)
{
  return_text (op, argument);
}

static void
order_pid (TbxOps *self, TbxOp *op, const char *argument)
{
  g_autofree char *text = g_strdup_printf ("%d", getpid ());

  return_text (op, text);
}

static void
order_env (TbxOps *self, TbxOp *op, const char *argument)
{
  g_autofree char *text = g_strjoinv ("\n", self->user.environment);

  return_text (op, text);
}

static void
order_fds (TbxOps *self, TbxOp *op, const char *argument)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      g_string_append_printf (text, "%s %s\n", name, target == NULL ? "" : target);
    }
  return_text (op, text->str);
}

static void
order_hang (TbxOps *self, TbxOp *op, const char *argument)
{
  for (;;)
    pause ();
}

static void
order_sleep (TbxOps *self, TbxOp *op, const char *argument)
{
  g_usleep ((gulong) atoi (argument) * 1000);
  return_text (op, "slept");
}

static void
order_die (TbxOps *self, TbxOp *op, const char *argument)
{
  _exit (3);
}

static void
order_errno (TbxOps *self, TbxOp *op, const char *argument)
{
  tbx_op_return_errno (op, atoi (argument));
}

static void
set_busy (TbxOps *self, gboolean busy)
{
  self->busy = busy;
  g_object_notify (G_OBJECT (self), "busy");
}

static void
order_start (TbxOps *self, TbxOp *op, const char *argument)
{
  const TbxOpsProgram program = { atoi (argument), "fake", "fake --now", 1000, 0, 0, 0 };

  set_busy (self, TRUE);
  g_signal_emit (self, signals[SIGNAL_PROGRAM_STARTED], 0, &program);
  return_text (op, self->gated ? "gated" : "free");
}

static void
order_end (TbxOps *self, TbxOp *op, const char *argument)
{
  const TbxOpsProgram program = {
    atoi (argument), "fake", "fake --now", 1000, g_get_real_time () / G_USEC_PER_SEC, 42, 0,
  };

  g_signal_emit (self, signals[SIGNAL_PROGRAM_ENDED], 0, &program);
  return_text (op, "");
}

/* As many as are asked for, of which every second one ended. */
static void
order_many (TbxOps *self, TbxOp *op, const char *argument)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  set_busy (self, TRUE);
  for (int i = 0; i < atoi (argument); i++)
    {
      TbxOpsProgram program = { 10000 + i, "fake", "fake --now", 1000, 0, 0, 0 };

      g_signal_emit (self, signals[SIGNAL_PROGRAM_STARTED], 0, &program);
      program.end = now;
      program.exit_code = 42;
      if (i % 2 == 1)
        g_signal_emit (self, signals[SIGNAL_PROGRAM_ENDED], 0, &program);
    }
  return_text (op, "");
}

static void
order_idle (TbxOps *self, TbxOp *op, const char *argument)
{
  set_busy (self, FALSE);
  return_text (op, "");
}

static void
order_done (TbxOps *self, TbxOp *op, const char *argument)
{
  gsize size;
  const char *name = tbx_op_get_name (op, &size);
  g_autofree char *text = g_strdup_printf ("%s%.*s 0 0 0 1", argument, (int) size, name);

  g_signal_emit (self, signals[SIGNAL_RUN_DONE], 0, text);
  return_text (op, "");
}

static void
order_adopted (TbxOps *self, TbxOp *op, const char *argument)
{
  return_text (op, self->adopted->str);
}

static void
order_gates (TbxOps *self, TbxOp *op, const char *argument)
{
  return_text (op, self->gates->str);
}

static void
order_settings (TbxOps *self, TbxOp *op, const char *argument)
{
  g_autofree char *text = g_strdup_printf ("%u %d %d %u", self->settings.stream_limit_bytes,
                                           self->settings.http_round_trip,
                                           self->settings.archive_transfers,
                                           self->settings.session_idle_s);

  return_text (op, text);
}

static const struct
{
  const char *name;
  void      (*run) (TbxOps *self, TbxOp *op, const char *argument);
} orders[] = {
  { "echo", order_echo },   { "pid", order_pid },     { "env", order_env },
  { "fds", order_fds },     { "hang", order_hang },   { "sleep", order_sleep },
  { "die", order_die },     { "errno", order_errno }, { "start", order_start },
  { "end", order_end },     { "idle", order_idle },   { "adopted", order_adopted },
  { "gates", order_gates }, { "done", order_done },   { "settings", order_settings },
  { "many", order_many },
};

void
tbx_ops_execute (TbxOps *self, TbxOp *op)
{
  const TbxVixRequest *request = tbx_op_get_request (op);
  g_auto(GStrv) parts = NULL;

  if (request->opcode == TBX_VIX_VALIDATE_CREDENTIALS)
    {
      tbx_op_return (op, TBX_VIX_OK, 0);
      return;
    }
  if (request->opcode != TBX_VIX_DELETE_FILE_EX && request->opcode != TBX_VIX_DELETE_FILE)
    {
      tbx_op_return_errno (op, ENOENT);   /* what the test vectors expect of a good request */
      return;
    }
  parts = g_strsplit (request->file.path + 1, "/", 2);
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    if (strcmp (orders[i].name, parts[0]) == 0)
      {
        orders[i].run (self, op, parts[1] == NULL ? "" : parts[1]);
        return;
      }
  tbx_op_return_errno (op, ENOENT);
}

gboolean
tbx_ops_get_busy (TbxOps *self)
{
  return self->busy;
}

TbxRemote *
tbx_ops_get_remote (TbxOps *self)
{
  return self->remote;
}

void
tbx_ops_program_exited (TbxOps *self, const TbxWorkerProgramExited *exited)
{
}

void
tbx_ops_lose_remote_programs (TbxOps *self)
{
}

void
tbx_ops_protect (TbxOps *self, pid_t pid)
{
}

void
tbx_ops_execute_raw_hgfs (TbxOps *self, TbxOp *op)
{
  tbx_ops_execute (self, op);
}

void
tbx_ops_set_settings (TbxOps *self, const TbxWorkerSettings *settings)
{
  self->settings = *settings;
}

void
tbx_ops_set_gated (TbxOps *self, gboolean gated)
{
  self->gated = gated;
}

void
tbx_ops_open_gate (TbxOps *self, gint64 pid)
{
  g_string_append_printf (self->gates, "%d ", (int) pid);
}

void
tbx_ops_adopt_program (TbxOps *self, const TbxOpsProgram *record)
{
  g_string_append_printf (self->adopted, "%d %d %s\n", (int) record->pid, record->exit_code,
                          record->end == 0 ? "runs" : "ended");
  g_signal_emit (self, signals[SIGNAL_PROGRAM_STARTED], 0, record);   /* as the real ones do */
}

void
tbx_ops_user_clear (TbxOpsUser *user)
{
  g_clear_pointer (&user->name, g_free);
  g_clear_pointer (&user->home, g_free);
  g_clear_pointer (&user->shell, g_free);
  g_clear_pointer (&user->environment, g_strfreev);
}

static void
tbx_ops_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boolean (value, TBX_OPS (object)->busy);
}

static void
tbx_ops_finalize (GObject *object)
{
  TbxOps *self = TBX_OPS (object);

  tbx_ops_user_clear (&self->user);
  g_string_free (self->adopted, TRUE);
  g_string_free (self->gates, TRUE);
  tbx_remote_free (self->remote);
  G_OBJECT_CLASS (tbx_ops_parent_class)->finalize (object);
}

static void
tbx_ops_class_init (TbxOpsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbx_ops_get_property;
  object_class->finalize = tbx_ops_finalize;
  g_object_class_install_property (object_class, PROP_BUSY,
                                   g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                                                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  signals[SIGNAL_PROGRAM_STARTED] = g_signal_new ("program-started", TBX_TYPE_OPS, G_SIGNAL_RUN_LAST,
                                                  0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                                  G_TYPE_POINTER);
  signals[SIGNAL_PROGRAM_ENDED] = g_signal_new ("program-ended", TBX_TYPE_OPS, G_SIGNAL_RUN_LAST, 0,
                                                NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SIGNAL_RUN_DONE] = g_signal_new ("run-program-done", TBX_TYPE_OPS, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tbx_ops_init (TbxOps *self)
{
  self->adopted = g_string_new (NULL);
  self->gates = g_string_new (NULL);
  self->remote = tbx_remote_new ();
}

TbxOps *
tbx_ops_new (const TbxOpsUser *user)
{
  TbxOps *self = g_object_new (TBX_TYPE_OPS, NULL);

  self->user = (TbxOpsUser) {
    g_strdup (user->name), user->uid, user->gid, g_strdup (user->home), g_strdup (user->shell),
    g_strdupv (user->environment),
  };
  return self;
}
