/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-extensions.h"
#include "tbx-login.h"

G_BEGIN_DECLS

/* Has passwords verified by whoever registered for it. */
#define TBX_TYPE_EXTEND_LOGIN (tbx_extend_login_get_type ())
G_DECLARE_FINAL_TYPE (TbxExtendLogin, tbx_extend_login, TBX, EXTEND_LOGIN, GObject)

TbxExtendLogin *tbx_extend_login_new (TbxExtensions *extensions, TbxLogin *login);

G_END_DECLS
