/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>
#include "tbx-worker-codec.h"

G_BEGIN_DECLS

/* A user whose name and password were verified, as the name service had it then.
 * Immutable; reference counted. */
typedef struct
{
  const char        *name;     /* as passwd has it */
  uid_t              uid;
  gid_t              gid;
  const char *const *groups;   /* names of all its groups; a number where there is none */
  const char        *id;       /* hex: the same for the same name, uid, gid and groups only */
} TbxAccount;

TbxAccount *tbx_account_new   (const TbxWorkerLoginResult *result);
TbxAccount *tbx_account_ref   (TbxAccount *self);
void        tbx_account_unref (TbxAccount *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxAccount, tbx_account_unref)

G_END_DECLS
