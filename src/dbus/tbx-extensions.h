/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extension.h"

G_BEGIN_DECLS

#define TBX_EXTENSIONS_MAX_OF_CLIENT 64
#define TBX_EXTENSIONS_MAX           256
#define TBX_EXTENSIONS_MAX_UNNAMED   8     /* of each kind that has no names */

/* What clients of the bus registered, each entry for as long as its client is there.
 *
 * Signals: "added" (TbxExtension), "removed" (TbxExtension, b: its client left). */
#define TBX_TYPE_EXTENSIONS (tbx_extensions_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtensions, tbx_extensions, TBX, EXTENSIONS, GObject)

TbxExtensions *tbx_extensions_new      (void);
gboolean       tbx_extensions_add      (TbxExtensions *self, TbxExtension *entry, GError **error);
gboolean       tbx_extensions_remove   (TbxExtensions   *self,
                                        const char      *client,
                                        TbxExtensionKind kind,
                                        const char      *name,
                                        const char      *object,
                                        GError         **error);
TbxExtension  *tbx_extensions_find     (TbxExtensions   *self,
                                        TbxExtensionKind kind,
                                        const char      *name);
GPtrArray     *tbx_extensions_list     (TbxExtensions *self, TbxExtensionKind kind);
char         **tbx_extensions_dup_names (TbxExtensions *self, TbxExtensionKind kind);
gboolean       tbx_extensions_contains (TbxExtensions *self, TbxExtension *entry);
GVariant      *tbx_extensions_dup_all  (TbxExtensions *self);

G_END_DECLS
