/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file-handler.h"
#include "tbx-remote.h"

G_BEGIN_DECLS

/* Serves names "/SCHEME:/PATH?QUERY" by what clients on the bus do. */
typedef struct _TbxRemoteFiles TbxRemoteFiles;

extern const TbxFileHandlerFuncs tbx_remote_files_funcs;   /* their self is a TbxRemoteFiles */

TbxRemoteFiles *tbx_remote_files_new  (TbxRemote *remote);
void            tbx_remote_files_free (TbxRemoteFiles *self);

G_END_DECLS
