/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-archive-file.h"
#include "tbx-path.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A file takes the place of a file or of a symlink, and of nothing else. */
static int
check_place (int parent_fd, const char *name)
{
  struct stat info;

  if (fstatat (parent_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : errno;
  if (S_ISDIR (info.st_mode))
    return EISDIR;
  return S_ISREG (info.st_mode) || S_ISLNK (info.st_mode) ? 0 : EEXIST;
}

static int
open_fresh (TbxArchiveFile *self, gboolean named)
{
  if (!named)
    {
      self->fd = openat (self->parent_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
      if (self->fd >= 0)
        return 0;
      if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
        return errno;
    }
  self->temporary = tbx_path_beside (self->name);
  self->fd = openat (self->parent_fd, self->temporary,
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (self->fd >= 0)
    return 0;
  g_clear_pointer (&self->temporary, g_free);
  return errno;
}

/**
 * tbx_archive_file_begin:
 * @self: zeroed; to be cleared in every case
 * @root: where
 * @path: of the member
 * @named: whether it has a name from the start, as where the file system cannot do
 *   without one
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_file_begin (TbxArchiveFile *self, TbxArchiveRoot *root, const char *path,
                        gboolean named)
{
  const char *name;
  int error_number;

  self->fd = -1;
  error_number = tbx_archive_root_open_parent (root, path, TRUE, &self->parent_fd, &name);
  if (error_number != 0)
    {
      self->parent_fd = -1;
      return error_number;
    }
  self->name = g_strdup (name);
  error_number = check_place (self->parent_fd, name);
  return error_number != 0 ? error_number : open_fresh (self, named);
}

/* Gives an open file another name. */
static int
link_open_file (int fd, int parent_fd, const char *name)
{
  char path[64];

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  return linkat (AT_FDCWD, path, parent_fd, name, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
}

/* Puts @temporary into the place of @name.  Where both are the same file already, the
 * kernel does nothing. */
static int
take_place (int parent_fd, const char *temporary, const char *name)
{
  int error_number = renameat (parent_fd, temporary, parent_fd, name) < 0 ? errno : 0;

  unlinkat (parent_fd, temporary, 0);
  return error_number;
}

/* As link_open_file(), also where there is a file of that name: it is replaced. */
static int
link_over (int fd, int parent_fd, const char *name)
{
  g_autofree char *temporary = NULL;
  int error_number = link_open_file (fd, parent_fd, name);

  if (error_number != EEXIST)
    return error_number;
  temporary = tbx_path_beside (name);
  error_number = link_open_file (fd, parent_fd, temporary);
  return error_number != 0 ? error_number : take_place (parent_fd, temporary, name);
}

/**
 * tbx_archive_file_complete:
 * @self: a file with all its content
 * @attributes: what it gets
 *
 * Puts it into its place, where it replaces what was there: other names of that, and
 * programs that have it open, keep what they have.
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_file_complete (TbxArchiveFile *self, const TbxArchiveAttributes *attributes)
{
  int error_number = tbx_archive_attributes_apply (attributes, self->fd);

  if (error_number != 0)
    return error_number;
  if (self->temporary == NULL)
    return link_over (self->fd, self->parent_fd, self->name);
  error_number = take_place (self->parent_fd, self->temporary, self->name);
  g_clear_pointer (&self->temporary, g_free);
  return error_number;
}

/**
 * tbx_archive_file_link:
 * @root: where
 * @fd: a regular file
 * @path: its other name
 *
 * Returns: 0, or an errno
 */
int
tbx_archive_file_link (TbxArchiveRoot *root, int fd, const char *path)
{
  const char *name;
  int parent_fd;
  int error_number = tbx_archive_root_open_parent (root, path, TRUE, &parent_fd, &name);

  if (error_number != 0)
    return error_number;
  error_number = check_place (parent_fd, name);
  if (error_number == 0)
    error_number = link_over (fd, parent_fd, name);
  close (parent_fd);
  return error_number;
}

/* What is not complete is gone. */
void
tbx_archive_file_clear (TbxArchiveFile *self)
{
  if (self->temporary != NULL)
    unlinkat (self->parent_fd, self->temporary, 0);
  if (self->fd >= 0)
    close (self->fd);
  if (self->parent_fd >= 0)
    close (self->parent_fd);
  g_clear_pointer (&self->temporary, g_free);
  g_clear_pointer (&self->name, g_free);
}
