/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extension-kind.h"
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/* How long an agent has for an answer for which the host waits, milliseconds. */
#define TBX_EXTENSION_ANSWER_MS 4000

/* What an agent may have to answer at a time. */
#define TBX_EXTENSION_MAX_CALLS 32

/* One entry: an object of a client that the daemon calls. */
#define TBX_TYPE_EXTENSION (tbx_extension_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtension, tbx_extension, TBX, EXTENSION, GObject)

TbxExtension    *tbx_extension_new            (GDBusConnection *connection,
                                               const char      *client,
                                               TbxExtensionKind kind,
                                               const char      *name,
                                               const char      *object,
                                               gint             priority);
void             tbx_extension_call_async     (TbxExtension       *self,
                                               const char         *method,
                                               GVariant           *arguments,
                                               GUnixFDList        *fds,
                                               const char         *reply_type,
                                               guint               timeout_ms,
                                               GAsyncReadyCallback callback,
                                               gpointer            user_data);
GVariant        *tbx_extension_call_finish    (TbxExtension *self,
                                               GAsyncResult *result,
                                               GUnixFDList **fds,
                                               GError      **error);
void             tbx_extension_log_failure    (TbxExtension *self, const GError *error);
GDBusConnection *tbx_extension_get_connection (TbxExtension *self);
const char      *tbx_extension_get_client     (TbxExtension *self);
TbxExtensionKind tbx_extension_get_kind       (TbxExtension *self);
const char      *tbx_extension_get_name       (TbxExtension *self);
const char      *tbx_extension_get_object     (TbxExtension *self);
gint             tbx_extension_get_priority   (TbxExtension *self);
guint64          tbx_extension_deadline_us    (guint timeout_ms);

G_END_DECLS
