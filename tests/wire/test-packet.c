/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-packet-codec.h"
#include "tbx-error.h"
#include <string.h>

/* The packets of docs/wire/transport.md, "vsock packets". */
static const guint8 reset_packet[] = {
  0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0,
  0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 5, 'r', 'e', 's', 'e', 't',
};
static const guint8 ping_packet[] = {
  0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0,
};
static const char one_shot_text[] = "info-get guestinfo.ip";
static const guint8 one_shot_tail[] = { 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0 };

static void
test_examples (void)
{
  TbxPacket reset = { TBX_PACKET_DATA, (const guint8 *) "reset", 5, FALSE };
  TbxPacket ping = { .type = TBX_PACKET_PING };
  TbxPacket one_shot = { TBX_PACKET_DATA, (const guint8 *) one_shot_text, 21, TRUE };
  g_autoptr(GBytes) a = tbx_packet_encode (&reset);
  g_autoptr(GBytes) b = tbx_packet_encode (&ping);
  g_autoptr(GBytes) c = tbx_packet_encode (&one_shot);
  const guint8 *data;
  gsize size;

  data = g_bytes_get_data (a, &size);
  g_assert_cmpmem (data, size, reset_packet, sizeof reset_packet);
  data = g_bytes_get_data (b, &size);
  g_assert_cmpmem (data, size, ping_packet, sizeof ping_packet);
  data = g_bytes_get_data (c, &size);
  g_assert_cmpuint (size, ==, 69);
  g_assert_cmpmem (data, 4, "\0\0\0\x41", 4);
  g_assert_cmpmem (data + 53, 16, one_shot_tail, 16);
}

static void
test_decode (void)
{
  g_autoptr(GError) error = NULL;
  TbxPacket p = { 0 };

  g_assert_true (tbx_packet_decode (reset_packet + 4, sizeof reset_packet - 4, &p, &error));
  g_assert_no_error (error);
  g_assert_cmpint (p.type, ==, TBX_PACKET_DATA);
  g_assert_cmpmem (p.payload, p.payload_size, "reset", 5);
  g_assert_false (p.fast_close);

  g_assert_true (tbx_packet_decode (ping_packet + 4, sizeof ping_packet - 4, &p, &error));
  g_assert_cmpint (p.type, ==, TBX_PACKET_PING);
  g_assert_null (p.payload);
}

/* Any order, unknown fields, lists: accepted, as the other side does. */
static void
test_decode_lenient (void)
{
  static const guint8 body[] = {
    0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0,     /* int64 list */
    0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, 'a', 'b',       /* string list */
    0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1,                 /* FAST_CLOSE, high word */
    0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 'x',
    0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0,
  };
  g_autoptr(GError) error = NULL;
  TbxPacket p = { 0 };

  g_assert_true (tbx_packet_decode (body, sizeof body, &p, &error));
  g_assert_no_error (error);
  g_assert_true (p.fast_close);
  g_assert_cmpmem (p.payload, p.payload_size, "x", 1);
}

/* Each breaks one rule; every prefix of a good body breaks one too. */
static void
test_malformed (void)
{
  static const struct { const char *what; gsize size; const char *body; } cases[] = {
    { "repeated field", 32, "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0" "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0" },
    { "empty type", 12, "\0\0\0\0\0\0\0\7\0\0\0\0" },
    { "unknown type", 12, "\0\0\0\5\0\0\0\7\0\0\0\0" },
    { "empty string", 12, "\0\0\0\2\0\0\0\2\0\0\0\0" },
    { "negative string", 12, "\0\0\0\2\0\0\0\2\xff\xff\xff\xff" },
    { "payload as int64", 16, "\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\0" },
    { "payload as list", 12, "\0\0\0\3\0\0\0\2\0\0\0\0" },
    { "no payload", 16, "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0" },
    { "list longer than the rest", 20, "\0\0\0\3\0\0\0\7\0\0\0\2\0\0\0\1\0\0\0\0" },
    { "huge list", 12, "\0\0\0\4\0\0\0\7\xff\xff\xff\xff" },
  };
  TbxPacket p = { .type = 77 };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree guint8 *exact = g_memdup2 (cases[i].body, cases[i].size);
      g_autoptr(GError) error = NULL;

      g_assert_false (tbx_packet_decode (exact, cases[i].size, &p, &error));
      g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
    }
  for (gsize n = 0; n < sizeof reset_packet - 4; n++)
    {
      g_autofree guint8 *exact = g_memdup2 (reset_packet + 4, n);

      g_assert_false (tbx_packet_decode (exact, n, &p, NULL));
    }
  g_assert_cmpint (p.type, ==, 77);
}

static void
test_length (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (tbx_packet_length_valid (12, NULL));
  g_assert_true (tbx_packet_length_valid (TBX_PACKET_MAX_BYTES, NULL));
  g_assert_false (tbx_packet_length_valid (11, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_clear_error (&error);
  g_assert_false (tbx_packet_length_valid (G_MAXUINT32, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/packet/examples", test_examples);
  g_test_add_func ("/wire/packet/decode", test_decode);
  g_test_add_func ("/wire/packet/lenient", test_decode_lenient);
  g_test_add_func ("/wire/packet/malformed", test_malformed);
  g_test_add_func ("/wire/packet/length", test_length);
  return g_test_run ();
}
