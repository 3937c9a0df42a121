/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-rpci.h"

G_BEGIN_DECLS

/* The host, reached without the daemon: a channel for each request. */
typedef struct _TbxCtlHost TbxCtlHost;

TbxCtlHost *tbx_ctl_host_new         (const char *transport, GError **error);
void        tbx_ctl_host_free        (TbxCtlHost *self);
gboolean    tbx_ctl_host_is_there    (TbxCtlHost *self, GError **error);
const char *tbx_ctl_host_get_product (TbxCtlHost *self);
GBytes     *tbx_ctl_host_request     (TbxCtlHost  *self,
                                      GBytes      *request,
                                      TbxRpciFlags flags,
                                      GError     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxCtlHost, tbx_ctl_host_free)

G_END_DECLS
