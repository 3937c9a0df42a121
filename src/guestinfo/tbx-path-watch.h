/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/* Watches what is found under a path: the file, the links that lead to it, and
 * their directories, whether they exist yet or not.  Signal "changed" (no arguments). */
#define TBX_TYPE_PATH_WATCH (tbx_path_watch_get_type ())
G_DECLARE_FINAL_TYPE (TbxPathWatch, tbx_path_watch, TBX, PATH_WATCH, GObject)

TbxPathWatch *tbx_path_watch_new (const char *path);

G_END_DECLS
