/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_RPC (tbx_request_rpc_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestRpc, tbx_request_rpc, TBX, REQUEST_RPC, TbxRequest)

const char *tbx_request_rpc_get_command    (TbxRequestRpc *self);
GBytes     *tbx_request_rpc_get_arguments  (TbxRequestRpc *self);
void        tbx_request_rpc_return_success (TbxRequestRpc *self, GBytes *result);
void        tbx_request_rpc_return_failure (TbxRequestRpc *self, GBytes *result);

G_END_DECLS
