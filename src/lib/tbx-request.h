/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBX_TYPE_REQUEST (tbx_request_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbxRequest, tbx_request, TBX, REQUEST, GObject)

/**
 * TbxRequestClass:
 * @parent_class: of #GObject
 *
 * For the kinds of requests that libtbx has; there are no others.
 */
struct _TbxRequestClass
{
  GObjectClass parent_class;

  /*< private >*/
  void   (*decline) (TbxRequest *self, GDBusMethodInvocation *invocation);
  gpointer padding[8];
};

gint64   tbx_request_get_deadline_us (TbxRequest *self);
gboolean tbx_request_is_answered     (TbxRequest *self);
void     tbx_request_decline         (TbxRequest *self);

G_END_DECLS
