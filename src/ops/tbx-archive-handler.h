/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-archive-log.h"
#include "tbx-archive-unpack.h"
#include "tbx-file-handler.h"

G_BEGIN_DECLS

/* Serves folders as archives. */
typedef struct _TbxArchiveHandler TbxArchiveHandler;

extern const TbxFileHandlerFuncs tbx_archive_handler_funcs;   /* their self is one */

TbxArchiveHandler *tbx_archive_handler_new         (gboolean allowed, TbxArchiveLogFunc log,
                                                    gpointer user_data);
void               tbx_archive_handler_free        (TbxArchiveHandler *self);
void               tbx_archive_handler_set_allowed (TbxArchiveHandler *self, gboolean allowed);
void               tbx_archive_handler_set_limits  (TbxArchiveHandler *self,
                                                    const TbxArchiveLimits *limits);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxArchiveHandler, tbx_archive_handler_free)

G_END_DECLS
