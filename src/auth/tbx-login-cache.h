/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-account.h"
#include "tbx-account-watch.h"
#include "tbx-vix-credentials.h"

G_BEGIN_DECLS

#define TBX_LOGIN_KEY_BYTES 32

/* What stands for a name with its password: a keyed hash. */
typedef struct
{
  guint8 bytes[TBX_LOGIN_KEY_BYTES];
} TbxLoginKey;

typedef gint64 (*TbxClock) (void);   /* monotonic, microseconds */

/* Remembers what PAM said yes to, for a short while and no longer than the account
 * files stay as they are.  Keys are in memory that is neither swapped nor dumped. */
typedef struct _TbxLoginCache TbxLoginCache;

TbxLoginCache *tbx_login_cache_new      (TbxAccountWatch *watch, TbxClock clock);
void           tbx_login_cache_free     (TbxLoginCache *self);
void           tbx_login_cache_hash     (TbxLoginCache           *self,
                                         const TbxVixCredentials *credentials,
                                         TbxLoginKey             *key);
TbxAccount    *tbx_login_cache_lookup   (TbxLoginCache *self, const TbxLoginKey *key);
guint64        tbx_login_cache_begin    (TbxLoginCache *self);
void           tbx_login_cache_add      (TbxLoginCache     *self,
                                         guint64            begun,
                                         const TbxLoginKey *key,
                                         const char        *name,
                                         TbxAccount        *account);
void           tbx_login_cache_forget   (TbxLoginCache *self, const char *name);
void           tbx_login_cache_forget_all (TbxLoginCache *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxLoginCache, tbx_login_cache_free)

G_END_DECLS
