/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-power-operation.h"
#include <gio/gio.h>

G_BEGIN_DECLS

/* A way to shut down and to reboot.  Signal "blocked" (`a(ss)`): what it waits for. */
#define TBX_TYPE_POWER_BACKEND (tbx_power_backend_get_type ())
G_DECLARE_INTERFACE (TbxPowerBackend, tbx_power_backend, TBX, POWER_BACKEND, GObject)

struct _TbxPowerBackendInterface
{
  GTypeInterface parent_iface;

  const char *(*get_name)   (TbxPowerBackend *self);
  void        (*act_async)  (TbxPowerBackend    *self,
                             TbxPowerOperation   operation,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data);
  gboolean    (*act_finish) (TbxPowerBackend *self, GAsyncResult *result, GError **error);
};

const char *tbx_power_backend_get_name     (TbxPowerBackend *self);
void        tbx_power_backend_act_async    (TbxPowerBackend    *self,
                                            TbxPowerOperation   operation,
                                            GCancellable       *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer            user_data);
gboolean    tbx_power_backend_act_finish   (TbxPowerBackend *self,
                                            GAsyncResult    *result,
                                            GError         **error);
void        tbx_power_backend_emit_blocked (TbxPowerBackend *self, GVariant *blockers);

G_END_DECLS
