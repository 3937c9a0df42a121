/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-ring.h"

G_BEGIN_DECLS

/* The tar archive in what is uploaded, which is that or a gzip of it: its first bytes
 * tell.  Only for the thread that unpacks. */
typedef struct _TbxArchiveSource TbxArchiveSource;

TbxArchiveSource *tbx_archive_source_new       (TbxRing *ring, guint ratio, guint64 ratio_from);
void              tbx_archive_source_free      (TbxArchiveSource *self);
gssize            tbx_archive_source_read      (TbxArchiveSource *self, const void **block);
guint64           tbx_archive_source_get_bytes (TbxArchiveSource *self);
int               tbx_archive_source_get_error (TbxArchiveSource *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxArchiveSource, tbx_archive_source_free)

G_END_DECLS
