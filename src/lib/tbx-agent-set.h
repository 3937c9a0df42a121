/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"

G_BEGIN_DECLS

/* The agents of one client, which are registered with each daemon that appears. */
typedef struct _TbxAgentSet TbxAgentSet;

G_GNUC_INTERNAL
TbxAgentSet *tbx_agent_set_new            (GDBusConnection *connection);
G_GNUC_INTERNAL
TbxAgentSet *tbx_agent_set_ref            (TbxAgentSet *self);
G_GNUC_INTERNAL
void         tbx_agent_set_unref          (TbxAgentSet *self);
G_GNUC_INTERNAL
void         tbx_agent_set_close          (TbxAgentSet *self);
G_GNUC_INTERNAL
void         tbx_agent_set_set_owner      (TbxAgentSet *self, const char *owner);
G_GNUC_INTERNAL
void         tbx_agent_set_register_async (TbxAgentSet *self, TbxAgent *agent, GTask *task);
G_GNUC_INTERNAL
gboolean     tbx_agent_set_register_sync  (TbxAgentSet *self, TbxAgent *agent,
                                           GCancellable *cancellable, GError **error);
G_GNUC_INTERNAL
void         tbx_agent_set_remove         (TbxAgentSet *self, TbxAgent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxAgentSet, tbx_agent_set_unref)

G_END_DECLS
