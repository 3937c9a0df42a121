/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/types.h>
#include <time.h>
#include "tbx-op.h"

G_BEGIN_DECLS

/* A file that is being uploaded: it has no name until it is complete, so that nobody
 * ever sees a half one, and the file that it replaces stays whole until then. */
typedef struct _TbxUpload TbxUpload;

typedef enum
{
  TBX_UPLOAD_CREATE = 1,
  TBX_UPLOAD_NAMED  = 2,
} TbxUploadFlags;

TbxUpload *tbx_upload_new      (const char *path, TbxUploadFlags flags, int *error_number);
void       tbx_upload_free     (TbxUpload *self);
int        tbx_upload_get_fd   (TbxUpload *self);
gboolean   tbx_upload_is_new   (TbxUpload *self);
mode_t     tbx_upload_get_mode (TbxUpload *self);
void       tbx_upload_set_owner (TbxUpload *self, uid_t uid, gid_t gid);
void       tbx_upload_set_times (TbxUpload *self, const struct timespec times[2]);
int        tbx_upload_complete (TbxUpload *self, const mode_t *mode, TbxOp *op);

G_END_DECLS
