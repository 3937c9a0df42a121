/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_VIX (tbx_request_vix_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestVix, tbx_request_vix, TBX, REQUEST_VIX, TbxRequest)

guint32     tbx_request_vix_get_opcode     (TbxRequestVix *self);
GBytes     *tbx_request_vix_get_body       (TbxRequestVix *self);
GVariant   *tbx_request_vix_get_details    (TbxRequestVix *self);
const char *tbx_request_vix_get_user       (TbxRequestVix *self);
void        tbx_request_vix_return_success (TbxRequestVix *self, GBytes *payload);
void        tbx_request_vix_return_failure (TbxRequestVix *self, guint32 code, int error_number);

G_END_DECLS
