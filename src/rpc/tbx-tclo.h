/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-channel.h"

G_BEGIN_DECLS

/* Longest name of a command; the longest known has 21 characters. */
#define TBX_TCLO_NAME_MAX_BYTES 63

#define TBX_TYPE_TCLO (tbx_tclo_get_type ())
G_DECLARE_FINAL_TYPE (TbxTclo, tbx_tclo, TBX, TCLO, GObject)

/* One request of the host.  It is answered once, by the handler or later; a
 * request that is dropped unanswered is answered with a failure, and one whose
 * channel is gone with nothing.  Reference counted. */
typedef struct _TbxTcloRequest TbxTcloRequest;

typedef void (*TbxTcloHandler) (TbxTcloRequest *request, gpointer user_data);

TbxTclo    *tbx_tclo_new            (TbxChannel *channel);
gboolean    tbx_tclo_add_command    (TbxTclo       *self,
                                     const char    *name,
                                     TbxTcloHandler handler,
                                     gpointer       user_data);
void        tbx_tclo_remove_command (TbxTclo *self, const char *name);
void        tbx_tclo_override       (TbxTclo       *self,
                                     const char    *name,
                                     TbxTcloHandler handler,
                                     gpointer       user_data);
gint64      tbx_tclo_get_last_ping  (TbxTclo *self);

TbxTcloRequest *tbx_tclo_request_ref            (TbxTcloRequest *self);
void            tbx_tclo_request_unref          (TbxTcloRequest *self);
gboolean        tbx_tclo_request_is_open        (TbxTcloRequest *self);
const char     *tbx_tclo_request_get_name       (TbxTcloRequest *self);
const guint8   *tbx_tclo_request_get_args       (TbxTcloRequest *self, gsize *size);
char           *tbx_tclo_request_dup_text       (TbxTcloRequest *self);
void            tbx_tclo_request_return         (TbxTcloRequest *self, GBytes *result);
void            tbx_tclo_request_return_text    (TbxTcloRequest *self, const char *text);
void            tbx_tclo_request_return_message (TbxTcloRequest *self, GBytes *message);
void            tbx_tclo_request_return_error   (TbxTcloRequest *self, const char *text);
void            tbx_tclo_request_pass_on        (TbxTcloRequest *self, GBytes *args);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxTcloRequest, tbx_tclo_request_unref)

G_END_DECLS
