/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"

G_BEGIN_DECLS

TbxVixCode tbx_vix_code_from_errno (int error_number);

G_END_DECLS
