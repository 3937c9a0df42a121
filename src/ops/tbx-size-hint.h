/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* What is told of a file that the kernel makes up when it is read, and calls empty. */
#define TBX_SIZE_HINT_BYTES     63488
#define TBX_SIZE_HINT_MAX_BYTES (16 * 1024 * 1024)

void tbx_size_hint_apply (const char *path, struct stat *info);

G_END_DECLS
