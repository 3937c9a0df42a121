/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-worker-codec.h"
#include "tbx-error.h"
#include <string.h>

static GBytes *
encode (const TbxWorkerMessage *message)
{
  g_auto(TbxWriter) w = { 0 };
  g_autoptr(GError) error = NULL;
  GBytes *bytes;

  tbx_writer_init (&w, TBX_WORKER_MESSAGE_MAX_BYTES);
  tbx_worker_message_encode (message, &w);
  bytes = tbx_writer_end (&w, "message", &error);
  g_assert_no_error (error);
  return bytes;
}

static gboolean
encode_fails (const TbxWorkerMessage *message)
{
  g_auto(TbxWriter) w = { 0 };

  tbx_writer_init (&w, TBX_WORKER_MESSAGE_MAX_BYTES);
  tbx_worker_message_encode (message, &w);
  return w.bad != NULL;
}

/* Decodes a copy that ends where the bytes end, so that reading on is seen. */
static void
assert_malformed (gconstpointer data, gsize size, TbxWorkerSender sender)
{
  g_autofree guint8 *exact = g_memdup2 (data, size);
  g_autoptr(GError) error = NULL;
  TbxWorkerMessage message = { .type = 99 };

  g_assert_false (tbx_worker_message_decode (exact, size, sender, &message, &error));
  g_assert_error (error, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_assert_cmpint (message.type, ==, 99);
}

static void
assert_round_trip (const TbxWorkerMessage *message, TbxWorkerSender sender)
{
  g_autoptr(GBytes) bytes = encode (message);
  g_autoptr(GBytes) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree guint8 *longer = NULL;
  TbxWorkerMessage decoded;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_assert_true (tbx_worker_message_decode (data, size, sender, &decoded, &error));
  g_assert_no_error (error);
  again = encode (&decoded);
  g_assert_cmpmem (data, size, g_bytes_get_data (again, NULL), g_bytes_get_size (again));
  for (gsize n = 0; n < size; n++)
    assert_malformed (data, n, sender);
  longer = g_malloc0 (size + 1);
  memcpy (longer, data, size);
  assert_malformed (longer, size + 1, sender);
  assert_malformed (data, size,
                    sender == TBX_WORKER_FROM_DAEMON ? TBX_WORKER_FROM_WORKER
                                                     : TBX_WORKER_FROM_DAEMON);
}

static GByteArray *
some_groups (void)
{
  TbxWriter w;

  tbx_writer_init (&w, 1000);
  tbx_worker_group_encode (100, "users", &w);
  tbx_worker_group_encode (4294967294, "größe", &w);
  tbx_worker_group_encode (7, "", &w);
  return w.out;
}

static GByteArray *
some_names (void)
{
  TbxWriter w;

  tbx_writer_init (&w, 1000);
  tbx_worker_name_encode ("echo", &w);
  tbx_worker_name_encode ("web+x", &w);
  tbx_worker_name_encode ("echo-upper", &w);
  return w.out;
}

static void
test_messages (void)
{
  g_autoptr(GByteArray) groups = some_groups ();
  g_autoptr(GByteArray) names = some_names ();
  const TbxWorkerProgram program = { 4711, 1700000000, 1700000001, 137, 9, "sleep", "sleep 10" };
  const TbxWorkerMessage from_daemon[] = {
    { .type = TBX_WORKER_LOGIN, .login = { FALSE, "alice", "s3cret" } },
    { .type = TBX_WORKER_LOGIN, .login = { TRUE, "bob", "" } },
    { .type = TBX_WORKER_LOGIN, .login = { FALSE, "carol", "", TBX_WORKER_PROOF_NAMED } },
    { .type = TBX_WORKER_LOGIN, .login = { FALSE, "bob", "", TBX_WORKER_PROOF_VOUCHED } },
    { .type = TBX_WORKER_CONTINUE, .gated = TRUE },
    { .type = TBX_WORKER_QUIT },
    { .type = TBX_WORKER_ATTACH },
    { .type = TBX_WORKER_OPEN_GATE, .gate_pid = 77 },
    { .type = TBX_WORKER_SETTINGS, .settings = TBX_WORKER_SETTINGS_DEFAULT },
    { .type = TBX_WORKER_SETTINGS, .settings = { TBX_WORKER_STREAM_MAX_BYTES, FALSE, TRUE, 86400 } },
    { .type = TBX_WORKER_ADOPT, .program = program },
    { .type = TBX_WORKER_REQUEST, .request = { 1, 185, 0x40, 65536, 3, (const guint8 *) "a\xff" "b" } },
    { .type = TBX_WORKER_REQUEST, .request = { 2, 84, 0, 0, 0, NULL } },
    { .type = TBX_WORKER_NAMES },
    { .type = TBX_WORKER_NAMES, .names = { 2, 1, names->data, names->len } },
    { .type = TBX_WORKER_ASK_DONE, .done = { 7, 13 } },
    { .type = TBX_WORKER_FILE_FOUND, .found = { 8, G_MAXINT64, -1, 0777 } },
    { .type = TBX_WORKER_FILE_OPENED, .opened_id = G_MAXUINT32 },
    { .type = TBX_WORKER_PROGRAM_RUNS, .runs = { 9, 4194305, 1700000000 } },
    { .type = TBX_WORKER_PROGRAM_EXITED, .exited = { 4194305, 1700000001, 137, 9 } },
  };
  const TbxWorkerMessage from_worker[] = {
    { .type = TBX_WORKER_HELLO, .hello = { TBX_WORKER_PROTOCOL, 123 } },
    { .type = TBX_WORKER_LOGIN_RESULT,
      .login_result = { TBX_WORKER_VERDICT_OK, TBX_WORKER_STEP_ACCT_MGMT, 0, 1000, 100, "alice", 3,
                        groups->data, groups->len } },
    { .type = TBX_WORKER_LOGIN_RESULT,
      .login_result = { TBX_WORKER_VERDICT_DENIED, TBX_WORKER_STEP_AUTHENTICATE, 7, .name = "" } },
    { .type = TBX_WORKER_OPENED,
      .login_result = { TBX_WORKER_VERDICT_OK, TBX_WORKER_STEP_OPEN_SESSION, 0, 1000, 100, "alice",
                        3, groups->data, groups->len } },
    { .type = TBX_WORKER_READY,
      .ready = { TBX_WORKER_VERDICT_FAILED, TBX_WORKER_STEP_OPEN_SESSION, 14 } },
    { .type = TBX_WORKER_REPLY, .reply = { 1, 13, 13, 0 } },
    { .type = TBX_WORKER_PROGRESS, .progress_id = 5 },
    { .type = TBX_WORKER_STATE, .busy = TRUE },
    { .type = TBX_WORKER_PROGRAM_STARTED, .program = program },
    { .type = TBX_WORKER_PROGRAM_ENDED, .program = program },
    { .type = TBX_WORKER_RUN_DONE, .run_done = "Run_Program_Done x 0 0 0 1" },
    { .type = TBX_WORKER_FILE_STAT, .file = { 1, "echo", "/größe", "a=b" } },
    { .type = TBX_WORKER_FILE_OPEN, .file = { 2, "echo", "/", "", TRUE } },
    { .type = TBX_WORKER_PROGRAM_START, .start = { 3, "upper", "a 'b'", "/", "A=1\0B=\0", 7 } },
    { .type = TBX_WORKER_PROGRAM_START, .start = { 3, "upper", "", "", NULL, 0 } },
    { .type = TBX_WORKER_PROGRAM_END, .end = { 4, 4194305 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (from_daemon); i++)
    assert_round_trip (&from_daemon[i], TBX_WORKER_FROM_DAEMON);
  for (gsize i = 0; i < G_N_ELEMENTS (from_worker); i++)
    assert_round_trip (&from_worker[i], TBX_WORKER_FROM_WORKER);
}

static void
test_values (void)
{
  g_autoptr(GByteArray) groups = some_groups ();
  const TbxWorkerMessage message = {
    .type = TBX_WORKER_LOGIN_RESULT,
    .login_result = { TBX_WORKER_VERDICT_OK, TBX_WORKER_STEP_ACCT_MGMT, -3, 1000, 100, "alice", 3,
                      groups->data, groups->len },
  };
  g_autoptr(GBytes) bytes = encode (&message);
  TbxWorkerMessage decoded;
  const char *name;
  guint32 gid;
  gsize pos = 0;

  g_assert_true (tbx_worker_message_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                            TBX_WORKER_FROM_WORKER, &decoded, NULL));
  g_assert_cmpstr (decoded.login_result.name, ==, "alice");
  g_assert_cmpint (decoded.login_result.pam_code, ==, -3);
  g_assert_true (tbx_worker_groups_next (&decoded.login_result, &pos, &gid, &name));
  g_assert_cmpuint (gid, ==, 100);
  g_assert_cmpstr (name, ==, "users");
  g_assert_true (tbx_worker_groups_next (&decoded.login_result, &pos, &gid, &name));
  g_assert_cmpuint (gid, ==, 4294967294);
  g_assert_cmpstr (name, ==, "größe");
  g_assert_true (tbx_worker_groups_next (&decoded.login_result, &pos, &gid, &name));
  g_assert_cmpstr (name, ==, "");
  g_assert_false (tbx_worker_groups_next (&decoded.login_result, &pos, &gid, &name));
}

/* What no sender of ours says. */
static void
test_malformed (void)
{
  static const struct
  {
    const char     *what;
    TbxWorkerSender sender;
    const char     *bytes;
    gsize           size;
  } rows[] = {
#define ROW(what, sender, bytes) { what, TBX_WORKER_FROM_##sender, bytes, sizeof (bytes) - 1 }
    ROW ("no such type", DAEMON, "\x00"),
    ROW ("no such type", WORKER, "\xff"),
    ROW ("no boolean", WORKER, "\x45\x02"),
    ROW ("no boolean", DAEMON, "\x02\x02"),
    ROW ("no such proof", DAEMON, "\x01\x00\x01\x00" "a\0\x01\x00" "c\0\x03"),
    ROW ("name length beyond the packet", DAEMON, "\x01\x00\xff\xff" "a\0\0\0\0"),
    ROW ("name without NUL", DAEMON, "\x01\x00\x01\x00" "ab\x01\x00" "c\0"),
    ROW ("NUL in the name", DAEMON, "\x01\x00\x02\x00" "a\0\0\x01\x00" "c\0"),
    ROW ("name not UTF-8", DAEMON, "\x01\x00\x01\x00\xff\0\x01\x00" "c\0"),
    ROW ("no such verdict", WORKER, "\x42\x03\x00\0\0\0\0"),
    ROW ("no such step", WORKER, "\x42\x00\x08\0\0\0\0"),
    ROW ("uid -1", WORKER, "\x41\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\x01\0a\0\0\0\0\0"),
    ROW ("gid -1", WORKER, "\x41\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\x01\0a\0\0\0\0\0"),
    ROW ("a yes without a name", WORKER, "\x41\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ROW ("groups beyond the packet", WORKER,
         "\x41\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0a\0\xff\xff\xff\xff" "\0\0\0\0\0\0\0"),
    ROW ("pid 0", WORKER, "\x46\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                          "\0\0\0\0\0\0"),
    ROW ("a stream of less than there may be", DAEMON, "\x08\xff\xff\x00\x00\x01\x01"),
    ROW ("a stream of more than there may be", DAEMON, "\x08\x01\x00\x00\x40\x01\x01"),
    ROW ("no boolean", DAEMON, "\x08\x00\x00\x00\x01\x01\x02"),
    ROW ("too many names", DAEMON, "\x09\x01\x01\0\0"),
    ROW ("a name beyond the packet", DAEMON, "\x09\x01\0\0\0\x05\0" "a\0"),
    ROW ("a size above what a file may have", DAEMON,
         "\x0b\0\0\0\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0\0\0\0\0"),
    ROW ("more than permissions", DAEMON,
         "\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0"),
    ROW ("a pid of a process", DAEMON, "\x0d\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ROW ("a path without its slash", WORKER, "\x4a\0\0\0\0\x01\0" "a\0\x01\0" "x\0\0\0\0"),
    ROW ("no boolean", WORKER, "\x4b\0\0\0\0\x01\0" "a\0\x01\0" "/\0\0\0\0\x02"),
    ROW ("environment beyond the packet", WORKER,
         "\x4c\0\0\0\0\x01\0" "a\0\0\0\0\0\0\0\xff\xff\xff\xff" "A=\0"),
    ROW ("environment without its NUL", WORKER,
         "\x4c\0\0\0\0\x01\0" "a\0\0\0\0\0\0\0\x02\0\0\0" "A="),
    ROW ("environment not UTF-8", WORKER,
         "\x4c\0\0\0\0\x01\0" "a\0\0\0\0\0\0\0\x05\0\0\0" "A\0\xff\0\0"),
    ROW ("pid 1", WORKER, "\x4d\0\0\0\0\x01\0\0\0\0\0\0\0"),
    ROW ("another RPCI request", WORKER, "\x48\x0a\0info-set x\0"),
#undef ROW
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].what);
      assert_malformed (rows[i].bytes, rows[i].size, rows[i].sender);
    }
}

static void
test_names (void)
{
  g_autoptr(GByteArray) list = some_names ();
  const TbxWorkerMessage message = { .type = TBX_WORKER_NAMES,
                                     .names = { 2, 1, list->data, list->len } };
  g_autoptr(GBytes) bytes = encode (&message);
  static const char *const expected[] = { "echo", "web+x", "echo-upper" };
  TbxWorkerMessage decoded;
  const char *name;
  gsize pos = 0;

  g_assert_true (tbx_worker_message_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                            TBX_WORKER_FROM_DAEMON, &decoded, NULL));
  g_assert_cmpuint (decoded.names.n_schemes, ==, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_true (tbx_worker_names_next (&decoded.names, &pos, &name));
      g_assert_cmpstr (name, ==, expected[i]);
    }
  g_assert_false (tbx_worker_names_next (&decoded.names, &pos, &name));
}

static void
test_limits (void)
{
  g_autofree char *name = g_strnfill (TBX_WORKER_NAME_MAX_BYTES + 1, 'n');
  g_autofree char *password = g_strnfill (TBX_WORKER_PASSWORD_MAX_BYTES + 1, 'p');
  g_autofree char *line = g_strnfill (TBX_WORKER_COMMAND_LINE_MAX_BYTES + 1, 'l');
  TbxWorkerMessage login = { .type = TBX_WORKER_LOGIN, .login = { FALSE, name, password } };
  TbxWorkerMessage program = { .type = TBX_WORKER_ADOPT, .program = { 1, .command = "", .command_line = line } };

  g_assert_true (encode_fails (&login));
  login.login.name = name + 1;
  g_assert_true (encode_fails (&login));
  login.login.password = password + 1;
  assert_round_trip (&login, TBX_WORKER_FROM_DAEMON);
  g_assert_true (encode_fails (&program));
  program.program.command_line = line + 1;
  g_assert_false (encode_fails (&program));
}

static void
test_descriptors (void)
{
  for (guint type = 0; type < 256; type++)
    g_assert_cmpuint (tbx_worker_message_count_fds (type), ==,
                      type == TBX_WORKER_CONTINUE || type == TBX_WORKER_ATTACH
                      || type == TBX_WORKER_FILE_OPENED ? 1
                      : type == TBX_WORKER_PROGRAM_START ? 3 : 0);
  g_assert_cmpstr (tbx_worker_step_get_name (TBX_WORKER_STEP_ACCT_MGMT), ==, "acct_mgmt");
  g_assert_cmpstr (tbx_worker_step_get_name (TBX_WORKER_N_STEPS), ==, "unknown");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-codec/messages", test_messages);
  g_test_add_func ("/worker-codec/values", test_values);
  g_test_add_func ("/worker-codec/names", test_names);
  g_test_add_func ("/worker-codec/malformed", test_malformed);
  g_test_add_func ("/worker-codec/limits", test_limits);
  g_test_add_func ("/worker-codec/descriptors", test_descriptors);
  return g_test_run ();
}
