/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-bus-api.h"

G_BEGIN_DECLS

/* The daemon's objects, as a client sees them; made all at once. */
typedef enum
{
  TBX_PROXY_MANAGER,
  TBX_PROXY_POWER,
  TBX_PROXY_NETWORK,
  TBX_PROXY_GUEST_INFO,
  TBX_PROXY_PROCESSES,
  TBX_PROXY_EXTENSIONS,
  TBX_PROXY_OBJECTS,
  TBX_N_PROXIES
} TbxProxyKind;

typedef struct
{
  GObject *proxies[TBX_N_PROXIES];   /* owned */
} TbxProxies;

G_GNUC_INTERNAL
gboolean tbx_proxies_make_sync   (TbxProxies *self, GDBusConnection *connection,
                                  GCancellable *cancellable, GError **error);
G_GNUC_INTERNAL
void     tbx_proxies_make_async  (TbxProxies *self, GDBusConnection *connection, GTask *task);
G_GNUC_INTERNAL
char    *tbx_proxies_dup_owner   (TbxProxies *self);
G_GNUC_INTERNAL
void     tbx_proxies_watch_owner (TbxProxies *self, GCallback callback, GObject *user_data);
G_GNUC_INTERNAL
void     tbx_proxies_clear       (TbxProxies *self);

G_END_DECLS
