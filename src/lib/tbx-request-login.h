/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_LOGIN (tbx_request_login_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestLogin, tbx_request_login, TBX, REQUEST_LOGIN, TbxRequest)

const char *tbx_request_login_get_user     (TbxRequestLogin *self);
const char *tbx_request_login_get_password (TbxRequestLogin *self);
void        tbx_request_login_accept       (TbxRequestLogin *self);
void        tbx_request_login_reject       (TbxRequestLogin *self);

G_END_DECLS
