/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-op.h"

G_BEGIN_DECLS

/* Whole trees of files, walked by descriptor: a symlink that is put in the way of the
 * walk never leads out of it.  Each tells @op of its progress. */

int tbx_tree_delete (int dir_fd, const char *name, TbxOp *op);
int tbx_tree_copy   (int from_fd, const char *from, int to_fd, const char *to, TbxOp *op);

G_END_DECLS
