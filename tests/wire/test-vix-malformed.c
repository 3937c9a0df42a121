/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-codec.h"
#include "tbx-vix-credentials.h"
#include "tbx-vix-properties.h"
#include "tbx-vix-requests.h"
#include "vix-vectors.h"

/* Legal requests whose path does not exist: the operation is reached. */
#define REACHES_OPERATION TBX_VIX_FILE_NOT_FOUND

/* What only the operation can tell; tests/ops covers these. */
static const char *const for_operations[] = {
  "malformed/body/list_processes_ex/unknown-key",
  "malformed/body/list_files/bad-regex",
  "malformed/body/terminate_process/process-group",
};

static gboolean
is_for_operations (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (for_operations); i++)
    if (g_str_equal (for_operations[i], name))
      return TRUE;
  return FALSE;
}

/* The checks of a request in their order, up to the operation itself. */
static TbxVixCode
request_code (const guint8 *bytes, gsize size)
{
  g_auto(TbxVixCredentials) credentials = { 0 };
  const TbxVixOpcodeInfo *info;
  TbxVixMessage message;
  TbxVixRequest request;
  TbxVixCode code = tbx_vix_message_decode (bytes, size, &message);

  if (code != TBX_VIX_OK)
    return code;
  info = tbx_vix_opcode_lookup (message.opcode);
  if (info == NULL)
    return TBX_VIX_UNRECOGNIZED_COMMAND;
  code = tbx_vix_credentials_decode (message.credential_type, message.credentials,
                                     message.credentials_size, &credentials);
  if (code == TBX_VIX_OK)
    code = tbx_vix_request_decode (message.opcode, message.body, message.body_size, &request);
  if (code == TBX_VIX_OK)
    code = tbx_vix_request_check (&request);
  return code;
}

static void
test_requests (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n_refused = 0, n_legal = 0, n_operations = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      gint64 expected;
      TbxVixCode code;
      gsize size;

      if (!vix_vector_is (vector, "malformed"))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      bytes = vix_vector_bytes (vector, "request_hex", &size);
      expected = json_object_get_int_member (json_object_get_object_member (vector, "expect"),
                                             "toolboxd_vix_error");
      code = request_code (bytes, size);
      if (is_for_operations (vix_vector_name (vector)) || expected == REACHES_OPERATION)
        g_assert_cmpuint (code, ==, TBX_VIX_OK);
      else
        g_assert_cmpuint (code, ==, expected);
      if (is_for_operations (vix_vector_name (vector)))
        n_operations++;
      else if (expected == REACHES_OPERATION)
        n_legal++;
      else
        n_refused++;
    }
  g_assert_cmpuint (n_refused, ==, 108);
  g_assert_cmpuint (n_legal, ==, 8);
  g_assert_cmpuint (n_operations, ==, G_N_ELEMENTS (for_operations));
}

/* The rest of the 133: 14 property lists, one of which is legal. */
static void
test_property_lists (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      g_autoptr(GArray) list = NULL;
      gint64 expected;
      gsize size;

      if (!vix_vector_is (vector, "property-list-malformed"))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      n++;
      bytes = vix_vector_bytes (vector, "data_hex", &size);
      expected = json_object_get_int_member (json_object_get_object_member (vector, "expect"),
                                             "vix_error");
      g_assert_cmpuint (tbx_vix_properties_decode (bytes, size, &list), ==, expected);
      g_assert_true ((list != NULL) == (expected == TBX_VIX_OK));
    }
  g_assert_cmpuint (n, ==, 14);
}

/* A changed byte at every position of a good request: for the sanitizers to see. */
static void
test_changed_bytes (void)
{
  static const guint8 changes[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      gsize size;

      if (!vix_vector_is (vector, "request") && !vix_vector_is (vector, "credentials"))
        continue;
      bytes = vix_vector_bytes (vector, "request_hex", &size);
      for (gsize at = 0; at < size; at++)
        for (gsize c = 0; c < sizeof changes; c++)
          {
            guint8 old = bytes[at];

            bytes[at] = changes[c];
            request_code (bytes, size);
            bytes[at] = old;
            n++;
          }
    }
  g_assert_cmpuint (n, >, 50000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/vix/malformed/requests", test_requests);
  g_test_add_func ("/wire/vix/malformed/property-lists", test_property_lists);
  g_test_add_func ("/wire/vix/malformed/changed-bytes", test_changed_bytes);
  return g_test_run ();
}
