/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBX_TYPE_AGENT (tbx_agent_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxAgent, tbx_agent, TBX, AGENT, GObject)

/**
 * TbxAgentClass:
 * @parent_class: of #GObject
 *
 * For the kinds of agents that libtbx has; there are no others.
 */
struct _TbxAgentClass
{
  GObjectClass parent_class;

  /*< private >*/
  const char              *interface;          /* that it registers with, without prefix */
  const char              *register_method;    /* of that interface */
  const char              *unregister_method;
  GDBusInterfaceSkeleton *(*create_skeleton)   (TbxAgent *self);
  GVariant               *(*register_arguments)   (TbxAgent *self, const char *object);
  GVariant               *(*unregister_arguments) (TbxAgent *self, const char *object);
  void                    (*retire)               (TbxAgent *self, GDBusInterfaceSkeleton *skeleton);
  gpointer                  padding[8];
};

gboolean tbx_agent_is_registered (TbxAgent *self);

G_END_DECLS
