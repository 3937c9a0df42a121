/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-rpci.h"
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* What we tell the host that we can do, at each Capabilities_Register, and take
 * back at an orderly stop.  Property "told" (strv) changes with notify; signal
 * "registering" is emitted before the first one goes out, so that others can send
 * what belongs along with them (uptime). */
#define TBX_TYPE_CAPABILITIES (tbx_capabilities_get_type ())
G_DECLARE_FINAL_TYPE (TbxCapabilities, tbx_capabilities, TBX, CAPABILITIES, GObject)

TbxCapabilities *tbx_capabilities_new            (TbxTclo *tclo, TbxRpci *rpci);
void             tbx_capabilities_add_bare       (TbxCapabilities *self, const char *name);
void             tbx_capabilities_add_valued     (TbxCapabilities *self, const char *name, guint value);
void             tbx_capabilities_add_feature    (TbxCapabilities *self, guint index);
char           **tbx_capabilities_dup_told       (TbxCapabilities *self);
void             tbx_capabilities_withdraw_async (TbxCapabilities    *self,
                                                  GCancellable       *cancellable,
                                                  GAsyncReadyCallback callback,
                                                  gpointer            user_data);
gboolean         tbx_capabilities_withdraw_finish (TbxCapabilities *self,
                                                   GAsyncResult    *result,
                                                   GError         **error);

G_END_DECLS
