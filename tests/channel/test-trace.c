/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-trace.h"
#include "tbx-vix-codec.h"
#include <string.h>

#define SECRET "c2VjcmV0"   /* a credential block, as it would be shown */

static void
assert_trace (TbxProtocol protocol,
              gboolean    outgoing,
              const char *data,
              gsize       size,
              gboolean    payload,
              const char *expected)
{
  g_autofree guint8 *exact = g_memdup2 (data, size);
  g_autofree char *line = tbx_trace_format (protocol, outgoing, exact, size, payload);

  g_assert_cmpstr (line, ==, expected);
}

/* By default the name, the length, and nothing else. */
static void
test_commands (void)
{
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "ping", 4, FALSE, "TCLO < ping (4 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, TRUE, "OK ATR toolbox", 14, FALSE, "TCLO > OK (14 bytes)");
  assert_trace (TBX_PROTOCOL_RPCI, TRUE, "info-set guestinfo.password x", 29, FALSE,
                "RPCI > info-set (29 bytes)");
  assert_trace (TBX_PROTOCOL_RPCI, FALSE, "1 a secret", 10, FALSE, "RPCI < 1 (10 bytes)");
  assert_trace (TBX_PROTOCOL_RPCI, FALSE, "1secret", 7, FALSE, "RPCI < 1 (7 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, TRUE, "ERROR no", 8, FALSE, "TCLO > ERROR (8 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, TRUE, "secrets", 7, FALSE, "TCLO > secre (7 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "reset\0secret", 12, FALSE, "TCLO < reset (12 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "", 0, FALSE, "TCLO <  (0 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, " ping", 5, FALSE, "TCLO <  (5 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "p\ning", 5, FALSE, "TCLO < p (5 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "\x1b[2J", 4, FALSE, "TCLO <  (4 bytes)");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "\xff\xfe", 2, FALSE, "TCLO <  (2 bytes)");
}

/* What is no name is not shown as one: not more than 64 bytes of it. */
static void
test_garbage_names (void)
{
  static const gsize sizes[] = { 63, 64, 65, 100000 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *garbage = g_strnfill (sizes[i], 'g');
      g_autofree char *name = g_strnfill (MIN (sizes[i], 64), 'g');
      g_autofree char *expected = g_strdup_printf ("TCLO < %s (%" G_GSIZE_FORMAT " bytes)", name,
                                                   sizes[i]);

      assert_trace (TBX_PROTOCOL_TCLO, FALSE, garbage, sizes[i], FALSE, expected);
    }
}

static void
test_payload (void)
{
  g_autofree char *large = g_strnfill (5000, 'y');
  g_autofree char *shown = g_strnfill (2048, 'y');
  g_autofree char *name = g_strnfill (64, 'y');
  g_autofree char *expected = g_strdup_printf ("RPCI > %s (5000 bytes): %s...", name, shown);

  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "ping", 4, TRUE, "TCLO < ping (4 bytes): ping");
  assert_trace (TBX_PROTOCOL_RPCI, TRUE, "a\\b \x1b\n\t\0\x7f\xff%s", 12, TRUE,
                "RPCI > a\\b (12 bytes): a\\\\b \\x1b\\x0a\\x09\\x00\\x7f\\xff%s");
  assert_trace (TBX_PROTOCOL_RPCI, TRUE, large, 5000, TRUE, expected);
}

/* A whole request, with the authentication data that may follow the credentials. */
static GByteArray *
request_new (const char *prefix, gboolean auth_data)
{
  const guint8 auth[TBX_VIX_AUTH_DATA_BYTES] = SECRET;
  TbxVixMessage message = {
    .name = "name", .name_size = 4, .opcode = 185,
    .body = (const guint8 *) "the body", .body_size = 8,
    .credentials = (const guint8 *) SECRET, .credentials_size = sizeof SECRET,
    .auth_data = auth_data ? auth : NULL,
  };
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;

  tbx_writer_init (&w, 1000);
  tbx_writer_bytes (&w, prefix, strlen (prefix) + (prefix[strlen (prefix) - 1] != ' '));
  tbx_vix_message_encode (&message, &w);
  bytes = tbx_writer_end (&w, "request", &error);
  g_assert_no_error (error);
  return g_bytes_unref_to_array (g_steal_pointer (&bytes));
}

static char *
trace (GByteArray *request)
{
  g_autofree guint8 *exact = g_memdup2 (request->data, request->len);

  return tbx_trace_format (TBX_PROTOCOL_TCLO, FALSE, exact, request->len, TRUE);
}

static void
assert_hidden (GByteArray *request, const char *visible)
{
  g_autofree char *line = trace (request);

  g_test_message ("%s", line);
  g_assert_null (strstr (line, SECRET));
  g_assert_nonnull (strstr (line, " bytes hidden>"));
  if (visible != NULL)
    g_assert_nonnull (strstr (line, visible));
}

/* The credentials of a request, and what comes after them, are never shown. */
static void
test_credentials (void)
{
  for (int auth = 0; auth < 2; auth++)
    {
      g_autoptr(GByteArray) request = request_new ("Vix_1_Relayed_Command ", auth);

      assert_hidden (request, "\"name\"\\x00\\x01\\x00\\x0d\\xd0");
      assert_hidden (request, "the body<");
      g_byte_array_append (request, (const guint8 *) SECRET, sizeof SECRET);   /* surplus */
      assert_hidden (request, "the body<");
    }
}

/* Whatever the dispatcher takes for that command, so does the trace. */
static void
test_credentials_spelled_otherwise (void)
{
  static const char *const prefixes[] = {
    " Vix_1_Relayed_Command ", "    Vix_1_Relayed_Command ", "Vix_1_Relayed_Command  ",
    "Vix_1_Relayed_Command", "  Vix_1_Relayed_Command",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_autoptr(GByteArray) request = request_new (prefixes[i], FALSE);

      assert_hidden (request, "\"name\"");
    }
}

/* Where lengths lie, all that could be the credentials is hidden. */
static void
test_credentials_with_absurd_lengths (void)
{
  static const gsize offsets[] = { 0, 4, 6, 10, 14, 18 };   /* magic to credentialLength */
  static const guint32 values[] = { 0, 1, 7, 50, 51, 68, 69, 10000, 0x7fffffff, 0x80000000u,
                                    0xfffffff0u, 0xffffffffu };
  const gsize header = strlen ("Vix_1_Relayed_Command \"name\"") + 1;

  for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (values); j++)
      {
        g_autoptr(GByteArray) request = request_new ("Vix_1_Relayed_Command ", FALSE);
        guint32 value = GUINT32_TO_LE (values[j]);

        memcpy (request->data + header + offsets[i], &value, sizeof value);
        assert_hidden (request, NULL);
      }
}

/* A message that ends too early shows no more of them: after the name all could be. */
static void
test_credentials_cut (void)
{
  g_autoptr(GByteArray) request = request_new ("Vix_1_Relayed_Command ", FALSE);
  const gsize header = strlen ("Vix_1_Relayed_Command \"name\"") + 1;
  g_autoptr(GByteArray) no_header = g_byte_array_new ();

  for (guint size = request->len - 1; size > header; size--)
    {
      g_autofree char *line = NULL;

      g_byte_array_set_size (request, size);
      line = trace (request);
      g_assert_null (strstr (line, "c2"));
      g_assert_true (g_str_has_suffix (line, "bytes hidden>"));
    }

  /* The credentials where the header should be, and without an end of the name. */
  g_byte_array_append (no_header, (const guint8 *) "Vix_1_Relayed_Command \"x\"\0" SECRET,
                       sizeof "Vix_1_Relayed_Command \"x\"\0" SECRET - 1);
  assert_hidden (no_header, "\"x\"");
  g_byte_array_set_size (no_header, 0);
  g_byte_array_append (no_header, (const guint8 *) "Vix_1_Relayed_Command \"x\" " SECRET,
                       sizeof "Vix_1_Relayed_Command \"x\" " SECRET - 1);
  assert_hidden (no_header, NULL);
}

/* Other commands hide nothing in this mode. */
static void
test_other_commands (void)
{
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "Vix_1_Relayed_Commander \"x\"", 27, TRUE,
                "TCLO < Vix_1_Relayed_Commander (27 bytes): Vix_1_Relayed_Commander \"x\"");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "Vix_1_Relayed_Comman \"x\"", 24, TRUE,
                "TCLO < Vix_1_Relayed_Comman (24 bytes): Vix_1_Relayed_Comman \"x\"");
  assert_trace (TBX_PROTOCOL_TCLO, FALSE, "Vix_1_Relayed_Command", 21, TRUE,
                "TCLO < Vix_1_Relayed_Command (21 bytes): Vix_1_Relayed_Command");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/trace/commands", test_commands);
  g_test_add_func ("/channel/trace/garbage-names", test_garbage_names);
  g_test_add_func ("/channel/trace/payload", test_payload);
  g_test_add_func ("/channel/trace/credentials", test_credentials);
  g_test_add_func ("/channel/trace/credentials/spelled-otherwise", test_credentials_spelled_otherwise);
  g_test_add_func ("/channel/trace/credentials/absurd-lengths", test_credentials_with_absurd_lengths);
  g_test_add_func ("/channel/trace/credentials/cut", test_credentials_cut);
  g_test_add_func ("/channel/trace/other-commands", test_other_commands);
  return g_test_run ();
}
