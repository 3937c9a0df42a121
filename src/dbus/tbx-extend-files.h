/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-worker-pool.h"

G_BEGIN_DECLS

/* Has clients serve the files of a scheme, for workers that ask. */
#define TBX_TYPE_EXTEND_FILES (tbx_extend_files_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtendFiles, tbx_extend_files, TBX, EXTEND_FILES, GObject)

TbxExtendFiles *tbx_extend_files_new (TbxExtensions *extensions, TbxWorkerPool *pool);

G_END_DECLS
