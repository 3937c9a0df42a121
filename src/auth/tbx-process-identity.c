/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-process-identity.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* What is looked for in a file of /proc is near its beginning. */
#define FILE_BYTES 2048

/* What the kernel says of a process now. */
typedef struct
{
  guint64 start_ticks;
  uid_t   real_uid;
  uid_t   saved_uid;
} Facts;

static gboolean
read_file (int directory, const char *name, char *text)
{
  int fd = openat (directory, name, O_RDONLY | O_CLOEXEC);
  gssize n;

  if (fd < 0)
    return FALSE;
  n = read (fd, text, FILE_BYTES - 1);
  close (fd);
  text[MAX (n, 0)] = '\0';
  return n > 0;
}

/* Field 22, counted from behind the name, which is in parentheses and may hold any byte. */
static gboolean
parse_start (const char *text, guint64 *start_ticks)
{
  const char *field = strrchr (text, ')');

  for (int i = 2; i < 22 && field != NULL; i++)
    {
      field = strchr (field, ' ');
      if (field != NULL)
        field++;
    }
  if (field == NULL)
    return FALSE;
  *start_ticks = g_ascii_strtoull (field, NULL, 10);
  return *start_ticks != 0;
}

static gboolean
parse_uids (const char *text, Facts *facts)
{
  const char *line = strstr (text, "\nUid:");
  unsigned int real, saved;

  if (line == NULL || sscanf (line, "\nUid: %u %*u %u", &real, &saved) != 2)
    return FALSE;
  facts->real_uid = real;
  facts->saved_uid = saved;
  return TRUE;
}

static gboolean
read_facts (gint64 pid, Facts *facts)
{
  char path[32], text[FILE_BYTES];
  gboolean known;
  int directory;

  g_snprintf (path, sizeof path, "/proc/%" G_GINT64_FORMAT, pid);
  directory = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return FALSE;
  known = read_file (directory, "stat", text) && parse_start (text, &facts->start_ticks)
          && read_file (directory, "status", text) && parse_uids (text, facts);
  close (directory);
  return known;
}

/* As kill(2) has it. */
static gboolean
may_signal (uid_t uid, const Facts *facts)
{
  return uid == 0 || facts->real_uid == uid || facts->saved_uid == uid;
}

/**
 * tbx_process_identity_take:
 * @self: (out caller-allocates): the identity; without ticks when this returns %FALSE
 * @pid: a process id that somebody named
 * @uid: the user whose process it is to be
 *
 * Returns: whether there is such a process, and it is one that @uid may signal
 */
gboolean
tbx_process_identity_take (TbxProcessIdentity *self, gint64 pid, uid_t uid)
{
  Facts facts;

  *self = (TbxProcessIdentity) { pid, uid, 0 };
  if (pid < 2 || pid > G_MAXINT32 || !read_facts (pid, &facts) || !may_signal (uid, &facts))
    return FALSE;
  self->start_ticks = facts.start_ticks;
  return TRUE;
}

/**
 * tbx_process_identity_open:
 * @self: the identity
 * @error: return location for an error
 *
 * The descriptor is taken first and what it names is looked at then, so that it cannot
 * be another process.
 * Errors: `TBX_ERROR_NOT_FOUND` when the process is gone, `TBX_ERROR_REFUSED` when it
 * has become one that the user may not signal, `TBX_ERROR_FAILED`.
 *
 * Returns: (transfer full): a pidfd, or -1
 */
int
tbx_process_identity_open (const TbxProcessIdentity *self, GError **error)
{
  int fd = self->start_ticks == 0 ? -1 : pidfd_open ((pid_t) self->pid, 0);
  int saved = self->start_ticks == 0 ? ESRCH : errno;
  Facts facts;

  if (fd < 0 && saved != ESRCH)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "Process %" G_GINT64_FORMAT ": %s",
                   self->pid, g_strerror (saved));
      return -1;
    }
  if (fd < 0 || !read_facts (self->pid, &facts) || facts.start_ticks != self->start_ticks
      || pidfd_send_signal (fd, 0, NULL, 0) != 0)
    g_set_error (error, TBX_ERROR, TBX_ERROR_NOT_FOUND,
                 "Process %" G_GINT64_FORMAT " has ended", self->pid);
  else if (!may_signal (self->uid, &facts))
    g_set_error (error, TBX_ERROR, TBX_ERROR_REFUSED,
                 "Process %" G_GINT64_FORMAT " runs as another user by now", self->pid);
  else
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}
