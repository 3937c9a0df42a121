/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/stat.h>
#include "tbx-op.h"

G_BEGIN_DECLS

/* What makes a copy of an open file equal to it. */

gboolean tbx_file_copy_content    (int in_fd, int out_fd, off_t size, TbxOp *op);
int      tbx_file_copy_reserve    (int in_fd, int out_fd, off_t size);
gboolean tbx_file_copy_over       (int in_fd, int out_fd, off_t size, TbxOp *op);
int      tbx_file_copy_security_exactly (int in_fd, int out_fd, const struct stat *info);
int      tbx_file_copy_security   (int in_fd, int out_fd, const struct stat *info);
int      tbx_file_copy_attributes (int in_fd, int out_fd, const struct stat *info);

G_END_DECLS
