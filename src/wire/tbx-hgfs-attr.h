/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-reader.h"
#include "tbx-writer.h"

G_BEGIN_DECLS

/* The attributes of a file, in the two records of HGFS.
 * Source: docs/wire/hgfs.md, "Attributes". */

typedef enum
{
  TBX_HGFS_TYPE_REGULAR   = 0,
  TBX_HGFS_TYPE_DIRECTORY = 1,
  TBX_HGFS_TYPE_SYMLINK   = 2,
} TbxHgfsFileType;

/* Which members are meant. */
typedef enum
{
  TBX_HGFS_ATTR_TYPE             = 0x000001,
  TBX_HGFS_ATTR_SIZE             = 0x000002,
  TBX_HGFS_ATTR_CREATION_TIME    = 0x000004,
  TBX_HGFS_ATTR_ACCESS_TIME      = 0x000008,
  TBX_HGFS_ATTR_WRITE_TIME       = 0x000010,
  TBX_HGFS_ATTR_CHANGE_TIME      = 0x000020,
  TBX_HGFS_ATTR_SPECIAL_PERMS    = 0x000040,
  TBX_HGFS_ATTR_OWNER_PERMS      = 0x000080,
  TBX_HGFS_ATTR_GROUP_PERMS      = 0x000100,
  TBX_HGFS_ATTR_OTHER_PERMS      = 0x000200,
  TBX_HGFS_ATTR_FLAGS            = 0x000400,
  TBX_HGFS_ATTR_ALLOCATION_SIZE  = 0x000800,
  TBX_HGFS_ATTR_USER_ID          = 0x001000,
  TBX_HGFS_ATTR_GROUP_ID         = 0x002000,
  TBX_HGFS_ATTR_FILE_ID          = 0x004000,
  TBX_HGFS_ATTR_VOLUME_ID        = 0x008000,
  TBX_HGFS_ATTR_NON_STATIC_ID    = 0x010000,
  TBX_HGFS_ATTR_EFFECTIVE_PERMS  = 0x020000,
  TBX_HGFS_ATTR_EA_SIZE          = 0x040000,
  TBX_HGFS_ATTR_REPARSE_POINT    = 0x080000,
  TBX_HGFS_ATTR_SHORT_NAME       = 0x100000,
} TbxHgfsAttrMask;

/* What a V1 record holds, always. */
#define TBX_HGFS_ATTR_V1                                                            \
  (TBX_HGFS_ATTR_TYPE | TBX_HGFS_ATTR_SIZE | TBX_HGFS_ATTR_CREATION_TIME            \
   | TBX_HGFS_ATTR_ACCESS_TIME | TBX_HGFS_ATTR_WRITE_TIME | TBX_HGFS_ATTR_CHANGE_TIME \
   | TBX_HGFS_ATTR_OWNER_PERMS)

typedef enum
{
  TBX_HGFS_FILE_HIDDEN          = 0x001,
  TBX_HGFS_FILE_SYSTEM          = 0x002,
  TBX_HGFS_FILE_ARCHIVE         = 0x004,
  TBX_HGFS_FILE_HIDDEN_FORCED   = 0x008,
  TBX_HGFS_FILE_REPARSE_POINT   = 0x010,
  TBX_HGFS_FILE_COMPRESSED      = 0x020,
  TBX_HGFS_FILE_ENCRYPTED       = 0x040,
  TBX_HGFS_FILE_OFFLINE         = 0x080,
  TBX_HGFS_FILE_READ_ONLY       = 0x100,
  TBX_HGFS_FILE_SPARSE          = 0x200,
  TBX_HGFS_FILE_TEMPORARY       = 0x400,
  TBX_HGFS_FILE_SEQUENTIAL_ONLY = 0x800,
} TbxHgfsFileFlags;

/* Each 4 read (of special: set-uid), 2 write (set-gid), 1 execute (sticky). */
typedef struct
{
  guint8 special;
  guint8 owner;
  guint8 group;
  guint8 other;
} TbxHgfsPerms;

/* Times are those of tbx-hgfs-time.h. */
typedef struct
{
  guint64      mask;              /* TbxHgfsAttrMask */
  guint32      type;              /* TbxHgfsFileType, or any other number */
  guint64      size;              /* bytes */
  guint64      creation_time;
  guint64      access_time;
  guint64      write_time;
  guint64      change_time;       /* of the attributes */
  TbxHgfsPerms perms;
  guint64      flags;             /* TbxHgfsFileFlags */
  guint64      allocation_size;   /* bytes */
  guint32      user_id;
  guint32      group_id;
  guint64      file_id;           /* inode */
  guint32      volume_id;         /* device */
  guint32      effective_perms;   /* of the user who asks: 4, 2, 1 */
} TbxHgfsAttr;

void tbx_hgfs_attr_take_v1 (TbxReader *r, TbxHgfsAttr *attr);
void tbx_hgfs_attr_take_v2 (TbxReader *r, TbxHgfsAttr *attr);
void tbx_hgfs_attr_put_v1  (const TbxHgfsAttr *attr, TbxWriter *w);
void tbx_hgfs_attr_put_v2  (const TbxHgfsAttr *attr, TbxWriter *w);

G_END_DECLS
