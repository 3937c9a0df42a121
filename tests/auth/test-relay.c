/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tbx-relay.h"
#include "tbx-auth-fixture.h"
#include "tbx-fake-channel.h"
#include "tbx-test-loop.h"
#include "tbx-vix-requests.h"
#include "vix-vectors.h"
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static JsonArray *vectors;
static char *worker_path;
static const char *own_name;

/* A host that asks, and a relay with all that is behind it; the only user is our own. */
typedef struct
{
  AuthFixture     auth;
  TbxFakeChannel *channel;
  TbxTclo        *tclo;
  TbxRelay       *relay;
  guint           n_operations;
  TbxOperation    operation;   /* the last one; its strings are our own */
  char           *user;
  guint           n_locals;
} Fixture;

static void
on_operation (Fixture *f, const TbxOperation *operation)
{
  f->n_operations++;
  f->operation = *operation;
  g_free (f->user);
  f->user = g_strdup (operation->user);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbxWorkerDeadlines deadlines = { 300, 1000, 15000, 60000 };

  auth_fixture_set_up (&f->auth, worker_path, &deadlines, 300);
  auth_fixture_watch (&f->auth, "/proc");   /* where no account changes */
  tbx_worker_starter_set_self (f->auth.starter, TRUE);
  f->channel = tbx_fake_channel_new (TBX_PROTOCOL_TCLO);
  f->tclo = tbx_tclo_new (TBX_CHANNEL (f->channel));
  g_assert_true (tbx_channel_open (TBX_CHANNEL (f->channel), NULL));
  f->relay = tbx_relay_new (f->tclo, f->auth.login);
  g_signal_connect_swapped (f->relay, "operation", G_CALLBACK (on_operation), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_ptr_array_set_size (f->channel->sent, 0);
  g_assert_finalize_object (f->relay);
  g_assert_finalize_object (f->tclo);
  g_assert_finalize_object (f->channel);
  auth_fixture_tear_down (&f->auth);
  g_free (f->user);
}

/* Sends what follows the command word, and waits for the answer. */
static void
exchange (Fixture *f, gconstpointer args, gsize size)
{
  g_autoptr(GByteArray) message = g_byte_array_new ();
  guint n = f->n_operations + 1;

  g_ptr_array_set_size (f->channel->sent, 0);
  g_byte_array_append (message, (const guint8 *) TBX_VIX_COMMAND " ", strlen (TBX_VIX_COMMAND) + 1);
  g_byte_array_append (message, args, (guint) size);
  tbx_fake_channel_receive (f->channel, message->data, message->len);
  tbx_test_until (f->channel->sent->len == 1);
  g_assert_cmpuint (f->n_operations, ==, n);
}

static const char *
reply (Fixture *f)
{
  return g_bytes_get_data (g_ptr_array_index (f->channel->sent, 0), NULL);
}

/* The whole text, with its one NUL. */
static void
assert_reply (Fixture *f, const char *expected)
{
  GBytes *bytes = g_ptr_array_index (f->channel->sent, 0);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected,
                   strlen (expected) + 1);
}

static guint32
reply_code (Fixture *f)
{
  GBytes *bytes = g_ptr_array_index (f->channel->sent, 0);
  TbxVixReply decoded;

  g_assert_cmpint (tbx_vix_reply_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                         FALSE, &decoded), ==, TBX_VIX_OK);
  return decoded.code;
}

static void
send_message (Fixture *f, const TbxVixMessage *message)
{
  g_auto(TbxWriter) w = { 0 };

  tbx_writer_init (&w, 70000);
  tbx_vix_message_encode (message, &w);
  g_assert_null (w.bad);
  exchange (f, w.out->data, w.out->len);
}

/* A request with name and password. */
static void
ask (Fixture *f, guint32 opcode, const void *body, gsize body_size, const char *name, guint8 flags)
{
  g_auto(TbxWriter) credentials = { 0 };
  TbxVixMessage message = { .name = "req", .name_size = 3, .opcode = opcode, .common_flags = flags,
                            .body = body, .body_size = (guint32) body_size,
                            .credential_type = TBX_VIX_CREDENTIAL_NAME_PASSWORD };

  tbx_writer_init (&credentials, 10000);
  tbx_vix_credentials_encode (name, "any", &credentials);
  message.credentials = credentials.out->data;
  message.credentials_size = credentials.out->len;
  send_message (f, &message);
}

static void
order (Fixture *f, guint32 opcode, const char *path, guint8 flags)
{
  const TbxVixRequest request = { .opcode = opcode, .file = { 0, path } };
  g_auto(TbxWriter) body = { 0 };

  tbx_writer_init (&body, 10000);
  tbx_vix_request_encode (&request, &body);
  ask (f, opcode, body.out->data, body.out->len, own_name, flags);
}

static void
ask_without_login (Fixture *f, guint32 opcode)
{
  const TbxVixMessage message = { .opcode = opcode };

  send_message (f, &message);
}

static void
test_request (Fixture *f, gconstpointer data)
{
  order (f, TBX_VIX_DELETE_FILE_EX, "/echo/hello", 0);
  assert_reply (f, "OK 0 0 hello");
  g_assert_cmpuint (f->operation.opcode, ==, TBX_VIX_DELETE_FILE_EX);
  g_assert_cmpstr (f->operation.name, ==, "delete-file");
  g_assert_cmpstr (f->operation.method, ==, "DeleteFileInGuest");
  g_assert_cmpstr (f->user, ==, own_name);
  g_assert_cmpint (f->operation.uid, ==, getuid ());
  g_assert_cmpuint (f->operation.code, ==, 0);
  g_assert_cmpint (f->operation.duration_us, >, 0);

  order (f, TBX_VIX_DELETE_FILE_EX, "/errno/13", 0);
  assert_reply (f, "OK 13 13 ");
  g_assert_cmpuint (f->operation.code, ==, 13);
  g_assert_cmpint (f->operation.error_number, ==, 13);
}

static void
test_binary (Fixture *f, gconstpointer data)
{
  GBytes *bytes;

  order (f, TBX_VIX_DELETE_FILE_EX, "/echo/hello", TBX_VIX_COMMON_RETURNS_BINARY);
  bytes = g_ptr_array_index (f->channel->sent, 0);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "OK 0 0 #hello", 13);
  order (f, TBX_VIX_DELETE_FILE_EX, "/errno/2", TBX_VIX_COMMON_RETURNS_BINARY);
  bytes = g_ptr_array_index (f->channel->sent, 0);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "OK 4 2 #", 8);
}

/* What has no function is answered at once, whoever asks. */
static void
test_fixed (Fixture *f, gconstpointer data)
{
  guint n, n_fixed = 0;
  const TbxVixOpcodeInfo *opcodes = tbx_vix_opcode_list (&n);

  for (guint i = 0; i < n; i++)
    if (opcodes[i].flags & TBX_VIX_OPCODE_FIXED)
      {
        g_autofree char *expected = g_strdup_printf ("OK %d 0 ", opcodes[i].answer);

        ask_without_login (f, opcodes[i].opcode);
        assert_reply (f, expected);
        g_assert_cmpint (f->operation.uid, ==, -1);
        n_fixed++;
      }
  g_assert_cmpuint (n_fixed, >, 10);
  ask_without_login (f, 4242);
  assert_reply (f, "OK 3025 0 ");
  g_assert_cmpstr (f->operation.name, ==, "unknown");
}

static GBytes *
on_local (const TbxVixMessage *message, TbxAccount *account, TbxVixCode *code, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_locals++;
  if (message->opcode == TBX_VIX_GET_TOOLS_STATE)
    return g_bytes_new_static ("state", 5);
  g_assert_cmpstr (account->name, ==, own_name);
  if (message->body_size > 0)
    *code = TBX_VIX_NOT_SUPPORTED;
  return NULL;
}

static void
test_local (Fixture *f, gconstpointer data)
{
  tbx_relay_add_local (f->relay, TBX_VIX_GET_TOOLS_STATE, on_local, f);
  tbx_relay_add_local (f->relay, TBX_VIX_GET_NETWORKING_CONFIG, on_local, f);
  ask_without_login (f, TBX_VIX_GET_TOOLS_STATE);
  assert_reply (f, "OK 0 0 state");
  ask_without_login (f, TBX_VIX_GET_NETWORKING_CONFIG);
  assert_reply (f, "OK 6 0 ");
  g_assert_cmpuint (f->n_locals, ==, 1);
  ask (f, TBX_VIX_GET_NETWORKING_CONFIG, "", 0, own_name, 0);
  assert_reply (f, "OK 0 0 ");
  ask (f, TBX_VIX_GET_NETWORKING_CONFIG, "x", 1, own_name, 0);
  assert_reply (f, "OK 6 0 ");
  g_assert_cmpuint (f->n_locals, ==, 3);
}

static void
test_credential_types (Fixture *f, gconstpointer data)
{
  static const struct
  {
    guint32     type;
    const char *block;
    gsize       size;
    TbxVixCode  code;
  } rows[] = {
    { 0, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 2, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 3, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 5, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 6, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 7, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 8, NULL, 0, TBX_VIX_FAIL },
    { 9, "\2\0\0\0ab\0", 7, TBX_VIX_NOT_SUPPORTED },
    { 9, "\3\0\0\0ab\0", 7, TBX_VIX_INVALID_MESSAGE_BODY },
    { 10, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 11, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 12, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { G_MAXUINT32, NULL, 0, TBX_VIX_NOT_SUPPORTED },
    { 1, NULL, 0, TBX_VIX_INVALID_MESSAGE_BODY },
    { 4, "\0\0\0\0\0\0\0\0!\0", 10, TBX_VIX_INVALID_MESSAGE_BODY },
    { 1, "\0\0\0\0\0\0\0\0AGEA\0", 13, TBX_VIX_INVALID_ARG },   /* no name */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const TbxVixMessage message = { .opcode = TBX_VIX_DELETE_FILE_EX,
                                      .credential_type = rows[i].type,
                                      .credentials = (const guint8 *) rows[i].block,
                                      .credentials_size = (guint32) rows[i].size };

      g_test_message ("%" G_GSIZE_FORMAT, i);
      send_message (f, &message);
      g_assert_cmpuint (reply_code (f), ==, rows[i].code);
      g_assert_cmpint (f->operation.uid, ==, -1);
    }
}

/* The words for a wrong login, and what stands in the place of the result. */
static void
test_refused (Fixture *f, gconstpointer data)
{
  static const struct
  {
    guint32     opcode;
    const char *reply;
  } rows[] = {
    { TBX_VIX_DELETE_FILE_EX, "OK 3050 0 " },     { TBX_VIX_START_PROGRAM, "OK 3050 0 -1" },
    { TBX_VIX_VALIDATE_CREDENTIALS, "OK 3050 0 " }, { TBX_VIX_HGFS_PACKET, "OK 3015 0 " },
    { TBX_VIX_DELETE_FILE, "OK 3015 0 " },        { TBX_VIX_RUN_PROGRAM, "OK 3015 0 -1" },
    { TBX_VIX_RUN_SCRIPT, "OK 3015 0 -1" },       { TBX_VIX_REGISTRY_KEY_EXISTS, "OK 3015 0 0" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strdup_printf ("somebody%" G_GSIZE_FORMAT, i);

      /* The body is bad, but that is for those to know who are let in. */
      ask (f, rows[i].opcode, "", 0, name, 0);
      assert_reply (f, rows[i].reply);
      g_assert_cmpstr (f->user, ==, name);
      g_assert_cmpint (f->operation.uid, ==, -1);
    }
}

static void
test_bad_body (Fixture *f, gconstpointer data)
{
  ask (f, TBX_VIX_DELETE_FILE_EX, "abc", 3, own_name, 0);
  assert_reply (f, "OK 10000 0 ");
  ask (f, TBX_VIX_START_PROGRAM, "", 0, own_name, 0);
  assert_reply (f, "OK 10000 0 -1");
  ask (f, TBX_VIX_VALIDATE_CREDENTIALS, "of no matter", 12, own_name, 0);
  assert_reply (f, "OK 0 0 ");
}

static void
test_policy (Fixture *f, gconstpointer data)
{
  char *deny[] = { (char *) "DeleteFileInGuest", NULL };
  const TbxPolicyRule none = { FALSE, NULL, NULL };
  const TbxPolicyRule some = { TRUE, deny, NULL };
  g_autoptr(TbxPolicy) all = tbx_policy_new ();
  g_autoptr(TbxPolicy) lists = tbx_policy_new ();
  g_autoptr(TbxPolicy) user = tbx_policy_new ();

  tbx_relay_add_local (f->relay, TBX_VIX_GET_TOOLS_STATE, on_local, f);
  tbx_policy_set_rule (all, TBX_POLICY_ALL, NULL, &none);
  tbx_relay_set_policy (f->relay, all);
  ask_without_login (f, TBX_VIX_DELETE_FILE_EX);   /* not even looked at */
  assert_reply (f, "OK 20005 0 ");
  ask_without_login (f, TBX_VIX_ACQUIRE_CREDENTIALS);
  assert_reply (f, "OK 20005 0 ");
  ask_without_login (f, 998);   /* off is off, known or not */
  assert_reply (f, "OK 20005 0 ");
  ask_without_login (f, TBX_VIX_GET_TOOLS_STATE);
  assert_reply (f, "OK 0 0 state");

  tbx_policy_set_rule (lists, TBX_POLICY_ALL, NULL, &some);
  tbx_relay_set_policy (f->relay, lists);
  ask_without_login (f, 998);   /* they cannot name it */
  assert_reply (f, "OK 3025 0 ");

  tbx_policy_set_rule (user, TBX_POLICY_USER, own_name, &some);
  tbx_relay_set_policy (f->relay, user);
  for (guint i = 0; i < 2; i++)   /* by PAM's word, then from memory */
    {
      order (f, TBX_VIX_DELETE_FILE_EX, "/echo/x", 0);
      assert_reply (f, "OK 20005 0 ");
      g_assert_cmpint (f->operation.uid, ==, getuid ());
    }
  order (f, TBX_VIX_DELETE_FILE, "/echo/x", 0);   /* no second door */
  assert_reply (f, "OK 20005 0 ");
  ask (f, TBX_VIX_VALIDATE_CREDENTIALS, "", 0, own_name, 0);
  assert_reply (f, "OK 0 0 ");
}

static void
test_hang (Fixture *f, gconstpointer data)
{
  gint64 start_us = g_get_monotonic_time ();

  order (f, TBX_VIX_DELETE_FILE_EX, "/sleep/900", 0);
  assert_reply (f, "OK 7 110 ");
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 900 * 1000);
  g_ptr_array_set_size (f->channel->sent, 0);
  tbx_fake_channel_receive (f->channel, "ping", 4);
  g_assert_cmpuint (f->channel->sent->len, ==, 1);
  order (f, TBX_VIX_DELETE_FILE_EX, "/echo/next", 0);   /* by another worker */
  assert_reply (f, "OK 0 0 next");
}

static void
test_dies (Fixture *f, gconstpointer data)
{
  order (f, TBX_VIX_DELETE_FILE_EX, "/die", 0);
  assert_reply (f, "OK 1 0 ");
  order (f, TBX_VIX_DELETE_FILE_EX, "/echo/next", 0);
  assert_reply (f, "OK 0 0 next");
}

/* The host is gone before the answer is there: it goes nowhere, and no one is hurt. */
static void
test_channel_breaks (Fixture *f, gconstpointer data)
{
  static const guint8 args[] = "x";

  order (f, TBX_VIX_DELETE_FILE_EX, "/echo/x", 0);
  {
    const TbxVixRequest request = { .opcode = TBX_VIX_DELETE_FILE_EX, .file = { 0, "/sleep/100" } };
    g_auto(TbxWriter) w = { 0 }, body = { 0 }, credentials = { 0 };
    TbxVixMessage message = { .opcode = TBX_VIX_DELETE_FILE_EX, .name = (const char *) args,
                              .name_size = 1, .credential_type = 1 };

    tbx_writer_init (&body, 10000);
    tbx_vix_request_encode (&request, &body);
    tbx_writer_init (&credentials, 10000);
    tbx_vix_credentials_encode (own_name, "any", &credentials);
    message.body = body.out->data;
    message.body_size = body.out->len;
    message.credentials = credentials.out->data;
    message.credentials_size = credentials.out->len;
    tbx_writer_init (&w, 10000);
    tbx_writer_text (&w, TBX_VIX_COMMAND " ");
    tbx_vix_message_encode (&message, &w);
    g_ptr_array_set_size (f->channel->sent, 0);
    tbx_fake_channel_receive (f->channel, w.out->data, w.out->len);
  }
  tbx_fake_channel_fail (f->channel);
  tbx_test_until (f->n_operations == 2);
  g_assert_cmpuint (f->channel->sent->len, ==, 0);
}

/* The password is wiped where the channel has it. */
static void
test_wiped (Fixture *f, gconstpointer data)
{
  g_auto(TbxWriter) w = { 0 }, credentials = { 0 };
  TbxVixMessage message = { .opcode = TBX_VIX_VALIDATE_CREDENTIALS, .credential_type = 1 };

  tbx_writer_init (&credentials, 10000);
  tbx_vix_credentials_encode (own_name, "any", &credentials);
  message.credentials = credentials.out->data;
  message.credentials_size = credentials.out->len;
  tbx_writer_init (&w, 10000);
  tbx_writer_text (&w, TBX_VIX_COMMAND " ");
  tbx_vix_message_encode (&message, &w);
  f->channel->exchange = TRUE;
  tbx_channel_received (TBX_CHANNEL (f->channel), w.out->data, w.out->len);
  for (gsize i = w.out->len - credentials.out->len; i < w.out->len; i++)
    g_assert_cmpuint (w.out->data[i], ==, 0);
  tbx_test_until (f->n_operations == 1);
  assert_reply (f, "OK 0 0 ");
}

/* The same request, of a user who exists here. */
static GBytes *
adapt (const guint8 *bytes, gsize size)
{
  g_auto(TbxVixCredentials) found = { 0 };
  g_auto(TbxWriter) w = { 0 }, credentials = { 0 };
  TbxVixMessage message;

  if (tbx_vix_message_decode (bytes, size, &message) != TBX_VIX_OK
      || tbx_vix_credentials_decode (message.credential_type, message.credentials,
                                     message.credentials_size, &found) != TBX_VIX_OK)
    return g_bytes_new (bytes, size);
  g_assert_cmpstr (found.name, ==, "user");
  tbx_writer_init (&credentials, 10000);
  tbx_vix_credentials_encode (own_name, found.password, &credentials);
  message.credentials = credentials.out->data;
  message.credentials_size = credentials.out->len;
  tbx_writer_init (&w, 70000);
  tbx_vix_message_encode (&message, &w);
  return tbx_writer_end (&w, "request", NULL);
}

/* The whole way of each malformed request: what the daemon leaves, the worker finds. */
static void
test_malformed (Fixture *f, gconstpointer data)
{
  static const char *const for_operations[] = { "malformed/body/list_processes_ex/unknown-key",
                                                "malformed/body/list_files/bad-regex",
                                                "malformed/body/terminate_process/process-group",
                                                NULL };
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autofree guint8 *bytes = NULL;
      g_autoptr(GBytes) adapted = NULL;
      const TbxVixOpcodeInfo *info;
      gsize size;

      if (!vix_vector_is (vector, "malformed")
          || g_strv_contains (for_operations, vix_vector_name (vector)))
        continue;
      g_test_message ("%s", vix_vector_name (vector));
      bytes = vix_vector_bytes (vector, "request_hex", &size);
      adapted = adapt (bytes, size);
      exchange (f, g_bytes_get_data (adapted, NULL), g_bytes_get_size (adapted));
      info = tbx_vix_opcode_lookup (f->operation.opcode);
      if (info != NULL && (info->flags & TBX_VIX_OPCODE_FIXED))
        g_assert_cmpuint (reply_code (f), ==, info->answer);   /* aliases: nobody looks at them */
      else
        g_assert_cmpuint (reply_code (f), ==,
                          json_object_get_int_member (json_object_get_object_member (vector,
                                                                                     "expect"),
                                                      "toolboxd_vix_error"));
      g_assert_true (g_str_has_prefix (reply (f), "OK "));
      n++;
    }
  g_assert_cmpuint (n, ==, 116);
}

#define ADD(name, func) g_test_add ("/relay/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_autoptr(JsonArray) loaded = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  vectors = loaded = vix_vectors_load ();   /* before: root alone may be able to read the tree */
  worker_path = auth_fixture_drop_root ();
  own_name = g_strdup (getpwuid (getuid ())->pw_name);
  ADD ("request", test_request);
  ADD ("binary", test_binary);
  ADD ("fixed", test_fixed);
  ADD ("local", test_local);
  ADD ("credential-types", test_credential_types);
  ADD ("refused", test_refused);
  ADD ("bad-body", test_bad_body);
  ADD ("policy", test_policy);
  ADD ("hang", test_hang);
  ADD ("dies", test_dies);
  ADD ("channel-breaks", test_channel_breaks);
  ADD ("wiped", test_wiped);
  ADD ("malformed", test_malformed);
  status = g_test_run ();
  auth_fixture_remove_copy (worker_path);
  return status;
}
