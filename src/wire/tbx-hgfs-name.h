/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-hgfs-status.h"

G_BEGIN_DECLS

/* Names on the wire: components joined by single NULs, the first one a share.
 * Source: docs/wire/hgfs.md, "File names". */

#define TBX_HGFS_SHARE           "root"   /* the one share: the whole file system */
#define TBX_HGFS_PATH_BYTES      4096     /* a path or a link target, its NUL included */
#define TBX_HGFS_COMPONENT_BYTES 255

#define TBX_HGFS_NAME_BY_HANDLE  0x1      /* flag of a name: its handle is meant */

typedef enum
{
  TBX_HGFS_CASE_DEFAULT     = 0,
  TBX_HGFS_CASE_SENSITIVE   = 1,
  TBX_HGFS_CASE_INSENSITIVE = 2,   /* any other number is like the default */
} TbxHgfsCase;

/* A name of a request, or the handle that stands for it. */
typedef struct
{
  const char *data;        /* no NUL at its end; NULL when the handle is meant */
  guint32     size;        /* bytes; of a name that a handle stands for, meaningless */
  guint32     flags;       /* TBX_HGFS_NAME_BY_HANDLE; V3 and later */
  guint32     case_type;   /* TbxHgfsCase, or any other number; V3 and later */
  guint32     handle;      /* meant if @by_handle */
  guint8      pad;         /* the byte between this name and what follows it, meaningless */
  gboolean    by_handle;   /* set by decoders, from hints and flags */
} TbxHgfsName;

TbxHgfsStatus tbx_hgfs_name_to_path   (const TbxHgfsName *name,
                                       gboolean           may_be_base,
                                       char               path[TBX_HGFS_PATH_BYTES]);
void          tbx_hgfs_name_init      (TbxHgfsName *name, const char *path, GByteArray *storage);
TbxHgfsStatus tbx_hgfs_target_to_text (const TbxHgfsName *target, char text[TBX_HGFS_PATH_BYTES]);
void          tbx_hgfs_target_init    (TbxHgfsName *target, char *text, gsize size);

G_END_DECLS
