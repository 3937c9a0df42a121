/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* Who knows the name servers: resolv.conf, or systemd-resolved.  It emits
 * "changed" (no arguments) when an answer would be another one. */
#define TBX_TYPE_DNS_SOURCE (tbx_dns_source_get_type ())
G_DECLARE_INTERFACE (TbxDnsSource, tbx_dns_source, TBX, DNS_SOURCE, GObject)

struct _TbxDnsSourceInterface
{
  GTypeInterface parent_interface;

  /* Domain, servers and suffixes of the whole machine, no host name; NULL when they
   * could not be gathered.  More than the limits of the NIC list are cut off later. */
  TbxNicInfoDns *(*dup_stack) (TbxDnsSource *self);
  /* Servers and suffixes of one link, by kernel index; NULL when it has none. */
  TbxNicInfoDns *(*dup_link)  (TbxDnsSource *self, guint index);
};

TbxNicInfoDns *tbx_dns_source_dup_stack    (TbxDnsSource *self);
TbxNicInfoDns *tbx_dns_source_dup_link     (TbxDnsSource *self, guint index);
void           tbx_dns_source_emit_changed (TbxDnsSource *self);

G_END_DECLS
