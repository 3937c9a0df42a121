/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-attr.h"

/* What all versions begin with, but for the mask. */
static void
take_common (TbxReader *r, TbxHgfsAttr *attr)
{
  attr->type = tbx_reader_u32le (r);
  attr->size = tbx_reader_u64le (r);
  attr->creation_time = tbx_reader_u64le (r);
  attr->access_time = tbx_reader_u64le (r);
  attr->write_time = tbx_reader_u64le (r);
  attr->change_time = tbx_reader_u64le (r);
}

static void
put_common (const TbxHgfsAttr *attr, TbxWriter *w)
{
  tbx_writer_u32le (w, attr->type);
  tbx_writer_u64le (w, attr->size);
  tbx_writer_u64le (w, attr->creation_time);
  tbx_writer_u64le (w, attr->access_time);
  tbx_writer_u64le (w, attr->write_time);
  tbx_writer_u64le (w, attr->change_time);
}

/**
 * tbx_hgfs_attr_take_v1:
 * @r: at a record of 45 bytes
 * @attr: (out): what it holds, which its mask says
 *
 * Source: docs/wire/hgfs.md, "Attribute records".
 */
void
tbx_hgfs_attr_take_v1 (TbxReader *r, TbxHgfsAttr *attr)
{
  *attr = (TbxHgfsAttr) { .mask = TBX_HGFS_ATTR_V1 };
  take_common (r, attr);
  attr->perms.owner = tbx_reader_u8 (r);
}

/**
 * tbx_hgfs_attr_take_v2:
 * @r: at a record of 104 bytes
 * @attr: (out): what it holds, meant or not
 *
 * Source: docs/wire/hgfs.md, "Attribute records".
 */
void
tbx_hgfs_attr_take_v2 (TbxReader *r, TbxHgfsAttr *attr)
{
  attr->mask = tbx_reader_u64le (r);
  take_common (r, attr);
  attr->perms.special = tbx_reader_u8 (r);
  attr->perms.owner = tbx_reader_u8 (r);
  attr->perms.group = tbx_reader_u8 (r);
  attr->perms.other = tbx_reader_u8 (r);
  attr->flags = tbx_reader_u64le (r);
  attr->allocation_size = tbx_reader_u64le (r);
  attr->user_id = tbx_reader_u32le (r);
  attr->group_id = tbx_reader_u32le (r);
  attr->file_id = tbx_reader_u64le (r);
  attr->volume_id = tbx_reader_u32le (r);
  attr->effective_perms = tbx_reader_u32le (r);
  tbx_reader_u64le (r);   /* reserved */
}

/**
 * tbx_hgfs_attr_put_v1:
 * @attr: attributes, of which a V1 record holds some
 * @w: gets 45 bytes
 *
 * Source: docs/wire/hgfs.md, "Attribute records".
 */
void
tbx_hgfs_attr_put_v1 (const TbxHgfsAttr *attr, TbxWriter *w)
{
  put_common (attr, w);
  tbx_writer_u8 (w, attr->perms.owner);
}

/**
 * tbx_hgfs_attr_put_v2:
 * @attr: attributes
 * @w: gets 104 bytes
 *
 * Source: docs/wire/hgfs.md, "Attribute records".
 */
void
tbx_hgfs_attr_put_v2 (const TbxHgfsAttr *attr, TbxWriter *w)
{
  tbx_writer_u64le (w, attr->mask);
  put_common (attr, w);
  tbx_writer_u8 (w, attr->perms.special);
  tbx_writer_u8 (w, attr->perms.owner);
  tbx_writer_u8 (w, attr->perms.group);
  tbx_writer_u8 (w, attr->perms.other);
  tbx_writer_u64le (w, attr->flags);
  tbx_writer_u64le (w, attr->allocation_size);
  tbx_writer_u32le (w, attr->user_id);
  tbx_writer_u32le (w, attr->group_id);
  tbx_writer_u64le (w, attr->file_id);
  tbx_writer_u32le (w, attr->volume_id);
  tbx_writer_u32le (w, attr->effective_perms);
  tbx_writer_zeros (w, 8);
}
