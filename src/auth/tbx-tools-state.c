/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-tools-state.h"
#include "tbx-vix-properties.h"

#define MAX_BYTES (16 * 1024)

#define FAMILY_LINUX     1
#define HAS_HANDLE_STATE 1

/* Where the host's shared folders would be mounted: part of the list that every host
 * gets from a Linux guest. */
#define SHARED_FOLDERS_PATH "/mnt/hgfs"

static void
add_string (GArray *list, guint32 id, const char *value)
{
  const TbxVixProperty property = { .id = id, .type = TBX_VIX_PROPERTY_STRING, .string = value };

  g_array_append_val (list, property);
}

static void
add_int (GArray *list, guint32 id, gint32 value)
{
  const TbxVixProperty property = { .id = id, .type = TBX_VIX_PROPERTY_INT32, .int32 = value };

  g_array_append_val (list, property);
}

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  return (gint) ((const TbxVixProperty *) a)->id - (gint) ((const TbxVixProperty *) b)->id;
}

/* One flag a method, named "enabled", and true when it is disabled: the value that
 * every host knows from open-vm-tools. */
static void
add_methods (GArray *list, const TbxPolicy *policy)
{
  g_autoptr(GArray) flags = g_array_new (FALSE, FALSE, sizeof (TbxVixProperty));
  guint n;
  const TbxVixOpcodeInfo *opcodes = tbx_vix_opcode_list (&n);

  for (guint i = 0; i < n; i++)
    {
      gboolean absent = (opcodes[i].flags & TBX_VIX_OPCODE_FIXED)
                        && opcodes[i].answer == TBX_VIX_UNRECOGNIZED_COMMAND;
      TbxVixProperty property = { .id = opcodes[i].property, .type = TBX_VIX_PROPERTY_BOOL };

      if (property.id == 0)
        continue;
      property.boolean = absent || !tbx_policy_allows_method (policy, opcodes[i].method);
      g_array_append_val (flags, property);
    }
  g_array_sort (flags, compare_ids);
  g_array_append_vals (list, flags->data, flags->len);
}

/**
 * tbx_tools_state_encode:
 * @policy: says which methods are disabled
 * @facts: UTF-8 without control characters
 *
 * Source: docs/wire/vix.md, "GET_TOOLS_STATE (62)".
 *
 * Returns: (transfer full) (nullable): the payload, a property list in Base64; %NULL
 *   when @facts are absurdly long
 */
char *
tbx_tools_state_encode (const TbxPolicy *policy, const TbxToolsFacts *facts)
{
  g_autoptr(GArray) list = g_array_new (FALSE, FALSE, sizeof (TbxVixProperty));
  g_autoptr(GBytes) bytes = NULL;
  g_auto(TbxWriter) w = { 0 };
  gconstpointer data;
  gsize size;

  add_string (list, TBX_VIX_PROPERTY_OS_VERSION, facts->os_full_name);
  add_string (list, TBX_VIX_PROPERTY_OS_VERSION_SHORT, facts->os_short_name);
  add_string (list, TBX_VIX_PROPERTY_TOOLS_PRODUCT_NAME, "toolboxd");
  add_string (list, TBX_VIX_PROPERTY_TOOLS_VERSION, facts->version);
  add_string (list, TBX_VIX_PROPERTY_GUEST_NAME, facts->host_name);
  add_int (list, TBX_VIX_PROPERTY_TOOLS_API_OPTIONS, HAS_HANDLE_STATE);
  add_int (list, TBX_VIX_PROPERTY_OS_FAMILY, FAMILY_LINUX);
  add_string (list, TBX_VIX_PROPERTY_OS_PACKAGE_LIST, "");
  add_string (list, TBX_VIX_PROPERTY_TEMP_DIR, "/tmp");
  add_int (list, TBX_VIX_PROPERTY_TOOLS_WORD_SIZE, 8 * sizeof (gpointer));
  add_string (list, TBX_VIX_PROPERTY_SHARED_FOLDERS_PATH, SHARED_FOLDERS_PATH);
  add_methods (list, policy);

  tbx_writer_init (&w, MAX_BYTES);
  tbx_vix_properties_encode ((const TbxVixProperty *) list->data, list->len, &w);
  bytes = tbx_writer_end (&w, "tools state", NULL);
  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  return g_base64_encode (data, size);
}
