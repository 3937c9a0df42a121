/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* Sees when the files that accounts and their passwords come from may have changed:
 * passwd, shadow, group, gshadow, nsswitch.conf and pam.d. */
typedef struct _TbxAccountWatch TbxAccountWatch;

TbxAccountWatch *tbx_account_watch_new     (const char *etc_directory,
                                            const char *pam_directory,
                                            GError    **error);
void             tbx_account_watch_free    (TbxAccountWatch *self);
gboolean         tbx_account_watch_changed (TbxAccountWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbxAccountWatch, tbx_account_watch_free)

G_END_DECLS
