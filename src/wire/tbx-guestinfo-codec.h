/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

/* "SetGuestInfo  TYPE ": the frame around everything that is told about the guest.
 * Source: docs/wire/guestinfo.md, "Framing" and "Information types". */

typedef enum
{
  TBX_GUESTINFO_DNS_NAME      = 1,    /* host name, text */
  TBX_GUESTINFO_OS_NAME_FULL  = 5,    /* text */
  TBX_GUESTINFO_OS_NAME       = 6,    /* text */
  TBX_GUESTINFO_UPTIME        = 7,    /* decimal text, hundredths of a second */
  TBX_GUESTINFO_IPADDRESS_V2  = 9,    /* NIC list, V2 or V3 */
  TBX_GUESTINFO_IPADDRESS_V3  = 10,   /* NIC list, V3 */
  TBX_GUESTINFO_OS_DETAILED   = 11,   /* TbxOsDetails */
  TBX_GUESTINFO_N_TYPES       = 12,
} TbxGuestInfoType;

#define TBX_OS_SHORT_NAME_BYTES 129    /* with its NUL */
#define TBX_OS_FULL_NAME_BYTES  513    /* with its NUL */
#define TBX_OS_MAX_DATA_BYTES   10240  /* the property string with its NUL */

/* Names and properties of the operating system, in one message. */
typedef struct
{
  const char *short_name;   /* "debian12-64" */
  const char *full_name;    /* for people */
  const char *properties;   /* "name='value' name='value'" */
} TbxOsDetails;

GBytes  *tbx_guestinfo_encode      (guint type, gconstpointer payload, gsize size, GError **error);
GBytes  *tbx_guestinfo_encode_text (guint type, const char *text);
gboolean tbx_guestinfo_decode      (gconstpointer  message,
                                    gsize          size,
                                    guint         *type,
                                    const guint8 **payload,
                                    gsize         *payload_size,
                                    GError       **error);
GBytes  *tbx_os_details_encode     (const TbxOsDetails *details, GError **error);
gboolean tbx_os_details_decode     (gconstpointer payload,
                                    gsize         size,
                                    TbxOsDetails *details,
                                    GError      **error);

G_END_DECLS
