/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"
#include "tbx-bus-api.h"
#include "tbx-hold.h"

G_BEGIN_DECLS

#define TBX_TYPE_CLIENT (tbx_client_get_type ())
G_DECLARE_FINAL_TYPE (TbxClient, tbx_client, TBX, CLIENT, GObject)

void       tbx_client_new_async                 (GCancellable        *cancellable,
                                                 GAsyncReadyCallback  callback,
                                                 gpointer             user_data);
TbxClient *tbx_client_new_finish                (GAsyncResult        *result,
                                                 GError             **error);
TbxClient *tbx_client_new_sync                  (GCancellable        *cancellable,
                                                 GError             **error);
void       tbx_client_new_for_connection_async  (GDBusConnection     *connection,
                                                 GCancellable        *cancellable,
                                                 GAsyncReadyCallback  callback,
                                                 gpointer             user_data);
TbxClient *tbx_client_new_for_connection_finish (GAsyncResult        *result,
                                                 GError             **error);
TbxClient *tbx_client_new_for_connection_sync   (GDBusConnection     *connection,
                                                 GCancellable        *cancellable,
                                                 GError             **error);

GDBusConnection    *tbx_client_get_connection     (TbxClient *self);
gboolean            tbx_client_is_running         (TbxClient *self);
TbxBusManager      *tbx_client_get_manager        (TbxClient *self);
TbxBusPower        *tbx_client_get_power          (TbxClient *self);
TbxBusNetwork      *tbx_client_get_network        (TbxClient *self);
TbxBusGuestInfo    *tbx_client_get_guest_info     (TbxClient *self);
TbxBusProcesses    *tbx_client_get_processes      (TbxClient *self);
TbxBusExtensions   *tbx_client_get_extensions     (TbxClient *self);
GDBusObjectManager *tbx_client_get_object_manager (TbxClient *self);

void     tbx_client_hold_power_async  (TbxClient           *self,
                                       const char          *what,
                                       const char          *who,
                                       const char          *why,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
TbxHold *tbx_client_hold_power_finish (TbxClient           *self,
                                       GAsyncResult        *result,
                                       GError             **error);
TbxHold *tbx_client_hold_power_sync   (TbxClient           *self,
                                       const char          *what,
                                       const char          *who,
                                       const char          *why,
                                       GCancellable        *cancellable,
                                       GError             **error);

void     tbx_client_register_async  (TbxClient           *self,
                                     TbxAgent            *agent,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data);
gboolean tbx_client_register_finish (TbxClient           *self,
                                     GAsyncResult        *result,
                                     GError             **error);
gboolean tbx_client_register_sync   (TbxClient           *self,
                                     TbxAgent            *agent,
                                     GCancellable        *cancellable,
                                     GError             **error);
void     tbx_client_unregister      (TbxClient           *self,
                                     TbxAgent            *agent);

G_END_DECLS
