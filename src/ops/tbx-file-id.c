/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-file-id.h"

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
