/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-service.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const variables[] = {
  "NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC",
};

static void
forget (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_unsetenv (variables[i]);
}

/* Who listens to a service; @name as in NOTIFY_SOCKET. */
static int
listen_at (const char *name)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  socklen_t size = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + strlen (name));
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  memcpy (address.sun_path, name, strlen (name));
  if (name[0] == '@')
    address.sun_path[0] = '\0';
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, size), ==, 0);
  return fd;
}

/* What came, and in @fd a descriptor that came with it, or -1. */
static char *
hear (int listener, int *fd)
{
  char text[256];
  union
  {
    struct cmsghdr header;
    char           room[CMSG_SPACE (4 * sizeof (int))];
  } control;
  struct iovec part = { text, sizeof text };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                            .msg_controllen = sizeof control };
  ssize_t n = recvmsg (listener, &message, MSG_CMSG_CLOEXEC);

  g_assert_cmpint (n, >, 0);
  *fd = -1;
  if (CMSG_FIRSTHDR (&message) != NULL)
    {
      g_assert_cmpuint (control.header.cmsg_len, ==, CMSG_LEN (sizeof (int)));
      memcpy (fd, CMSG_DATA (&control.header), sizeof (int));
    }
  return g_strndup (text, (gsize) n);
}

static void
assert_heard (const char *name)
{
  int listener = listen_at (name), fd, ends[2];
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  char byte = 0;

  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  g_assert_true (tbx_service_notify ("READY=1"));
  first = hear (listener, &fd);
  g_assert_cmpstr (first, ==, "READY=1");
  g_assert_cmpint (fd, ==, -1);

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_true (tbx_service_notify_with_fds ("FDSTORE=1\nFDNAME=x", &ends[1], 1));
  close (ends[1]);
  second = hear (listener, &fd);
  g_assert_cmpstr (second, ==, "FDSTORE=1\nFDNAME=x");
  g_assert_cmpint (write (fd, "!", 1), ==, 1);
  g_assert_cmpint (read (ends[0], &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, '!');
  close (fd);
  close (ends[0]);
  close (listener);
  g_assert_false (tbx_service_notify ("READY=1"));   /* nobody listens any more */
}

static void
test_notify (void)
{
  g_autofree char *dir = g_dir_make_tmp ("tbx-service-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "notify", NULL);
  g_autofree char *abstract = g_strdup_printf ("@tbx-service-%d", (int) getpid ());
  char far[200];

  assert_heard (path);
  g_unlink (path);
  g_rmdir (dir);
  assert_heard (abstract);
  memset (far, 'x', sizeof far - 1);
  far[0] = '/';
  far[sizeof far - 1] = '\0';
  forget ();
  g_assert_false (tbx_service_notify ("READY=1"));
  for (const char *const *each = (const char *const[]) { far, "", "/", "@", "relative",
                                                         "vsock:2:1", NULL }; *each != NULL; each++)
    {
      g_setenv ("NOTIFY_SOCKET", *each, TRUE);
      g_assert_false (tbx_service_notify ("READY=1"));
    }
  forget ();
}

/* In a child, which has descriptors 3 and 4 and no other: what of them it takes, with
 * names; the child ends with 99 where something is wrong. */
static void
assert_taken (const char *pid, const char *n, const char *names, guint wanted, const char *joined)
{
  g_autofree char *own = NULL;
  int status;
  pid_t child = fork ();

  if (child == 0)
    {
      g_auto(GStrv) got = NULL;
      g_autofree char *all = NULL;
      guint n_got;

      close_range (TBX_SERVICE_FIRST_FD, ~0U, 0);
      for (int i = 0; i < 2; i++)
        if (dup2 (STDERR_FILENO, TBX_SERVICE_FIRST_FD + i) < 0)
          _exit (98);
      own = g_strdup_printf ("%d", (int) getpid ());
      g_setenv ("LISTEN_PID", pid == NULL ? own : pid, TRUE);
      g_setenv ("LISTEN_FDS", n, TRUE);
      if (names != NULL)
        g_setenv ("LISTEN_FDNAMES", names, TRUE);
      n_got = tbx_service_take_fds (&got);
      all = g_strjoinv (":", got);
      for (guint i = 0; i < n_got; i++)
        if (fcntl (TBX_SERVICE_FIRST_FD + (int) i, F_GETFD) != FD_CLOEXEC)
          _exit (97);
      _exit (n_got == wanted && strcmp (all, joined) == 0 && g_getenv ("LISTEN_FDS") == NULL
             && g_getenv ("LISTEN_PID") == NULL && g_getenv ("LISTEN_FDNAMES") == NULL ? 0 : 99);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

static void
test_take_fds (void)
{
  assert_taken (NULL, "2", "a:b", 2, "a:b");
  assert_taken (NULL, "2", NULL, 2, "unknown:unknown");
  assert_taken (NULL, "2", "a", 2, "unknown:unknown");
  assert_taken (NULL, "1", "a:b", 1, "unknown");
  assert_taken (NULL, "3", "a:b:c", 2, "unknown:unknown");   /* the third is not there */
  assert_taken (NULL, "0", "", 0, "");
  assert_taken (NULL, "-1", "a", 0, "");
  assert_taken (NULL, "4294967298", "a:b", 0, "");
  assert_taken (NULL, "x", "a", 0, "");
  assert_taken ("1", "2", "a:b", 0, "");
  assert_taken ("", "2", "a:b", 0, "");
}

static void
test_watchdog (void)
{
  g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());

  g_assert_cmpuint (tbx_service_get_watchdog_us (), ==, 0);
  g_setenv ("WATCHDOG_USEC", "30000000", TRUE);
  g_assert_cmpuint (tbx_service_get_watchdog_us (), ==, 30000000);
  g_setenv ("WATCHDOG_PID", own, TRUE);
  g_assert_cmpuint (tbx_service_get_watchdog_us (), ==, 30000000);
  g_setenv ("WATCHDOG_PID", "1", TRUE);
  g_assert_cmpuint (tbx_service_get_watchdog_us (), ==, 0);
  g_unsetenv ("WATCHDOG_PID");
  for (const char *const *each = (const char *const[]) { "0", "-5", "x", "", NULL }; *each != NULL;
       each++)
    {
      g_setenv ("WATCHDOG_USEC", *each, TRUE);
      g_assert_cmpuint (tbx_service_get_watchdog_us (), ==, 0);
    }
  forget ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  forget ();
  g_test_add_func ("/service/notify", test_notify);
  g_test_add_func ("/service/take-fds", test_take_fds);
  g_test_add_func ("/service/watchdog", test_watchdog);
  return g_test_run ();
}
