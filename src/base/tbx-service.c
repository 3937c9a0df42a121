/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-service.h"
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_SENT_FDS  8
#define MAX_TAKEN_FDS 4096

/**
 * tbx_service_is_booted_by_systemd:
 *
 * Returns: whether systemd is PID 1 of this system
 */
gboolean
tbx_service_is_booted_by_systemd (void)
{
  return faccessat (AT_FDCWD, "/run/systemd/system/", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A path, or a name in the abstract namespace, which begins with "@". */
static gboolean
fill_address (const char *name, struct sockaddr_un *address, socklen_t *size)
{
  gsize length = strlen (name);

  if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof address->sun_path)
    return FALSE;
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy (address->sun_path, name, length);
  *size = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length);
  if (name[0] == '@')
    address->sun_path[0] = '\0';
  else
    *size += 1;
  return TRUE;
}

/**
 * tbx_service_notify_with_fds:
 * @state: lines of "NAME=value"
 * @fds: (array length=n_fds): descriptors that go with it; still the caller's
 * @n_fds: how many; at most 8
 *
 * Returns: whether there is somebody to tell, and it was told
 */
gboolean
tbx_service_notify_with_fds (const char *state, const int *fds, guint n_fds)
{
  const char *name = g_getenv ("NOTIFY_SOCKET");
  union
  {
    struct cmsghdr header;
    char           room[CMSG_SPACE (MAX_SENT_FDS * sizeof (int))];
  } control = { 0 };
  struct sockaddr_un address;
  struct iovec part = { (char *) state, strlen (state) };
  struct msghdr message = { .msg_name = &address, .msg_iov = &part, .msg_iovlen = 1 };
  gboolean sent;
  int fd;

  g_return_val_if_fail (n_fds <= MAX_SENT_FDS, FALSE);
  if (name == NULL || !fill_address (name, &address, &message.msg_namelen))
    return FALSE;
  if (n_fds > 0)
    {
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE (n_fds * sizeof *fds);
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (n_fds * sizeof *fds);
      memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof *fds);
    }
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  sent = sendmsg (fd, &message, MSG_NOSIGNAL) >= 0;
  close (fd);
  return sent;
}

/**
 * tbx_service_notify:
 * @state: lines of "NAME=value"
 *
 * Returns: whether there is somebody to tell, and it was told
 */
gboolean
tbx_service_notify (const char *state)
{
  return tbx_service_notify_with_fds (state, NULL, 0);
}

/* Whether @variable is there and names this process. */
static gboolean
is_for_us (const char *variable)
{
  const char *text = g_getenv (variable);
  guint64 pid;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT32, &pid, NULL)
         && (pid_t) pid == getpid ();
}

static char **
dup_names (guint n)
{
  const char *text = g_getenv ("LISTEN_FDNAMES");
  g_auto(GStrv) names = text == NULL ? NULL : g_strsplit (text, ":", -1);
  g_autoptr(GPtrArray) unknown = NULL;

  if (names != NULL && g_strv_length (names) == n)
    return g_steal_pointer (&names);
  unknown = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (unknown, g_strdup ("unknown"));
  g_ptr_array_add (unknown, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&unknown), FALSE);
}

/**
 * tbx_service_take_fds:
 * @names: (out) (transfer full): as many names, and %NULL
 *
 * Those that were passed to this process, from `TBX_SERVICE_FIRST_FD` on.  They are closed
 * when another program is executed, and nobody else is told of them: to be called once,
 * before there are threads.
 *
 * Returns: how many there are
 */
guint
tbx_service_take_fds (char ***names)
{
  const char *text = g_getenv ("LISTEN_FDS");
  guint64 n = 0;

  if (text == NULL || !is_for_us ("LISTEN_PID")
      || !g_ascii_string_to_unsigned (text, 10, 0, MAX_TAKEN_FDS, &n, NULL))
    n = 0;
  for (guint i = 0; i < n; i++)
    if (fcntl (TBX_SERVICE_FIRST_FD + (int) i, F_SETFD, FD_CLOEXEC) != 0)
      n = i;   /* what is not there was not passed */
  *names = dup_names ((guint) n);
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
  return (guint) n;
}

/**
 * tbx_service_get_watchdog_us:
 *
 * Returns: how often systemd wants to hear of us, in microseconds; 0: it does not
 */
guint64
tbx_service_get_watchdog_us (void)
{
  const char *text = g_getenv ("WATCHDOG_USEC");
  guint64 period_us;

  if (text == NULL || (g_getenv ("WATCHDOG_PID") != NULL && !is_for_us ("WATCHDOG_PID"))
      || !g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64 - 1, &period_us, NULL))
    return 0;
  return period_us;
}
