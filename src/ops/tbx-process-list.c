/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-process-list.h"
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Longest command line that is listed; what is beyond is cut. */
#define MAX_COMMAND_LINE_BYTES 4096

/* Of one account, all fields together; one that is longer has no name here. */
#define MAX_PASSWD_BYTES 4096

struct _TbxProcessList
{
  int         proc_fd;     /* of /proc, or -1 */
  gint64      boot_s;      /* Unix time, seconds */
  glong       ticks;       /* of the clock, a second */
  GHashTable *users;       /* uid -> name (owned) */
};

/* Reads a small file of /proc whole, as far as it fits, and ends it with a NUL. */
static gssize
read_file (int folder, const char *name, char *buffer, gsize capacity)
{
  int fd = openat (folder, name, O_RDONLY | O_CLOEXEC);
  gssize n;

  if (fd < 0)
    return -1;
  n = read (fd, buffer, capacity - 1);
  close (fd);
  buffer[MAX (n, 0)] = '\0';
  return n;
}

static gint64
boot_time (void)
{
  struct timespec now, up;

  clock_gettime (CLOCK_BOOTTIME, &up);
  clock_gettime (CLOCK_REALTIME, &now);
  return now.tv_sec - up.tv_sec - (now.tv_nsec < up.tv_nsec);
}

/**
 * tbx_process_list_new:
 *
 * Returns: (transfer full): a reader, for one list
 */
TbxProcessList *
tbx_process_list_new (void)
{
  TbxProcessList *self = g_new0 (TbxProcessList, 1);

  self->proc_fd = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  self->boot_s = boot_time ();
  self->ticks = MAX (sysconf (_SC_CLK_TCK), 1);
  self->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
tbx_process_list_free (TbxProcessList *self)
{
  if (self->proc_fd >= 0)
    close (self->proc_fd);
  g_hash_table_unref (self->users);
  g_free (self);
}

static const char *
user_name (TbxProcessList *self, uid_t uid)
{
  char *name = g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));

  if (name == NULL)
    {
      struct passwd space, *entry = NULL;
      char text[MAX_PASSWD_BYTES];

      /* Others may read lists in other threads. */
      if (getpwuid_r (uid, &space, text, sizeof text, &entry) != 0)
        entry = NULL;
      name = entry != NULL ? g_strdup (entry->pw_name) : g_strdup_printf ("%u", uid);
      g_hash_table_insert (self->users, GUINT_TO_POINTER (uid), name);
    }
  return name;
}

/* The name that the kernel has, and the start in ticks after boot: fields 2 and 22.
 * The name is in parentheses and may hold any byte. */
static gboolean
parse_stat (char *text, char **name, guint64 *start_ticks)
{
  char *open = strchr (text, '(');
  char *close = strrchr (text, ')');
  char *field = close;

  if (open == NULL || close == NULL || close < open)
    return FALSE;
  *close = '\0';
  *name = open + 1;
  field = close + 1;
  for (int i = 2; i < 22 && field != NULL; i++)
    {
      field = strchr (field, ' ');
      if (field != NULL)
        field++;
    }
  if (field == NULL)
    return FALSE;
  *start_ticks = g_ascii_strtoull (field, NULL, 10);
  return TRUE;
}

/* Arguments end with NULs: between them they become spaces, after them nothing. */
static void
join_arguments (char *text, gsize size)
{
  while (size > 0 && (text[size - 1] == '\0' || text[size - 1] == ' '))
    size--;
  for (gsize i = 0; i < size; i++)
    if (text[i] == '\0')
      text[i] = ' ';
  text[size] = '\0';
}

/* All that is read through @folder is of the same process; it belongs to the effective
 * user, whatever else hides it. */
static gboolean
read_process (TbxProcessList *self,
              int             folder,
              gint64          pid,
              TbxProcessFunc  func,
              gpointer        user_data)
{
  char line[MAX_COMMAND_LINE_BYTES + 1], command[NAME_MAX + 1], stat_text[1024];
  char *name = NULL, *slash;
  guint64 start_ticks;
  struct stat info;
  gssize n;

  if (fstat (folder, &info) < 0
      || read_file (folder, "stat", stat_text, sizeof stat_text) <= 0
      || !parse_stat (stat_text, &name, &start_ticks))
    return TRUE;
  n = read_file (folder, "cmdline", line, sizeof line);
  if (n > 0)
    {
      slash = line[0] == '/' ? strrchr (line, '/') : NULL;
      g_strlcpy (command, slash != NULL ? slash + 1 : line, sizeof command);
      join_arguments (line, (gsize) n);
    }
  else   /* a thread of the kernel */
    {
      g_strlcpy (command, name, sizeof command);
      g_strlcpy (line, name, sizeof line);
    }
  return func (&(TbxVixProcess) {
      .command = command,
      .command_line = line,
      .pid = pid,
      .user = user_name (self, info.st_uid),
      .start = self->boot_s + (gint64) (start_ticks / (guint64) self->ticks),
    }, info.st_uid, user_data);
}

static gboolean
read_pid (TbxProcessList *self, gint64 pid, TbxProcessFunc func, gpointer user_data)
{
  char path[32];
  gboolean more;
  int folder;

  g_snprintf (path, sizeof path, "%" G_GINT64_FORMAT, pid);
  folder = openat (self->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return TRUE;
  more = read_process (self, folder, pid, func, user_data);
  close (folder);
  return more;
}

static int
compare_pids (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

/**
 * tbx_process_list_foreach:
 * @self: the reader
 * @func: (scope call): called with each process, by pid
 * @user_data: passed to @func
 */
void
tbx_process_list_foreach (TbxProcessList *self, TbxProcessFunc func, gpointer user_data)
{
  g_autoptr(GArray) pids = g_array_new (FALSE, FALSE, sizeof (gint64));
  DIR *dir = self->proc_fd < 0 ? NULL : fdopendir (dup (self->proc_fd));
  struct dirent *entry;

  if (dir == NULL)
    return;
  rewinddir (dir);
  while ((entry = readdir (dir)) != NULL)
    if (g_ascii_isdigit (entry->d_name[0]))
      {
        gint64 pid = g_ascii_strtoll (entry->d_name, NULL, 10);

        g_array_append_val (pids, pid);
      }
  closedir (dir);
  g_array_sort (pids, compare_pids);
  for (guint i = 0; i < pids->len; i++)
    if (!read_pid (self, g_array_index (pids, gint64, i), func, user_data))
      return;
}

/**
 * tbx_process_list_one:
 * @self: the reader
 * @pid: of a process; one that does not exist is passed over
 * @func: (scope call): called with it
 * @user_data: passed to @func
 */
void
tbx_process_list_one (TbxProcessList *self, gint64 pid, TbxProcessFunc func, gpointer user_data)
{
  if (self->proc_fd >= 0 && pid > 0 && pid <= G_MAXINT32)
    read_pid (self, pid, func, user_data);
}
