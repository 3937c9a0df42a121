/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-file.h"
#include "tbx-folder-list.h"

G_BEGIN_DECLS

/* What sessions have open.  A handle belongs to one session and is never reopened. */
#define TBX_HGFS_MAX_HANDLES 2048

typedef struct
{
  guint32        number;
  guint64        session;    /* that it belongs to */
  TbxFile       *file;       /* (owned), or NULL: a search */
  TbxFolderList *list;       /* of a search (owned) */
  char          *path;       /* as it was opened (owned) */
} TbxHgfsHandle;

typedef struct _TbxHgfsHandles TbxHgfsHandles;

TbxHgfsHandles *tbx_hgfs_handles_new         (void);
void            tbx_hgfs_handles_free        (TbxHgfsHandles *self);
gboolean        tbx_hgfs_handles_is_full     (TbxHgfsHandles *self);
TbxHgfsHandle  *tbx_hgfs_handles_add         (TbxHgfsHandles *self, guint64 session,
                                              const char *path, TbxFile *file,
                                              TbxFolderList *list);
TbxHgfsHandle  *tbx_hgfs_handles_find_file   (TbxHgfsHandles *self, guint64 session,
                                              guint32 number);
TbxHgfsHandle  *tbx_hgfs_handles_find_search (TbxHgfsHandles *self, guint64 session,
                                              guint32 number);
TbxHgfsHandle  *tbx_hgfs_handles_find_pending (TbxHgfsHandles *self, guint64 session,
                                               const char *path);
TbxHgfsHandle  *tbx_hgfs_handles_find_virtual (TbxHgfsHandles *self, guint64 session,
                                               const char *path);
void            tbx_hgfs_handles_remove      (TbxHgfsHandles *self, TbxHgfsHandle *handle);
void            tbx_hgfs_handles_renamed     (TbxHgfsHandles *self, const char *from,
                                              const char *to);
gint64          tbx_hgfs_handles_got_on      (TbxHgfsHandles *self, guint64 session);
void            tbx_hgfs_handles_drop        (TbxHgfsHandles *self, guint64 session);

G_END_DECLS
