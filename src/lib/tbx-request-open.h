/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-file.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_OPEN (tbx_request_open_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestOpen, tbx_request_open, TBX, REQUEST_OPEN, TbxRequestFile)

gboolean tbx_request_open_is_writing   (TbxRequestOpen *self);
void     tbx_request_open_return_fd    (TbxRequestOpen *self, int fd);
gboolean tbx_request_open_return_bytes (TbxRequestOpen *self, GBytes *content, GError **error);

G_END_DECLS
