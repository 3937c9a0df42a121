/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-text.h"
#include <sys/types.h>

G_BEGIN_DECLS

/* The processes of this system that the user may see, read from /proc. */
typedef struct _TbxProcessList TbxProcessList;

/* @process is valid during the call, and @uid is its owner; answer FALSE to stop. */
typedef gboolean (*TbxProcessFunc) (const TbxVixProcess *process, uid_t uid, gpointer user_data);

TbxProcessList *tbx_process_list_new     (void);
void            tbx_process_list_free    (TbxProcessList *self);
void            tbx_process_list_foreach (TbxProcessList *self,
                                          TbxProcessFunc  func,
                                          gpointer        user_data);
void            tbx_process_list_one     (TbxProcessList *self,
                                          gint64          pid,
                                          TbxProcessFunc  func,
                                          gpointer        user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxProcessList, tbx_process_list_free)

G_END_DECLS
