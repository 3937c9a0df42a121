/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TbxVerdict:
 * @TBX_VERDICT_DENIED: no, or nobody could say
 * @TBX_VERDICT_CHALLENGE: not without a password, which the caller did not let us ask for
 * @TBX_VERDICT_GRANTED: yes
 */
typedef enum
{
  TBX_VERDICT_DENIED,
  TBX_VERDICT_CHALLENGE,
  TBX_VERDICT_GRANTED,
} TbxVerdict;

void       tbx_authority_check_async  (GDBusConnection    *connection,
                                       const char         *caller,
                                       const char         *action,
                                       gboolean            interactive,
                                       GAsyncReadyCallback callback,
                                       gpointer            user_data);
TbxVerdict tbx_authority_check_finish (GAsyncResult *result);
void       tbx_authority_ask_uid_async (GDBusConnection    *connection,
                                        const char         *caller,
                                        GAsyncReadyCallback callback,
                                        gpointer            user_data);
gint64     tbx_authority_ask_uid_finish (GAsyncResult *result);

G_END_DECLS
