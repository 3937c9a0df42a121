/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-test-netns.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static gboolean
write_file (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text);

  if (fd >= 0)
    close (fd);
  return done;
}

static gboolean
enter_as_user (void)
{
  g_autofree char *uid_map = g_strdup_printf ("0 %u 1", getuid ());
  g_autofree char *gid_map = g_strdup_printf ("0 %u 1", getgid ());

  return unshare (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWUTS) == 0
         && write_file ("/proc/self/setgroups", "deny")
         && write_file ("/proc/self/uid_map", uid_map)
         && write_file ("/proc/self/gid_map", gid_map);
}

/**
 * tbx_test_netns_enter:
 *
 * Moves this program into network and host name namespaces of its own, as root or,
 * where that is allowed, as anybody.  To be called before there is a second thread.
 *
 * Returns: %FALSE when the kernel does not let us
 */
gboolean
tbx_test_netns_enter (void)
{
  if (unshare (CLONE_NEWNET | CLONE_NEWUTS) == 0 || enter_as_user ())
    return TRUE;
  g_printerr ("# no network namespace: %s\n", g_strerror (errno));
  return FALSE;
}

/**
 * tbx_test_ip:
 * @format: arguments of ip(8), as a printf format; must succeed
 */
void
tbx_test_ip (const char *format, ...)
{
  g_autofree char *arguments = NULL;
  g_autofree char *command = NULL;
  g_autoptr(GError) error = NULL;
  va_list args;
  int status;

  va_start (args, format);
  arguments = g_strdup_vprintf (format, args);
  va_end (args);
  command = g_strconcat ("ip ", arguments, NULL);
  g_test_message ("%s", command);
  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, &error));
}

/**
 * tbx_test_ip_batch:
 * @commands: arguments of ip(8), one command a line; all must succeed
 */
void
tbx_test_ip_batch (const char *commands)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) ip = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE, &error, "ip",
                                                "-batch", "-", NULL);

  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (ip, commands, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (ip));
}

/**
 * tbx_test_add_link:
 * @name: of an Ethernet interface to make; it is down and has no address
 *
 * Returns: (transfer none): the kind that this kernel could make
 */
const char *
tbx_test_add_link (const char *name)
{
  static const char *const kinds[] = { "dummy", "bridge", "ifb" };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GSubprocess) ip = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, "ip",
                                                    "link", "add", name, "type", kinds[i], NULL);

      g_assert_no_error (error);
      if (g_subprocess_wait_check (ip, NULL, NULL))
        return kinds[i];
    }
  g_error ("This kernel makes no interface at all");
}
