/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-folder-list.h"
#include "tbx-hgfs-server.h"
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
TbxFolderList    *tbx_ops_get_folder_list (TbxOps *self);
void              tbx_ops_set_folder_list (TbxOps *self, TbxFolderList *list);
const TbxWorkerSettings *tbx_ops_get_settings (TbxOps *self);
TbxStreamPool    *tbx_ops_get_stream_pool (TbxOps *self);
gboolean          tbx_ops_is_protected (TbxOps *self, gint64 pid);
int               tbx_ops_make_gate    (TbxOps *self, int *keep_fd);
void              tbx_ops_keep_gate    (TbxOps *self, gint64 pid, int keep_fd);

/* tbx-ops.c */
TbxHgfsServer *tbx_ops_get_hgfs      (TbxOps *self);
GHashTable    *tbx_ops_get_transfers (TbxOps *self);

/* tbx-start-ops.c */
void tbx_handle_start_program (TbxOps *self, TbxOp *op);
void tbx_handle_run_program   (TbxOps *self, TbxOp *op);
void tbx_handle_run_script    (TbxOps *self, TbxOp *op);

/* tbx-remote-programs.c */
void tbx_remote_program_start     (TbxOps *self, TbxOp *op, const char *name, const char *shown);
void tbx_remote_program_terminate (TbxOps *self, TbxOp *op, gint64 pid);

/* tbx-process-ops.c */
void tbx_handle_list_processes       (TbxOps *self, TbxOp *op);
void tbx_handle_list_processes_short (TbxOps *self, TbxOp *op);
void tbx_handle_terminate_process    (TbxOps *self, TbxOp *op);

/* tbx-environment-ops.c */
void tbx_handle_read_environment (TbxOps *self, TbxOp *op);
void tbx_handle_read_variable    (TbxOps *self, TbxOp *op);

/* tbx-filesystem-ops.c */
void tbx_handle_list_filesystems (TbxOps *self, TbxOp *op);

/* tbx-file-ops.c */
void tbx_handle_delete_file                (TbxOps *self, TbxOp *op);
void tbx_handle_delete_directory           (TbxOps *self, TbxOp *op);
void tbx_handle_create_directory           (TbxOps *self, TbxOp *op);
void tbx_handle_set_attributes             (TbxOps *self, TbxOp *op);
void tbx_handle_create_temporary_file      (TbxOps *self, TbxOp *op);
void tbx_handle_create_temporary_directory (TbxOps *self, TbxOp *op);
void tbx_handle_create_temporary_legacy    (TbxOps *self, TbxOp *op);

/* tbx-move-ops.c */
void tbx_handle_move_file      (TbxOps *self, TbxOp *op);
void tbx_handle_move_directory (TbxOps *self, TbxOp *op);
void tbx_handle_move_legacy    (TbxOps *self, TbxOp *op);

/* tbx-list-ops.c */
void tbx_handle_list_files          (TbxOps *self, TbxOp *op);
void tbx_handle_list_directory      (TbxOps *self, TbxOp *op);
void tbx_handle_get_file_info       (TbxOps *self, TbxOp *op);
void tbx_handle_file_exists         (TbxOps *self, TbxOp *op);
void tbx_handle_directory_exists    (TbxOps *self, TbxOp *op);

/* tbx-transfer-ops.c */
void tbx_handle_transfer_from_guest (TbxOps *self, TbxOp *op);
void tbx_handle_transfer_to_guest   (TbxOps *self, TbxOp *op);
void tbx_transfer_give_up           (gpointer transfer);

G_END_DECLS
