/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Paths of requests that name a folder: what is meant is its name in the folder above,
 * also when slashes follow it, behind which the kernel would follow a symlink. */

char *tbx_path_trim   (const char *path);
int   tbx_path_split  (const char *path, char **name);
char *tbx_path_beside (const char *name);

G_END_DECLS
