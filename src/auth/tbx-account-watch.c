/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-account-watch.h"
#include "tbx-error.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM \
                | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

/* A directory as a whole, not a file in it. */
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW)

/* Tells when something is mounted or unmounted anywhere: over a file, its directory has
 * no event for that.  On many systems that happens all the time. */
#define MOUNTS "/proc/self/mountinfo"

static const char *const names[] = { "passwd",        "shadow", "group",   "gshadow",
                                     "nsswitch.conf", "pam.d",  "pam.conf" };

/* One of those files.  What is reached by another way than its name there, is written
 * without an event there. */
typedef struct
{
  gboolean      elsewhere;   /* it is a symlink, mounted there, or has other names */
  struct statx  status;      /* of what it leads to; all 0 when that is not there */
} Target;

struct _TbxAccountWatch
{
  int      fd;              /* inotify, never blocks (owned), or -1 */
  int      etc;             /* watch of the directory with the account files */
  int      pam;             /* watch of the directory with PAM's files, or -1 */
  int      mounts;          /* MOUNTS (owned), or -1 */
  gboolean blind;           /* there is no watch: everything may change at any time */
  gboolean linked;          /* any name in the directory may be part of a way to a target */
  Target   targets[G_N_ELEMENTS (names)];
  char    *stock;           /* of all that a mount could hide (owned) */
  char    *etc_directory;   /* (owned) */
  char    *pam_directory;   /* (owned) */
  gboolean pam_is_inside;   /* its coming is an event of the other directory */
};

static gboolean
is_elsewhere (const struct statx *status)
{
  return S_ISLNK (status->stx_mode) || (status->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0
         || (S_ISREG (status->stx_mode) && status->stx_nlink > 1);
}

static void
look_at (int directory, const char *name, int flags, struct statx *status)
{
  if (directory == -1
      || statx (directory, name, AT_NO_AUTOMOUNT | flags, STATX_BASIC_STATS | STATX_MNT_ID,
                status) != 0)
    *status = (struct statx) { 0 };
}

/* Which file it is, and where that is mounted. */
static void
stock_add (GString *stock, const struct statx *status)
{
  g_string_append_printf (stock, "%" G_GUINT64_FORMAT " %u:%u %" G_GUINT64_FORMAT "\n",
                          (guint64) status->stx_mnt_id, status->stx_dev_major,
                          status->stx_dev_minor, (guint64) status->stx_ino);
}

/* The entries in an order of their own: the same again while nothing changes. */
static void
stock_add_directory (GString *stock, const char *path, gboolean *linked)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct statx status;
  const char *name;

  look_at (AT_FDCWD, path, 0, &status);
  stock_add (stock, &status);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      look_at (fd, name, AT_SYMLINK_NOFOLLOW, &status);
      stock_add (stock, &status);
      *linked = *linked || is_elsewhere (&status);
      look_at (fd, name, 0, &status);
      stock_add (stock, &status);
    }
  if (fd >= 0)
    close (fd);
}

/* Follows what events cannot tell of. */
static char *
watch_take_stock (TbxAccountWatch *self, Target *targets, gboolean *linked)
{
  int directory = open (self->etc_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  GString *stock = g_string_new (NULL);
  struct statx status;

  *linked = FALSE;
  look_at (AT_FDCWD, self->etc_directory, 0, &status);
  stock_add (stock, &status);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      look_at (directory, names[i], AT_SYMLINK_NOFOLLOW, &status);
      stock_add (stock, &status);
      targets[i].elsewhere = is_elsewhere (&status);
      *linked = *linked || targets[i].elsewhere;
      look_at (directory, names[i], 0, &targets[i].status);
      stock_add (stock, &targets[i].status);
    }
  if (directory >= 0)
    close (directory);
  stock_add_directory (stock, self->pam_directory, linked);
  return g_string_free (stock, FALSE);
}

/* Whether a mount, or its end, changed what any of the names means. */
static gboolean
mounts_matter (TbxAccountWatch *self)
{
  Target targets[G_N_ELEMENTS (names)];
  g_autofree char *stock = NULL;
  gboolean linked;

  stock = watch_take_stock (self, targets, &linked);
  return strcmp (stock, self->stock) != 0;
}

static gboolean
are_same (const struct statx *a, const struct statx *b)
{
  return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major
         && a->stx_dev_minor == b->stx_dev_minor && a->stx_size == b->stx_size
         && a->stx_mode == b->stx_mode && a->stx_uid == b->stx_uid && a->stx_gid == b->stx_gid
         && a->stx_ctime.tv_sec == b->stx_ctime.tv_sec
         && a->stx_ctime.tv_nsec == b->stx_ctime.tv_nsec
         && a->stx_mtime.tv_sec == b->stx_mtime.tv_sec
         && a->stx_mtime.tv_nsec == b->stx_mtime.tv_nsec;
}

static gboolean
targets_changed (TbxAccountWatch *self)
{
  gboolean changed = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (names) && !changed; i++)
    {
      g_autofree char *path = NULL;
      struct statx status;

      if (!self->targets[i].elsewhere)
        continue;
      path = g_build_filename (self->etc_directory, names[i], NULL);
      look_at (AT_FDCWD, path, 0, &status);
      changed = !are_same (&status, &self->targets[i].status);
    }
  return changed;
}

/* Begins anew: each directory may be another one than before.  First the watches, then
 * what they watch, so that nothing comes to be between the two. */
static void
watch_begin (TbxAccountWatch *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->etc = self->pam = -1;
  self->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (self->fd >= 0)
    {
      self->pam = inotify_add_watch (self->fd, self->pam_directory, EVENTS | IN_ONLYDIR);
      self->etc = inotify_add_watch (self->fd, self->etc_directory, EVENTS | IN_ONLYDIR);
    }
  self->blind = self->etc < 0 || self->mounts < 0 || (self->pam < 0 && !self->pam_is_inside);
  g_clear_pointer (&self->stock, g_free);
  if (!self->blind)
    self->stock = watch_take_stock (self, self->targets, &self->linked);
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

  self->fd = -1;
  self->etc_directory = g_strdup (etc_directory);
  self->pam_is_inside = pam_directory == NULL;
  self->pam_directory = pam_directory != NULL ? g_strdup (pam_directory)
                                              : g_build_filename (etc_directory, "pam.d", NULL);
  self->mounts = open (MOUNTS, O_RDONLY | O_CLOEXEC);
  watch_begin (self);
  if (!self->blind)
    return g_steal_pointer (&self);
  g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "Cannot watch %s and %s: %s", etc_directory,
               self->pam_directory, g_strerror (errno));
  return NULL;
}

void
tbx_account_watch_free (TbxAccountWatch *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->mounts >= 0)
    close (self->mounts);
  g_free (self->stock);
  g_free (self->etc_directory);
  g_free (self->pam_directory);
  g_free (self);
}

static gboolean
event_matters (TbxAccountWatch *self, const struct inotify_event *event)
{
  if ((event->mask & GONE) || event->wd != self->etc || event->len == 0 || self->linked)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (event->name, names[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
read_events (TbxAccountWatch *self)
{
  _Alignas (struct inotify_event) char buffer[4096];
  gboolean changed = FALSE;

  for (;;)
    {
      gssize n = read (self->fd, buffer, sizeof buffer);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return changed || n == 0 || errno != EAGAIN;
      for (char *at = buffer; at < buffer + n;)
        {
          const struct inotify_event *event = (const struct inotify_event *) at;

          changed = changed || event_matters (self, event);
          at += sizeof *event + event->len;
        }
    }
}

/* One system call where nothing happened, which is each packet of a transfer. */
static gboolean
anything_happened (TbxAccountWatch *self)
{
  struct pollfd fds[] = { { .fd = self->fd, .events = POLLIN },
                          { .fd = self->mounts, .events = POLLPRI } };
  int n;

  do
    n = poll (fds, G_N_ELEMENTS (fds), 0);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    return FALSE;
  if (n < 0 || (fds[0].revents != 0 && read_events (self)))
    return TRUE;
  return fds[1].revents != 0 && mounts_matter (self);
}

/**
 * tbx_account_watch_changed:
 * @self: the watch
 *
 * Never waits.  What was written before this call is seen by it, by whatever way it was.
 *
 * Returns: whether anything may have changed since the last call; always while there is
 *   no watch
 */
gboolean
tbx_account_watch_changed (TbxAccountWatch *self)
{
  if (!self->blind && !anything_happened (self) && !(self->linked && targets_changed (self)))
    return FALSE;
  watch_begin (self);
  return TRUE;
}
