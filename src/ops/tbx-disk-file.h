/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"
#include "tbx-op.h"

G_BEGIN_DECLS

/* How a file on disk is opened. */
typedef struct
{
  int    access;     /* O_RDONLY, O_WRONLY or O_RDWR */
  int    create;     /* any of O_CREAT, O_EXCL, O_TRUNC */
  mode_t mode;       /* of a new file, the umask applied; it has it when it is complete */
} TbxDiskOpen;

TbxFile *tbx_disk_file_open        (const char *path, const TbxDiskOpen *how, int *error_number);
gboolean tbx_disk_file_is_disk     (TbxFile *file);
gboolean tbx_disk_file_is_upload   (TbxFile *file);
gboolean tbx_disk_file_is_pending  (TbxFile *file);
int      tbx_disk_file_reserve     (TbxFile *file, off_t size);
int      tbx_disk_file_set_size    (TbxFile *file, off_t size);
void     tbx_disk_file_set_op      (TbxFile *file, TbxOp *op);

/* Of an upload these take effect when it is complete. */
int      tbx_disk_file_set_mode    (TbxFile *file, mode_t mode);
int      tbx_disk_file_set_owner   (TbxFile *file, uid_t uid, gid_t gid);
int      tbx_disk_file_set_times   (TbxFile *file, const struct timespec times[2]);

G_END_DECLS
