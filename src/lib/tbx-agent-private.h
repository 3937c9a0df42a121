/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-agent.h"

G_BEGIN_DECLS

/* An agent is exported once; then it is registered each time that the daemon appears. */
G_GNUC_INTERNAL
gboolean      tbx_agent_export       (TbxAgent *self, GDBusConnection *connection, GError **error);
G_GNUC_INTERNAL
void          tbx_agent_unexport     (TbxAgent *self);
G_GNUC_INTERNAL
gboolean      tbx_agent_is_exported  (TbxAgent *self);
G_GNUC_INTERNAL
void          tbx_agent_set_owner    (TbxAgent *self, const char *owner);
G_GNUC_INTERNAL
GDBusMessage *tbx_agent_registration (TbxAgent *self, guint *attempt);
G_GNUC_INTERNAL
gboolean      tbx_agent_is_current   (TbxAgent *self, guint attempt);
G_GNUC_INTERNAL
gboolean      tbx_agent_registered   (TbxAgent     *self,
                                      guint         attempt,
                                      GDBusMessage *reply,
                                      GError      **error);


/* For the kinds that are registered under one property, which is set when they are made:
 * a name, a number, or (an int) a priority among others of the kind. */
G_GNUC_INTERNAL
void tbx_agent_class_install_key (TbxAgentClass *klass, GParamSpec *pspec);

G_END_DECLS
