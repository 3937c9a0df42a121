/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-authenticator.h"
#include "tbx-login-cache.h"
#include "tbx-vix-credentials.h"
#include "tbx-worker-pool.h"

G_BEGIN_DECLS

/* Verifies names and passwords: what was verified just now is remembered, all else
 * goes to the authenticator and to PAM; refusals wait.
 *
 * Property: "authenticator-use" (s, with notify: "before", "instead" or "never"). */
#define TBX_TYPE_LOGIN (tbx_login_get_type ())
G_DECLARE_FINAL_TYPE (TbxLogin, tbx_login, TBX, LOGIN, GObject)

/* @account and @worker are set when @code is TBX_VIX_OK. */
typedef void (*TbxLoginDone) (TbxVixCode  code,
                              int         error_number,
                              TbxAccount *account,
                              TbxWorker  *worker,
                              gpointer    user_data);

TbxLogin *tbx_login_new    (TbxWorkerPool *pool, TbxLoginCache *cache);
void      tbx_login_verify (TbxLogin                *self,
                            const TbxVixCredentials *credentials,
                            TbxAdmit                 admit,
                            TbxLoginDone             done,
                            gpointer                 user_data);
void      tbx_login_set_authenticator     (TbxLogin        *self,
                                           TbxAuthenticator authenticator,
                                           gpointer         user_data);
void      tbx_login_set_authenticator_use (TbxLogin *self, TbxAuthenticatorUse use);
void      tbx_login_forget_all            (TbxLogin *self);

G_END_DECLS
