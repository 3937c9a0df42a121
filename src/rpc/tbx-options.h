/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-tclo.h"

G_BEGIN_DECLS

/* What the host set with Set_Option: any well-formed pair is accepted and kept,
 * those that somebody registered for are handed on.  Property "values" (a{ss} as
 * GVariant) changes with notify. */
#define TBX_TYPE_OPTIONS (tbx_options_get_type ())
G_DECLARE_FINAL_TYPE (TbxOptions, tbx_options, TBX, OPTIONS, GObject)

/* Must answer @request, now or later. */
typedef void (*TbxOptionHandler) (const char *value, TbxTcloRequest *request, gpointer user_data);

TbxOptions *tbx_options_new        (TbxTclo *tclo);
gboolean    tbx_options_add        (TbxOptions       *self,
                                    const char       *key,
                                    TbxOptionHandler  handler,
                                    gpointer          user_data);
const char *tbx_options_get        (TbxOptions *self, const char *key);
GVariant   *tbx_options_dup_values (TbxOptions *self);

G_END_DECLS
