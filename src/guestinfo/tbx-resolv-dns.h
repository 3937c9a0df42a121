/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-dns-source.h"

G_BEGIN_DECLS

/* The DNS source that is always there: /etc/resolv.conf, watched. */
#define TBX_TYPE_RESOLV_DNS (tbx_resolv_dns_get_type ())
G_DECLARE_FINAL_TYPE (TbxResolvDns, tbx_resolv_dns, TBX, RESOLV_DNS, GObject)

TbxDnsSource *tbx_resolv_dns_new (const char *root);

G_END_DECLS
