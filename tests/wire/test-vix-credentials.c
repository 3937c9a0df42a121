/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-codec.h"
#include "tbx-vix-credentials.h"
#include "vix-vectors.h"
#include <string.h>

static gboolean
has_password (guint32 type)
{
  return type == TBX_VIX_CREDENTIAL_NAME_PASSWORD
         || type == TBX_VIX_CREDENTIAL_NAME_PASSWORD_OBFUSCATED;
}

/* What the types are answered with; a block of these is never wrong but one. */
static TbxVixCode
expected_code (const char *name, guint32 type, JsonObject *decoded)
{
  if (g_str_has_suffix (name, "bad-length"))
    return TBX_VIX_INVALID_MESSAGE_BODY;
  if (type == TBX_VIX_CREDENTIAL_NAMED_INTERACTIVE_USER)
    return TBX_VIX_FAIL;
  if (!has_password (type))
    return TBX_VIX_NOT_SUPPORTED;
  return json_object_get_string_member (decoded, "name")[0] == 0 ? TBX_VIX_INVALID_ARG : TBX_VIX_OK;
}

static void
assert_encodes (const TbxVixCredentials *credentials, const TbxVixMessage *message)
{
  g_autoptr(GBytes) bytes = NULL;
  const guint8 *data;
  TbxWriter w;
  gsize size;

  tbx_writer_init (&w, TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_credentials_encode (credentials->name, credentials->password, &w);
  bytes = tbx_writer_end (&w, "credentials", NULL);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, message->credentials, message->credentials_size);
}

static void
test_vectors (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0, n_accepted = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_auto(TbxVixCredentials) credentials = { 0 };
      g_autofree guint8 *bytes = NULL;
      JsonObject *decoded;
      TbxVixMessage message;
      TbxVixCode code;
      gsize size;

      if (!vix_vector_is (vector, "credentials"))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      n++;
      decoded = json_object_get_object_member (vector, "decoded");
      decoded = json_object_get_object_member (decoded, "credentials");
      bytes = vix_vector_bytes (vector, "request_hex", &size);
      g_assert_cmpuint (tbx_vix_message_decode (bytes, size, &message), ==, TBX_VIX_OK);
      g_assert_cmpuint (message.credential_type, ==, json_object_get_int_member (decoded, "type"));
      code = tbx_vix_credentials_decode (message.credential_type, message.credentials,
                                         message.credentials_size, &credentials);
      g_assert_cmpuint (code, ==,
                        expected_code (vix_vector_name (vector), message.credential_type, decoded));
      if (code != TBX_VIX_OK)
        continue;
      n_accepted++;
      g_assert_cmpstr (credentials.name, ==, json_object_get_string_member (decoded, "name"));
      g_assert_cmpstr (credentials.password, ==, json_object_get_string_member (decoded, "password"));
      assert_encodes (&credentials, &message);
    }
  g_assert_cmpuint (n, ==, 22);
  g_assert_cmpuint (n_accepted, ==, 6);
}

/* Decodes eight bytes of lengths, then @text with its NUL. */
static TbxVixCode
decode_text (const char *text, TbxVixCredentials *credentials)
{
  gsize size = 8 + strlen (text) + 1;
  g_autofree guint8 *block = g_malloc0 (size);

  memcpy (block + 8, text, strlen (text));
  return tbx_vix_credentials_decode (TBX_VIX_CREDENTIAL_NAME_PASSWORD, block, size, credentials);
}

static void
test_text (void)
{
  static const struct { const char *text; TbxVixCode code; } cases[] = {
    { "dXNlcgBwYXNzAA==", TBX_VIX_OK },
    { "dXNl\ncgBw \tYXNz\r\nAA==\n", TBX_VIX_OK },
    { "dXNl\\6cgBw\\4\\7YXNz\\5AA==", TBX_VIX_OK },   /* white space behind a backslash */
    { "\\2dXNlcgBwYXNzAA==", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA==\\8", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA==\\", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA=", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA===", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA====", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA=A", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA==dXNl", TBX_VIX_INVALID_MESSAGE_BODY },
    { "=XNlcgBwYXNzAA==", TBX_VIX_INVALID_MESSAGE_BODY },
    { "dXNlcgBwYXNzAA-_", TBX_VIX_INVALID_MESSAGE_BODY },
    { "", TBX_VIX_INVALID_MESSAGE_BODY },
    { "AA==", TBX_VIX_INVALID_MESSAGE_BODY },   /* one NUL */
    { "AAA=", TBX_VIX_INVALID_ARG },            /* no name */
    { "dXNlcgBwYXNzAG1vcmU=", TBX_VIX_OK },     /* more behind the second NUL */
    { "YVxiXGMAcAA=", TBX_VIX_INVALID_ARG },    /* a\b\c */
    { "YTxiAHAA", TBX_VIX_INVALID_ARG },        /* a<b */
    { "dQD/AA==", TBX_VIX_INVALID_ARG },        /* password not UTF-8 */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TbxVixCredentials credentials = { 0 };

      g_test_message ("%s", cases[i].text);
      g_assert_cmpuint (decode_text (cases[i].text, &credentials), ==, cases[i].code);
      g_assert_true ((credentials.name != NULL) == (cases[i].code == TBX_VIX_OK));
      if (cases[i].code == TBX_VIX_OK)
        {
          g_assert_cmpstr (credentials.name, ==, "user");
          g_assert_cmpstr (credentials.password, ==, "pass");
        }
      tbx_vix_credentials_clear (&credentials);
      g_assert_null (credentials.name);
      g_assert_null (credentials.password);
    }
}

/* Each prefix of a good block is refused, and none is read past its end. */
static void
test_prefixes (void)
{
  static const char good[] = "\4\0\0\0\4\0\0\0" "dXNlcgBwYXNzAA==";
  TbxVixCredentials credentials = { 0 };

  for (gsize n = 0; n < sizeof good; n++)
    {
      g_autofree guint8 *exact = g_memdup2 (good, n);

      g_assert_cmpuint (tbx_vix_credentials_decode (TBX_VIX_CREDENTIAL_NAME_PASSWORD, exact, n,
                                                    &credentials),
                        ==, TBX_VIX_INVALID_MESSAGE_BODY);
      tbx_vix_credentials_decode (TBX_VIX_CREDENTIAL_TICKETED_SESSION, exact, n, &credentials);
    }
  g_assert_null (credentials.name);
  g_assert_cmpuint (tbx_vix_credentials_decode (TBX_VIX_CREDENTIAL_NAME_PASSWORD_OBFUSCATED, good,
                                                sizeof good, &credentials),
                    ==, TBX_VIX_OK);
  tbx_vix_credentials_clear (&credentials);
}

/* Names and passwords of every length come back as they were. */
static void
test_round_trip (void)
{
  for (gsize n = 1; n <= TBX_VIX_USER_NAME_MAX_BYTES + 1; n++)
    {
      g_auto(TbxVixCredentials) credentials = { 0 };
      g_autofree char *name = g_strnfill (n, 'n');
      g_autofree char *password = g_strnfill (n * 7 % 300, '%');
      g_autoptr(GBytes) block = NULL;
      TbxVixCode code;
      TbxWriter w;

      tbx_writer_init (&w, TBX_VIX_REQUEST_MAX_BYTES);
      tbx_vix_credentials_encode (name, password, &w);
      block = tbx_writer_end (&w, "credentials", NULL);
      code = tbx_vix_credentials_decode (TBX_VIX_CREDENTIAL_NAME_PASSWORD,
                                         g_bytes_get_data (block, NULL), g_bytes_get_size (block),
                                         &credentials);
      if (n > TBX_VIX_USER_NAME_MAX_BYTES)
        {
          g_assert_cmpuint (code, ==, TBX_VIX_INVALID_ARG);
          continue;
        }
      g_assert_cmpuint (code, ==, TBX_VIX_OK);
      g_assert_cmpstr (credentials.name, ==, name);
      g_assert_cmpstr (credentials.password, ==, password);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/vix/credentials/vectors", test_vectors);
  g_test_add_func ("/wire/vix/credentials/text", test_text);
  g_test_add_func ("/wire/vix/credentials/prefixes", test_prefixes);
  g_test_add_func ("/wire/vix/credentials/round-trip", test_round_trip);
  return g_test_run ();
}
