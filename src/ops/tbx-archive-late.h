/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-log.h"
#include "tbx-archive-root.h"
#include "tbx-ring.h"

G_BEGIN_DECLS

/* What is done when all files of an archive are in their places: symlinks, so that
 * nothing is unpacked through one, and the attributes of folders, which may forbid to
 * put anything into them. */
typedef struct _TbxArchiveLate TbxArchiveLate;

TbxArchiveLate *tbx_archive_late_new         (TbxArchiveRoot *root, gboolean all_links,
                                              TbxRing *ring, TbxArchiveLog *log);
void            tbx_archive_late_free        (TbxArchiveLate *self);
int             tbx_archive_late_add_symlink (TbxArchiveLate *self, const char *path,
                                              const char *target,
                                              const TbxArchiveAttributes *attributes);
int             tbx_archive_late_add_folder  (TbxArchiveLate *self, const char *path,
                                              const TbxArchiveAttributes *attributes);
int             tbx_archive_late_make_links  (TbxArchiveLate *self);
int             tbx_archive_late_set_folders (TbxArchiveLate *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxArchiveLate, tbx_archive_late_free)

G_END_DECLS
