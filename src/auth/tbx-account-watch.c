/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-account-watch.h"
#include "tbx-error.h"
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM \
                | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

/* A directory as a whole, not a file in it. */
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW)

static const char *const names[] = { "passwd",        "shadow", "group",   "gshadow",
                                     "nsswitch.conf", "pam.d",  "pam.conf" };

struct _TbxAccountWatch
{
  int   fd;              /* inotify, never blocks (owned) */
  int   etc;             /* watch of the directory with the account files */
  int   pam;             /* watch of the directory with PAM's files, or -1 */
  char *pam_directory;   /* (owned) */
};

/* Its own directory is watched anew each time it may be another one. */
static void
watch_pam (TbxAccountWatch *self)
{
  self->pam = inotify_add_watch (self->fd, self->pam_directory, EVENTS | IN_ONLYDIR);
}

/**
 * tbx_account_watch_new:
 * @etc_directory: where passwd and its like are
 * @pam_directory: (nullable): where PAM's files are; `pam.d` there when %NULL
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_FAILED` where the kernel gives no watch.
 *
 * Returns: (transfer full) (nullable): free with tbx_account_watch_free()
 */
TbxAccountWatch *
tbx_account_watch_new (const char *etc_directory, const char *pam_directory, GError **error)
{
  g_autoptr(TbxAccountWatch) self = g_new0 (TbxAccountWatch, 1);

  self->pam_directory = pam_directory != NULL ? g_strdup (pam_directory)
                                              : g_build_filename (etc_directory, "pam.d", NULL);
  self->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (self->fd >= 0)
    self->etc = inotify_add_watch (self->fd, etc_directory, EVENTS | IN_ONLYDIR);
  if (self->fd < 0 || self->etc < 0)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "Cannot watch %s: %s", etc_directory,
                   g_strerror (errno));
      return NULL;
    }
  watch_pam (self);
  return g_steal_pointer (&self);
}

void
tbx_account_watch_free (TbxAccountWatch *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->pam_directory);
  g_free (self);
}

static gboolean
event_matters (TbxAccountWatch *self, const struct inotify_event *event)
{
  if ((event->mask & GONE) || event->wd == self->pam || event->len == 0)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (event->name, names[i]) == 0)
      return TRUE;
  return FALSE;
}

/**
 * tbx_account_watch_changed:
 * @self: the watch
 *
 * Never waits.  What was written before this call is seen by it.
 *
 * Returns: whether anything may have changed since the last call
 */
gboolean
tbx_account_watch_changed (TbxAccountWatch *self)
{
  _Alignas (struct inotify_event) char buffer[4096];
  gboolean changed = FALSE;

  for (;;)
    {
      gssize n = read (self->fd, buffer, sizeof buffer);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          changed = changed || n == 0 || errno != EAGAIN;
          break;
        }
      for (char *at = buffer; at < buffer + n;)
        {
          const struct inotify_event *event = (const struct inotify_event *) at;

          changed = changed || event_matters (self, event);
          at += sizeof *event + event->len;
        }
    }
  if (changed)
    watch_pam (self);
  return changed;
}
