/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-root.h"

G_BEGIN_DECLS

/* A regular file in the making: nobody sees it before it is complete. */
typedef struct
{
  int      fd;          /* what is written (owned) */
  int      parent_fd;   /* its folder (owned) */
  char    *name;        /* in its folder (owned) */
  char    *temporary;   /* its name there, where it cannot be without one (owned), or NULL */
} TbxArchiveFile;

int  tbx_archive_file_begin    (TbxArchiveFile *self, TbxArchiveRoot *root, const char *path,
                                gboolean named);
int  tbx_archive_file_complete (TbxArchiveFile *self, const TbxArchiveAttributes *attributes);
int  tbx_archive_file_link     (TbxArchiveRoot *root, int fd, const char *path);
void tbx_archive_file_clear    (TbxArchiveFile *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbxArchiveFile, tbx_archive_file_clear)

G_END_DECLS
