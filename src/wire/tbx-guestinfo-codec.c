/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-guestinfo-codec.h"
#include "tbx-error.h"
#include "tbx-reader.h"
#include "tbx-writer.h"
#include <string.h>

/* The second space is the delimiter of the fields that follow. */
#define HEADER "SetGuestInfo  "
#define OS_HEADER_VERSION 1
/* The C layout of the header of type 11 ends on a word. */
#define OS_HEADER_PADDING 2

#define MAX_MESSAGE_BYTES (64 * 1024 * 1024)

/**
 * tbx_guestinfo_encode:
 * @type: a #TbxGuestInfoType
 * @payload: the octets of that type, complete with any NUL that belongs to it
 * @size: their number
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TOO_LARGE`.
 * Source: docs/wire/guestinfo.md, "Framing".
 *
 * Returns: (transfer full) (nullable): the request
 */
GBytes *
tbx_guestinfo_encode (guint type, gconstpointer payload, gsize size, GError **error)
{
  TbxWriter w;

  tbx_writer_init (&w, MAX_MESSAGE_BYTES);
  tbx_writer_printf (&w, HEADER "%u ", type);
  tbx_writer_bytes (&w, payload, size);
  return tbx_writer_end (&w, "SetGuestInfo", error);
}

/**
 * tbx_guestinfo_encode_text:
 * @type: a #TbxGuestInfoType whose payload is text
 * @text: the value
 *
 * The value's NUL is counted, as the host is used to.
 *
 * Returns: (transfer full): the request
 */
GBytes *
tbx_guestinfo_encode_text (guint type, const char *text)
{
  return tbx_guestinfo_encode (type, text, strlen (text) + 1, NULL);
}

/**
 * tbx_guestinfo_decode:
 * @message: a request
 * @size: its length in bytes
 * @type: (out): a #TbxGuestInfoType
 * @payload: (out) (transfer none): what follows the header, in place
 * @payload_size: (out): its length in bytes
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`, also for a type that is not defined.
 *
 * Returns: whether it is such a request; nothing is set when it is not
 */
gboolean
tbx_guestinfo_decode (gconstpointer  message,
                      gsize          size,
                      guint         *type,
                      const guint8 **payload,
                      gsize         *payload_size,
                      GError       **error)
{
  const gsize header_size = strlen (HEADER);
  const guint8 *header;
  TbxReader r;
  guint number = 0;
  guint8 c;

  tbx_reader_init_data (&r, message, size);
  header = tbx_reader_bytes (&r, header_size);
  if (header != NULL && memcmp (header, HEADER, header_size) != 0)
    tbx_reader_fail (&r, "not its header");
  c = tbx_reader_u8 (&r);
  if (c == '0')
    tbx_reader_fail (&r, "leading zero");
  for (; r.bad == NULL && c != ' '; c = tbx_reader_u8 (&r))
    if (!g_ascii_isdigit (c) || (number = number * 10 + (c - '0')) >= TBX_GUESTINFO_N_TYPES)
      tbx_reader_fail (&r, "unknown type");
  if (r.bad == NULL && number == 0)
    tbx_reader_fail (&r, "unknown type");
  if (!tbx_reader_ok (&r, "SetGuestInfo", error))
    return FALSE;
  *type = number;
  *payload_size = tbx_reader_left (&r);
  *payload = tbx_reader_bytes (&r, *payload_size);
  return TRUE;
}

static void
put_fixed_text (TbxWriter *w, const char *text, gsize room)
{
  gsize length = strlen (text);

  if (length >= room)
    {
      tbx_writer_fail (w, "name too long");
      return;
    }
  tbx_writer_bytes (w, text, length);
  tbx_writer_zeros (w, room - length);
}

/**
 * tbx_os_details_encode:
 * @details: what is told
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_TOO_LARGE`.
 * Source: docs/wire/guestinfo.md, "Detailed OS data".
 *
 * Returns: (transfer full) (nullable): the payload of type 11
 */
GBytes *
tbx_os_details_encode (const TbxOsDetails *details, GError **error)
{
  TbxWriter w;

  tbx_writer_init (&w, 4 + TBX_OS_SHORT_NAME_BYTES + TBX_OS_FULL_NAME_BYTES + OS_HEADER_PADDING
                         + TBX_OS_MAX_DATA_BYTES);
  tbx_writer_u32le (&w, OS_HEADER_VERSION);
  put_fixed_text (&w, details->short_name, TBX_OS_SHORT_NAME_BYTES);
  put_fixed_text (&w, details->full_name, TBX_OS_FULL_NAME_BYTES);
  tbx_writer_zeros (&w, OS_HEADER_PADDING);
  tbx_writer_bytes (&w, details->properties, strlen (details->properties) + 1);
  return tbx_writer_end (&w, "OS details", error);
}

/* UTF-8 up to a NUL that is there; the rest of the field does not matter. */
static const char *
take_fixed_text (TbxReader *r, gsize room)
{
  const char *text = (const char *) tbx_reader_bytes (r, room);

  if (text == NULL)
    return NULL;
  if (memchr (text, '\0', room) == NULL)
    tbx_reader_fail (r, "no NUL in a name");
  else if (!g_utf8_validate (text, -1, NULL))
    tbx_reader_fail (r, "not UTF-8");
  return text;
}

/**
 * tbx_os_details_decode:
 * @payload: the payload of type 11
 * @size: its length in bytes
 * @details: (out): set on success; points into @payload
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED`.
 *
 * Returns: whether it could be read
 */
gboolean
tbx_os_details_decode (gconstpointer payload, gsize size, TbxOsDetails *details, GError **error)
{
  TbxOsDetails found;
  TbxReader r;

  tbx_reader_init_data (&r, payload, size);
  if (tbx_reader_u32le (&r) != OS_HEADER_VERSION)
    tbx_reader_fail (&r, "unknown version");
  found.short_name = take_fixed_text (&r, TBX_OS_SHORT_NAME_BYTES);
  found.full_name = take_fixed_text (&r, TBX_OS_FULL_NAME_BYTES);
  tbx_reader_bytes (&r, OS_HEADER_PADDING);
  if (tbx_reader_left (&r) > TBX_OS_MAX_DATA_BYTES)
    tbx_reader_fail (&r, "properties above their limit");
  found.properties = take_fixed_text (&r, tbx_reader_left (&r));
  if (!tbx_reader_end (&r, "OS details", error))
    return FALSE;
  *details = found;
  return TRUE;
}
