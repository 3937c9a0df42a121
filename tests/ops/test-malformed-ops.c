/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-ops-fixture.h"
#include "tbx-vix-codec.h"
#include "vix-vectors.h"

/* The malformed vectors that only an operation can tell, and the legal ones beside
 * them, whose path does not exist: through the decoder into the operation. */

static gint64
expected_code (JsonObject *vector)
{
  return json_object_get_int_member (json_object_get_object_member (vector, "expect"),
                                     "toolboxd_vix_error");
}

static TbxVixCode
run_vector (OpsFixture *f, JsonObject *vector)
{
  g_autofree guint8 *bytes = NULL;
  TbxVixMessage message;
  TbxVixRequest request;
  TbxVixCode code;
  gsize size;

  bytes = vix_vector_bytes (vector, "request_hex", &size);
  code = tbx_vix_message_decode (bytes, size, &message);
  if (code == TBX_VIX_OK)
    code = tbx_vix_request_decode (message.opcode, message.body, message.body_size, &request);
  if (code == TBX_VIX_OK)
    code = tbx_vix_request_check (&request);
  if (code != TBX_VIX_OK)
    return code;
  ops_fixture_run_flags (f, &request, message.request_flags);
  return f->code;
}

static void
test_for_operations (OpsFixture *f, gconstpointer data)
{
  static const char *const names[] = {
    "malformed/body/list_processes_ex/unknown-key",
    "malformed/body/list_files/bad-regex",
    "malformed/body/terminate_process/process-group",
  };
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);

      for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
        if (g_str_equal (vix_vector_name (vector), names[k]))
          {
            g_test_message ("%s", names[k]);
            g_assert_cmpint (run_vector (f, vector), ==, expected_code (vector));
            n++;
          }
    }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (names));
}

static void
test_legal (OpsFixture *f, gconstpointer data)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);

      if (!vix_vector_is (vector, "malformed") || expected_code (vector) != TBX_VIX_FILE_NOT_FOUND)
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      g_assert_cmpint (run_vector (f, vector), ==, TBX_VIX_FILE_NOT_FOUND);
      g_assert_cmpuint (f->payload_size, ==, 0);
      n++;
    }
  g_assert_cmpuint (n, ==, 8);
}

/* Separators in a name are refused before anything is made. */
static void
test_separators (OpsFixture *f, gconstpointer data)
{
  static const struct { const char *prefix, *suffix; } cases[] = { { "../x", "" }, { "", "/y" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TbxVixRequest request = ops_request (TBX_VIX_CREATE_TEMP_FILE_EX);

      request.create_temp.prefix = cases[i].prefix;
      request.create_temp.suffix = cases[i].suffix;
      request.create_temp.directory = f->dir;
      g_assert_cmpint (tbx_vix_request_check (&request), ==, TBX_VIX_INVALID_ARG);
    }
}

#define ADD(path, function) \
  g_test_add (path, OpsFixture, NULL, ops_fixture_set_up, function, ops_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/malformed-ops/for-operations", test_for_operations);
  ADD ("/malformed-ops/legal", test_legal);
  ADD ("/malformed-ops/separators", test_separators);
  return g_test_run ();
}
