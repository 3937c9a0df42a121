/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-properties.h"
#include "tbx-reader.h"
#include "tbx-vix-opcodes.h"
#include <string.h>

#define ENTRY_HEADER_BYTES 12   /* id, type, length */

static const struct
{
  guint32     id;
  const char *name;
} names[] = {
  { TBX_VIX_PROPERTY_TEMP_DIR, "temporary directory" },
  { TBX_VIX_PROPERTY_TOOLS_VERSION, "tools version" },
  { TBX_VIX_PROPERTY_TOOLS_API_OPTIONS, "tools API options" },
  { TBX_VIX_PROPERTY_OS_FAMILY, "OS family" },
  { TBX_VIX_PROPERTY_OS_VERSION, "OS version" },
  { TBX_VIX_PROPERTY_OS_PACKAGE_LIST, "OS package list" },
  { TBX_VIX_PROPERTY_GUEST_NAME, "guest name" },
  { TBX_VIX_PROPERTY_POWER_OFF_SCRIPT, "power-off script" },
  { TBX_VIX_PROPERTY_POWER_ON_SCRIPT, "power-on script" },
  { TBX_VIX_PROPERTY_RESUME_SCRIPT, "resume script" },
  { TBX_VIX_PROPERTY_SUSPEND_SCRIPT, "suspend script" },
  { TBX_VIX_PROPERTY_TOOLS_PRODUCT_NAME, "tools product name" },
  { TBX_VIX_PROPERTY_VM_IP_ADDRESS, "IP address" },
  { TBX_VIX_PROPERTY_TOOLS_WORD_SIZE, "tools word size" },
  { TBX_VIX_PROPERTY_OS_VERSION_SHORT, "OS version, short" },
  { TBX_VIX_PROPERTY_SHARED_FOLDERS_PATH, "shared folders path" },
};

/* Reads the value of @property, @size bytes at @data. */
static TbxVixCode
value_decode (TbxVixProperty *property, const guint8 *data, gsize size)
{
  TbxReader r;

  tbx_reader_init_data (&r, data, size);
  switch (property->type)
    {
    case TBX_VIX_PROPERTY_INT32:
      property->int32 = (gint32) tbx_reader_u32le (&r);
      break;
    case TBX_VIX_PROPERTY_BOOL:
      property->boolean = tbx_reader_u8 (&r) != 0;
      break;
    case TBX_VIX_PROPERTY_INT64:
      property->int64 = (gint64) tbx_reader_u64le (&r);
      break;
    case TBX_VIX_PROPERTY_STRING:
      property->string = (const char *) tbx_reader_bytes (&r, size);
      if (memchr (data, 0, size) != data + size - 1)
        return TBX_VIX_INVALID_SERIALIZED_DATA;
      if (!g_utf8_validate (property->string, -1, NULL))
        return TBX_VIX_INVALID_UTF8_STRING;
      break;
    case TBX_VIX_PROPERTY_BLOB:
      property->blob.data = tbx_reader_bytes (&r, size);
      property->blob.size = size;
      break;
    case TBX_VIX_PROPERTY_POINTER:
      return TBX_VIX_INVALID_SERIALIZED_DATA;
    default:
      return TBX_VIX_UNRECOGNIZED_PROPERTY;
    }
  return r.bad == NULL && tbx_reader_left (&r) == 0 ? TBX_VIX_OK : TBX_VIX_INVALID_SERIALIZED_DATA;
}

/* A repeated id replaces the value that came before, if it is of the same type. */
static TbxVixCode
list_add (GArray *list, const TbxVixProperty *property)
{
  for (guint i = 0; i < list->len; i++)
    {
      TbxVixProperty *old = &g_array_index (list, TbxVixProperty, i);

      if (old->id != property->id)
        continue;
      if (old->type != property->type)
        return TBX_VIX_TYPE_MISMATCH;
      *old = *property;
      return TBX_VIX_OK;
    }
  if (list->len == TBX_VIX_PROPERTIES_MAX)
    return TBX_VIX_INVALID_SERIALIZED_DATA;
  g_array_append_vals (list, property, 1);
  return TBX_VIX_OK;
}

/**
 * tbx_vix_properties_decode:
 * @data: (nullable) (array length=size): a serialized list, not in base64
 * @size: its length in bytes
 * @list: (out) (transfer full) (element-type TbxVixProperty): set on success; its
 *   strings and blobs point into @data
 *
 * Source: docs/wire/vix.md, "Encoding of a property list".
 *
 * Returns: `TBX_VIX_OK`, `TBX_VIX_INVALID_SERIALIZED_DATA`, also for more than
 *   `TBX_VIX_PROPERTIES_MAX`, `TBX_VIX_INVALID_UTF8_STRING`,
 *   `TBX_VIX_UNRECOGNIZED_PROPERTY`, or `TBX_VIX_TYPE_MISMATCH`
 */
TbxVixCode
tbx_vix_properties_decode (gconstpointer data, gsize size, GArray **list)
{
  g_autoptr(GArray) found = g_array_new (FALSE, FALSE, sizeof (TbxVixProperty));
  TbxVixCode code = TBX_VIX_OK;
  TbxReader r;

  tbx_reader_init_data (&r, data, size);
  while (code == TBX_VIX_OK && tbx_reader_left (&r) > ENTRY_HEADER_BYTES)
    {
      TbxVixProperty property = { .id = tbx_reader_u32le (&r) };
      guint32 value_size;

      property.type = tbx_reader_u32le (&r);
      value_size = tbx_reader_u32le (&r);
      if (value_size < 1 || value_size > tbx_reader_left (&r))
        return TBX_VIX_INVALID_SERIALIZED_DATA;
      code = value_decode (&property, tbx_reader_bytes (&r, value_size), value_size);
      if (code == TBX_VIX_OK)
        code = list_add (found, &property);
    }
  if (code == TBX_VIX_OK)
    *list = g_steal_pointer (&found);
  return code;
}

static void
put_property (const TbxVixProperty *property, TbxWriter *w)
{
  gsize size_pos, value_pos;

  tbx_writer_u32le (w, property->id);
  tbx_writer_u32le (w, property->type);
  size_pos = tbx_writer_size (w);
  tbx_writer_u32le (w, 0);
  value_pos = tbx_writer_size (w);
  switch (property->type)
    {
    case TBX_VIX_PROPERTY_INT32:
      tbx_writer_u32le (w, (guint32) property->int32);
      break;
    case TBX_VIX_PROPERTY_STRING:
      tbx_writer_bytes (w, property->string, strlen (property->string) + 1);
      break;
    case TBX_VIX_PROPERTY_BOOL:
      tbx_writer_u8 (w, property->boolean ? 1 : 0);
      break;
    case TBX_VIX_PROPERTY_INT64:
      tbx_writer_u64le (w, (guint64) property->int64);
      break;
    case TBX_VIX_PROPERTY_BLOB:
      if (property->blob.size == 0)
        tbx_writer_fail (w, "empty blob");
      tbx_writer_bytes (w, property->blob.data, property->blob.size);
      break;
    default:
      tbx_writer_fail (w, "type without a serialized form");
    }
  tbx_writer_patch_u32le (w, size_pos, (guint32) (tbx_writer_size (w) - value_pos));
}

/**
 * tbx_vix_properties_encode:
 * @list: (array length=n): properties
 * @n: how many
 * @w: gets the serialized list
 *
 * Fails @w for a handle, a pointer, an empty blob, and more than
 * `TBX_VIX_PROPERTIES_MAX`.
 * Source: docs/wire/vix.md, "Encoding of a property list".
 */
void
tbx_vix_properties_encode (const TbxVixProperty *list, gsize n, TbxWriter *w)
{
  if (n > TBX_VIX_PROPERTIES_MAX)
    tbx_writer_fail (w, "too many properties");
  for (gsize i = 0; i < n && w->bad == NULL; i++)
    put_property (&list[i], w);
}

/**
 * tbx_vix_properties_lookup:
 * @list: (element-type TbxVixProperty): what tbx_vix_properties_decode() gave
 * @id: which
 *
 * Returns: (transfer none) (nullable): the property with that id
 */
const TbxVixProperty *
tbx_vix_properties_lookup (GArray *list, guint32 id)
{
  for (guint i = 0; i < list->len; i++)
    if (g_array_index (list, TbxVixProperty, i).id == id)
      return &g_array_index (list, TbxVixProperty, i);
  return NULL;
}

/**
 * tbx_vix_property_get_name:
 * @id: id of a property
 *
 * Returns: (transfer none) (nullable): what to call it before people; for the flag of
 *   a vSphere method the name of the method; %NULL when it is not known
 */
const char *
tbx_vix_property_get_name (guint32 id)
{
  const TbxVixOpcodeInfo *opcodes;
  guint n;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i].id == id)
      return names[i].name;
  opcodes = tbx_vix_opcode_list (&n);
  for (guint i = 0; i < n; i++)
    if (opcodes[i].property != 0 && opcodes[i].property == id)
      return opcodes[i].method;
  return NULL;
}
