/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-small-file.h"
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail (GError **error, int code, const char *path)
{
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code), "%s: %s", path,
               g_strerror (code));
  return FALSE;
}

static gboolean
read_all (int fd, const char *path, char *buffer, gsize *size, GError **error)
{
  struct stat st;
  gssize n;

  *size = 0;
  if (fstat (fd, &st) != 0)
    return fail (error, errno, path);
  if (!S_ISREG (st.st_mode))   /* a pipe would have us wait */
    return fail (error, EINVAL, path);
  do
    {
      n = read (fd, buffer + *size, TBX_SMALL_FILE_MAX_BYTES - *size);
      if (n > 0)
        *size += (gsize) n;
    }
  while (n > 0 || (n < 0 && errno == EINTR));
  return n == 0 || fail (error, errno, path);
}

/**
 * tbx_small_file_read:
 * @path: of a regular file
 * @size: (out): its length in bytes
 * @error: return location for an error
 *
 * Errors: those of GIO.
 *
 * Returns: (transfer full) (nullable): its first 64 KiB, with a NUL behind
 */
char *
tbx_small_file_read (const char *path, gsize *size, GError **error)
{
  g_autofree char *buffer = g_malloc (TBX_SMALL_FILE_MAX_BYTES + 1);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  gboolean done;

  if (fd < 0)
    {
      fail (error, errno, path);
      return NULL;
    }
  done = read_all (fd, path, buffer, size, error);
  close (fd);
  if (!done)
    return NULL;
  buffer[*size] = '\0';
  return g_realloc (g_steal_pointer (&buffer), *size + 1);
}
