/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-listings.h"
#include "tbx-ops.h"
#include "tbx-programs.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-text.h"

G_BEGIN_DECLS

/* The handlers behind the command table of tbx-ops.c, and what they share.  Each
 * answers its request, now or later (it takes a reference of its own then). */

typedef void (*TbxOpsHandler) (TbxOps *self, TbxOp *op);

const TbxOpsUser *tbx_ops_get_user     (TbxOps *self);
TbxPrograms      *tbx_ops_get_programs (TbxOps *self);
TbxListings      *tbx_ops_get_listings (TbxOps *self);
gboolean          tbx_ops_is_protected (TbxOps *self, gint64 pid);
int               tbx_ops_make_gate    (TbxOps *self, int *keep_fd);
void              tbx_ops_keep_gate    (TbxOps *self, gint64 pid, int keep_fd);

/* tbx-start-ops.c */
void tbx_handle_start_program (TbxOps *self, TbxOp *op);
void tbx_handle_run_program   (TbxOps *self, TbxOp *op);
void tbx_handle_run_script    (TbxOps *self, TbxOp *op);

/* tbx-process-ops.c */
void tbx_handle_list_processes       (TbxOps *self, TbxOp *op);
void tbx_handle_list_processes_short (TbxOps *self, TbxOp *op);
void tbx_handle_terminate_process    (TbxOps *self, TbxOp *op);

/* tbx-environment-ops.c */
void tbx_handle_read_environment (TbxOps *self, TbxOp *op);
void tbx_handle_read_variable    (TbxOps *self, TbxOp *op);

/* tbx-filesystem-ops.c */
void tbx_handle_list_filesystems (TbxOps *self, TbxOp *op);

G_END_DECLS
