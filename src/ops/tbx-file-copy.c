/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-copy.h"
#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHUNK_BYTES     (1024 * 1024)
#define MAX_XATTR_BYTES (64 * 1024)

/* Copies one stretch that is no hole. */
static gboolean
copy_stretch (int in_fd, int out_fd, off_t start, off_t end, char *buffer, TbxOp *op)
{
  while (start < end)
    {
      gssize n = pread (in_fd, buffer, MIN ((off_t) CHUNK_BYTES, end - start), start);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n == 0;   /* it became shorter meanwhile */
      for (gssize done = 0; done < n;)
        {
          gssize m = pwrite (out_fd, buffer + done, (gsize) (n - done), start + done);

          if (m < 0 && errno != EINTR)
            return FALSE;
          done += MAX (m, 0);
        }
      start += n;
      if (op != NULL)
        tbx_op_progress (op);
    }
  return TRUE;
}

/**
 * tbx_file_copy_content:
 * @in_fd: what is copied
 * @out_fd: where to, from its start
 * @size: how long the copy is, bytes
 * @op: (nullable): told of the progress
 *
 * Leaves holes where there are holes, and cuts what was longer.
 *
 * Returns: %FALSE with errno set
 */
gboolean
tbx_file_copy_content (int in_fd, int out_fd, off_t size, TbxOp *op)
{
  g_autofree char *buffer = g_malloc (CHUNK_BYTES);
  off_t data = 0, hole;

  while (data < size)
    {
      data = lseek (in_fd, data, SEEK_DATA);
      if (data < 0 && errno == ENXIO)
        break;
      if (data < 0)   /* cannot tell: all of it */
        return copy_stretch (in_fd, out_fd, 0, size, buffer, op) && ftruncate (out_fd, size) == 0;
      hole = lseek (in_fd, data, SEEK_HOLE);
      if (hole < 0)
        hole = size;
      if (!copy_stretch (in_fd, out_fd, data, hole, buffer, op))
        return FALSE;
      data = hole;
    }
  return ftruncate (out_fd, size) == 0;
}

/* Extended attributes, and with them access control lists, where both sides have any. */
static void
copy_xattrs (int in_fd, int out_fd)
{
  g_autofree char *names = g_malloc (MAX_XATTR_BYTES);
  g_autofree char *value = g_malloc (MAX_XATTR_BYTES);
  gssize size = flistxattr (in_fd, names, MAX_XATTR_BYTES);

  for (const char *name = names; size > 0 && name < names + size; name += strlen (name) + 1)
    {
      gssize n = fgetxattr (in_fd, name, value, MAX_XATTR_BYTES);

      if (n >= 0 && fsetxattr (out_fd, name, value, (gsize) n, 0) < 0)
        g_debug ("An attribute of a file was not copied: %s", g_strerror (errno));
    }
}

/**
 * tbx_file_copy_security:
 * @in_fd: whose mode and extended attributes (access control lists among them) are taken
 * @out_fd: who gets them
 * @info: of @in_fd
 *
 * Returns: 0, or an errno
 */
int
tbx_file_copy_security (int in_fd, int out_fd, const struct stat *info)
{
  mode_t mode = info->st_mode & 07777;

  /* The owner where we may; before the mode, of which a change of owner clears bits.
   * Where we may not, nobody runs it with the rights of somebody else. */
  if (fchown (out_fd, info->st_uid, info->st_gid) < 0)
    {
      if (errno != EPERM && errno != EINVAL)
        return errno;
      mode &= ~(mode_t) (S_ISUID | S_ISGID);
      if (fchown (out_fd, (uid_t) -1, info->st_gid) < 0 && errno != EPERM && errno != EINVAL)
        return errno;
    }
  copy_xattrs (in_fd, out_fd);
  return fchmod (out_fd, mode) < 0 ? errno : 0;
}

/**
 * tbx_file_copy_attributes:
 * @in_fd: whose attributes are taken: those of tbx_file_copy_security(), and times
 * @out_fd: who gets them
 * @info: of @in_fd
 *
 * Returns: 0, or an errno
 */
int
tbx_file_copy_attributes (int in_fd, int out_fd, const struct stat *info)
{
  const struct timespec times[] = { info->st_atim, info->st_mtim };
  int error_number = tbx_file_copy_security (in_fd, out_fd, info);

  if (error_number == 0 && futimens (out_fd, times) < 0)
    error_number = errno;
  return error_number;
}
