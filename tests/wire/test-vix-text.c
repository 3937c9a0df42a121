/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-vix-errno.h"
#include "tbx-vix-reply.h"
#include "tbx-vix-text.h"
#include "vix-vectors.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define NO_LIMIT G_MAXSIZE

/* Other texts of a vector are those of the peers.  Where toolboxd has one of its
 * own it goes before open-vm-tools'. */
#define LISTED   "open_vm_tools_entry_inside_directory_listing"
#define TRANSFER "open_vm_tools_initiate_transfer_from_guest"
#define ALONE    "open_vm_tools_list_of_single_file"

static const char *
text_of (JsonObject *vector, const char *key)
{
  JsonObject *texts = json_object_get_object_member (vector, "texts");

  return json_object_get_string_member_with_default (texts, key, NULL);
}

static gint64
number_of (JsonObject *vector, const char *key, gint64 otherwise)
{
  JsonObject *decoded = json_object_get_object_member (vector, "decoded");

  return json_object_get_int_member_with_default (decoded, key, otherwise);
}

static const char *
string_of (JsonObject *vector, const char *key, const char *otherwise)
{
  JsonObject *decoded = json_object_get_object_member (vector, "decoded");

  return json_object_get_string_member_with_default (decoded, key, otherwise);
}

static void
check_escape (JsonObject *vector)
{
  const char *input = string_of (vector, "input", NULL);
  g_autoptr(GString) out = g_string_new (NULL);
  g_autofree char *back = NULL;

  tbx_vix_escape (out, input);
  g_assert_cmpstr (out->str, ==, text_of (vector, "escaped"));
  back = tbx_vix_unescape (out->str, -1);
  g_assert_cmpstr (back, ==, input);
}

static void
check_file_info (JsonObject *vector)
{
  const char *path = string_of (vector, "path", string_of (vector, "name", ""));
  g_autofree char *base = g_path_get_basename (path);
  TbxVixFileInfo info = {
    .name = base,
    .size = (guint64) number_of (vector, "size", 0),
    .mtime = number_of (vector, "mtime", number_of (vector, "target_mtime", 0)),
    .atime = number_of (vector, "atime", number_of (vector, "target_atime", 0)),
    .uid = (gint32) number_of (vector, "uid", number_of (vector, "target_uid", 0)),
    .gid = (gint32) number_of (vector, "gid", number_of (vector, "target_gid", 0)),
    .mode = (guint32) number_of (vector, "st_mode", number_of (vector, "target_st_mode", 0)),
    .link_target = string_of (vector, "target", NULL),
  };
  g_autoptr(GString) out = g_string_new (NULL);

  info.type = info.link_target != NULL ? TBX_VIX_FILE_IS_SYMLINK
              : S_ISDIR (info.mode)    ? TBX_VIX_FILE_IS_DIRECTORY
                                       : 0;
  g_assert_true (tbx_vix_file_info_append (out, NO_LIMIT, &info));
  g_assert_cmpstr (out->str, ==, text_of (vector, LISTED));
  if (text_of (vector, TRANSFER) == NULL)
    return;
  info.name = path;
  g_string_truncate (out, 0);
  g_assert_true (tbx_vix_file_info_append (out, NO_LIMIT, &info));
  g_assert_cmpstr (out->str, ==, text_of (vector, TRANSFER));
  g_string_truncate (out, 0);
  tbx_vix_file_list_header (out, FALSE, 0);
  g_assert_cmpuint (out->len, <=, TBX_VIX_FILE_LIST_HEADER_MAX_BYTES);
  g_assert_true (tbx_vix_file_info_append (out, NO_LIMIT, &info));
  g_assert_cmpstr (out->str, ==, text_of (vector, ALONE));
}

static void
check_list_header (JsonObject *vector)
{
  const char *expected = text_of (vector, "open_vm_tools_prefix");
  gint64 total = number_of (vector, "total_entries", 0);
  gint64 shown = number_of (vector, "returned", number_of (vector, "index", 0));
  g_autoptr(GString) out = g_string_new (NULL);

  if (expected == NULL)
    expected = text_of (vector, "open_vm_tools");
  tbx_vix_file_list_header (out, number_of (vector, "returned", 0) == 400,
                            (guint64) MAX (0, total - shown));
  g_assert_cmpstr (out->str, ==, expected);
}

static void
check_process (JsonObject *vector)
{
  const char *path = string_of (vector, "programPath", "/bin/sleep");
  const char *arguments = string_of (vector, "arguments", "60");
  const char *expected = text_of (vector, "toolboxd");
  gint64 signal = number_of (vector, "signal", 0);
  g_autofree char *command = g_path_get_basename (path);
  g_autofree char *line = g_strdup_printf ("\"%s\"%s%s", path, arguments[0] == 0 ? "" : " ", arguments);
  TbxVixProcess process = {
    .command = command, .command_line = line,
    .pid = number_of (vector, "pid", 4242), .user = string_of (vector, "owner", "user"),
    .start = number_of (vector, "start", 1700000000),
    .exit_code = (gint32) number_of (vector, "exit_code", signal == 0 ? 0 : 128 + signal),
    .end = number_of (vector, "end", signal == 0 ? 0 : 1700000005),
  };
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_true (tbx_vix_process_append (out, NO_LIMIT, &process));
  g_assert_cmpstr (out->str, ==, expected != NULL ? expected : text_of (vector, "open_vm_tools"));
}

/* The vectors name these in prose only. */
static const TbxVixProcess sshd = { "sshd", "/usr/sbin/sshd -D", 812, "root", 1699990000, 0, 0 };
static const TbxVixProcess kthreadd = { "kthreadd", "kthreadd", 2, "root", 1699980000, 0, 0 };
static const TbxVixProcess stranger = { "x", "/opt/x", 900, "12345", 1699980000, 0, 0 };

static void
check_other_process (JsonObject *vector)
{
  const char *name = vix_vector_name (vector);
  const TbxVixProcess *process = g_str_has_suffix (name, "os-process")      ? &sshd
                                 : g_str_has_suffix (name, "kernel-thread") ? &kthreadd
                                                                            : &stranger;
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_true (tbx_vix_process_append (out, NO_LIMIT, process));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools"));
}

static void
check_paging (JsonObject *vector)
{
  JsonObject *texts = json_object_get_object_member (vector, "texts");
  JsonArray *frames = json_object_get_array_member (texts, "frames");
  g_autoptr(GString) data = g_string_new (NULL);
  gsize offset = 0;

  for (gint64 i = 0; i < number_of (vector, "record_count", 0); i++)
    g_string_append (data, string_of (vector, "record", NULL));
  g_assert_cmpuint (json_array_get_length (frames), ==, 3);
  for (guint i = 0; i < json_array_get_length (frames); i++)
    {
      JsonObject *frame = json_array_get_object_element (frames, i);
      const char *header = json_object_get_string_member (frame, "header_text");
      g_autoptr(GString) out = g_string_new (NULL);
      g_autofree char *sum = NULL;

      g_assert_cmpuint (offset, ==, json_object_get_int_member (frame, "request_offset"));
      g_assert_cmpuint (tbx_vix_process_list_page (out, data->str, data->len, 1, offset), ==,
                        TBX_VIX_OK);
      g_assert_true (g_str_has_prefix (out->str, header));
      g_assert_cmpuint (out->len, ==, json_object_get_int_member (frame, "payload_bytes"));
      sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, out->str, (gssize) out->len);
      g_assert_cmpstr (sum, ==, json_object_get_string_member (frame, "payload_sha256"));
      offset += (gsize) json_object_get_int_member (frame, "chunk_bytes");
    }
  g_assert_cmpuint (offset, ==,
                    json_object_get_int_member (texts, "total_size_including_final_nul"));
  g_assert_cmpuint (tbx_vix_process_list_page (data, data->str, data->len, 1, offset), ==,
                    TBX_VIX_FAIL);
  g_assert_cmpuint (tbx_vix_process_list_page (data, data->str, data->len, 1, G_MAXSIZE), ==,
                    TBX_VIX_FAIL);
}

static void
check_paging_threshold (JsonObject *vector)
{
  JsonObject *texts = json_object_get_object_member (vector, "texts");
  gsize largest = (gsize) json_object_get_int_member (texts, "largest_unpaged_data_bytes_without_nul");

  g_assert_true (tbx_vix_process_list_fits (largest));
  g_assert_false (tbx_vix_process_list_fits (largest + 1));
}

static void
check_environment (JsonObject *vector)
{
  JsonObject *decoded = json_object_get_object_member (vector, "decoded");
  JsonArray *environment = json_object_has_member (decoded, "environment")
                             ? json_object_get_array_member (decoded, "environment") : NULL;
  g_autoptr(GString) out = g_string_new (NULL);

  for (guint i = 0; environment != NULL && i < json_array_get_length (environment); i++)
    g_assert_true (tbx_vix_variable_append (out, NO_LIMIT,
                                            json_array_get_string_element (environment, i)));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools"));
}

static void
check_file_entry (JsonObject *vector)
{
  TbxVixFileEntry file = { "", 0, number_of (vector, "size", 0), number_of (vector, "mtime", 0) };
  TbxVixFileEntry folder = { "a", TBX_VIX_FILE_IS_DIRECTORY, 0, 1700000000 };
  g_autoptr(GString) out = g_string_new (NULL);

  if (text_of (vector, "open_vm_tools") != NULL)
    {
      g_assert_true (tbx_vix_file_entry_append (out, NO_LIMIT, &file, FALSE));
      g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools"));
      return;
    }
  tbx_vix_legacy_list_header (out, FALSE, FALSE, FALSE);
  g_assert_true (tbx_vix_file_entry_append (out, NO_LIMIT, &folder, FALSE));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools_legacy_layout"));
  g_string_truncate (out, 0);
  tbx_vix_legacy_list_header (out, TRUE, FALSE, TRUE);
  g_assert_true (tbx_vix_file_entry_append (out, NO_LIMIT, &folder, TRUE));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools_offset_layout_escaped"));
}

static void
check_short_process (JsonObject *vector)
{
  g_autoptr(GString) out = g_string_new (NULL);

  tbx_vix_legacy_list_header (out, FALSE, FALSE, FALSE);
  g_assert_true (tbx_vix_process_append_short (out, NO_LIMIT, &sshd, FALSE));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools"));
  g_string_truncate (out, 0);
  tbx_vix_legacy_list_header (out, FALSE, FALSE, TRUE);
  g_assert_true (tbx_vix_process_append_short (out, NO_LIMIT, &sshd, TRUE));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools_escaped_flag"));
}

static void
check_filesystem (JsonObject *vector)
{
  TbxVixFilesystem disk = { "/dev/sda1", 10725883904, 8126464000, "ext4" };
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_true (tbx_vix_filesystem_append (out, NO_LIMIT, &disk, TRUE));
  g_assert_cmpstr (out->str, ==, text_of (vector, "open_vm_tools"));
}

static void
check_done (JsonObject *vector)
{
  const char *name = string_of (vector, "requestName", NULL);
  g_autofree char *text = tbx_vix_run_program_done (name, strlen (name), 0, 0,
                                                    (int) number_of (vector, "exitCode", 0),
                                                    number_of (vector, "pid", 0));

  g_assert_cmpstr (text, ==, text_of (vector, "rpci_request"));
}

/* The peers' own ways, the aliases that toolboxd does not have, and a digit. */
static void
check_nothing (JsonObject *vector)
{
  g_assert_null (text_of (vector, "toolboxd"));
}

/* The first row whose text starts the name counts. */
static const struct
{
  const char *name;
  void      (*check) (JsonObject *vector);
} rows[] = {
  { "reply/escape/", check_escape },
  { "reply/file-info/remaining-and-truncated", check_list_header },
  { "reply/file-info/truncated-by-buffer", check_list_header },
  { "reply/file-info/max-results-zero", check_list_header },
  { "reply/file-info/index-beyond-end", check_list_header },
  { "reply/file-info/directory-order", check_nothing },
  { "reply/file-info/govmomi-page-1", check_nothing },
  { "reply/file-info/govmomi-page-2-via-offset", check_nothing },
  { "reply/file-info/", check_file_info },
  { "reply/process/os-process", check_other_process },
  { "reply/process/kernel-thread", check_other_process },
  { "reply/process/unknown-uid", check_other_process },
  { "reply/process/paging-threshold", check_paging_threshold },
  { "reply/process/paging", check_paging },
  { "reply/process/none", check_environment },   /* nothing in, nothing out */
  { "reply/process/", check_process },
  { "reply/env/", check_environment },
  { "reply/legacy/file-info", check_file_entry },
  { "reply/legacy/list-directory", check_file_entry },
  { "reply/legacy/list-processes", check_short_process },
  { "reply/legacy/list-filesystems", check_filesystem },
  { "reply/legacy/exists", check_nothing },
  { "reply/alias/", check_nothing },
  { "reply/run-program-done", check_done },
};

static void
test_vectors (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0, n_nothing = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      gsize row = 0;

      if (!vix_vector_is (vector, "reply-text"))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      while (row < G_N_ELEMENTS (rows) && !g_str_has_prefix (vix_vector_name (vector), rows[row].name))
        row++;
      g_assert_cmpuint (row, <, G_N_ELEMENTS (rows));
      rows[row].check (vector);
      n_nothing += rows[row].check == check_nothing;
      n++;
    }
  g_assert_cmpuint (n, ==, 47);
  g_assert_cmpuint (n_nothing, ==, 6);
}

/* Whatever the name is, the payload is UTF-8. */
static void
test_bad_bytes (void)
{
  g_autoptr(GString) out = g_string_new (NULL);

  tbx_vix_escape (out, "a\xff<\xe6\x97>\xe6\x97\xa5");
  g_assert_cmpstr (out->str, ==, "a\xef\xbf\xbd%3C\xef\xbf\xbd\xef\xbf\xbd%3E\xe6\x97\xa5");
  g_string_truncate (out, 0);
  tbx_vix_escape (out, "\xc3");
  g_assert_cmpstr (out->str, ==, "\xef\xbf\xbd");
}

static void
test_unescape (void)
{
  static const struct { const char *text, *plain; } cases[] = {
    { "%3c%3C", "<<" }, { "100%", "100%" }, { "%4", "%4" }, { "%zz%20", "%zz " }, { "a%00b", "a%00b" },
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize n = strlen (cases[i].text);
      g_autofree char *exact = g_memdup2 (cases[i].text, n);
      g_autofree char *plain = tbx_vix_unescape (n == 0 ? "" : exact, (gssize) n);

      g_assert_cmpstr (plain, ==, cases[i].plain);
    }
}

/* A record that does not fit leaves what was there. */
static void
test_limits (void)
{
  TbxVixFileInfo info = { .name = "name", .link_target = "target", .mtime = G_MININT64,
                          .size = G_MAXUINT64, .uid = -2 };
  g_autoptr(GString) out = g_string_new ("kept");
  g_autoptr(GString) one = g_string_new ("kept");
  gsize limit;

  g_assert_true (tbx_vix_file_info_append (one, NO_LIMIT, &info));
  g_assert_nonnull (strstr (one->str, "<fs>18446744073709551615</fs><mt>-9223372036854775808</mt>"));
  g_assert_nonnull (strstr (one->str, "<uid>-2</uid>"));
  for (limit = 4; limit < one->len; limit++)
    {
      g_assert_false (tbx_vix_file_info_append (out, limit, &info));
      g_assert_cmpstr (out->str, ==, "kept");
    }
  g_assert_true (tbx_vix_file_info_append (out, limit, &info));
  g_assert_false (tbx_vix_process_append (out, limit, &sshd));
  g_assert_false (tbx_vix_process_append_short (out, limit, &sshd, TRUE));
  g_assert_false (tbx_vix_variable_append (out, limit, "A=b"));
  g_assert_cmpstr (out->str, ==, one->str);
  g_string_truncate (one, 0);
  tbx_vix_file_list_header (one, TRUE, G_MAXUINT64);
  g_assert_cmpuint (one->len, ==, TBX_VIX_FILE_LIST_HEADER_MAX_BYTES);
}

/* What the framing vectors are replies to. */
static const struct
{
  const char *name;
  guint32     code;
  int         error_number;
  gboolean    binary;
  const char *payload;
  gsize       payload_size;
} replies[] = {
  { "success-empty", 0, 0, FALSE, NULL, 0 },
  { "success-pid", 0, 0, FALSE, "4242", 4 },
  { "success-path", 0, 0, FALSE, "/tmp/govmomi-vmware1234\0more", 28 },
  { "error-no-payload", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE, NULL, 0 },
  { "error-start-program", TBX_VIX_FILE_NOT_FOUND, ENOENT, FALSE, "-1", 2 },
  { "error-govmomi-text", 4, 0, FALSE, "stat /tmp/x: no such file or directory", 38 },
  { "binary-success", 0, 0, TRUE, "\xff\0\1\2", 4 },
  { "binary-error", TBX_VIX_GUEST_USER_PERMISSIONS, 0, TRUE, NULL, 0 },
  { "bad-header", TBX_VIX_INVALID_MESSAGE_HEADER, 0, FALSE, NULL, 0 },
  { "frozen", TBX_VIX_OBJECT_IS_BUSY, 0, FALSE, NULL, 0 },
  { "disabled", TBX_VIX_OPERATION_DISABLED, 0, FALSE, NULL, 0 },
};

static void
check_reply (JsonObject *vector)
{
  const char *name = vix_vector_name (vector) + strlen ("reply/framing/");
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *expected = NULL;
  TbxVixReply reply;
  gsize i = 0, size, payload_size;

  while (i < G_N_ELEMENTS (replies) && !g_str_equal (replies[i].name, name))
    i++;
  g_assert_cmpuint (i, <, G_N_ELEMENTS (replies));
  expected = vix_vector_bytes (vector, "data_hex", &size);
  bytes = tbx_vix_reply_encode (replies[i].code, replies[i].error_number, replies[i].binary,
                                replies[i].payload, replies[i].payload_size);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, size);

  payload_size = replies[i].payload == NULL ? 0
                 : replies[i].binary        ? replies[i].payload_size
                                            : strlen (replies[i].payload);
  g_assert_cmpuint (tbx_vix_reply_decode (expected, size, replies[i].binary, &reply), ==, TBX_VIX_OK);
  g_assert_cmpuint (reply.code, ==, replies[i].code);
  g_assert_cmpint (reply.error_number, ==, replies[i].error_number);
  g_assert_cmpmem (reply.payload, reply.payload_size, replies[i].payload, payload_size);
}

static void
test_replies (void)
{
  g_autoptr(JsonArray) vectors = vix_vectors_load ();
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);

      if (!vix_vector_is (vector, "reply-framing"))
        continue;
      check_reply (vector);
      n++;
    }
  g_assert_cmpuint (n, ==, 11);
}

static void
test_reply_limits (void)
{
  g_autofree guint8 *payload = g_malloc (TBX_VIX_REPLY_MAX_BYTES);
  char prefix[TBX_VIX_PREFIX_MAX_BYTES];
  g_autoptr(GBytes) binary = NULL, text = NULL, large_binary = NULL, large_text = NULL;

  memset (payload, 'x', TBX_VIX_REPLY_MAX_BYTES);
  g_assert_cmpuint (tbx_vix_reply_prefix (prefix, G_MAXUINT32, G_MININT, TRUE), ==, sizeof prefix);
  g_assert_cmpmem (prefix, sizeof prefix, "OK 4294967295 -2147483648 #", 27);
  g_assert_cmpuint (tbx_vix_reply_prefix (prefix, 0, 0, FALSE), ==, 7);

  binary = tbx_vix_reply_encode (0, 0, TRUE, payload, TBX_VIX_REPLY_MAX_BYTES - 8);
  g_assert_cmpuint (g_bytes_get_size (binary), ==, TBX_VIX_REPLY_MAX_BYTES);
  text = tbx_vix_reply_encode (0, 0, FALSE, payload, TBX_VIX_REPLY_MAX_BYTES - 8);
  g_assert_cmpuint (g_bytes_get_size (text), ==, TBX_VIX_REPLY_MAX_BYTES);
  large_binary = tbx_vix_reply_encode (0, 0, TRUE, payload, TBX_VIX_REPLY_MAX_BYTES - 7);
  g_assert_cmpmem (g_bytes_get_data (large_binary, NULL), g_bytes_get_size (large_binary),
                   "OK 2 0 #", 8);
  large_text = tbx_vix_reply_encode (0, 0, FALSE, payload, TBX_VIX_REPLY_MAX_BYTES - 7);
  g_assert_cmpmem (g_bytes_get_data (large_text, NULL), g_bytes_get_size (large_text),
                   "OK 2 0 ", 8);
}

static void
test_bad_replies (void)
{
  static const struct { const char *text; gboolean binary; } cases[] = {
    { "", FALSE }, { "OK", FALSE }, { "ERR ", FALSE }, { "OK ", FALSE }, { "OK 0", FALSE },
    { "OK 0 0", FALSE }, { "OK  0 0 ", FALSE }, { "OK x 0 ", FALSE }, { "OK - 0 ", FALSE },
    { "OK 0 0x ", FALSE }, { "OK 0 0 text", TRUE }, { "OK 1234567890123456789 0 ", FALSE },
  };
  TbxVixReply reply = { .code = 77 };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *exact = g_memdup2 (cases[i].text, strlen (cases[i].text));

      g_assert_cmpuint (tbx_vix_reply_decode (exact, strlen (cases[i].text), cases[i].binary, &reply),
                        ==, TBX_VIX_INVALID_MESSAGE_HEADER);
    }
  g_assert_cmpuint (reply.code, ==, 77);
  /* A bad header is told as text, even to who asked for bytes; upper bits go. */
  g_assert_cmpuint (tbx_vix_reply_decode ("OK 10000 0 ", 12, TRUE, &reply), ==, TBX_VIX_OK);
  g_assert_cmpuint (reply.code, ==, 10000);
  g_assert_cmpuint (tbx_vix_reply_decode ("OK 8589934596 -1 x", 18, FALSE, &reply), ==, TBX_VIX_OK);
  g_assert_cmpuint (reply.code, ==, 4);
  g_assert_cmpint (reply.error_number, ==, -1);
  g_assert_cmpmem (reply.payload, reply.payload_size, "x", 1);
}

static void
test_errno (void)
{
  static const struct { int error_number; TbxVixCode code; } cases[] = {
    { 0, 0 }, { EPERM, 13 }, { EACCES, 13 }, { EAGAIN, 5 }, { EBUSY, 5 }, { EEXIST, 12 },
    { EFBIG, 21 }, { ENOTEMPTY, 20006 }, { ENOTDIR, 20002 }, { EIO, 7 }, { EMFILE, 7 },
    { ENFILE, 7 }, { EMLINK, 7 }, { EROFS, 7 }, { ETIMEDOUT, 7 }, { ENOBUFS, 7 }, { ENOSPC, 8 },
    { EISDIR, 20001 }, { ESRCH, 20003 }, { ENAMETOOLONG, 20004 }, { EINVAL, 3 }, { EMSGSIZE, 3 },
    { ENOMEM, 2 }, { ENODEV, 4 }, { ENOENT, 4 }, { EXDEV, 1 }, { EDEADLK, 1 }, { -1, 1 },
    { EDQUOT, 8 }, { ETXTBSY, 5 }, { ELOOP, 3 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (tbx_vix_code_from_errno (cases[i].error_number), ==, cases[i].code);
  g_assert_cmpstr (tbx_vix_code_get_name (20003), ==, "NO_SUCH_PROCESS");
  g_assert_cmpstr (tbx_vix_code_get_fault (20003), ==, "GuestProcessNotFound");
  g_assert_cmpstr (tbx_vix_code_get_name (424242), ==, "unknown");
  g_assert_null (tbx_vix_code_get_fault (0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/vix/text/vectors", test_vectors);
  g_test_add_func ("/wire/vix/text/bad-bytes", test_bad_bytes);
  g_test_add_func ("/wire/vix/text/unescape", test_unescape);
  g_test_add_func ("/wire/vix/text/limits", test_limits);
  g_test_add_func ("/wire/vix/reply/vectors", test_replies);
  g_test_add_func ("/wire/vix/reply/limits", test_reply_limits);
  g_test_add_func ("/wire/vix/reply/malformed", test_bad_replies);
  g_test_add_func ("/wire/vix/errno", test_errno);
  return g_test_run ();
}
