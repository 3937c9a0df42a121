/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-copy.h"
#include <errno.h>
#include <fcntl.h>
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

/* The next stretch of @fd from *@start on that is no hole; FALSE when there is none. */
static gboolean
next_stretch (int fd, off_t size, off_t *start, off_t *end)
{
  off_t data = lseek (fd, *start, SEEK_DATA);

  if (*start >= size || (data < 0 && errno == ENXIO) || data >= size)
    return FALSE;
  *end = data < 0 ? size : lseek (fd, data, SEEK_HOLE);
  *start = MAX (data, *start);
  if (*end < 0 || *end > size)
    *end = size;
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
  off_t start = 0, end;

  while (next_stretch (in_fd, size, &start, &end))
    {
      if (!copy_stretch (in_fd, out_fd, start, end, buffer, op))
        return FALSE;
      start = end;
    }
  return ftruncate (out_fd, size) == 0;
}

/**
 * tbx_file_copy_reserve:
 * @in_fd: what will be copied
 * @out_fd: a file that will be overwritten; its content stays as it is
 * @size: how long the copy will be, bytes
 *
 * Returns: 0; an errno when there is no room for what is no hole
 */
int
tbx_file_copy_reserve (int in_fd, int out_fd, off_t size)
{
  off_t start = 0, end;
  struct stat info;
  int error_number = 0;

  while (error_number == 0 && next_stretch (in_fd, size, &start, &end))
    {
      if (fallocate (out_fd, FALLOC_FL_KEEP_SIZE, start, end - start) < 0)
        error_number = errno;
      start = end;
    }
  /* What it got behind its end it gives back. */
  if (error_number != 0 && fstat (out_fd, &info) == 0 && ftruncate (out_fd, info.st_size) < 0)
    g_debug ("Space stays reserved: %s", g_strerror (errno));
  return error_number == EOPNOTSUPP ? 0 : error_number;
}

/* Makes zeros of what is there. */
static gboolean
clear_stretch (int fd, off_t start, off_t end)
{
  g_autofree char *zeros = NULL;

  if (start >= end
      || fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start) == 0)
    return TRUE;
  if (errno != EOPNOTSUPP)
    return FALSE;
  zeros = g_malloc0 (CHUNK_BYTES);
  while (start < end)
    {
      gssize n = pwrite (fd, zeros, MIN ((gsize) (end - start), CHUNK_BYTES), start);

      if (n < 0 && errno != EINTR)
        return FALSE;
      start += MAX (n, 0);
    }
  return TRUE;
}

/**
 * tbx_file_copy_over:
 * @in_fd: what is copied
 * @out_fd: a file that has other content
 * @size: how long the copy is, bytes
 * @op: (nullable): told of the progress
 *
 * Where @in_fd has a hole, @out_fd gets one.
 *
 * Returns: %FALSE with errno set
 */
gboolean
tbx_file_copy_over (int in_fd, int out_fd, off_t size, TbxOp *op)
{
  g_autofree char *buffer = g_malloc (CHUNK_BYTES);
  off_t done = 0, start = 0, end;

  while (next_stretch (in_fd, size, &start, &end))
    {
      if (!clear_stretch (out_fd, done, start)
          || !copy_stretch (in_fd, out_fd, start, end, buffer, op))
        return FALSE;
      done = start = end;
    }
  return clear_stretch (out_fd, done, size) && ftruncate (out_fd, size) == 0;
}

/* Names of extended attributes, each with its NUL. */
typedef struct
{
  char   *names;   /* (owned) */
  gssize  size;    /* bytes; < 0: there are none */
} XattrList;

static void
xattrs_read (int fd, XattrList *list)
{
  list->names = g_malloc (MAX_XATTR_BYTES);
  list->size = flistxattr (fd, list->names, MAX_XATTR_BYTES);
}

static gboolean
xattrs_contain (const XattrList *list, const char *wanted)
{
  for (const char *name = list->names; list->size > 0 && name < list->names + list->size;
       name += strlen (name) + 1)
    if (strcmp (name, wanted) == 0)
      return TRUE;
  return FALSE;
}

/* What the kernel takes away, or makes anew, when content changes. */
static gboolean
is_about_content (const char *name)
{
  return strcmp (name, "security.capability") == 0 || strcmp (name, "security.ima") == 0
         || strcmp (name, "security.evm") == 0;
}

static int
copy_xattr (int in_fd, int out_fd, const char *name, char *value, char *present)
{
  gssize n = fgetxattr (in_fd, name, value, MAX_XATTR_BYTES);
  gssize m = fgetxattr (out_fd, name, present, MAX_XATTR_BYTES);

  if (n < 0)
    return errno;
  if (n == m && memcmp (value, present, (gsize) n) == 0)
    return 0;
  return fsetxattr (out_fd, name, value, (gsize) n, 0) < 0 ? errno : 0;
}

/* Extended attributes, and with them access control lists: all that can be, and none
 * that the other has not.  Gives the first failure. */
static int
copy_xattrs (int in_fd, int out_fd)
{
  g_autofree char *value = g_malloc (MAX_XATTR_BYTES);
  g_autofree char *present = g_malloc (MAX_XATTR_BYTES);
  XattrList from, to;
  int error_number = 0;

  xattrs_read (in_fd, &from);
  xattrs_read (out_fd, &to);
  for (const char *name = from.names; from.size > 0 && name < from.names + from.size;
       name += strlen (name) + 1)
    {
      int e = is_about_content (name) ? 0 : copy_xattr (in_fd, out_fd, name, value, present);

      error_number = error_number == 0 ? e : error_number;
    }
  for (const char *name = to.names; to.size > 0 && name < to.names + to.size;
       name += strlen (name) + 1)
    if (!xattrs_contain (&from, name) && fremovexattr (out_fd, name) < 0 && error_number == 0)
      error_number = errno;
  g_free (from.names);
  g_free (to.names);
  return error_number;
}

/**
 * tbx_file_copy_security_exactly:
 * @in_fd: whose owner, mode and extended attributes are taken
 * @out_fd: who gets them, to take the place of the other
 * @info: of @in_fd
 *
 * Returns: 0; an errno when it cannot be made equal in all of them
 */
int
tbx_file_copy_security_exactly (int in_fd, int out_fd, const struct stat *info)
{
  int error_number;

  if (fchown (out_fd, info->st_uid, info->st_gid) < 0)
    return errno;
  error_number = copy_xattrs (in_fd, out_fd);
  if (error_number == 0 && fchmod (out_fd, info->st_mode & 07777) < 0)
    error_number = errno;
  return error_number;
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
  int error_number;

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
  error_number = copy_xattrs (in_fd, out_fd);
  if (error_number != 0)
    g_debug ("An attribute of a file was not copied: %s", g_strerror (error_number));
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
