/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_POWER (tbx_request_power_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestPower, tbx_request_power, TBX, REQUEST_POWER, TbxRequest)

const char *tbx_request_power_get_operation  (TbxRequestPower *self);
void        tbx_request_power_return_handled (TbxRequestPower *self, const char *message);
void        tbx_request_power_refuse         (TbxRequestPower *self, const char *reason);

G_END_DECLS
