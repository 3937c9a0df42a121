/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* The folder that an archive is unpacked into, which nothing of it leaves: every path
 * is relative to it, free of "." and "..", and followed by descriptor, never through a
 * symlink.  Functions give 0 or an errno unless they say otherwise. */
typedef struct _TbxArchiveRoot TbxArchiveRoot;

/* What a member gets when it is complete. */
typedef struct
{
  mode_t          mode;      /* the umask applied */
  gboolean        owned;     /* by @uid and @gid; else whose it becomes is left alone */
  uid_t           uid;
  gid_t           gid;
  struct timespec mtime;
} TbxArchiveAttributes;

TbxArchiveRoot *tbx_archive_root_new          (int root_fd);
void            tbx_archive_root_free         (TbxArchiveRoot *self);
int             tbx_archive_root_open_parent  (TbxArchiveRoot *self, const char *path,
                                               gboolean create, int *parent_fd,
                                               const char **name);
int             tbx_archive_root_make_folder  (TbxArchiveRoot *self, const char *path,
                                               gboolean *made);
int             tbx_archive_root_make_symlink (TbxArchiveRoot *self, const char *path,
                                               const char *target,
                                               const TbxArchiveAttributes *attributes);
int             tbx_archive_root_set_folder   (TbxArchiveRoot *self, const char *path,
                                               const TbxArchiveAttributes *attributes);
gboolean        tbx_archive_root_is_left_by   (TbxArchiveRoot *self, const char *path);

int             tbx_archive_attributes_apply  (const TbxArchiveAttributes *self, int fd);

G_END_DECLS
