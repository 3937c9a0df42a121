/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-codec.h"
#include "tbx-vix-requests.h"
#include "vix-vectors.h"
#include <string.h>

/* What the vectors call the members of a body. */
typedef enum { IS_STRING, IS_BOOL, IS_INT32, IS_INT64, IS_STRINGS, IS_PIDS } MemberKind;

typedef struct
{
  const char *name;
  MemberKind  kind;
  gsize       offset;
} Member;

#define M(name, kind, member) { name, kind, G_STRUCT_OFFSET (TbxVixRequest, member) }

static const Member start_program[] = {
  M ("startMinimized", IS_BOOL, start_program.start_minimized),
  M ("programPath", IS_STRING, start_program.program),
  M ("arguments", IS_STRING, start_program.arguments),
  M ("workingDir", IS_STRING, start_program.working_dir),
  M ("envVars", IS_STRINGS, start_program.environment), { NULL },
};
static const Member run_program[] = {
  M ("runProgramOptions", IS_INT32, run_program.options),
  M ("programName", IS_STRING, run_program.program),
  M ("commandLineArgs", IS_STRING, run_program.arguments), { NULL },
};
static const Member run_script[] = {
  M ("scriptOptions", IS_INT32, run_script.options),
  M ("interpreterName", IS_STRING, run_script.interpreter),
  M ("properties", IS_STRING, run_script.properties),
  M ("script", IS_STRING, run_script.script), { NULL },
};
static const Member list_processes[] = {
  M ("key", IS_INT32, list_processes.key), M ("offset", IS_INT32, list_processes.offset),
  M ("pids", IS_PIDS, list_processes.pids), { NULL },
};
static const Member terminate_process[] = {
  M ("pid", IS_INT64, terminate_process.pid),
  M ("options", IS_INT32, terminate_process.options), { NULL },
};
static const Member read_env[] = { M ("names", IS_STRINGS, read_env.names), { NULL } };
static const Member variable[] = {
  M ("variableType", IS_INT32, variable.type), M ("options", IS_INT32, variable.options),
  M ("name", IS_STRING, variable.name), M ("value", IS_STRING, variable.value), { NULL },
};
static const Member create_temp[] = {
  M ("options", IS_INT32, create_temp.options), M ("filePrefix", IS_STRING, create_temp.prefix),
  M ("fileSuffix", IS_STRING, create_temp.suffix),
  M ("directoryPath", IS_STRING, create_temp.directory), { NULL },
};
static const Member file[] = {
  M ("fileOptions", IS_INT32, file.options), M ("guestPathName", IS_STRING, file.path), { NULL },
};
static const Member delete_directory[] = {
  M ("fileOptions", IS_INT32, delete_directory.options),
  M ("filePropertiesLength", IS_INT32, delete_directory.properties_size),
  M ("recursive", IS_BOOL, delete_directory.recursive),
  M ("guestPathName", IS_STRING, delete_directory.path), { NULL },
};
static const Member create_directory[] = {
  M ("fileOptions", IS_INT32, create_directory.options),
  M ("filePropertiesLength", IS_INT32, create_directory.properties_size),
  M ("createParentDirectories", IS_BOOL, create_directory.parents),
  M ("guestPathName", IS_STRING, create_directory.path), { NULL },
};
static const Member move[] = {
  M ("copyFileOptions", IS_INT32, move.options),
  M ("filePropertiesLength", IS_INT32, move.properties_size),
  M ("overwrite", IS_BOOL, move.overwrite), M ("oldPathName", IS_STRING, move.old_path),
  M ("newPathName", IS_STRING, move.new_path), { NULL },
};
static const Member list_files[] = {
  M ("fileOptions", IS_INT32, list_files.options), M ("index", IS_INT32, list_files.index),
  M ("maxResults", IS_INT32, list_files.max_results), M ("offset", IS_INT64, list_files.offset),
  M ("guestPathName", IS_STRING, list_files.path), M ("pattern", IS_STRING, list_files.pattern),
  { NULL },
};
static const Member list_directory[] = {
  M ("fileOptions", IS_INT32, list_directory.options),
  M ("offset", IS_INT64, list_directory.offset),
  M ("guestPathName", IS_STRING, list_directory.path), { NULL },
};
static const Member set_file_attributes[] = {
  M ("fileOptions", IS_INT32, set_file_attributes.options),
  M ("accessTime", IS_INT64, set_file_attributes.access_time),
  M ("modificationTime", IS_INT64, set_file_attributes.modification_time),
  M ("ownerId", IS_INT32, set_file_attributes.owner_id),
  M ("groupId", IS_INT32, set_file_attributes.group_id),
  M ("permissions", IS_INT32, set_file_attributes.permissions),
  M ("hidden", IS_BOOL, set_file_attributes.hidden),
  M ("readOnly", IS_BOOL, set_file_attributes.read_only),
  M ("guestPathName", IS_STRING, set_file_attributes.path), { NULL },
};
static const Member transfer_to_guest[] = {
  M ("options", IS_INT32, transfer_to_guest.options),
  M ("overwrite", IS_BOOL, transfer_to_guest.overwrite),
  M ("guestPathName", IS_STRING, transfer_to_guest.path), { NULL },
};
static const Member hgfs_packet[] = { M ("timeout", IS_INT32, hgfs_packet.timeout), { NULL } };
static const Member alias[] = {
  M ("options", IS_INT32, alias.options), M ("addMapping", IS_BOOL, alias.add_mapping),
  M ("subjectType", IS_INT32, alias.subject_type), M ("userName", IS_STRING, alias.user_name),
  M ("pemCert", IS_STRING, alias.pem_cert), M ("subjectName", IS_STRING, alias.subject_name),
  M ("aliasComment", IS_STRING, alias.comment), { NULL },
};
static const Member list_aliases[] = {
  M ("options", IS_INT32, list_aliases.options),
  M ("userName", IS_STRING, list_aliases.user_name), { NULL },
};

static const struct
{
  TbxVixOpcode  opcode;
  const Member *members;
} bodies[] = {
  { TBX_VIX_START_PROGRAM, start_program }, { TBX_VIX_RUN_PROGRAM, run_program },
  { TBX_VIX_RUN_SCRIPT, run_script }, { TBX_VIX_LIST_PROCESSES_EX, list_processes },
  { TBX_VIX_TERMINATE_PROCESS, terminate_process }, { TBX_VIX_KILL_PROCESS, terminate_process },
  { TBX_VIX_READ_ENV, read_env }, { TBX_VIX_READ_VARIABLE, variable },
  { TBX_VIX_WRITE_VARIABLE, variable }, { TBX_VIX_CREATE_TEMP_FILE_EX, create_temp },
  { TBX_VIX_CREATE_TEMP_DIRECTORY, create_temp }, { TBX_VIX_DELETE_FILE, file },
  { TBX_VIX_DELETE_FILE_EX, file }, { TBX_VIX_GET_FILE_INFO, file },
  { TBX_VIX_FILE_EXISTS, file }, { TBX_VIX_DIRECTORY_EXISTS, file },
  { TBX_VIX_DELETE_REGISTRY_KEY, file }, { TBX_VIX_REGISTRY_KEY_EXISTS, file },
  { TBX_VIX_DELETE_DIRECTORY_EX, delete_directory },
  { TBX_VIX_DELETE_DIRECTORY, delete_directory },
  { TBX_VIX_DELETE_EMPTY_DIRECTORY, delete_directory },
  { TBX_VIX_CREATE_DIRECTORY_EX, create_directory },
  { TBX_VIX_CREATE_DIRECTORY, create_directory }, { TBX_VIX_MOVE_FILE_EX, move },
  { TBX_VIX_MOVE_DIRECTORY, move }, { TBX_VIX_MOVE_FILE, move },
  { TBX_VIX_LIST_FILES, list_files }, { TBX_VIX_TRANSFER_FROM_GUEST, list_files },
  { TBX_VIX_LIST_DIRECTORY, list_directory },
  { TBX_VIX_SET_FILE_ATTRIBUTES, set_file_attributes },
  { TBX_VIX_TRANSFER_TO_GUEST, transfer_to_guest }, { TBX_VIX_HGFS_PACKET, hgfs_packet },
  { TBX_VIX_ADD_ALIAS, alias }, { TBX_VIX_REMOVE_ALIAS, alias },
  { TBX_VIX_REMOVE_ALIAS_BY_CERT, alias }, { TBX_VIX_LIST_ALIASES, list_aliases },
  { TBX_VIX_LIST_MAPPED_ALIASES, list_aliases },
};

static void
assert_strings (const TbxVixStrings *strings, JsonArray *expected)
{
  g_auto(GStrv) copy = tbx_vix_strings_dup (strings);
  const char *s = NULL;

  g_assert_cmpuint (strings->count, ==, json_array_get_length (expected));
  g_assert_cmpuint (g_strv_length (copy), ==, strings->count);
  for (guint i = 0; i < strings->count; i++)
    {
      s = tbx_vix_strings_next (strings, s);
      g_assert_cmpstr (s, ==, json_array_get_string_element (expected, i));
      g_assert_cmpstr (s, ==, copy[i]);
    }
  g_assert_null (tbx_vix_strings_next (strings, s));
}

static void
assert_pids (const TbxVixPids *pids, JsonArray *expected)
{
  g_assert_cmpuint (pids->count, ==, json_array_get_length (expected));
  for (guint i = 0; i < pids->count; i++)
    g_assert_cmpint (tbx_vix_pids_get (pids, i), ==, json_array_get_int_element (expected, i));
}

static void
assert_member (const TbxVixRequest *request, const Member *member, JsonNode *expected)
{
  gconstpointer at = G_STRUCT_MEMBER_P (request, member->offset);
  const char *text;

  switch (member->kind)
    {
    case IS_STRING:
      text = JSON_NODE_HOLDS_NULL (expected) ? "" : json_node_get_string (expected);
      g_assert_cmpstr (*(const char *const *) at == NULL ? "" : *(const char *const *) at, ==, text);
      break;
    case IS_BOOL:
      g_assert_cmpint (*(const gboolean *) at, ==,
                       json_node_get_value_type (expected) == G_TYPE_BOOLEAN
                         ? json_node_get_boolean (expected) : json_node_get_int (expected));
      break;
    case IS_INT32:
      g_assert_cmpint (*(const gint32 *) at, ==, (gint32) json_node_get_int (expected));
      break;
    case IS_INT64:
      g_assert_cmpint (*(const gint64 *) at, ==, json_node_get_int (expected));
      break;
    case IS_STRINGS:
      assert_strings (at, json_node_get_array (expected));
      break;
    case IS_PIDS:
      assert_pids (at, json_node_get_array (expected));
    }
}

/* Compares every member that the vector names; says how many. */
static guint
assert_body (const TbxVixRequest *request, JsonObject *body)
{
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    for (const Member *m = bodies[i].members; bodies[i].opcode == request->opcode && m->name; m++)
      if (json_object_has_member (body, m->name))
        {
          assert_member (request, m, json_object_get_member (body, m->name));
          n++;
        }
  return n;
}

static void
assert_header (const TbxVixMessage *m, JsonObject *decoded)
{
  JsonObject *h = json_object_get_object_member (decoded, "header");
  g_autofree char *name = g_strndup (m->name, m->name_size);

  g_assert_cmpstr (name, ==, json_object_get_string_member (decoded, "request_name"));
  g_assert_cmpuint (m->body_size, ==, json_object_get_int_member (h, "bodyLength"));
  g_assert_cmpuint (m->credentials_size, ==, json_object_get_int_member (h, "credentialLength"));
  g_assert_cmpuint (m->common_flags, ==, json_object_get_int_member (h, "commonFlags"));
  g_assert_cmpuint (m->opcode, ==, json_object_get_int_member (h, "opCode"));
  g_assert_cmpuint (m->request_flags, ==, json_object_get_int_member (h, "requestFlags"));
  g_assert_cmpuint (m->time_out, ==, json_object_get_int_member (h, "timeOut"));
  g_assert_cmpuint (m->cookie, ==,
                    g_ascii_strtoull (json_object_get_string_member (h, "cookie"), NULL, 16));
  g_assert_cmpuint (m->client_handle_id, ==, json_object_get_int_member (h, "clientHandleId"));
  g_assert_cmpuint (m->credential_type, ==, json_object_get_int_member (h, "userCredentialType"));
}

static gboolean
is_request (JsonObject *vector)
{
  return vix_vector_is (vector, "request") || vix_vector_is (vector, "request-vmtoolsd-only");
}

static void
assert_encodes (TbxWriter *w, const guint8 *bytes, gsize size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) out = tbx_writer_end (w, "vector", &error);
  gsize out_size;
  const guint8 *data;

  g_assert_no_error (error);
  data = g_bytes_get_data (out, &out_size);
  g_assert_cmpmem (data, out_size, bytes, size);
}

/* Frame and body say what the vector says, and go out as they came in. */
static void
test_vectors (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n_requests = 0, n_unknown = 0, n_members = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      JsonObject *decoded;
      g_autofree guint8 *bytes = NULL;
      TbxVixMessage message;
      TbxVixRequest request;
      TbxWriter w;
      gsize size;

      if (!is_request (vector))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      n_requests++;
      decoded = json_object_get_object_member (vector, "decoded");
      bytes = vix_vector_bytes (vector, "request_hex", &size);
      g_assert_cmpuint (tbx_vix_message_decode (bytes, size, &message), ==, TBX_VIX_OK);
      assert_header (&message, decoded);
      tbx_writer_init (&w, TBX_VIX_REQUEST_MAX_BYTES);
      tbx_vix_message_encode (&message, &w);
      assert_encodes (&w, bytes, size);

      if (tbx_vix_opcode_lookup (message.opcode) == NULL)
        {
          n_unknown++;
          g_assert_cmpuint (tbx_vix_request_decode (message.opcode, message.body, message.body_size,
                                                    &request),
                            ==, TBX_VIX_UNRECOGNIZED_COMMAND);
          continue;
        }
      g_assert_cmpuint (tbx_vix_request_decode (message.opcode, message.body, message.body_size,
                                                &request),
                        ==, TBX_VIX_OK);
      n_members += assert_body (&request, json_object_get_object_member (decoded, "body"));
      tbx_writer_init (&w, TBX_VIX_REQUEST_MAX_BYTES);
      tbx_vix_request_encode (&request, &w);
      assert_encodes (&w, message.body, message.body_size);
    }
  g_assert_cmpuint (n_requests, ==, 140);
  g_assert_cmpuint (n_unknown, ==, 2);   /* 50 and 998 */
  g_assert_cmpuint (n_members, >, 400);
}

/* Each prefix of a frame is refused; of a body, refused or read within its end. */
static void
test_prefixes (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n_refused = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      TbxVixMessage message, cut = { .opcode = 77 };
      gsize size;

      if (!is_request (vector))
        continue;
      bytes = vix_vector_bytes (vector, "request_hex", &size);
      g_assert_cmpuint (tbx_vix_message_decode (bytes, size, &message), ==, TBX_VIX_OK);
      for (gsize n = 0; n < size; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (bytes, n);

          g_assert_cmpuint (tbx_vix_message_decode (exact, n, &cut), ==,
                            TBX_VIX_INVALID_MESSAGE_HEADER);
        }
      g_assert_cmpuint (cut.opcode, ==, 77);
      for (gsize n = 0; n < message.body_size; n++)
        {
          g_autofree guint8 *exact = g_memdup2 (message.body, n);
          TbxVixRequest request = { .opcode = 77 };
          TbxVixCode code = tbx_vix_request_decode (message.opcode, exact, n, &request);

          n_refused += code != TBX_VIX_OK;
          g_assert_cmpuint (request.opcode, ==, code == TBX_VIX_OK ? message.opcode : 77);
          if (code == TBX_VIX_OK)
            {
              TbxWriter w;

              tbx_vix_request_check (&request);
              tbx_writer_init (&w, TBX_VIX_REQUEST_MAX_BYTES);
              tbx_vix_request_encode (&request, &w);
              g_bytes_unref (tbx_writer_end (&w, "prefix", NULL));
            }
        }
    }
  g_assert_cmpuint (n_refused, >, 3000);
}

/* The corners of the quoted name. */
static void
test_names (void)
{
  static const struct { const char *text; gsize size; const char *name; } cases[] = {
    { "\0", 1, "" },
    { " \0", 2, "" },
    { "x\"n\"\0", 5, "n" },
    { "\"a\\\"b\" junk\0", 12, "a\\\"b" },
    { "\"a\\\\\"b\"\0", 8, "a\\\\" },
    { "\"open\\\0", 7, "open\\" },
    { "\"\0", 2, "" },
  };
  g_autoptr(GByteArray) frame = g_byte_array_new ();
  TbxVixMessage message = { .opcode = TBX_VIX_GET_TOOLS_STATE, .name = "", .body = NULL };
  g_autoptr(GBytes) encoded = NULL;
  TbxWriter w;
  const guint8 *data;
  gsize size;

  tbx_writer_init (&w, TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_message_encode (&message, &w);
  encoded = tbx_writer_end (&w, "frame", NULL);
  data = g_bytes_get_data (encoded, &size);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_byte_array_set_size (frame, 0);
      g_byte_array_append (frame, (const guint8 *) cases[i].text, (guint) cases[i].size);
      g_byte_array_append (frame, data + 3, (guint) size - 3);   /* behind "" and its NUL */
      g_assert_cmpuint (tbx_vix_message_decode (frame->data, frame->len, &message), ==, TBX_VIX_OK);
      g_assert_cmpmem (message.name, message.name_size, cases[i].name, strlen (cases[i].name));
    }
}

static void
test_message_limit (void)
{
  g_autofree guint8 *body = g_malloc0 (TBX_VIX_REQUEST_MAX_BYTES);
  TbxVixMessage message = { .opcode = TBX_VIX_HGFS_PACKET, .name = "n", .name_size = 1,
                            .body = body,
                            .body_size = TBX_VIX_REQUEST_MAX_BYTES - TBX_VIX_HEADER_BYTES };
  TbxVixMessage found = { 0 };
  g_autoptr(GBytes) encoded = NULL;
  TbxWriter w;

  tbx_writer_init (&w, 2 * TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_message_encode (&message, &w);
  encoded = tbx_writer_end (&w, "largest", NULL);
  g_assert_nonnull (encoded);
  g_assert_cmpuint (tbx_vix_message_decode (g_bytes_get_data (encoded, NULL),
                                            g_bytes_get_size (encoded), &found), ==, TBX_VIX_OK);
  g_assert_cmpuint (found.body_size, ==, message.body_size);

  message.auth_data = body;
  message.body_size -= TBX_VIX_AUTH_DATA_BYTES;
  g_bytes_unref (g_steal_pointer (&encoded));
  tbx_writer_init (&w, 2 * TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_message_encode (&message, &w);
  encoded = tbx_writer_end (&w, "with authentication data", NULL);
  g_assert_cmpuint (tbx_vix_message_decode (g_bytes_get_data (encoded, NULL),
                                            g_bytes_get_size (encoded), &found), ==, TBX_VIX_OK);
  g_assert_nonnull (found.auth_data);

  message.body_size++;
  tbx_writer_init (&w, 2 * TBX_VIX_REQUEST_MAX_BYTES);
  tbx_vix_message_encode (&message, &w);
  g_assert_null (tbx_writer_end (&w, "one byte too many", NULL));
}

static void
test_values (void)
{
  const struct { TbxVixRequest request; TbxVixCode code; } cases[] = {
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "date" } }, TBX_VIX_OK },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "bin/date" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = NULL } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "/d", .working_dir = "tmp" } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "/d", .working_dir = "" } }, TBX_VIX_OK },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "\"/bin/ls\"" } }, TBX_VIX_OK },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "   \"/bin/l s\"" } }, TBX_VIX_OK },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "  /bin/ls" } }, TBX_VIX_OK },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = " \"date\"" } }, TBX_VIX_OK },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "\"bin/ls\"" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "\"/bin/ls" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "\" /bin/ls\"" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "\"\"" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "   " } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_START_PROGRAM, .start_program = { .program = "\"" } }, TBX_VIX_OK },
    { { TBX_VIX_RUN_PROGRAM, .run_program = { .program = "date" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_RUN_PROGRAM, .run_program = { .program = "\"date\"" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_RUN_PROGRAM, .run_program = { .program = " \"/bin/date\"" } }, TBX_VIX_OK },
    { { TBX_VIX_RUN_SCRIPT, .run_script = { .interpreter = "" } }, TBX_VIX_OK },
    { { TBX_VIX_RUN_SCRIPT, .run_script = { .interpreter = "sh" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_DELETE_FILE_EX, .file = { .path = "tmp/x" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_DELETE_REGISTRY_KEY, .file = { .path = "HKLM\\x" } }, TBX_VIX_OK },
    { { TBX_VIX_MOVE_FILE_EX, .move = { .old_path = "/a", .new_path = "b" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_CREATE_TEMP_FILE_EX,
        .create_temp = { .prefix = "..", .suffix = "", .directory = "tmp" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_TRANSFER_TO_GUEST, .transfer_to_guest = { .path = "" } }, TBX_VIX_INVALID_ARG },
    { { TBX_VIX_TRANSFER_TO_GUEST, .transfer_to_guest = { .path = "x" } },
      TBX_VIX_FILE_NAME_INVALID },
    { { TBX_VIX_SET_FILE_ATTRIBUTES, .set_file_attributes = { .path = "/x", .options = 4 } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_LIST_FILES, .list_files = { .path = "/x", .max_results = 5, .offset = 5 } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_LIST_FILES, .list_files = { .path = "/x", .max_results = 5, .offset = 4 } },
      TBX_VIX_OK },
    { { TBX_VIX_LIST_FILES,
        .list_files = { .path = "/x", .index = G_MAXINT32, .max_results = 5, .offset = 1 } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_TRANSFER_FROM_GUEST, .list_files = { .path = "/x", .index = -1 } }, TBX_VIX_OK },
    { { TBX_VIX_LIST_DIRECTORY, .list_directory = { .path = "/x", .offset = -1 } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_TERMINATE_PROCESS, .terminate_process = { .pid = 0 } },
      TBX_VIX_GUEST_USER_PERMISSIONS },
    { { TBX_VIX_TERMINATE_PROCESS, .terminate_process = { .pid = -1 } },
      TBX_VIX_GUEST_USER_PERMISSIONS },
    { { TBX_VIX_KILL_PROCESS, .terminate_process = { .pid = G_MININT64 } },
      TBX_VIX_NO_SUCH_PROCESS },
    { { TBX_VIX_TERMINATE_PROCESS, .terminate_process = { .pid = G_GINT64_CONSTANT (0x100000001) } },
      TBX_VIX_NO_SUCH_PROCESS },
    { { TBX_VIX_TERMINATE_PROCESS, .terminate_process = { .pid = G_MAXINT32 } }, TBX_VIX_OK },
    { { TBX_VIX_READ_VARIABLE, .variable = { .type = 2, .name = "x" } },
      TBX_VIX_OP_NOT_SUPPORTED_ON_GUEST },
    { { TBX_VIX_HGFS_PACKET, .hgfs_packet = { .packet = { NULL, 0 } } }, TBX_VIX_FAIL },
    { { TBX_VIX_ADD_ALIAS, .alias = { .user_name = "u", .pem_cert = "c", .subject_type = 0 } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_REMOVE_ALIAS, .alias = { .user_name = "u", .pem_cert = "c", .subject_type = 1 } },
      TBX_VIX_INVALID_ARG },
    { { TBX_VIX_VALIDATE_CREDENTIALS }, TBX_VIX_OK },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpuint (tbx_vix_request_check (&cases[i].request), ==, cases[i].code);
    }
}

/* What a sender makes of its own lists. */
static void
test_lists (void)
{
  static const char *const names[] = { "HOME", "", "PATH", NULL };
  static const char *const none[] = { NULL };
  static const gint64 ids[] = { 1, G_MAXINT64, -5 };
  g_autoptr(GByteArray) a = g_byte_array_new ();
  g_autoptr(GByteArray) b = g_byte_array_new ();
  g_autoptr(GByteArray) c = g_byte_array_new ();
  g_auto(GStrv) copy = NULL;
  g_auto(GStrv) no_copy = NULL;
  TbxVixStrings strings;
  TbxVixPids pids;

  tbx_vix_strings_init (&strings, names, a);
  copy = tbx_vix_strings_dup (&strings);
  g_assert_true (g_strv_equal ((const char *const *) copy, names));
  tbx_vix_strings_init (&strings, none, b);
  no_copy = tbx_vix_strings_dup (&strings);
  g_assert_cmpuint (g_strv_length (no_copy), ==, 0);
  tbx_vix_pids_init (&pids, ids, G_N_ELEMENTS (ids), c);
  for (guint32 i = 0; i < G_N_ELEMENTS (ids); i++)
    g_assert_cmpint (tbx_vix_pids_get (&pids, i), ==, ids[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/vix/requests/vectors", test_vectors);
  g_test_add_func ("/wire/vix/requests/prefixes", test_prefixes);
  g_test_add_func ("/wire/vix/requests/names", test_names);
  g_test_add_func ("/wire/vix/requests/limit", test_message_limit);
  g_test_add_func ("/wire/vix/requests/values", test_values);
  g_test_add_func ("/wire/vix/requests/lists", test_lists);
  return g_test_run ();
}
