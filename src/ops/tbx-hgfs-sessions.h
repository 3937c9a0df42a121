/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-handles.h"

G_BEGIN_DECLS

/* The HGFS sessions of one user, and when each was used last.
 * Source: docs/wire/hgfs.md, "Sessions". */
typedef struct _TbxHgfsSessions TbxHgfsSessions;

/* The session of hosts that know none. */
#define TBX_HGFS_LEGACY_SESSION 0

#define TBX_HGFS_MAX_SESSIONS   64
#define TBX_HGFS_IDLE_S         600   /* without use a session ends after it, at first */

typedef gint64 (*TbxHgfsClock) (void);

/* Called for a session that nobody used for too long; it is to remove it. */
typedef void (*TbxHgfsSessionIdle) (guint64 id, gpointer user_data);

TbxHgfsSessions *tbx_hgfs_sessions_new       (TbxHgfsHandles *handles, TbxHgfsSessionIdle idle,
                                              gpointer user_data);
void             tbx_hgfs_sessions_free      (TbxHgfsSessions *self);
void             tbx_hgfs_sessions_set_clock (TbxHgfsSessions *self, TbxHgfsClock clock);
void             tbx_hgfs_sessions_set_idle  (TbxHgfsSessions *self, guint seconds);
guint            tbx_hgfs_sessions_count     (TbxHgfsSessions *self);
gboolean         tbx_hgfs_sessions_create    (TbxHgfsSessions *self, guint64 *id);
gboolean         tbx_hgfs_sessions_has       (TbxHgfsSessions *self, guint64 id);
void             tbx_hgfs_sessions_use       (TbxHgfsSessions *self, guint64 id);
void             tbx_hgfs_sessions_used      (TbxHgfsSessions *self, guint64 id);
void             tbx_hgfs_sessions_remove    (TbxHgfsSessions *self, guint64 id);
void             tbx_hgfs_sessions_expire    (TbxHgfsSessions *self);
gboolean         tbx_hgfs_sessions_may_log   (TbxHgfsSessions *self, guint64 id);

G_END_DECLS
