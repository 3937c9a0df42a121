/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-id.h"
#include <fcntl.h>
#include <unistd.h>

/* A #GHashFunc. */
guint
tbx_file_id_hash (gconstpointer id)
{
  const TbxFileId *self = id;

  return (guint) (self->inode ^ self->inode >> 32 ^ self->device);
}

/* A #GEqualFunc. */
gboolean
tbx_file_id_equal (gconstpointer a, gconstpointer b)
{
  const TbxFileId *x = a, *y = b;

  return x->device == y->device && x->inode == y->inode;
}

/**
 * tbx_file_id_is_above:
 * @outer: a folder
 * @fd: a folder, which is closed; -1 is in none
 * @climb_max: how many folders are looked at, from @fd up
 *
 * Climbs to the top of all, so no symlink or other name hides what is above.
 *
 * Returns: whether @fd is @outer, or in it however deep; not if that cannot be found out
 */
gboolean
tbx_file_id_is_above (TbxFileId outer, int fd, guint climb_max)
{
  TbxFileId below = { 0 };
  gboolean above = FALSE;
  struct stat here;

  /* The top of all is its own parent. */
  for (guint i = 0; !above && fd >= 0 && i < climb_max; i++)
    {
      int up_fd = -1;

      if (fstat (fd, &here) == 0 && !(i > 0 && tbx_file_id_is (below, &here)))
        {
          above = tbx_file_id_is (outer, &here);
          below = tbx_file_id (&here);
          up_fd = openat (fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        }
      close (fd);
      fd = up_fd;
    }
  if (fd >= 0)
    close (fd);
  return above;
}
