/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-channel.h"

G_BEGIN_DECLS

char *tbx_trace_format (TbxProtocol   protocol,
                        gboolean      outgoing,
                        const guint8 *data,
                        gsize         size,
                        gboolean      payload);

G_END_DECLS
