/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hgfs-vectors.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-requests.h"
#include <string.h>

#define LIMIT (2 * TBX_HGFS_REPLY_MAX_BYTES)

static gboolean
is_well_formed (JsonObject *vector)
{
  return !hgfs_vector_in (vector, "mal-") && !hgfs_vector_in (vector, "env-");
}

static void
assert_header (const TbxHgfsPacket *packet, JsonObject *decoded)
{
  JsonObject *h = json_object_get_object_member (decoded, "header");

  if (packet->framing == TBX_HGFS_FRAMING_LEGACY)
    {
      g_assert_cmpstr (json_object_get_string_member (decoded, "framing"), ==, "legacy");
      g_assert_cmphex (packet->id, ==, hgfs_number (h, "id"));
      if (packet->flags == TBX_HGFS_FLAG_REPLY)
        g_assert_cmpuint (packet->status, ==, hgfs_number (h, "status"));
      else
        g_assert_cmpuint (packet->op, ==, hgfs_number (h, "op"));
      g_assert_cmphex (packet->session_id, ==, TBX_HGFS_NO_SESSION);
      return;
    }
  g_assert_cmpstr (json_object_get_string_member (decoded, "framing"), ==, "v4");
  g_assert_cmpuint (packet->version, ==, hgfs_number (h, "version"));
  g_assert_cmphex (packet->id, ==, hgfs_number (h, "requestId"));
  g_assert_cmpuint (packet->op, ==, hgfs_number (h, "op"));
  g_assert_cmpuint (packet->status, ==, hgfs_number (h, "status"));
  g_assert_cmpuint (packet->flags, ==, hgfs_number (h, "flags"));
  g_assert_cmpuint (packet->information, ==, hgfs_number (h, "information"));
  g_assert_cmphex (packet->session_id, ==, hgfs_number (h, "sessionId"));
  g_assert_cmpuint (packet->payload_size + hgfs_number (h, "headerSize"), ==,
                    hgfs_number (h, "packetSize"));
}

static GBytes *
request_bytes (const TbxHgfsPacket *packet, const TbxHgfsRequest *request)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytes;
  TbxWriter w;

  tbx_writer_init (&w, LIMIT);
  tbx_hgfs_request_encode (packet, request, &w);
  bytes = tbx_writer_end (&w, "request", &error);
  g_assert_no_error (error);
  return bytes;
}

static GBytes *
reply_bytes (const TbxHgfsPacket *packet, const TbxHgfsReply *reply)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytes;
  TbxWriter w;

  tbx_writer_init (&w, LIMIT);
  tbx_hgfs_reply_encode (packet, reply, &w);
  bytes = tbx_writer_end (&w, "reply", &error);
  g_assert_no_error (error);
  return bytes;
}

static void
assert_same (GBytes *bytes, gconstpointer data, gsize size)
{
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data, size);
}

/* Decodes, compares when @decoded is there, and encodes; says how many members that
 * compared. */
static guint
try_request (const guint8 *data, gsize size, JsonObject *decoded)
{
  g_autoptr(GBytes) out = NULL;
  TbxHgfsPacket packet;
  TbxHgfsRequest request;
  guint n = 0;

  g_assert_cmpuint (tbx_hgfs_packet_decode (data, size, &packet), ==, TBX_HGFS_OK);
  g_assert_cmpuint (tbx_hgfs_request_decode (&packet, &request), ==, TBX_HGFS_OK);
  if (decoded != NULL)
    {
      assert_header (&packet, decoded);
      n = hgfs_assert_request (&request, json_object_get_object_member (decoded, "payload"));
    }
  out = request_bytes (&packet, &request);
  assert_same (out, data, size);
  return n;
}

static guint
try_reply (const guint8 *data, gsize size, guint32 op, JsonObject *decoded)
{
  g_autoptr(GBytes) out = NULL;
  TbxHgfsPacket packet;
  TbxHgfsReply reply;
  guint n = 0;

  g_assert_cmpuint (tbx_hgfs_packet_decode_reply (data, size, op, &packet), ==, TBX_HGFS_OK);
  g_assert_cmpuint (packet.op, ==, op);
  g_assert_cmpuint (tbx_hgfs_reply_decode (&packet, &reply), ==, TBX_HGFS_OK);
  if (decoded != NULL)
    {
      assert_header (&packet, decoded);
      n = hgfs_assert_reply (&reply, json_object_get_object_member (decoded, "payload"));
    }
  out = reply_bytes (&packet, &reply);
  assert_same (out, data, size);
  return n;
}

/* Each says what the vector says, and goes out as it came in. */
static void
test_vectors (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n_requests = 0, n_replies = 0, n_members = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      JsonObject *decoded = json_object_get_object_member (vector, "decoded");
      g_autofree guint8 *bytes = NULL;
      gsize size;

      if (!is_well_formed (vector))
        continue;
      g_test_message ("%s", hgfs_vector_name (vector));
      bytes = hgfs_vector_bytes (vector, &size);
      if (hgfs_vector_is_reply (vector))
        {
          n_members += try_reply (bytes, size, (guint32) hgfs_number (vector, "op"), decoded);
          n_replies++;
        }
      else
        {
          n_members += try_request (bytes, size, decoded);
          n_requests++;
        }
    }
  g_assert_cmpuint (json_array_get_length (vectors), ==, 371);
  g_assert_cmpuint (n_requests, ==, 131);
  g_assert_cmpuint (n_replies, ==, 118);
  g_assert_cmpuint (n_members, >, 800);
}

/* What the packets travel in: the body and the reply of VIX, and the raw forms. */
static void
test_envelopes (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      JsonObject *decoded = json_object_get_object_member (vector, "decoded");
      const char *text = json_object_get_string_member_with_default (decoded, "text", "");
      g_autofree guint8 *bytes = NULL;
      gsize size, at;

      if (!hgfs_vector_in (vector, "env-"))
        continue;
      n++;
      bytes = hgfs_vector_bytes (vector, &size);
      g_assert_cmpmem (bytes, strlen (text), text, strlen (text));
      if (!json_object_has_member (decoded, "packet_offset"))
        {
          g_assert_cmpuint (size, ==, strlen (text));   /* refused: no packet */
          continue;
        }
      at = hgfs_number (decoded, "packet_offset");
      if (hgfs_vector_is_reply (vector))
        try_reply (bytes + at, size - at, TBX_HGFS_CREATE_SESSION_V4, NULL);
      else
        try_request (bytes + at, size - at, NULL);
      if (g_str_equal (hgfs_vector_name (vector), "env-vix84-body"))
        {
          TbxVixRequest vix;

          g_assert_cmpuint (tbx_vix_request_decode (TBX_VIX_HGFS_PACKET, bytes, size, &vix), ==,
                            TBX_VIX_OK);
          g_assert_cmpint (vix.hgfs_packet.timeout, ==, hgfs_number (decoded, "timeout"));
          g_assert_cmpmem (vix.hgfs_packet.packet.data, vix.hgfs_packet.packet.size, bytes + at,
                           hgfs_number (decoded, "packetSize"));
        }
      else if (g_str_equal (hgfs_vector_name (vector), "env-vix84-reply"))
        {
          char prefix[TBX_VIX_PREFIX_MAX_BYTES];
          gsize prefix_size = tbx_vix_reply_prefix (prefix, TBX_VIX_OK, 0, TRUE);

          g_assert_cmpmem (prefix + strlen ("OK "), prefix_size - strlen ("OK "), bytes, at);
        }
    }
  g_assert_cmpuint (n, ==, 5);
}

/* Each prefix of a packet is refused, or read within its end; and so is each prefix
 * of a payload whose header is right about its size. */
static void
test_prefixes (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n_frames = 0, n_refused = 0, n_valid = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      TbxHgfsPacket packet;
      gsize size;

      if (!is_well_formed (vector) || hgfs_vector_is_reply (vector))
        continue;
      bytes = hgfs_vector_bytes (vector, &size);
      g_assert_cmpuint (tbx_hgfs_packet_decode (bytes, size, &packet), ==, TBX_HGFS_OK);
      for (gsize n = 0; n < size && packet.framing == TBX_HGFS_FRAMING_V4; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (bytes, n);
          TbxHgfsPacket cut;

          g_assert_cmpuint (tbx_hgfs_packet_decode (exact, n, &cut), ==, TBX_HGFS_PROTOCOL_ERROR);
          g_assert_cmpuint (cut.framing, ==, n < 8 ? TBX_HGFS_FRAMING_NONE : TBX_HGFS_FRAMING_V4);
          g_assert_cmphex (cut.id, ==, n < 20 ? 0 : packet.id);
          g_assert_cmpuint (cut.op, ==, n < 24 ? 0 : packet.op);
          g_assert_cmphex (cut.session_id, ==, n < 44 ? TBX_HGFS_NO_SESSION : packet.session_id);
          g_assert_null (cut.payload);
          n_frames++;
        }
      for (gsize n = 0; n < packet.payload_size; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (packet.payload, n);
          TbxHgfsRequest request = { .op = 77 };
          TbxHgfsPacket cut = packet;
          TbxHgfsStatus status;

          cut.payload = exact;
          cut.payload_size = n;
          status = tbx_hgfs_request_decode (&cut, &request);
          g_assert_cmpuint (request.op, ==, status == TBX_HGFS_OK ? packet.op : 77);
          if (status == TBX_HGFS_OK)
            {
              g_bytes_unref (request_bytes (&cut, &request));
              n_valid++;
            }
          else
            {
              g_assert_cmpuint (status, ==, TBX_HGFS_PROTOCOL_ERROR);
              n_refused++;
            }
        }
    }
  g_assert_cmpuint (n_frames, >, 12000);
  g_assert_cmpuint (n_refused, >, 6000);
  g_assert_cmpuint (n_valid, >, 60);   /* without the byte behind a name, mostly */
}

/* A host reads the replies of a guest that it need not trust. */
static void
test_reply_prefixes (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n_refused = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      guint32 op;
      gsize size;

      if (!is_well_formed (vector) || !hgfs_vector_is_reply (vector))
        continue;
      bytes = hgfs_vector_bytes (vector, &size);
      op = (guint32) hgfs_number (vector, "op");
      for (gsize n = 0; n < size; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (bytes, n);
          TbxHgfsPacket cut;
          TbxHgfsReply reply;

          if (tbx_hgfs_packet_decode_reply (exact, n, op, &cut) != TBX_HGFS_OK
              || tbx_hgfs_reply_decode (&cut, &reply) != TBX_HGFS_OK)
            n_refused++;
        }
    }
  g_assert_cmpuint (n_refused, >, 8000);
}

/* A placeholder that is missing, and one that is there, mean the same. */
static void
test_placeholder (void)
{
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      g_autoptr(GBytes) with = NULL, without = NULL;
      TbxHgfsPacket packet;
      TbxHgfsRequest request, again;
      gsize size;

      if (!is_well_formed (vector) || hgfs_vector_is_reply (vector))
        continue;
      bytes = hgfs_vector_bytes (vector, &size);
      g_assert_cmpuint (tbx_hgfs_packet_decode (bytes, size, &packet), ==, TBX_HGFS_OK);
      g_assert_cmpuint (tbx_hgfs_request_decode (&packet, &request), ==, TBX_HGFS_OK);
      if (request.tail.size != 1)
        continue;
      request.tail = (TbxHgfsBytes) { bytes, 0 };
      without = request_bytes (&packet, &request);
      g_assert_cmpuint (g_bytes_get_size (without), ==, size - 1);
      g_assert_cmpuint (tbx_hgfs_packet_decode (g_bytes_get_data (without, NULL), size - 1, &packet), ==,
                        TBX_HGFS_OK);
      g_assert_cmpuint (tbx_hgfs_request_decode (&packet, &again), ==, TBX_HGFS_OK);
      g_assert_cmpuint (again.tail.size, ==, 0);
      again.tail.data = NULL;   /* as a host sends it */
      with = request_bytes (&packet, &again);
      g_assert_cmpuint (g_bytes_get_size (with), ==, size);
      n++;
    }
  g_assert_cmpuint (n, ==, 57);
}

/* A changed byte at every position of a good packet: for the sanitizers to see. */
static void
test_changed_bytes (void)
{
  static const guint8 changes[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
  g_autoptr(JsonArray) vectors = hgfs_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      gsize size;

      if (!is_well_formed (vector))
        continue;
      bytes = hgfs_vector_bytes (vector, &size);
      for (gsize at = 0; at < size; at++)
        for (gsize c = 0; c < sizeof changes; c++)
          {
            guint8 old = bytes[at];
            TbxHgfsPacket packet;
            TbxHgfsRequest request;
            TbxHgfsReply reply;

            bytes[at] = changes[c];
            if (tbx_hgfs_packet_decode (bytes, size, &packet) == TBX_HGFS_OK
                && tbx_hgfs_request_decode (&packet, &request) == TBX_HGFS_OK)
              tbx_hgfs_request_check (&request, TBX_HGFS_PACKET_BYTES);
            if (tbx_hgfs_packet_decode_reply (bytes, size, TBX_HGFS_SEARCH_READ_V3, &packet)
                == TBX_HGFS_OK)
              tbx_hgfs_reply_decode (&packet, &reply);
            bytes[at] = old;
            n++;
          }
    }
  g_assert_cmpuint (n, >, 100000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/hgfs/packets/vectors", test_vectors);
  g_test_add_func ("/wire/hgfs/packets/envelopes", test_envelopes);
  g_test_add_func ("/wire/hgfs/packets/prefixes", test_prefixes);
  g_test_add_func ("/wire/hgfs/packets/reply-prefixes", test_reply_prefixes);
  g_test_add_func ("/wire/hgfs/packets/placeholder", test_placeholder);
  g_test_add_func ("/wire/hgfs/packets/changed-bytes", test_changed_bytes);
  return g_test_run ();
}
