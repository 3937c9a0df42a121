/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include "tbx-nicinfo.h"

G_BEGIN_DECLS

/* An IPv4 or IPv6 address, or none; a plain value. */
typedef struct
{
  guint8 family;       /* AF_INET, AF_INET6, or 0: there is none */
  guint8 octets[16];   /* network order; those that are not used are zero */
} TbxInet;

gboolean tbx_inet_set              (TbxInet *self, int family, gconstpointer octets, gsize size);
gboolean tbx_inet_parse            (TbxInet *self, const char *text);
char    *tbx_inet_format           (const TbxInet *self);
int      tbx_inet_compare          (const TbxInet *a, const TbxInet *b);
gboolean tbx_inet_in_network       (const TbxInet *self,
                                    const TbxInet *network,
                                    guint          prefix_length);
gboolean tbx_inet_is_loopback      (const TbxInet *self);
gboolean tbx_inet_is_presentable   (const TbxInet *self, gboolean allow_site);
void     tbx_inet_to_nicinfo       (const TbxInet *self, TbxNicInfoAddress *address);

G_END_DECLS
