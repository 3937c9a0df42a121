/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* The text of a resolv.conf, as the C library or systemd-resolved reads it.  Pure. */
TbxNicInfoDns *tbx_resolv_conf_parse        (const char *text, gsize size);
void           tbx_resolv_conf_take_servers (TbxNicInfoDns *dns, const char *text, gsize size);

G_END_DECLS
