/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-hgfs-layout.h"

/* The byte of a V1 SETATTR: bits of the mask, then of the hints. */
#define UPDATE_LOW      0x1f   /* size and the four times, one bit higher in the mask */
#define UPDATE_PERMS    0x20   /* owner permissions, two bits higher */
#define UPDATE_HINT_BIT 6

static void
take_update_v1 (TbxReader *r, TbxHgfsSetattr *setattr)
{
  guint8 update = tbx_reader_u8 (r);

  tbx_hgfs_attr_take_v1 (r, &setattr->attr);
  setattr->attr.mask = (guint64) (update & UPDATE_LOW) << 1
                       | (guint64) (update & UPDATE_PERMS) << 2;
  setattr->hints = update >> UPDATE_HINT_BIT;
}

static void
put_update_v1 (const TbxHgfsSetattr *setattr, TbxWriter *w)
{
  guint8 update = (guint8) ((setattr->attr.mask >> 1 & UPDATE_LOW)
                            | (setattr->attr.mask >> 2 & UPDATE_PERMS)
                            | setattr->hints << UPDATE_HINT_BIT);

  tbx_writer_u8 (w, update);
  tbx_hgfs_attr_put_v1 (&setattr->attr, w);
}

/* Whether no bytes of the name are there. */
static gboolean
name_is_handle (const TbxHgfsField *field, guint64 hints, const TbxHgfsName *name)
{
  return (hints & field->argument) != 0
         || (field->kind == TBX_HGFS_FIELD_NAME_V3 && (name->flags & TBX_HGFS_NAME_BY_HANDLE) != 0);
}

static void
take_name (const TbxHgfsField *field, guint64 hints, TbxReader *r, TbxHgfsName *name)
{
  name->size = tbx_reader_u32le (r);
  if (field->kind == TBX_HGFS_FIELD_NAME_V3)
    {
      name->flags = tbx_reader_u32le (r);
      name->case_type = tbx_reader_u32le (r);
      name->handle = tbx_reader_u32le (r);
    }
  name->by_handle = name_is_handle (field, hints, name);
  name->data = name->by_handle ? NULL : (const char *) tbx_reader_bytes (r, name->size);
}

static void
put_name (const TbxHgfsField *field, guint64 hints, const TbxHgfsName *name, TbxWriter *w)
{
  tbx_writer_u32le (w, name->size);
  if (field->kind == TBX_HGFS_FIELD_NAME_V3)
    {
      tbx_writer_u32le (w, name->flags);
      tbx_writer_u32le (w, name->case_type);
      tbx_writer_u32le (w, name->handle);
    }
  if (!name_is_handle (field, hints, name))
    tbx_writer_bytes (w, name->data, name->size);
}

static void
take_perms (TbxReader *r, TbxHgfsPerms *perms)
{
  perms->special = tbx_reader_u8 (r);
  perms->owner = tbx_reader_u8 (r);
  perms->group = tbx_reader_u8 (r);
  perms->other = tbx_reader_u8 (r);
}

static void
take_capabilities (TbxReader *r, TbxHgfsCapabilities *capabilities)
{
  if (capabilities->count > tbx_reader_left (r) / TBX_HGFS_CAPABILITY_BYTES)
    tbx_reader_fail (r, "too short for its count");
  capabilities->data
    = tbx_reader_bytes (r, (gsize) capabilities->count * TBX_HGFS_CAPABILITY_BYTES);
}

static TbxHgfsBytes
take_rest (TbxReader *r)
{
  gsize size = tbx_reader_left (r);

  return (TbxHgfsBytes) { tbx_reader_bytes (r, size), (guint32) size };
}

/* Those that are no plain number. */
static void
take_compound (const TbxHgfsField *field, guint64 hints, TbxReader *r, gpointer member)
{
  switch (field->kind)
    {
    case TBX_HGFS_FIELD_PERMS:
      take_perms (r, member);
      break;
    case TBX_HGFS_FIELD_ATTR_V1:
      tbx_hgfs_attr_take_v1 (r, member);
      break;
    case TBX_HGFS_FIELD_ATTR_V2:
      tbx_hgfs_attr_take_v2 (r, member);
      break;
    case TBX_HGFS_FIELD_UPDATE_V1:
      take_update_v1 (r, member);
      break;
    case TBX_HGFS_FIELD_NAME:
    case TBX_HGFS_FIELD_NAME_V3:
      take_name (field, hints, r, member);
      break;
    case TBX_HGFS_FIELD_BYTES:
      ((TbxHgfsBytes *) member)->data = tbx_reader_bytes (r, ((TbxHgfsBytes *) member)->size);
      break;
    case TBX_HGFS_FIELD_CAPABILITIES:
      take_capabilities (r, member);
      break;
    case TBX_HGFS_FIELD_REST:
      *(TbxHgfsBytes *) member = take_rest (r);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
take_field (const TbxHgfsField *field, guint64 *hints, TbxReader *r, gpointer base)
{
  gpointer member = G_STRUCT_MEMBER_P (base, field->offset);

  switch (field->kind)
    {
    case TBX_HGFS_FIELD_U8:
      *(guint8 *) member = tbx_reader_u8 (r);
      break;
    case TBX_HGFS_FIELD_U8_WIDE:
      *(guint32 *) member = tbx_reader_u8 (r);
      break;
    case TBX_HGFS_FIELD_U32:
      *(guint32 *) member = tbx_reader_u32le (r);
      break;
    case TBX_HGFS_FIELD_U64:
      *(guint64 *) member = tbx_reader_u64le (r);
      break;
    case TBX_HGFS_FIELD_HINTS:
      *(guint64 *) member = *hints = tbx_reader_u64le (r);
      break;
    case TBX_HGFS_FIELD_IMPLIED:
      *(guint64 *) member = field->argument;
      break;
    case TBX_HGFS_FIELD_RESERVED_LAX:
      if (tbx_reader_left (r) < field->argument)
        break;
      /* fall through */
    case TBX_HGFS_FIELD_RESERVED:
      tbx_reader_bytes (r, field->argument);
      break;
    case TBX_HGFS_FIELD_PAD:
      ((TbxHgfsName *) member)->pad = tbx_reader_u8 (r);
      break;
    default:
      take_compound (field, *hints, r, member);
    }
}

/* Reads fields into the struct at @base; what is left goes to @tail.  Says whether
 * all of them were there. */
gboolean
tbx_hgfs_layout_take (const TbxHgfsLayout *layout, TbxReader *r, gpointer base, TbxHgfsBytes *tail)
{
  guint64 hints = 0;

  for (const TbxHgfsField *field = layout->fields; field->kind != TBX_HGFS_FIELD_END; field++)
    take_field (field, &hints, r, base);
  *tail = take_rest (r);
  return r->bad == NULL;
}

static void
put_compound (const TbxHgfsField *field, guint64 hints, gconstpointer member, TbxWriter *w)
{
  const TbxHgfsCapabilities *capabilities = member;
  const TbxHgfsBytes *bytes = member;

  switch (field->kind)
    {
    case TBX_HGFS_FIELD_PERMS:
      tbx_writer_bytes (w, member, sizeof (TbxHgfsPerms));
      break;
    case TBX_HGFS_FIELD_ATTR_V1:
      tbx_hgfs_attr_put_v1 (member, w);
      break;
    case TBX_HGFS_FIELD_ATTR_V2:
      tbx_hgfs_attr_put_v2 (member, w);
      break;
    case TBX_HGFS_FIELD_UPDATE_V1:
      put_update_v1 (member, w);
      break;
    case TBX_HGFS_FIELD_NAME:
    case TBX_HGFS_FIELD_NAME_V3:
      put_name (field, hints, member, w);
      break;
    case TBX_HGFS_FIELD_BYTES:
    case TBX_HGFS_FIELD_REST:
      tbx_writer_bytes (w, bytes->data, bytes->size);
      break;
    case TBX_HGFS_FIELD_CAPABILITIES:
      tbx_writer_bytes (w, capabilities->data,
                        (gsize) capabilities->count * TBX_HGFS_CAPABILITY_BYTES);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
put_field (const TbxHgfsField *field, guint64 *hints, gconstpointer base, TbxWriter *w)
{
  gconstpointer member = (const guint8 *) base + field->offset;

  switch (field->kind)
    {
    case TBX_HGFS_FIELD_U8:
      tbx_writer_u8 (w, *(const guint8 *) member);
      break;
    case TBX_HGFS_FIELD_U8_WIDE:
      tbx_writer_u8 (w, (guint8) *(const guint32 *) member);
      break;
    case TBX_HGFS_FIELD_U32:
      tbx_writer_u32le (w, *(const guint32 *) member);
      break;
    case TBX_HGFS_FIELD_HINTS:
      *hints = *(const guint64 *) member;
      tbx_writer_u64le (w, *hints);
      break;
    case TBX_HGFS_FIELD_U64:
      tbx_writer_u64le (w, *(const guint64 *) member);
      break;
    case TBX_HGFS_FIELD_IMPLIED:
      break;
    case TBX_HGFS_FIELD_RESERVED:
    case TBX_HGFS_FIELD_RESERVED_LAX:
      tbx_writer_zeros (w, field->argument);
      break;
    case TBX_HGFS_FIELD_PAD:
      tbx_writer_u8 (w, ((const TbxHgfsName *) member)->pad);
      break;
    default:
      put_compound (field, *hints, member, w);
    }
}

/* Writes a packet whose payload is the struct at @base, and behind it @tail, or what
 * is usual where that is NULL. */
void
tbx_hgfs_layout_put (const TbxHgfsLayout *layout, const TbxHgfsPacket *packet, guint32 inner_id,
                     guint32 inner_op, gconstpointer base, const TbxHgfsBytes *tail, TbxWriter *w)
{
  guint8 header[TBX_HGFS_HEADER_BYTES];
  gsize start = tbx_writer_size (w);
  guint64 hints = 0;

  tbx_writer_bytes (w, header, tbx_hgfs_packet_format (packet, 0, header));
  if (tbx_hgfs_packet_has_inner (packet))
    {
      tbx_writer_u32le (w, inner_id);
      tbx_writer_u32le (w, inner_op);
    }
  for (const TbxHgfsField *field = layout->fields; field->kind != TBX_HGFS_FIELD_END; field++)
    put_field (field, &hints, base, w);
  if (tail->data != NULL)
    tbx_writer_bytes (w, tail->data, tail->size);
  else
    tbx_writer_zeros (w, layout->tail_size);
  if (packet->framing == TBX_HGFS_FRAMING_V4)
    tbx_writer_patch_u32le (w, start + TBX_HGFS_PACKET_SIZE_AT,
                            (guint32) (tbx_writer_size (w) - start));
}
