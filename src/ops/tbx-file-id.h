/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* A file, by whatever name.  A key of hash tables, also as the first member of a
 * larger one. */
typedef struct
{
  dev_t device;
  ino_t inode;
} TbxFileId;

/* @info: what fstat() says of it */
static inline TbxFileId
tbx_file_id (const struct stat *info)
{
  return (TbxFileId) { info->st_dev, info->st_ino };
}

/* Whether @info was said of that file. */
static inline gboolean
tbx_file_id_is (TbxFileId id, const struct stat *info)
{
  return id.device == info->st_dev && id.inode == info->st_ino;
}

guint     tbx_file_id_hash     (gconstpointer id);
gboolean  tbx_file_id_equal    (gconstpointer a, gconstpointer b);
gboolean  tbx_file_id_is_above (TbxFileId outer, int fd, guint climb_max);

G_END_DECLS
