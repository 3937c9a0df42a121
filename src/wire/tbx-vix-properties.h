/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "tbx-vix-errors.h"
#include "tbx-writer.h"

G_BEGIN_DECLS

/* A property list: what GetToolsState and GetGuestNetworkingConfig answer.
 * Source: docs/wire/vix.md, "Property lists and GetToolsState". */

#define TBX_VIX_PROPERTIES_MAX 256   /* in one list; three times what any sender uses */

typedef enum
{
  TBX_VIX_PROPERTY_INT32   = 1,
  TBX_VIX_PROPERTY_STRING  = 2,
  TBX_VIX_PROPERTY_BOOL    = 3,
  TBX_VIX_PROPERTY_HANDLE  = 4,   /* never on the wire */
  TBX_VIX_PROPERTY_INT64   = 5,
  TBX_VIX_PROPERTY_BLOB    = 6,
  TBX_VIX_PROPERTY_POINTER = 7,   /* never on the wire */
} TbxVixPropertyType;

/* Ids.  Those of the ENABLED flags are in tbx-vix-opcodes.h, with their method. */
typedef enum
{
  TBX_VIX_PROPERTY_TEMP_DIR              = 203,
  TBX_VIX_PROPERTY_TOOLS_VERSION         = 4500,
  TBX_VIX_PROPERTY_TOOLS_API_OPTIONS     = 4501,
  TBX_VIX_PROPERTY_OS_FAMILY             = 4502,
  TBX_VIX_PROPERTY_OS_VERSION            = 4503,
  TBX_VIX_PROPERTY_OS_PACKAGE_LIST       = 4504,
  TBX_VIX_PROPERTY_GUEST_NAME            = 4505,
  TBX_VIX_PROPERTY_POWER_OFF_SCRIPT      = 4506,
  TBX_VIX_PROPERTY_POWER_ON_SCRIPT       = 4507,
  TBX_VIX_PROPERTY_RESUME_SCRIPT         = 4508,
  TBX_VIX_PROPERTY_SUSPEND_SCRIPT        = 4509,
  TBX_VIX_PROPERTY_TOOLS_PRODUCT_NAME    = 4511,
  TBX_VIX_PROPERTY_VM_IP_ADDRESS         = 4514,
  TBX_VIX_PROPERTY_TOOLS_WORD_SIZE       = 4519,
  TBX_VIX_PROPERTY_OS_VERSION_SHORT      = 4520,
  TBX_VIX_PROPERTY_SHARED_FOLDERS_PATH   = 4525,
} TbxVixPropertyId;

typedef struct
{
  guint32            id;
  TbxVixPropertyType type;   /* says which of these is meant */
  union
  {
    gint32      int32;
    const char *string;      /* UTF-8 (not owned) */
    gboolean    boolean;
    gint64      int64;
    struct
    {
      const guint8 *data;    /* (not owned) */
      gsize         size;    /* bytes, at least 1 */
    } blob;
  };
} TbxVixProperty;

TbxVixCode            tbx_vix_properties_decode (gconstpointer data, gsize size, GArray **list);
void                  tbx_vix_properties_encode (const TbxVixProperty *list, gsize n, TbxWriter *w);
const TbxVixProperty *tbx_vix_properties_lookup (GArray *list, guint32 id);
const char           *tbx_vix_property_get_name (guint32 id);

G_END_DECLS
