/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-relay.h"

G_BEGIN_DECLS

/* The journal's identifier of a record of the audit. */
#define TBX_AUDIT_MESSAGE_ID "da4df75775a64d7a807297dcc849f8fa"

/* Writes one record to the log for each operation of a relay: who, what, with which
 * result; nothing of what it was about. */
#define TBX_TYPE_AUDIT (tbx_audit_get_type ())
G_DECLARE_FINAL_TYPE (TbxAudit, tbx_audit, TBX, AUDIT, GObject)

TbxAudit *tbx_audit_new        (TbxRelay *relay);
gboolean  tbx_audit_is_routine (const TbxOperation *operation);
char     *tbx_audit_dup_text   (const TbxOperation *operation);
void      tbx_audit_log        (const TbxOperation *operation);

G_END_DECLS
