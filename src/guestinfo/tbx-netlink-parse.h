/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-netlink.h"

struct nlmsghdr;

G_BEGIN_DECLS

/* One message of the kernel, told to the handler that it is for. */
gboolean tbx_netlink_parse_kind (const struct nlmsghdr *header,
                                 TbxNetlinkKind        *kind,
                                 gboolean              *removed);
void     tbx_netlink_parse      (struct nlmsghdr          *header,
                                 gboolean                  removed,
                                 const TbxNetlinkHandlers *handlers,
                                 gpointer                  user_data);

G_END_DECLS
