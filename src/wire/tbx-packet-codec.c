/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-packet-codec.h"
#include "tbx-error.h"
#include "tbx-reader.h"
#include <string.h>

enum { VALUE_INT64 = 1, VALUE_STRING, VALUE_INT64_LIST, VALUE_STRING_LIST };
enum { FIELD_TYPE = 1, FIELD_PAYLOAD, FIELD_FAST_CLOSE };

/* More fields than any sender uses; bounds the search for repeated ones. */
#define MAX_FIELDS 64

typedef struct
{
  guint32 ids[MAX_FIELDS];
  guint   n_ids;
} SeenFields;

/**
 * tbx_packet_length_valid:
 * @length: the length word of a packet
 * @error: return location for an error
 *
 * Errors: `TBX_ERROR_MALFORMED` below 12 bytes, `TBX_ERROR_TOO_LARGE` above 16 MiB.
 *
 * Returns: whether a body of that length may be read
 */
gboolean
tbx_packet_length_valid (guint32 length, GError **error)
{
  if (length > TBX_PACKET_MAX_BYTES)
    g_set_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE, "packet: length %u is above %d", length,
                 TBX_PACKET_MAX_BYTES);
  else if (length < TBX_PACKET_MIN_BYTES)
    g_set_error (error, TBX_ERROR, TBX_ERROR_MALFORMED, "packet: length %u is below %d", length,
                 TBX_PACKET_MIN_BYTES);
  return length >= TBX_PACKET_MIN_BYTES && length <= TBX_PACKET_MAX_BYTES;
}

static gint64
read_int64 (TbxReader *r)
{
  guint64 low = tbx_reader_u32be (r);
  guint64 high = tbx_reader_u32be (r);

  return (gint64) (high << 32 | low);
}

static const guint8 *
read_string (TbxReader *r, gsize *size)
{
  *size = tbx_reader_u32be (r);
  if (r->bad == NULL && *size == 0)
    tbx_reader_fail (r, "empty string");
  return tbx_reader_bytes (r, *size);
}

static void
note_field (SeenFields *seen, TbxReader *r, guint32 id)
{
  for (guint i = 0; i < seen->n_ids; i++)
    if (seen->ids[i] == id)
      tbx_reader_fail (r, "repeated field");
  if (seen->n_ids == MAX_FIELDS)
    tbx_reader_fail (r, "too many fields");
  else
    seen->ids[seen->n_ids++] = id;
}

static void
read_entry (TbxReader *r, SeenFields *seen, TbxPacket *packet)
{
  guint32 type = tbx_reader_u32be (r);
  guint32 id = tbx_reader_u32be (r);
  const guint8 *text;
  gint64 number;
  guint32 count;
  gsize size;

  note_field (seen, r, id);
  switch (type)
    {
    case VALUE_INT64:
      number = read_int64 (r);
      if (id == FIELD_PAYLOAD)
        tbx_reader_fail (r, "payload is not a string");
      else if (id == FIELD_TYPE)
        packet->type = number;
      else if (id == FIELD_FAST_CLOSE)
        packet->fast_close = number != 0;
      break;
    case VALUE_STRING:
      text = read_string (r, &size);
      if (id == FIELD_PAYLOAD)
        {
          packet->payload = text;
          packet->payload_size = size;
        }
      break;
    case VALUE_INT64_LIST:
      count = tbx_reader_u32be (r);
      count = tbx_reader_count (r, count, G_MAXUINT32, 8);
      tbx_reader_bytes (r, (gsize) count * 8);
      break;
    case VALUE_STRING_LIST:
      count = tbx_reader_u32be (r);
      count = tbx_reader_count (r, count, G_MAXUINT32, 4);
      for (guint32 i = 0; i < count && r->bad == NULL; i++)
        read_string (r, &size);
      break;
    default:
      tbx_reader_fail (r, "unknown value type");
    }
  if (id == FIELD_PAYLOAD && type != VALUE_STRING)
    tbx_reader_fail (r, "payload is not a string");
}

/**
 * tbx_packet_decode:
 * @body: what follows the length word
 * @size: its length in bytes
 * @packet: (out): set on success; its payload points into @body
 * @error: return location for an error
 *
 * Fields may come in any order, and unknown ones are passed over.
 * Errors: `TBX_ERROR_MALFORMED`.
 * Source: docs/wire/transport.md, "Packet format".
 */
gboolean
tbx_packet_decode (gconstpointer body, gsize size, TbxPacket *packet, GError **error)
{
  TbxPacket found = { .type = TBX_PACKET_DATA };
  SeenFields seen = { .n_ids = 0 };
  TbxReader r;

  tbx_reader_init_data (&r, body, size);
  while (tbx_reader_left (&r) > 0)
    read_entry (&r, &seen, &found);
  if (r.bad == NULL && found.payload == NULL && found.type != TBX_PACKET_PING)
    tbx_reader_fail (&r, "no payload");
  if (!tbx_reader_end (&r, "packet", error))
    return FALSE;
  *packet = found;
  return TRUE;
}

static void
put_words (guint8 *to, const guint32 *words, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      guint32 word = GUINT32_TO_BE (words[i]);

      memcpy (to + i * sizeof word, &word, sizeof word);
    }
}

/**
 * tbx_packet_head:
 * @packet: a packet with a payload
 * @head: (out): what goes out before the payload
 *
 * With tbx_packet_tail() it lets a sender gather a packet without copying the
 * payload.
 */
void
tbx_packet_head (const TbxPacket *packet, guint8 head[TBX_PACKET_HEADER_BYTES])
{
  gsize length = TBX_PACKET_HEADER_BYTES - TBX_PACKET_LENGTH_BYTES + packet->payload_size
                 + (packet->fast_close ? TBX_PACKET_CLOSE_BYTES : 0);
  const guint32 words[] = {
    (guint32) length,
    VALUE_INT64, FIELD_TYPE, (guint32) packet->type, 0,
    VALUE_STRING, FIELD_PAYLOAD, (guint32) packet->payload_size,
  };

  G_STATIC_ASSERT (sizeof words == TBX_PACKET_HEADER_BYTES);
  g_return_if_fail (packet->payload_size > 0 && length <= TBX_PACKET_MAX_BYTES);
  put_words (head, words, G_N_ELEMENTS (words));
}

/**
 * tbx_packet_tail:
 * @tail: (out): what follows the payload of a packet that asks for a fast close
 */
void
tbx_packet_tail (guint8 tail[TBX_PACKET_CLOSE_BYTES])
{
  const guint32 words[] = { VALUE_INT64, FIELD_FAST_CLOSE, 1, 0 };

  G_STATIC_ASSERT (sizeof words == TBX_PACKET_CLOSE_BYTES);
  put_words (tail, words, G_N_ELEMENTS (words));
}

/**
 * tbx_packet_encode:
 * @packet: what to send; a ping has no payload
 *
 * Returns: (transfer full): the whole packet, length word included
 */
GBytes *
tbx_packet_encode (const TbxPacket *packet)
{
  GByteArray *out = g_byte_array_new ();
  guint8 head[TBX_PACKET_HEADER_BYTES];
  guint8 tail[TBX_PACKET_CLOSE_BYTES];

  if (packet->payload == NULL)
    {
      const guint32 words[] = { 16, VALUE_INT64, FIELD_TYPE, (guint32) packet->type, 0 };

      put_words (head, words, G_N_ELEMENTS (words));
      g_byte_array_append (out, head, sizeof words);
      return g_byte_array_free_to_bytes (out);
    }
  tbx_packet_head (packet, head);
  g_byte_array_append (out, head, sizeof head);
  g_byte_array_append (out, packet->payload, (guint) packet->payload_size);
  if (packet->fast_close)
    {
      tbx_packet_tail (tail);
      g_byte_array_append (out, tail, sizeof tail);
    }
  return g_byte_array_free_to_bytes (out);
}
