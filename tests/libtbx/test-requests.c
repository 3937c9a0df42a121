/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libtbx-test.h"
#include "fake-toolboxd.h"
#include "tbx-test-loop.h"
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

/* What agents answer on the bus, and that nothing they are given stays open. */

#define AGENT "org.toolboxd.Toolbox1.Agent."

typedef struct
{
  FakeToolboxd *daemon;   /* owned */
  TbxClient    *client;   /* owned */
  gpointer      request;  /* the last that an agent got (owned), or NULL */
  GAsyncResult *result;   /* of the last call (owned), or NULL */
  GUnixFDList  *fds;      /* that came with its answer (owned), or NULL */
} Fixture;

static void
setup (Fixture *fixture, gconstpointer unused)
{
  fixture->daemon = fake_toolboxd_new (test_connect ());
  fixture->client = test_new_client ();
}

static void
teardown (Fixture *fixture, gconstpointer unused)
{
  g_clear_object (&fixture->request);
  g_clear_object (&fixture->result);
  g_clear_object (&fixture->fds);
  g_clear_object (&fixture->client);
  g_clear_object (&fixture->daemon);
}

static void
on_request (gpointer agent, gpointer request, Fixture *fixture)
{
  g_set_object ((GObject **) &fixture->request, request);
}

/* Takes @agent, registers it, and keeps what it is asked. */
static gpointer
use (Fixture *fixture, gpointer agent, const char *signal)
{
  g_signal_connect (agent, signal, G_CALLBACK (on_request), fixture);
  test_register (fixture->client, agent);
  g_object_unref (agent);
  return agent;
}

static void
call_object (Fixture *fixture, const char *object, const char *interface, const char *method,
             GVariant *arguments, GUnixFDList *fds)
{
  g_autofree char *whole = g_strconcat (AGENT, interface, NULL);
  const char *name =
    g_dbus_connection_get_unique_name (tbx_client_get_connection (fixture->client));

  g_clear_object (&fixture->result);
  g_dbus_connection_call_with_unix_fd_list (fake_toolboxd_get_connection (fixture->daemon), name,
                                            object, whole, method, arguments, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, -1, fds, NULL, test_on_result,
                                            &fixture->result);
}

/* The daemon calls the agent. */
static void
call (Fixture *fixture, const char *interface, const char *method, GVariant *arguments,
      GUnixFDList *fds)
{
  call_object (fixture, fake_toolboxd_get_object (fixture->daemon), interface, method, arguments, fds);
}

/* The agent has been asked. */
static gpointer
asked (Fixture *fixture)
{
  tbx_test_until (fixture->request != NULL);
  return fixture->request;
}

static void
forget (Fixture *fixture)
{
  g_clear_object (&fixture->request);
}

static GVariant *
finish (Fixture *fixture, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  tbx_test_until (fixture->result != NULL);
  result = g_steal_pointer (&fixture->result);   /* it keeps the descriptors, too */
  g_clear_object (&fixture->fds);
  return g_dbus_connection_call_with_unix_fd_list_finish (
    fake_toolboxd_get_connection (fixture->daemon), &fixture->fds, result, error);
}

static void
assert_answer (Fixture *fixture, const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) answer = finish (fixture, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (answer, TRUE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_error (Fixture *fixture, GQuark domain, int code)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (finish (fixture, &error));
  g_assert_error (error, domain, code);
}

static GVariant *
details (void)
{
  return g_variant_new_parsed ("{'user': <'alice'>, 'uid': <uint32 1000>}");
}

static void
call_stat (Fixture *fixture)
{
  call (fixture, "FileHandler", "Stat",
        g_variant_new ("(ss@a{sv}t)", "/a/b", "q=1", details (), G_GUINT64_CONSTANT (77)), NULL);
}

static void
test_stat (Fixture *fixture, gconstpointer unused)
{
  use (fixture, tbx_agent_file_handler_new ("scheme"), "stat");
  call_stat (fixture);
  g_assert_cmpstr (tbx_request_file_get_path (asked (fixture)), ==, "/a/b");
  g_assert_cmpstr (tbx_request_file_get_query (asked (fixture)), ==, "q=1");
  g_assert_cmpstr (tbx_request_file_get_user (asked (fixture)), ==, "alice");
  g_assert_cmpint (tbx_request_get_deadline_us (asked (fixture)), ==, 77);
  tbx_request_stat_return_found (asked (fixture), 5, 6, 0644);
  g_assert_true (tbx_request_is_answered (asked (fixture)));
  assert_answer (fixture, "({'size': <uint64 5>, 'modified': <int64 6>, 'mode': <uint32 420>},)");
  forget (fixture);

  call_stat (fixture);
  tbx_request_stat_return_found (asked (fixture), -1, -1, -1);
  assert_answer (fixture, "(@a{sv} {},)");
  forget (fixture);

  call_stat (fixture);
  tbx_request_file_deny (asked (fixture), "no");
  assert_error (fixture, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  forget (fixture);

  call_stat (fixture);
  asked (fixture);
  forget (fixture);   /* dropped */
  assert_error (fixture, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

static void
call_open (Fixture *fixture, const char *mode)
{
  call (fixture, "FileHandler", "Open",
        g_variant_new ("(sss@a{sv}t)", "/a", "", mode, details (), G_MAXUINT64), NULL);
}

static void
test_open (Fixture *fixture, gconstpointer unused)
{
  g_autoptr(GBytes) content = g_bytes_new_static ("content", 7);
  g_autoptr(GError) error = NULL;
  char buffer[16] = "";
  int ends[2];
  int fd;

  use (fixture, tbx_agent_file_handler_new ("scheme"), "open");
  call_open (fixture, "read");
  g_assert_false (tbx_request_open_is_writing (asked (fixture)));
  g_assert_cmpint (tbx_request_get_deadline_us (asked (fixture)), ==, G_MAXINT64);
  g_assert_true (tbx_request_open_return_bytes (asked (fixture), content, &error));
  g_assert_no_error (error);
  assert_answer (fixture, "(handle 0,)");
  fd = g_unix_fd_list_get (fixture->fds, 0, NULL);
  g_assert_cmpint (read (fd, buffer, sizeof buffer), ==, 7);
  g_assert_cmpstr (buffer, ==, "content");
  close (fd);
  forget (fixture);

  call_open (fixture, "write");
  g_assert_true (tbx_request_open_is_writing (asked (fixture)));
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC | O_NONBLOCK), ==, 0);
  tbx_request_open_return_fd (asked (fixture), ends[1]);
  close (ends[1]);
  assert_answer (fixture, "(handle 0,)");
  g_assert_cmpint (read (ends[0], buffer, 1), ==, -1);   /* the daemon could still write */
  g_clear_object (&fixture->fds);
  /* The copy that libtbx sent goes with the message, in the thread of the connection. */
  tbx_test_until ((g_main_context_wakeup (NULL), read (ends[0], buffer, 1)) == 0);
  close (ends[0]);
  forget (fixture);

  call_open (fixture, "read");
  tbx_request_decline (asked (fixture));
  assert_error (fixture, TBX_ERROR, TBX_ERROR_NOT_FOUND);
}

/* The daemon's ends of a program's streams. */
typedef struct
{
  int in, out, err;
} Streams;

static void
call_start (Fixture *fixture, Streams *streams)
{
  g_autoptr(GUnixFDList) fds = NULL;
  int in[2], out[2], err[2];
  int theirs[3];

  g_assert_cmpint (pipe2 (in, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (out, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (err, O_CLOEXEC), ==, 0);
  *streams = (Streams) { in[1], out[0], err[0] };
  theirs[0] = in[0];
  theirs[1] = out[1];
  theirs[2] = err[1];
  fds = g_unix_fd_list_new_from_array (theirs, 3);
  call (fixture, "Program", "Start",
        g_variant_new_parsed ("({'name': <'prog'>, 'arguments': <'a b'>, 'working-directory': <'/w'>,"
                              " 'user': <'alice'>, 'pid': <int64 4194305>}, handle 0, handle 1,"
                              " handle 2, uint64 9)"), fds);
}

static void
streams_close (Streams *streams)
{
  close (streams->in);
  close (streams->out);
  close (streams->err);
}

static gboolean
is_at_end (int fd)
{
  char c;

  return read (fd, &c, 1) == 0;
}

typedef struct
{
  guint   n;
  guint64 handle;
  gint32  exit_code;
} Exited;

static void
on_exited (GDBusConnection *connection, const char *sender, const char *object,
           const char *interface, const char *signal, GVariant *arguments, gpointer user_data)
{
  Exited *exited = user_data;

  exited->n++;
  g_variant_get (arguments, "(ti)", &exited->handle, &exited->exit_code);
}

static guint
watch_exits (Fixture *fixture, Exited *exited)
{
  return g_dbus_connection_signal_subscribe (fake_toolboxd_get_connection (fixture->daemon), NULL,
                                             AGENT "Program", "Exited", NULL, NULL,
                                             G_DBUS_SIGNAL_FLAGS_NONE, on_exited, exited, NULL);
}

static void
on_terminate (TbxRun *run)
{
  tbx_run_exit (run, 143);
}

static void
test_program (Fixture *fixture, gconstpointer unused)
{
  Exited exited = { 0 };
  guint watch = watch_exits (fixture, &exited);
  g_autoptr(TbxRun) run = NULL;
  Streams streams;

  use (fixture, tbx_agent_program_new ("prog"), "start");
  call_start (fixture, &streams);
  g_assert_cmpstr (tbx_request_program_get_name (asked (fixture)), ==, "prog");
  g_assert_cmpstr (tbx_request_program_get_arguments (asked (fixture)), ==, "a b");
  g_assert_cmpstr (tbx_request_program_get_working_directory (asked (fixture)), ==, "/w");
  g_assert_cmpstr (tbx_request_program_get_user (asked (fixture)), ==, "alice");
  g_assert_cmpint (tbx_request_program_get_pid (asked (fixture)), ==, 4194305);
  g_assert_cmpuint (g_variant_n_children (tbx_request_program_get_spec (asked (fixture))), ==, 5);
  run = tbx_request_program_return_started (asked (fixture));
  assert_answer (fixture, "(uint64 1,)");
  forget (fixture);
  g_signal_connect (run, "terminate", G_CALLBACK (on_terminate), NULL);
  call (fixture, "Program", "Terminate", g_variant_new ("(t)", G_GUINT64_CONSTANT (9)), NULL);
  assert_answer (fixture, "()");
  g_assert_false (tbx_run_has_exited (run));
  call (fixture, "Program", "Terminate", g_variant_new ("(t)", G_GUINT64_CONSTANT (1)), NULL);
  assert_answer (fixture, "()");
  tbx_test_until (exited.n > 0);
  g_assert_cmpuint (exited.handle, ==, 1);
  g_assert_cmpint (exited.exit_code, ==, 143);
  g_assert_true (is_at_end (streams.out) && is_at_end (streams.err));
  tbx_run_exit (run, 0);
  streams_close (&streams);
  g_dbus_connection_signal_unsubscribe (fake_toolboxd_get_connection (fixture->daemon), watch);
}

static void
test_program_fails (Fixture *fixture, gconstpointer unused)
{
  Exited exited = { 0 };
  guint watch = watch_exits (fixture, &exited);
  Streams streams;

  use (fixture, tbx_agent_program_new ("prog"), "start");
  call_start (fixture, &streams);
  tbx_request_program_deny (asked (fixture), "no");
  assert_error (fixture, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  forget (fixture);
  g_assert_true (is_at_end (streams.out) && is_at_end (streams.err));
  streams_close (&streams);

  call_start (fixture, &streams);
  asked (fixture);
  forget (fixture);   /* dropped */
  assert_error (fixture, TBX_ERROR, TBX_ERROR_FAILED);
  g_assert_true (is_at_end (streams.out) && is_at_end (streams.err));
  streams_close (&streams);
  tbx_test_settle ();
  g_assert_cmpuint (exited.n, ==, 0);
  g_dbus_connection_signal_unsubscribe (fake_toolboxd_get_connection (fixture->daemon), watch);
}

/* Its end is told although the agent was taken back meanwhile; and a run that is dropped has
 * ended too. */
static void
test_program_outlives (Fixture *fixture, gconstpointer unused)
{
  Exited exited = { 0 };
  guint watch = watch_exits (fixture, &exited);
  TbxAgent *agent = use (fixture, tbx_agent_program_new ("prog"), "start");
  g_autofree char *object = NULL;
  TbxRun *run;
  Streams streams;

  call_start (fixture, &streams);
  run = tbx_request_program_return_started (asked (fixture));
  assert_answer (fixture, "(uint64 1,)");
  forget (fixture);
  object = g_strdup (fake_toolboxd_get_object (fixture->daemon));
  tbx_client_unregister (fixture->client, agent);
  tbx_test_until (!fake_toolboxd_has (fixture->daemon, "prog"));
  g_signal_connect_swapped (run, "terminate", G_CALLBACK (g_object_unref), run);
  call_object (fixture, object, "Program", "Terminate", g_variant_new ("(t)", G_GUINT64_CONSTANT (1)),
               NULL);
  assert_answer (fixture, "()");
  tbx_test_until (exited.n > 0);
  g_assert_cmpint (exited.exit_code, ==, 255);
  call_object (fixture, object, "Program", "Terminate", g_variant_new ("(t)", G_GUINT64_CONSTANT (1)),
               NULL);
  assert_error (fixture, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
  g_assert_true (is_at_end (streams.out));
  streams_close (&streams);
  g_dbus_connection_signal_unsubscribe (fake_toolboxd_get_connection (fixture->daemon), watch);
}

static gboolean
on_beat (gpointer user_data)
{
  (*(guint *) user_data)++;
  return G_SOURCE_CONTINUE;
}

/* A host that does not fetch what is written stops the writing, not the agent. */
static void
test_program_full (Fixture *fixture, gconstpointer unused)
{
  g_autoptr(TbxRun) run = NULL;
  g_autoptr(GAsyncResult) written = NULL;
  g_autofree char *data = g_malloc0 (1 << 20);
  g_autofree char *got = g_malloc (1 << 20);
  gsize n_got = 0;
  guint n_beats = 0;
  guint beat;
  Streams streams;

  use (fixture, tbx_agent_program_new ("prog"), "start");
  call_start (fixture, &streams);
  run = tbx_request_program_return_started (asked (fixture));
  assert_answer (fixture, "(uint64 1,)");
  forget (fixture);
  g_output_stream_write_all_async (tbx_run_get_stdout (run), data, 1 << 20, G_PRIORITY_DEFAULT, NULL,
                                   test_on_result, &written);
  beat = g_timeout_add (5, on_beat, &n_beats);
  tbx_test_until (n_beats >= 20);
  g_source_remove (beat);
  g_assert_null (written);
  g_assert_cmpint (fcntl (streams.out, F_SETFL, O_NONBLOCK), ==, 0);
  while (n_got < 1 << 20)
    {
      gssize n = read (streams.out, got, 1 << 20);

      n_got += (gsize) MAX (n, 0);
      g_main_context_iteration (NULL, FALSE);
    }
  tbx_test_until (written != NULL);
  g_assert_true (g_output_stream_write_all_finish (tbx_run_get_stdout (run), written, NULL, NULL));
  streams_close (&streams);
}

/* Descriptors that no message has. */
static void
test_missing (Fixture *fixture, gconstpointer unused)
{
  gpointer agent = use (fixture, tbx_agent_program_new ("prog"), "start");

  call (fixture, "Program", "Start",
        g_variant_new_parsed ("({'name': <'prog'>}, handle 0, handle 7, handle -1, uint64 9)"), NULL);
  assert_error (fixture, TBX_ERROR, TBX_ERROR_MALFORMED);
  for (gint32 handle = -1; handle < 3; handle++)
    {
      g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();

      g_assert_cmpint (g_unix_fd_list_append (fds, 0, NULL), ==, 0);
      call (fixture, "Program", "Start",
            g_variant_new ("(@a{sv}hhht)", details (), 0, 0, handle == 0 ? 1 : handle,
                           G_GUINT64_CONSTANT (9)), fds);
      assert_error (fixture, TBX_ERROR, TBX_ERROR_MALFORMED);
    }
  tbx_client_unregister (fixture->client, agent);
  tbx_test_until (!fake_toolboxd_has (fixture->daemon, "prog"));
  use (fixture, tbx_agent_authenticator_new (0), "verify");
  call (fixture, "Authenticator", "Verify", g_variant_new ("(ht)", 2, G_GUINT64_CONSTANT (1)), NULL);
  assert_error (fixture, TBX_ERROR, TBX_ERROR_MALFORMED);
  g_assert_null (fixture->request);
}

static void
test_login (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *bytes;
    gsize       size;
    gboolean    good;
  } cases[] = {
    { "alice\0secret", 13, TRUE }, { "alice\0", 7, TRUE },      { "", 1, FALSE },
    { "alice", 6, FALSE },         { "alice\0secret", 12, FALSE }, { "alice\0secret\0more", 18, FALSE },
  };

  use (fixture, tbx_agent_authenticator_new (0), "verify");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GUnixFDList) fds = NULL;
      int ends[2];

      g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
      g_assert_cmpint (write (ends[1], cases[i].bytes, cases[i].size), ==, (int) cases[i].size);
      close (ends[1]);
      fds = g_unix_fd_list_new_from_array (ends, 1);
      call (fixture, "Authenticator", "Verify", g_variant_new ("(ht)", 0, G_GUINT64_CONSTANT (1)), fds);
      if (!cases[i].good)
        {
          assert_error (fixture, TBX_ERROR, TBX_ERROR_MALFORMED);
          continue;
        }
      g_assert_cmpstr (tbx_request_login_get_user (asked (fixture)), ==, "alice");
      g_assert_cmpstr (tbx_request_login_get_password (asked (fixture)), ==,
                       cases[i].bytes + strlen ("alice") + 1);
      tbx_request_login_accept (asked (fixture));
      assert_answer (fixture, "('yes',)");
      forget (fixture);
    }
}

static void
on_stat_and_leave (gpointer agent, TbxRequestStat *request, Fixture *fixture)
{
  tbx_client_unregister (fixture->client, agent);   /* the last reference of the agent */
  tbx_request_stat_return_found (request, 1, -1, -1);
}

/* An agent that takes itself back while it is asked still answers. */
static void
test_leaves_in_handler (Fixture *fixture, gconstpointer unused)
{
  gpointer agent = tbx_agent_file_handler_new ("scheme");

  g_signal_connect (agent, "stat", G_CALLBACK (on_stat_and_leave), fixture);
  test_register (fixture->client, agent);
  g_object_add_weak_pointer (agent, &agent);
  g_object_unref (agent);
  call_stat (fixture);
  assert_answer (fixture, "({'size': <uint64 1>},)");
  g_assert_null (agent);
  tbx_test_until (!fake_toolboxd_has (fixture->daemon, "scheme"));
}

static void
on_stat_and_end (gpointer agent, TbxRequestStat *request, Fixture *fixture)
{
  g_set_object ((GObject **) &fixture->request, (GObject *) request);
  g_clear_object (&fixture->client);
}

/* A client that ends while its agent is asked takes neither with it. */
static void
test_client_ends_in_handler (Fixture *fixture, gconstpointer unused)
{
  g_autoptr(GDBusConnection) connection =
    g_object_ref (tbx_client_get_connection (fixture->client));
  gpointer agent = tbx_agent_file_handler_new ("scheme");

  g_signal_connect (agent, "stat", G_CALLBACK (on_stat_and_end), fixture);
  test_register (fixture->client, agent);
  g_object_unref (agent);
  call_stat (fixture);
  tbx_request_stat_return_found (asked (fixture), 2, -1, -1);
  assert_answer (fixture, "({'size': <uint64 2>},)");
}

/* Who is not the daemon is refused before anything is made of what it sends. */
static void
test_stranger (Fixture *fixture, gconstpointer unused)
{
  g_autoptr(GDBusConnection) stranger = test_connect ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  use (fixture, tbx_agent_file_handler_new ("scheme"), "stat");
  g_dbus_connection_call (stranger,
                          g_dbus_connection_get_unique_name (tbx_client_get_connection (fixture->client)),
                          fake_toolboxd_get_object (fixture->daemon), AGENT "FileHandler", "Stat",
                          g_variant_new ("(ss@a{sv}t)", "/a", "", details (), G_GUINT64_CONSTANT (0)),
                          NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, test_on_result, &result);
  tbx_test_until (result != NULL);
  g_assert_null (g_dbus_connection_call_finish (stranger, result, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  g_assert_null (fixture->request);
}

#define ADD(path, function) \
  g_test_add ("/libtbx/request/" path, Fixture, NULL, setup, function, teardown)

int
main (int argc, char **argv)
{
  g_autoptr(GTestDBus) bus = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  ADD ("stat", test_stat);
  ADD ("open", test_open);
  ADD ("program", test_program);
  ADD ("program-fails", test_program_fails);
  ADD ("program-outlives", test_program_outlives);
  ADD ("program-full", test_program_full);
  ADD ("missing", test_missing);
  ADD ("login", test_login);
  ADD ("leaves-in-handler", test_leaves_in_handler);
  ADD ("client-ends-in-handler", test_client_ends_in_handler);
  ADD ("stranger", test_stranger);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  status = g_test_run ();
  g_test_dbus_stop (bus);
  return status;
}
