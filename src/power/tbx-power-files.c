/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-power-files.h"
#include "tbx-error.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More files than that are a mistake. */
#define MAX_FILES 64

/* No shell, and nothing of the daemon's own environment. */
static const char *const environment[] = {
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL
};

struct _TbxPowerFiles
{
  GObject           parent_instance;
  char             *directory;   /* absolute path (owned) */
  GTask            *run;         /* the run that is under way, or NULL (owned) */
  TbxPowerOperation operation;   /* of that run */
  GPtrArray        *left;        /* of char: names that did not run yet (owned) */
  char             *name;        /* of the file that runs (owned), or NULL */
  GPid              pid;         /* of it, and of its process group; 0: none runs */
  guint             watch_id;    /* source that tells its end, or 0 */
  GError           *failure;     /* the first (owned), or NULL */
};

G_DEFINE_FINAL_TYPE (TbxPowerFiles, tbx_power_files, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void files_proceed (TbxPowerFiles *self);

/* Whether only root, and we, can have written it. */
static gboolean
is_trusted (const struct stat *info)
{
  return (info->st_uid == 0 || info->st_uid == geteuid ()) && (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static gboolean
is_wanted_name (const char *name)
{
  return name[0] != '.' && !g_str_has_suffix (name, "~") && strstr (name, ".dpkg-") == NULL
         && g_utf8_validate (name, -1, NULL);
}

/* A file that is not executable is switched off; one that others can write, or a
 * link, is a mistake of the administrator's. */
static gboolean
is_wanted (TbxPowerFiles *self, int directory_fd, const char *name)
{
  struct stat info;

  if (!is_wanted_name (name) || fstatat (directory_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0
      || S_ISDIR (info.st_mode))
    return FALSE;
  if (!S_ISREG (info.st_mode) || !is_trusted (&info))
    {
      g_warning ("%s/%s is not run: it must be a file of root's that nobody else can write",
                 self->directory, name);
      return FALSE;
    }
  return (info.st_mode & S_IXUSR) != 0;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
files_scan_names (TbxPowerFiles *self, DIR *directory)
{
  struct dirent *entry;

  while ((entry = readdir (directory)) != NULL)
    if (is_wanted (self, dirfd (directory), entry->d_name))
      g_ptr_array_add (self->left, g_strdup (entry->d_name));
  g_ptr_array_sort (self->left, compare_names);
  if (self->left->len > MAX_FILES)
    {
      g_warning ("Only the first %d files of %s are run", MAX_FILES, self->directory);
      g_ptr_array_set_size (self->left, MAX_FILES);
    }
}

/* Fills the list of what is to run.  No directory is no file. */
static void
files_scan (TbxPowerFiles *self)
{
  int fd = open (self->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat info;
  DIR *directory;

  g_ptr_array_set_size (self->left, 0);
  if (fd < 0)
    {
      if (errno != ENOENT)
        g_warning ("%s: %s", self->directory, g_strerror (errno));
      return;
    }
  if (fstat (fd, &info) != 0 || !is_trusted (&info))
    {
      g_warning ("Nothing in %s is run: it must be root's, and nobody else may write it",
                 self->directory);
      close (fd);
      return;
    }
  directory = fdopendir (fd);
  if (directory == NULL)
    {
      close (fd);
      return;
    }
  files_scan_names (self, directory);
  closedir (directory);
}

static void
files_set_name (TbxPowerFiles *self, const char *name)
{
  g_free (self->name);
  self->name = g_strdup (name);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* Each is run even after a failure; the first failure is the outcome. */
static void
files_note_failure (TbxPowerFiles *self, const char *name, const char *why)
{
  g_warning ("%s/%s %s: %s", self->directory, name, tbx_power_operation_get_word (self->operation),
             why);
  if (self->failure == NULL)
    self->failure = g_error_new (TBX_ERROR, TBX_ERROR_REFUSED, "%s: %s", name, why);
}

static void
on_ended (GPid pid, int status, gpointer user_data)
{
  g_autoptr(TbxPowerFiles) self = g_object_ref (user_data);
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_steal_pointer (&self->name);

  self->pid = 0;
  self->watch_id = 0;
  if (!g_spawn_check_wait_status (status, &error))
    files_note_failure (self, name, error->message);
  files_proceed (self);
}

/* In the child: a process group of its own, that can be killed whole. */
static void
child_setup (gpointer unused)
{
  setsid ();
}

static gboolean
files_start (TbxPowerFiles *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->directory, name, NULL);
  const char *argv[] = { path, tbx_power_operation_get_word (self->operation), NULL };
  g_autoptr(GError) error = NULL;

  if (!g_spawn_async ("/", (char **) argv, (char **) environment,
                      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, child_setup, NULL,
                      &self->pid, &error))
    {
      self->pid = 0;
      files_note_failure (self, name, error->message);
      return FALSE;
    }
  g_info ("Running %s %s", path, argv[1]);
  self->watch_id = g_child_watch_add (self->pid, on_ended, self);
  files_set_name (self, name);
  return TRUE;
}

static void
files_end (TbxPowerFiles *self)
{
  g_autoptr(GTask) task = g_steal_pointer (&self->run);
  GError *failure = g_steal_pointer (&self->failure);

  files_set_name (self, NULL);
  if (failure != NULL)
    g_task_return_error (task, failure);
  else
    g_task_return_boolean (task, TRUE);
}

static void
files_proceed (TbxPowerFiles *self)
{
  while (self->left->len > 0)
    {
      g_autofree char *name = g_ptr_array_steal_index (self->left, 0);

      if (files_start (self, name))
        return;
    }
  files_end (self);
}

/**
 * tbx_power_files_run_async:
 * @self: the files
 * @operation: the one argument that each gets
 * @callback: (scope async): called once, in the caller's main context
 * @user_data: passed to @callback
 *
 * Runs each regular file that is executable, root's and not writable by others, one
 * after the other by name, without a shell.  A run that is under way is killed.
 * Source: docs/wire/power.md, "The administrator's files".
 */
void
tbx_power_files_run_async (TbxPowerFiles      *self,
                           TbxPowerOperation   operation,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  tbx_power_files_kill (self);
  g_task_set_name (task, "tbx-power-files");
  self->run = task;
  self->operation = operation;
  files_scan (self);
  files_proceed (self);
}

/**
 * tbx_power_files_run_finish:
 * @self: the files
 * @result: what the callback got
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_REFUSED` when one failed, `TBX_ERROR_TIMED_OUT` when they were
 * killed.
 */
gboolean
tbx_power_files_run_finish (TbxPowerFiles *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_killed (GPid pid, int status, gpointer unused)
{
  g_spawn_close_pid (pid);
}

/**
 * tbx_power_files_kill:
 * @self: the files
 *
 * Kills what runs, with its children, and ends the run.
 */
void
tbx_power_files_kill (TbxPowerFiles *self)
{
  g_autoptr(GTask) task = g_steal_pointer (&self->run);

  g_ptr_array_set_size (self->left, 0);
  g_clear_error (&self->failure);
  if (self->pid > 0)
    {
      g_warning ("%s/%s is killed", self->directory, self->name);
      g_clear_handle_id (&self->watch_id, g_source_remove);
      kill (-self->pid, SIGKILL);
      g_child_watch_add (self->pid, on_killed, NULL);   /* so that it is reaped */
      self->pid = 0;
    }
  if (task == NULL)
    return;
  files_set_name (self, NULL);
  g_task_return_new_error (task, TBX_ERROR, TBX_ERROR_TIMED_OUT, "the files were killed");
}

/**
 * tbx_power_files_append_who:
 * @self: the files
 * @builder: of `a(ss)`; gets "file" and the name of the one that runs, if one does
 */
void
tbx_power_files_append_who (TbxPowerFiles *self, GVariantBuilder *builder)
{
  if (self->name != NULL)
    g_variant_builder_add (builder, "(ss)", "file", self->name);
}

static void
tbx_power_files_dispose (GObject *object)
{
  tbx_power_files_kill (TBX_POWER_FILES (object));
  G_OBJECT_CLASS (tbx_power_files_parent_class)->dispose (object);
}

static void
tbx_power_files_finalize (GObject *object)
{
  TbxPowerFiles *self = TBX_POWER_FILES (object);

  g_free (self->directory);
  g_free (self->name);
  g_ptr_array_unref (self->left);
  g_clear_error (&self->failure);
  G_OBJECT_CLASS (tbx_power_files_parent_class)->finalize (object);
}

static void
tbx_power_files_class_init (TbxPowerFilesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbx_power_files_dispose;
  object_class->finalize = tbx_power_files_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_POWER_FILES, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbx_power_files_init (TbxPowerFiles *self)
{
  self->left = g_ptr_array_new_with_free_func (g_free);
}

/**
 * tbx_power_files_new:
 * @directory: (type filename): absolute path; need not exist
 */
TbxPowerFiles *
tbx_power_files_new (const char *directory)
{
  TbxPowerFiles *self = g_object_new (TBX_TYPE_POWER_FILES, NULL);

  self->directory = g_strdup (directory);
  return self;
}
