/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-dns-source.h"

G_DEFINE_INTERFACE (TbxDnsSource, tbx_dns_source, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
tbx_dns_source_default_init (TbxDnsSourceInterface *iface)
{
  /**
   * TbxDnsSource::changed:
   * @self: the source
   *
   * An answer would be another one now.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", TBX_TYPE_DNS_SOURCE, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

/**
 * tbx_dns_source_dup_stack:
 * @self: the source
 *
 * Returns: (transfer full) (nullable): domain, servers and suffixes of the whole machine
 */
TbxNicInfoDns *
tbx_dns_source_dup_stack (TbxDnsSource *self)
{
  return TBX_DNS_SOURCE_GET_IFACE (self)->dup_stack (self);
}

/**
 * tbx_dns_source_dup_link:
 * @self: the source
 * @index: kernel index of a link
 *
 * Returns: (transfer full) (nullable): servers and suffixes of that link alone
 */
TbxNicInfoDns *
tbx_dns_source_dup_link (TbxDnsSource *self, guint index)
{
  TbxDnsSourceInterface *iface = TBX_DNS_SOURCE_GET_IFACE (self);

  return iface->dup_link == NULL ? NULL : iface->dup_link (self, index);
}

/**
 * tbx_dns_source_emit_changed:
 * @self: the source
 *
 * For sources: something changed.
 */
void
tbx_dns_source_emit_changed (TbxDnsSource *self)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}
