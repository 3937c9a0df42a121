/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-starter.h"
#include "tbx-error.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Where a worker finds its control socket, as systemd would pass it. */
#define WORKER_SOCKET_FD 3

struct _TbxWorkerStarter
{
  GObject  parent_instance;
  char    *program;         /* path of toolboxd-worker (owned) */
  char    *pam_directory;   /* for tests (owned), or NULL: the system's */
  char    *socket_path;     /* where PID 1 listens for us (owned), or NULL: we spawn */
  gboolean self;            /* no PAM: only our own user */
};

G_DEFINE_FINAL_TYPE (TbxWorkerStarter, tbx_worker_starter, G_TYPE_OBJECT)

static void
set_errno_error (GError **error, const char *what)
{
  int saved = errno;

  g_set_error (error, TBX_ERROR, TBX_ERROR_FAILED, "Cannot start a worker: %s: %s", what,
               g_strerror (saved));
}

/* What is meant for the daemon alone is not handed down. */
static char **
dup_environment (void)
{
  static const char *const ours[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                      "LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES" };
  char **environment = g_get_environ ();

  for (gsize i = 0; i < G_N_ELEMENTS (ours); i++)
    environment = g_environ_unsetenv (environment, ours[i]);
  return environment;
}

static TbxWorker *
starter_spawn (TbxWorkerStarter *self, const TbxWorkerDeadlines *deadlines, GError **error)
{
  g_auto(GStrv) environment = dup_environment ();
  const char *argv[5] = { self->program };
  const int target = WORKER_SOCKET_FD;
  gboolean started;
  guint n = 1;
  int pair[2];
  GPid child;

  if (self->self)
    argv[n++] = "--self";
  if (self->pam_directory != NULL)
    {
      argv[n++] = "--pam-directory";
      argv[n++] = self->pam_directory;
    }
  g_assert (n < G_N_ELEMENTS (argv));
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0
      || !g_unix_set_fd_nonblocking (pair[0], TRUE, NULL))
    {
      set_errno_error (error, "socketpair");
      return NULL;
    }
  started = g_spawn_async_with_pipes_and_fds ("/", argv, (const char *const *) environment,
                                              G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, -1, -1,
                                              &pair[1], &target, 1, &child, NULL, NULL, NULL,
                                              error);
  close (pair[1]);
  if (started)
    return tbx_worker_new (pair[0], tbx_worker_process_new_child (child), deadlines);
  close (pair[0]);
  return NULL;
}

/* The other end belongs to who listens: only root may get the passwords. */
static gboolean
peer_is_root (int socket)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  return getsockopt (socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

static TbxWorker *
starter_connect (TbxWorkerStarter *self, const TbxWorkerDeadlines *deadlines, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    {
      set_errno_error (error, "socket");
      return NULL;
    }
  g_strlcpy (address.sun_path, self->socket_path, sizeof address.sun_path);
  if (connect (fd, (const struct sockaddr *) &address, sizeof address) == 0 && peer_is_root (fd))
    return tbx_worker_new (fd, tbx_worker_process_new_foreign (-1), deadlines);
  set_errno_error (error, self->socket_path);
  close (fd);
  return NULL;
}

/**
 * tbx_worker_starter_start:
 * @self: the starter
 * @deadlines: for the worker
 * @error: return location for an error
 *
 * Never blocks: whether the process really runs, the worker's login will tell.
 * Errors: `TBX_ERROR_FAILED`, those of #GSpawnError.
 *
 * Returns: (transfer full) (nullable): a new worker
 */
TbxWorker *
tbx_worker_starter_start (TbxWorkerStarter         *self,
                          const TbxWorkerDeadlines *deadlines,
                          GError                  **error)
{
  if (self->socket_path != NULL)
    return starter_connect (self, deadlines, error);
  return starter_spawn (self, deadlines, error);
}

/**
 * tbx_worker_starter_set_self:
 * @self: the starter
 * @own: whether only the daemon's own user is served, and PAM is not asked
 */
void
tbx_worker_starter_set_self (TbxWorkerStarter *self, gboolean own)
{
  self->self = own;
}

gboolean
tbx_worker_starter_get_self (TbxWorkerStarter *self)
{
  return self->self;
}

/**
 * tbx_worker_starter_set_pam_dir:
 * @self: the starter
 * @dir: (nullable) (type filename): where PAM's files are; the system's when %NULL
 *
 * For tests; of no effect where PID 1 starts the workers.
 */
void
tbx_worker_starter_set_pam_dir (TbxWorkerStarter *self, const char *dir)
{
  g_free (self->pam_directory);
  self->pam_directory = g_strdup (dir);
}

/**
 * tbx_worker_starter_set_socket_path:
 * @self: the starter
 * @path: (nullable) (type filename): where PID 1 listens to start workers; %NULL: the
 *   daemon starts them itself
 */
void
tbx_worker_starter_set_socket_path (TbxWorkerStarter *self, const char *path)
{
  g_free (self->socket_path);
  self->socket_path = g_strdup (path);
}

static void
tbx_worker_starter_finalize (GObject *object)
{
  TbxWorkerStarter *self = TBX_WORKER_STARTER (object);

  g_free (self->program);
  g_free (self->pam_directory);
  g_free (self->socket_path);
  G_OBJECT_CLASS (tbx_worker_starter_parent_class)->finalize (object);
}

static void
tbx_worker_starter_class_init (TbxWorkerStarterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbx_worker_starter_finalize;
}

static void
tbx_worker_starter_init (TbxWorkerStarter *self)
{
}

/**
 * tbx_worker_starter_new:
 * @program: (type filename): path of toolboxd-worker
 *
 * Returns: (transfer full): a starter that spawns
 */
TbxWorkerStarter *
tbx_worker_starter_new (const char *program)
{
  TbxWorkerStarter *self = g_object_new (TBX_TYPE_WORKER_STARTER, NULL);

  self->program = g_strdup (program);
  return self;
}
