/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-sim-setinfo.h"
#include "tbx-error.h"
#include "tbx-guestinfo-codec.h"
#include "tbx-nicinfo-codec.h"
#include <string.h>

#define TYPE_BUILD_NUMBER 4
#define MAX_TEXT_BYTES 511   /* the longest that any guest sends: a full OS name */

/* The host's side of SetGuestInfo: decodes a report and keeps it. */

static char *
take_text (const guint8 *payload, gsize size, GError **error)
{
  if (size > 0 && payload[size - 1] == '\0')
    size--;
  if (size <= MAX_TEXT_BYTES && g_utf8_validate_len ((const char *) payload, size, NULL))
    return g_strndup ((const char *) payload, size);
  g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "Invalid text");
  return NULL;
}

static gboolean
set_text (char **field, const guint8 *payload, gsize size, GError **error)
{
  char *text = take_text (payload, size, error);

  if (text == NULL)
    return FALSE;
  g_free (*field);
  *field = text;
  return TRUE;
}

static gboolean
set_uptime (TbxSimGuest *guest, const guint8 *payload, gsize size, GError **error)
{
  g_autofree char *text = take_text (payload, size, error);
  guint64 uptime_cs;

  if (text == NULL)
    return FALSE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &uptime_cs, error))
    return FALSE;
  guest->has_uptime = TRUE;
  guest->uptime_cs = uptime_cs;
  return TRUE;
}

static gboolean
set_details (TbxSimGuest *guest, const guint8 *payload, gsize size, GError **error)
{
  TbxOsDetails details;

  if (!tbx_os_details_decode (payload, size, &details, error))
    return FALSE;
  g_free (guest->os_short);
  g_free (guest->os_full);
  g_free (guest->os_properties);
  guest->os_short = g_strdup (details.short_name);
  guest->os_full = g_strdup (details.full_name);
  guest->os_properties = g_strdup (details.properties);
  return TRUE;
}

static gboolean
set_nics (TbxSimGuest *guest, guint type, const guint8 *payload, gsize size, GError **error)
{
  g_autoptr(TbxNicInfo) nics = NULL;
  TbxNicInfoVersion version;

  nics = tbx_nicinfo_decode (payload, size, &version, error);
  if (nics == NULL)
    return FALSE;
  if (type == TBX_GUESTINFO_IPADDRESS_V3 && version != TBX_NICINFO_V3)
    {
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "Type 10 takes version 3 only");
      return FALSE;
    }
  for (guint i = 0; type == TBX_GUESTINFO_IPADDRESS_V2 && i < nics->nics->len; i++)
    {
      const TbxNicInfoNic *nic = g_ptr_array_index (nics->nics, i);

      if (nic->ips->len <= TBX_NICINFO_MAX_ADDRESSES_OLD)
        continue;
      g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "Type 9 takes %d addresses a NIC",
                   TBX_NICINFO_MAX_ADDRESSES_OLD);
      return FALSE;
    }
  g_clear_pointer (&guest->nics, tbx_nicinfo_free);
  guest->nics = g_steal_pointer (&nics);
  guest->nics_type = type;
  guest->nics_version = version;
  guest->nics_updates++;
  return TRUE;
}

/**
 * tbx_sim_set_guest_info:
 * @guest: what takes the report
 * @request: the whole request
 * @error: return location for an error, whose message goes to the guest
 *
 * Types whose data no part of `vmxsim show` would show are refused, as an old
 * host refuses those that it does not know.
 * Errors: `TBX_ERROR_MALFORMED`, `TBX_ERROR_UNSUPPORTED`.
 * Source: docs/wire/guestinfo.md, "Information types".
 *
 * Returns: whether it was understood; else nothing has changed
 */
gboolean
tbx_sim_set_guest_info (TbxSimGuest *guest, GBytes *request, GError **error)
{
  const guint8 *payload;
  gsize size;
  guint type;

  if (!tbx_guestinfo_decode (g_bytes_get_data (request, NULL), g_bytes_get_size (request), &type,
                             &payload, &size, error))
    return FALSE;
  switch (type)
    {
    case TBX_GUESTINFO_DNS_NAME:
      return set_text (&guest->host_name, payload, size, error);
    case TYPE_BUILD_NUMBER:
      return set_text (&guest->build, payload, size, error);
    case TBX_GUESTINFO_OS_NAME_FULL:
      return set_text (&guest->os_full, payload, size, error);
    case TBX_GUESTINFO_OS_NAME:
      return set_text (&guest->os_short, payload, size, error);
    case TBX_GUESTINFO_UPTIME:
      return set_uptime (guest, payload, size, error);
    case TBX_GUESTINFO_IPADDRESS_V2:
    case TBX_GUESTINFO_IPADDRESS_V3:
      return set_nics (guest, type, payload, size, error);
    case TBX_GUESTINFO_OS_DETAILED:
      return set_details (guest, payload, size, error);
    default:
      g_set_error (error, TBX_ERROR, TBX_ERROR_UNSUPPORTED, "Unsupported information type");
      return FALSE;
    }
}
