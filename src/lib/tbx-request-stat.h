/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-request-file.h"

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST_STAT (tbx_request_stat_get_type ())
G_DECLARE_FINAL_TYPE (TbxRequestStat, tbx_request_stat, TBX, REQUEST_STAT, TbxRequestFile)

void tbx_request_stat_return_found (TbxRequestStat *self, gint64 size, gint64 modified, int mode);

G_END_DECLS
