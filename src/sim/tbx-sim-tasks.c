/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-tasks.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct _TbxSimTasks
{
  GHashTable *tasks;       /* owned; tid -> TbxSimTask (owned) */
  GHashTable *processes;   /* owned; pid -> TbxSimProcess (owned) */
  GMutex      lock;        /* guards @processes, when changed or read by another thread */
};

static void
process_free (gpointer data)
{
  TbxSimProcess *process = data;

  tbx_sim_image_free (process->image);
  g_free (process);
}

/**
 * tbx_sim_tasks_new:
 *
 * Returns: (transfer full): an empty table
 */
TbxSimTasks *
tbx_sim_tasks_new (void)
{
  TbxSimTasks *self = g_new0 (TbxSimTasks, 1);

  self->tasks = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->processes = g_hash_table_new_full (NULL, NULL, NULL, process_free);
  g_mutex_init (&self->lock);
  return self;
}

/**
 * tbx_sim_tasks_free:
 * @self: (nullable): a table
 */
void
tbx_sim_tasks_free (TbxSimTasks *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->tasks);
  g_hash_table_unref (self->processes);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * tbx_sim_tasks_find:
 * @self: the table
 * @tid: a thread
 *
 * Returns: (transfer none) (nullable): what is known of it
 */
TbxSimTask *
tbx_sim_tasks_find (TbxSimTasks *self, pid_t tid)
{
  return g_hash_table_lookup (self->tasks, GINT_TO_POINTER (tid));
}

static TbxSimProcess *
find_process (TbxSimTasks *self, pid_t pid)
{
  return g_hash_table_lookup (self->processes, GINT_TO_POINTER (pid));
}

static TbxSimTask *
add_task (TbxSimTasks *self, pid_t tid, TbxSimProcess *process)
{
  TbxSimTask *task = g_new0 (TbxSimTask, 1);

  task->tid = tid;
  task->process = process;
  process->n_tasks++;
  g_hash_table_insert (self->tasks, GINT_TO_POINTER (tid), task);
  return task;
}

/**
 * tbx_sim_tasks_add:
 * @self: the table
 * @tid: the first thread of a process that is not known
 * @image: (transfer full) (nullable): its text
 *
 * Returns: (transfer none): the thread
 */
TbxSimTask *
tbx_sim_tasks_add (TbxSimTasks *self, pid_t tid, TbxSimImage *image)
{
  TbxSimProcess *process = g_new0 (TbxSimProcess, 1);

  process->pid = tid;
  process->image = image;
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->processes, GINT_TO_POINTER (tid), process);
  g_mutex_unlock (&self->lock);
  return add_task (self, tid, process);
}

/* Process and parent of a thread. */
static gboolean
read_relations (pid_t tid, pid_t *pid, pid_t *parent)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", tid);
  g_autofree char *text = NULL;
  const char *tgid_line;
  const char *parent_line;

  return g_file_get_contents (path, &text, NULL, NULL)
         && (tgid_line = strstr (text, "\nTgid:")) != NULL
         && sscanf (tgid_line, " Tgid: %d", pid) == 1
         && (parent_line = strstr (text, "\nPPid:")) != NULL
         && sscanf (parent_line, " PPid: %d", parent) == 1;
}

/**
 * tbx_sim_tasks_adopt:
 * @self: the table
 * @tid: a thread that the kernel began to trace for us
 * @parent: (nullable): what made it, if that is known yet
 *
 * A new thread may stop before its maker tells of it; then the kernel is asked
 * whose it is.  A new process has its parent's text.
 *
 * Returns: (transfer none) (nullable): the thread; %NULL if it is gone already
 */
TbxSimTask *
tbx_sim_tasks_adopt (TbxSimTasks *self, pid_t tid, TbxSimTask *parent)
{
  TbxSimProcess *process;
  pid_t pid;
  pid_t parent_pid;

  if (tbx_sim_tasks_find (self, tid) != NULL)
    return tbx_sim_tasks_find (self, tid);
  if (!read_relations (tid, &pid, &parent_pid))
    return NULL;
  process = find_process (self, pid);
  if (process != NULL)
    return add_task (self, tid, process);
  process = parent != NULL ? parent->process : find_process (self, parent_pid);
  return tbx_sim_tasks_add (self, tid,
                            process != NULL && process->image != NULL
                              ? tbx_sim_image_copy (process->image) : NULL);
}

/**
 * tbx_sim_tasks_exec:
 * @self: the table
 * @pid: a process that became another program
 *
 * All its threads but one are gone, without a word, and that has the process's id.
 *
 * Returns: (transfer none): the thread, without a text
 */
TbxSimTask *
tbx_sim_tasks_exec (TbxSimTasks *self, pid_t pid)
{
  TbxSimProcess *process = find_process (self, pid);
  GHashTableIter iter;
  gpointer value;

  if (process == NULL)
    return tbx_sim_tasks_add (self, pid, NULL);
  g_hash_table_iter_init (&iter, self->tasks);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((TbxSimTask *) value)->process == process)
      g_hash_table_iter_remove (&iter);
  process->n_tasks = 0;
  g_clear_pointer (&process->image, tbx_sim_image_free);
  return add_task (self, pid, process);
}

/**
 * tbx_sim_tasks_remove:
 * @self: the table
 * @tid: a thread that ended or is traced no more
 * @ended: (out): its process
 *
 * Returns: whether it was the last one of its process
 */
gboolean
tbx_sim_tasks_remove (TbxSimTasks *self, pid_t tid, pid_t *ended)
{
  TbxSimTask *task = tbx_sim_tasks_find (self, tid);
  TbxSimProcess *process;

  if (task == NULL)
    return FALSE;
  process = task->process;
  *ended = process->pid;
  g_hash_table_remove (self->tasks, GINT_TO_POINTER (tid));
  if (--process->n_tasks > 0)
    return FALSE;
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->processes, GINT_TO_POINTER (process->pid));
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/**
 * tbx_sim_tasks_kill:
 * @self: the table
 *
 * Kills all processes in it.  The only function for any thread.
 */
void
tbx_sim_tasks_kill (TbxSimTasks *self)
{
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->processes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    kill (GPOINTER_TO_INT (key), SIGKILL);
  g_mutex_unlock (&self->lock);
}

/**
 * tbx_sim_tasks_list:
 * @self: the table
 *
 * Returns: (transfer full) (element-type pid_t): all threads
 */
GArray *
tbx_sim_tasks_list (TbxSimTasks *self)
{
  GArray *tids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->tasks);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      pid_t tid = GPOINTER_TO_INT (key);

      g_array_append_val (tids, tid);
    }
  return tids;
}
