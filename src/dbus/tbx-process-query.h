/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-host-programs.h"

G_BEGIN_DECLS

/* A list of processes that somebody asked for: made in the main thread, run in any. */
typedef struct _TbxProcessQuery TbxProcessQuery;

TbxProcessQuery *tbx_process_query_new        (TbxHostPrograms *programs,
                                               GVariant        *pids,
                                               gboolean         all);
void             tbx_process_query_free       (TbxProcessQuery *self);
void             tbx_process_query_set_viewer (TbxProcessQuery *self, gint64 uid);
void             tbx_process_query_show_all   (TbxProcessQuery *self);
gboolean         tbx_process_query_hides      (const TbxProcessQuery *self);
GVariant        *tbx_process_query_run        (const TbxProcessQuery *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxProcessQuery, tbx_process_query_free)

G_END_DECLS
