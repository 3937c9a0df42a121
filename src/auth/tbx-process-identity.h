/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* One process of a user, whatever gets its pid after it. */
typedef struct
{
  gint64  pid;
  uid_t   uid;           /* whose it is to be */
  guint64 start_ticks;   /* when the kernel started it, in ticks after boot; 0: unknown */
} TbxProcessIdentity;

gboolean tbx_process_identity_take (TbxProcessIdentity *self, gint64 pid, uid_t uid);
int      tbx_process_identity_open (const TbxProcessIdentity *self, GError **error);

G_END_DECLS
