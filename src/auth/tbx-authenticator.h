/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/**
 * TbxAuthenticatorUse:
 * @TBX_AUTHENTICATOR_BEFORE: PAM is asked about whom the authenticator does not know
 * @TBX_AUTHENTICATOR_INSTEAD: nobody passes whom it does not know
 * @TBX_AUTHENTICATOR_NEVER: PAM alone is asked
 */
typedef enum
{
  TBX_AUTHENTICATOR_BEFORE,
  TBX_AUTHENTICATOR_INSTEAD,
  TBX_AUTHENTICATOR_NEVER,
  TBX_N_AUTHENTICATOR_USES
} TbxAuthenticatorUse;

typedef enum
{
  TBX_AUTHENTICATOR_UNKNOWN,   /* it cannot say, or did not */
  TBX_AUTHENTICATOR_YES,
  TBX_AUTHENTICATOR_NO,
} TbxAuthenticatorVerdict;

typedef void (*TbxAuthenticatorDone) (TbxAuthenticatorVerdict verdict, gpointer user_data);

/* Says whether @password is that of @name: calls @done once, maybe before it returns, within
 * a few seconds.  Both are there until then. */
typedef void (*TbxAuthenticator) (const char          *name,
                                  const char          *password,
                                  TbxAuthenticatorDone done,
                                  gpointer             done_data,
                                  gpointer             user_data);

G_END_DECLS
