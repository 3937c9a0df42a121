/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"

G_BEGIN_DECLS

/* How a file on disk is opened. */
typedef struct
{
  int    access;     /* O_RDONLY, O_WRONLY or O_RDWR */
  int    create;     /* any of O_CREAT, O_EXCL, O_TRUNC */
  mode_t mode;       /* of a new file, the umask applied; it has it when it is complete */
} TbxDiskOpen;

TbxFile *tbx_disk_file_open        (const char *path, const TbxDiskOpen *how, int *error_number);
int      tbx_disk_file_get_fd      (TbxFile *file);
gboolean tbx_disk_file_is_upload   (TbxFile *file);
void     tbx_disk_file_keep_mode   (TbxFile *file);

G_END_DECLS
