/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <sys/types.h>
#include <glib.h>

G_BEGIN_DECLS

/* Names of the accounts and groups of this machine: of its own files only, for a name
 * service could keep the thread that asks it for longer than anyone may wait. */
typedef struct _TbxArchiveOwners TbxArchiveOwners;

TbxArchiveOwners *tbx_archive_owners_new   (void);
void              tbx_archive_owners_free  (TbxArchiveOwners *self);
const char       *tbx_archive_owners_user  (TbxArchiveOwners *self, uid_t uid);
const char       *tbx_archive_owners_group (TbxArchiveOwners *self, gid_t gid);

G_END_DECLS
