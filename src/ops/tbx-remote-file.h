/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"

G_BEGIN_DECLS

/* How long it may take until an agent reads or writes anything, milliseconds. */
#define TBX_REMOTE_FILE_WAIT_MS 4000

TbxFile *tbx_remote_reader_new (int fd, const struct stat *info);
TbxFile *tbx_remote_writer_new (int fd, const struct stat *info);

G_END_DECLS
